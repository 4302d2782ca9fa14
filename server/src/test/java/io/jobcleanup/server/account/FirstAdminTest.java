package io.jobcleanup.server.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.schema.ServiceSchema;
import io.jobcleanup.server.settings.Secret;
import io.jobcleanup.server.settings.Settings;
import io.jobcleanup.server.settings.SettingsReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class FirstAdminTest {

  @TempDir Path directory;
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private Host host;
  private Accounts accounts;

  @BeforeEach
  void open() throws SQLException {
    host = Host.on(TestPostgres.server());
    new ServiceSchema(host.dataSource()).migrate(JobCleanup.builder(host.dataSource()).build());
    accounts = new Accounts(host.dataSource());
    lines.start();
    root().addAppender(lines);
    root().setLevel(Level.TRACE);
  }

  @AfterEach
  void close() throws SQLException {
    root().setLevel(Level.WARN);
    root().detachAppender(lines);
    host.close();
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  private FirstAdmin with(String... variables) {
    List<String> all = new ArrayList<>(List.of(variables));
    all.addAll(List.of("JOB_CLEANUP_HOME", directory.toString()));
    Settings settings = SettingsReader.read(host.variables(all.toArray(String[]::new))).settings();
    return new FirstAdmin(host.dataSource(), settings);
  }

  private FirstAdmin named(String password) {
    return with("ADMIN_EMAIL", "Root@Example.com", "ADMIN_PASSWORD", password);
  }

  private boolean opens(String email, String password) {
    return Passwords.match(password, accounts.find(email).orElseThrow().passwordHash());
  }

  private void assertNotLogged(String secret) {
    assertThat(lines.list)
        .isNotEmpty()
        .noneMatch(it -> (it.getFormattedMessage() + it.getKeyValuePairs()).contains(secret));
  }

  @Test
  void isTheOneThatTheVariablesName() throws SQLException {
    named("the first password").makeIfNone();

    assertThat(accounts.list())
        .extracting(it -> it.email() + " " + it.role())
        .containsExactly("root@example.com ADMIN");
    assertThat(opens("root@example.com", "the first password")).isTrue();
    assertThat(directory).isEmptyDirectory();
    assertThat(
            host.query("select act || ' ' || target || ' ' || origin from job_cleanup.audit_entry"))
        .isEqualTo("user.add root@example.com start");
    assertNotLogged("the first password");
  }

  @Test
  void variablesAreReadOnlyWhileThereIsNone() {
    named("the first password").makeIfNone();
    named("another password").makeIfNone();
    with("ADMIN_EMAIL", "other@example.com", "ADMIN_PASSWORD", "another password").makeIfNone();

    assertThat(accounts.list()).hasSize(1);
    assertThat(opens("root@example.com", "the first password")).isTrue();
  }

  @Test
  void isMadeOfAnAccountOfThatEmailThatIsNoAdmin() {
    accounts.add(
        Actor.atCommandLine(),
        "root@example.com",
        Role.VIEWER,
        new Password(new Secret("a viewer's password")));

    named("the first password").makeIfNone();

    assertThat(accounts.list())
        .extracting(it -> it.email() + " " + it.role())
        .containsExactly("root@example.com ADMIN");
    assertThat(opens("root@example.com", "the first password")).isTrue();
  }

  @Test
  void passwordIsMadeWhereNobodyIsNamedAndOnlyTheOwnerCanReadIt() throws Exception {
    with().makeIfNone();

    Path file = directory.resolve("admin-password");
    String password = Files.readString(file).strip();
    assertThat(password.length()).isGreaterThanOrEqualTo(22);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(opens("admin@localhost", password)).isTrue();
    assertThat(lines.list)
        .anyMatch(it -> String.valueOf(it.getKeyValuePairs()).contains(file.toString()));
    assertNotLogged(password);
  }

  @Test
  void severalStartsAtOnceMakeOne() throws Exception {
    List<Future<?>> starts = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 8; i++) {
        starts.add(threads.submit(() -> with().makeIfNone()));
      }
    }
    for (Future<?> each : starts) {
      each.get();
    }

    assertThat(accounts.list()).hasSize(1);
    assertThat(
            opens("admin@localhost", Files.readString(directory.resolve("admin-password")).strip()))
        .isTrue();
    assertThat(host.query("select count(*) from job_cleanup.audit_entry")).isEqualTo("1");
  }

  @Test
  void nobodyIsMadeWhereThePasswordCannotBeWritten() throws Exception {
    Files.writeString(directory.resolve("in-the-way"), "");
    Settings settings =
        SettingsReader.read(
                host.variables("JOB_CLEANUP_HOME", directory.resolve("in-the-way").toString()))
            .settings();

    assertThatThrownBy(() -> new FirstAdmin(host.dataSource(), settings).makeIfNone())
        .isInstanceOf(ProgramException.class)
        .hasMessageContaining("admin-password")
        .hasMessageContaining("ADMIN_EMAIL");
    assertThat(accounts.list()).isEmpty();
  }
}
