package io.jobcleanup.server.account;

import io.jobcleanup.server.database.SqlText;
import io.jobcleanup.server.settings.Settings;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * People who may sign in. What is changed holds at once for all instances, and is audited in the
 * same transaction. Safe for use by several threads.
 */
public final class Accounts {
  private final JdbcClient jdbc;
  private final TransactionTemplate transaction;
  private final Audit audit;

  /** Those of a database. */
  public Accounts(DataSource dataSource) {
    this.jdbc = JdbcClient.create(dataSource);
    this.transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
    this.audit = new Audit(dataSource);
  }

  /** Somebody who may sign in. */
  public record Account(String email, Role role, Instant createdAt) {}

  /** What a sign-in is judged by. */
  record Known(UUID id, String email, Role role, String passwordHash) {}

  /**
   * An email as accounts have it: in lower case.
   *
   * @throws IllegalArgumentException if it can't be one
   */
  public static String email(String text) {
    String email = text.strip().toLowerCase(Locale.ROOT);
    if (!Settings.EMAIL.matcher(email).matches()) {
      throw new IllegalArgumentException("is no email such as admin@example.com");
    }
    return email;
  }

  /**
   * Adds an account.
   *
   * @return false if there is one of that email; nothing was changed then
   */
  public boolean add(Actor actor, String email, Role role, Password password) {
    String hash = password.hash();
    return inTransaction(
        () -> {
          boolean added =
              jdbc.sql(SqlText.of(Accounts.class, "add-account"))
                      .param("email", email)
                      .param("role", role.name())
                      .param("hash", hash)
                      .update()
                  == 1;
          if (added) {
            audit.record(actor, "user.add", email, null, Map.of("role", role.label()));
          }
          return added;
        });
  }

  /**
   * Gives an account another role.
   *
   * @return false if there is no such account
   */
  public boolean changeRole(Actor actor, String email, Role role) {
    return inTransaction(
        () -> {
          Optional<Known> before = hold(email);
          before.ifPresent(
              it -> {
                jdbc.sql(SqlText.of(Accounts.class, "change-role"))
                    .param("id", it.id())
                    .param("role", role.name())
                    .update();
                audit.record(
                    actor,
                    "user.role",
                    email,
                    Map.of("role", it.role().label()),
                    Map.of("role", role.label()));
              });
          return before.isPresent();
        });
  }

  /**
   * Gives an account another password, ends its sessions, and forgets its wrong sign-ins.
   *
   * @return false if there is no such account
   */
  public boolean changePassword(Actor actor, String email, Password password) {
    String hash = password.hash();
    return inTransaction(
        () -> {
          Optional<Known> before = hold(email);
          before.ifPresent(
              it -> {
                jdbc.sql(SqlText.of(Accounts.class, "change-password"))
                    .param("id", it.id())
                    .param("hash", hash)
                    .update();
                jdbc.sql(SqlText.of(Accounts.class, "end-sessions-of"))
                    .param("id", it.id())
                    .update();
                jdbc.sql(SqlText.of(Accounts.class, "forget-attempts-of"))
                    .param("account", Credential.digest(email))
                    .update();
                audit.record(actor, "user.password", email, null, null);
              });
          return before.isPresent();
        });
  }

  /**
   * Removes an account and ends its sessions.
   *
   * @return false if there is no such account
   */
  public boolean remove(Actor actor, String email) {
    return inTransaction(
        () -> {
          Optional<Known> before = hold(email);
          before.ifPresent(
              it -> {
                jdbc.sql(SqlText.of(Accounts.class, "remove-account"))
                    .param("id", it.id())
                    .update();
                audit.record(actor, "user.remove", email, Map.of("role", it.role().label()), null);
              });
          return before.isPresent();
        });
  }

  /** All accounts, by email. */
  public List<Account> list() {
    return jdbc.sql(SqlText.of(Accounts.class, "list-accounts"))
        .query(
            (row, number) ->
                new Account(
                    row.getString("email"),
                    Role.of(row.getString("role")),
                    row.getObject("created_at", OffsetDateTime.class).toInstant()))
        .list();
  }

  /** Whether there is an admin. */
  public boolean anyAdmin() {
    return jdbc.sql(SqlText.of(Accounts.class, "any-admin")).query(Boolean.class).single();
  }

  /** An account by its email. What can't be one isn't looked for: PostgreSQL knows no NUL. */
  Optional<Known> find(String email) {
    return Settings.EMAIL.matcher(email).matches()
        ? known("find-account", email)
        : Optional.empty();
  }

  private Optional<Known> hold(String email) {
    return known("hold-account", email);
  }

  private Optional<Known> known(String statement, String email) {
    return jdbc.sql(SqlText.of(Accounts.class, statement))
        .param("email", email)
        .query(
            (row, number) ->
                new Known(
                    row.getObject("id", UUID.class),
                    row.getString("email"),
                    Role.of(row.getString("role")),
                    row.getString("password_hash")))
        .optional();
  }

  /**
   * Makes an admin if there is none, one only however many instances try at once.
   *
   * @param password asked for the password, within the transaction, only if there is none
   * @return whether this call made it
   */
  boolean addFirstAdmin(String email, Supplier<Password> password) {
    return inTransaction(
        () -> {
          jdbc.sql(SqlText.of(Accounts.class, "lock-first-admin")).query().listOfRows();
          if (anyAdmin()) {
            return false;
          }
          jdbc.sql(SqlText.of(Accounts.class, "make-admin"))
              .param("email", email)
              .param("hash", password.get().hash())
              .update();
          audit.record(
              Actor.starting(), "user.add", email, null, Map.of("role", Role.ADMIN.label()));
          return true;
        });
  }

  private boolean inTransaction(BooleanSupplier act) {
    return Boolean.TRUE.equals(transaction.execute(status -> act.getAsBoolean()));
  }
}
