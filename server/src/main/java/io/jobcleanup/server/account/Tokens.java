package io.jobcleanup.server.account;

import io.jobcleanup.server.database.SqlText;
import io.jobcleanup.server.settings.Secret;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Tokens that programs use in the place of a session. What is changed holds at once for all
 * instances, and is audited in the same transaction. Safe for use by several threads.
 */
public final class Tokens {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  /** So that a token which went astray is known as one of ours, by scanners too. */
  private static final String PREFIX = "jc_";

  private final JdbcClient jdbc;
  private final TransactionTemplate transaction;
  private final Audit audit;

  /** Those of a database. */
  public Tokens(DataSource dataSource) {
    this.jdbc = JdbcClient.create(dataSource);
    this.transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
    this.audit = new Audit(dataSource);
  }

  /**
   * What is kept of a token.
   *
   * @param expiresAt null: never
   * @param expired whether it has, by the database's clock
   */
  public record Token(
      String name, Role role, Instant createdAt, @Nullable Instant expiresAt, boolean expired) {}

  /**
   * A token's name.
   *
   * @throws IllegalArgumentException if it can't be one
   */
  public static String name(String text) {
    if (!NAME.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "is no name: up to 64 letters, digits, dots, hyphens and underscores are, the first a letter or digit");
    }
    return text;
  }

  /**
   * Makes a token.
   *
   * @param lasting how long it opens anything; null: until it is revoked
   * @return the token, which nobody can read again; empty if there is one of that name
   */
  public Optional<Secret> create(Actor actor, String name, Role role, @Nullable Duration lasting) {
    String token = PREFIX + Credential.make();
    Boolean created =
        transaction.execute(
            status -> {
              List<OffsetDateTime> rows =
                  jdbc.sql(SqlText.of(Tokens.class, "create-token"))
                      .param("name", name)
                      .param("role", role.name())
                      .param("digest", Credential.digest(token))
                      .param("seconds", lasting == null ? null : lasting.toSeconds())
                      .query((row, number) -> row.getObject("created_at", OffsetDateTime.class))
                      .list();
              if (rows.isEmpty()) {
                return false;
              }
              Map<String, String> after = new LinkedHashMap<>();
              after.put("role", role.label());
              if (lasting != null) {
                after.put("expires", rows.getFirst().toInstant().plus(lasting).toString());
              }
              audit.record(actor, "token.create", name, null, after);
              return true;
            });
    return Boolean.TRUE.equals(created) ? Optional.of(new Secret(token)) : Optional.empty();
  }

  /**
   * Revokes a token.
   *
   * @return false if there is none of that name
   */
  public boolean revoke(Actor actor, String name) {
    Boolean revoked =
        transaction.execute(
            status -> {
              Optional<String> role =
                  jdbc.sql(SqlText.of(Tokens.class, "revoke-token"))
                      .param("name", name)
                      .query(String.class)
                      .optional();
              role.ifPresent(
                  it ->
                      audit.record(
                          actor, "token.revoke", name, Map.of("role", Role.of(it).label()), null));
              return role.isPresent();
            });
    return Boolean.TRUE.equals(revoked);
  }

  /** All tokens that aren't revoked, by name. */
  public List<Token> list() {
    return jdbc.sql(SqlText.of(Tokens.class, "list-tokens"))
        .query(
            (row, number) -> {
              OffsetDateTime expires = row.getObject("expires_at", OffsetDateTime.class);
              return new Token(
                  row.getString("name"),
                  Role.of(row.getString("role")),
                  row.getObject("created_at", OffsetDateTime.class).toInstant(),
                  expires == null ? null : expires.toInstant(),
                  row.getBoolean("expired"));
            })
        .list();
  }

  /** Whether a text could be a token; those that couldn't aren't looked for. */
  static boolean couldBe(String text) {
    return text.startsWith(PREFIX) && Credential.isOne(text.substring(PREFIX.length()));
  }

  /** Who uses a token; empty if it isn't one, was revoked or has expired. */
  Optional<Caller> find(String token) {
    return jdbc.sql(SqlText.of(Tokens.class, "find-token"))
        .param("digest", Credential.digest(token))
        .query(
            (row, number) ->
                new Caller("token:" + row.getString("name"), Role.of(row.getString("role"))))
        .optional();
  }
}
