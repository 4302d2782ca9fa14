package io.jobcleanup.server.account;

import io.jobcleanup.server.account.Accounts.Known;
import io.jobcleanup.server.account.SignInLimits.Admission;
import io.jobcleanup.server.web.Client;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Judges passwords, and opens and ends sessions. Safe for use by several threads. */
final class SignIn {
  private static final Logger log = LoggerFactory.getLogger(SignIn.class);
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final String TARGET = "sign-in";

  private final Accounts accounts;
  private final Sessions sessions;
  private final SignInLimits limits;
  private final Audit audit;
  private final TransactionTemplate transaction;

  /**
   * One at a time, apart from the threads of requests: a burst of sign-ins mustn't keep them from
   * using their connections.
   */
  private final Executor judging =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("passwords").factory());

  SignIn(DataSource dataSource) {
    this.accounts = new Accounts(dataSource);
    this.sessions = new Sessions(dataSource);
    this.limits = new SignInLimits(dataSource);
    this.audit = new Audit(dataSource);
    this.transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
  }

  /** What came of it. */
  sealed interface Result {
    /** Signed in. {@code session} is what the cookie holds. */
    record Welcome(Caller caller, String session) implements Result {}

    /** There is no such account, or it has another password; nobody learns which. */
    record Wrong() implements Result {}

    /** Too many were wrong; this one wasn't judged. */
    record TooMany(Duration retryAfter) implements Result {}
  }

  /** Judges a password, unless too many were wrong before. */
  Result signIn(String typedEmail, String password, Client client) {
    String email = typedEmail.strip().toLowerCase(Locale.ROOT);
    return switch (admit(email, client.limitKey())) {
      case Admission.Admitted admitted -> judge(email, password, admitted.attempt(), client);
      case Admission.Busy busy -> tooMany(email, client, Duration.ofSeconds(1));
      case Admission.Refused refused -> tooMany(email, client, refused.retryAfter());
    };
  }

  /** Ends a session; one that has ended already is no fault. */
  void signOut(String session, Caller caller, Client client) {
    transaction.executeWithoutResult(
        status -> {
          if (sessions.end(session)) {
            audit.record(
                new Actor(caller.name(), client.address()), "sign-out", caller.name(), null, null);
          }
        });
  }

  private Admission admit(String email, String address) {
    long start = System.nanoTime();
    while (true) {
      Admission admission = limits.admit(email, address);
      if (!(admission instanceof Admission.Busy)
          || System.nanoTime() - start > PATIENCE.toNanos()) {
        return admission;
      }
      try {
        TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return admission;
      }
    }
  }

  private Result judge(String email, String password, long attempt, Client client) {
    Optional<Known> account = accounts.find(email);
    boolean right =
        CompletableFuture.supplyAsync(
                () ->
                    account
                        .map(it -> Passwords.match(password, it.passwordHash()))
                        .orElseGet(() -> Passwords.matchNobodys(password)),
                judging)
            .join();
    if (right && account.isPresent()) {
      Optional<String> session = open(account.get(), attempt, client);
      if (session.isPresent()) {
        return new Result.Welcome(
            new Caller(account.get().email(), account.get().role()), session.get());
      }
    }
    limits.wrong(attempt);
    refused(account.map(Known::email).orElse(null), client, "wrong email or password");
    return new Result.Wrong();
  }

  private Optional<String> open(Known account, long attempt, Client client) {
    Optional<String> session =
        transaction.execute(
            status -> {
              Optional<String> opened = sessions.open(account);
              if (opened.isPresent()) {
                limits.right(attempt);
                audit.record(
                    new Actor(account.email(), client.address()),
                    "sign-in",
                    account.email(),
                    null,
                    null);
              }
              return opened;
            });
    return session == null ? Optional.empty() : session;
  }

  private Result tooMany(String email, Client client, Duration retryAfter) {
    refused(
        accounts.find(email).map(Known::email).orElse(null), client, "too many wrong passwords");
    return new Result.TooMany(retryAfter);
  }

  /** Who isn't known isn't named either: people type passwords where emails belong. */
  private void refused(@Nullable String account, Client client, String reason) {
    if (audit.recordRefusal(new Actor(account, client.address()), TARGET, reason)) {
      log.atWarn()
          .addKeyValue("account", account == null ? "unknown" : account)
          .addKeyValue("address", client.address())
          .addKeyValue("reason", reason)
          .log("Sign-in refused");
    }
  }
}
