package io.jobcleanup.server.account;

import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.settings.Secret;
import io.jobcleanup.server.settings.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes an admin where there is none, as somebody has to be able to sign in. */
public final class FirstAdmin {
  private static final Logger log = LoggerFactory.getLogger(FirstAdmin.class);

  /** Who it is where nobody was named. */
  static final String EMAIL = "admin@localhost";

  /** Where the made password is. */
  static final String FILE = "admin-password";

  private final Accounts accounts;
  private final Settings settings;

  /** For a database whose schema is up to date. */
  public FirstAdmin(DataSource dataSource, Settings settings) {
    this.accounts = new Accounts(dataSource);
    this.settings = settings;
  }

  /**
   * Makes the admin that the settings name; where they name none, {@code admin@localhost} with a
   * made password, which is written to a file that only its owner can read. One admin only, however
   * many instances start at once.
   *
   * @throws ProgramException if the file can't be written; nobody was made then
   */
  public void makeIfNone() {
    if (accounts.anyAdmin()) {
      return;
    }
    Settings.FirstAdmin named = settings.firstAdmin();
    if (named != null) {
      String email = Accounts.email(named.email());
      if (accounts.addFirstAdmin(email, () -> new Password(named.password()))) {
        log.atInfo().addKeyValue("email", email).log("Made the first admin of ADMIN_EMAIL");
      }
      return;
    }
    Path file = settings.home().resolve(FILE).toAbsolutePath().normalize();
    try {
      if (accounts.addFirstAdmin(EMAIL, () -> makePassword(file))) {
        log.atInfo()
            .addKeyValue("email", EMAIL)
            .addKeyValue("passwordFile", file)
            .log("Made the first admin; the password is in a file");
      }
    } catch (UncheckedIOException e) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED,
          "The first admin's password can't be written to %s: %s. Set ADMIN_EMAIL and ADMIN_PASSWORD, or JOB_CLEANUP_HOME to a directory that can be written."
              .formatted(file, e.getMessage()),
          e);
    }
  }

  private static Password makePassword(Path file) {
    String password = Credential.make();
    try {
      Files.createDirectories(
          Optional.ofNullable(file.getParent()).orElseThrow(() -> new IOException("no directory")));
      Path made =
          Files.createTempFile(
              file.getParent(),
              FILE,
              "",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(made, password + "\n");
      Files.move(made, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Password(new Secret(password));
  }
}
