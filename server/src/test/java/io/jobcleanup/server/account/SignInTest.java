package io.jobcleanup.server.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.service.Serving;
import io.jobcleanup.server.settings.Secret;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signing in and out, on two instances over one database. */
class SignInTest {
  private static final String ME = "/api/auth/me";
  private static final String PASSWORD = "a password of its own";
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static Host host;
  private static Serving serving;
  private static Serving other;
  private static Accounts accounts;

  private final String email = "user%d@example.com".formatted(NUMBER.incrementAndGet());

  @BeforeAll
  static void start() throws SQLException {
    host = Host.on(TestPostgres.server());
    // Each test has an address of its own, as a proxy would tell it.
    serving = Serving.on(host, "JOB_CLEANUP_TRUSTED_PROXIES", "127.0.0.1");
    other = Serving.on(host, "JOB_CLEANUP_PUBLIC_URL", "https://cleanup.example.com");
    accounts = new Accounts(host.dataSource());
  }

  @AfterAll
  static void stop() throws SQLException {
    other.close();
    serving.close();
    host.close();
  }

  @BeforeEach
  void addAccount() throws SQLException {
    host.execute("delete from job_cleanup.sign_in_attempt where address like '127.%'");
    assertThat(accounts.add(Actor.atCommandLine(), email, Role.OPERATOR, password(PASSWORD)))
        .isTrue();
  }

  private static Password password(String text) {
    return new Password(new Secret(text));
  }

  private HttpResponse<String> signIn(String password) throws Exception {
    return serving.signIn(email, password);
  }

  private String cookie() throws Exception {
    return serving.cookie(email, PASSWORD);
  }

  private static int asks(String cookie) throws Exception {
    return serving.send("GET", ME, "", "Cookie", cookie).statusCode();
  }

  private String entries(String act) throws SQLException {
    return host.query(
        "select count(*) from job_cleanup.audit_entry where act = '%s' and actor = '%s'"
            .formatted(act, email));
  }

  @Test
  void rightPasswordSetsTheCookieAndIsRecorded() throws Exception {
    HttpResponse<String> answer = signIn(PASSWORD);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .isEqualTo("{\"success\":true,\"name\":\"%s\",\"role\":\"operator\"}".formatted(email));
    assertThat(answer.headers().firstValue("Set-Cookie").orElseThrow())
        .matches("job-cleanup-session=[A-Za-z0-9_-]{43}; Path=/; HttpOnly; SameSite=Lax");
    assertThat(asks(Serving.cookieOf(answer))).isEqualTo(200);
    assertThat(entries("sign-in")).isEqualTo("1");
  }

  @Test
  void burstOfSignInsKeepsNoRequestFromTheDatabase() throws Exception {
    String cookie = cookie();
    List<CompletableFuture<Integer>> burst =
        IntStream.range(0, 20)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try {
                            return serving
                                .signIn("nobody" + i + "@example.com", PASSWORD)
                                .statusCode();
                          } catch (Exception e) {
                            throw new IllegalStateException(e);
                          }
                        },
                        runnable -> Thread.ofVirtual().start(runnable)))
            .toList();
    for (int i = 0; i < 10; i++) {
      assertThat(asks(cookie)).isEqualTo(200);
    }

    assertThat(burst).extracting(CompletableFuture::join).isSubsetOf(401, 429).contains(401);
  }

  @Test
  void emailIsKnownInWhateverCase() throws Exception {
    assertThat(serving.signIn(" " + email.toUpperCase(Locale.ROOT), PASSWORD).statusCode())
        .isEqualTo(200);
  }

  @Test
  void eachSignInHasASessionOfItsOwnOfWhichTheDatabaseKeepsNoMoreThanADigest() throws Exception {
    String first = cookie();
    String second = cookie();

    assertThat(first).isNotEqualTo(second);
    assertThat(asks(first)).isEqualTo(200);
    String value = second.substring(second.indexOf('=') + 1);
    assertThat(
            host.query(
                "select count(*) from job_cleanup.session where session_digest = sha256('%s')"
                    .formatted(value)))
        .isEqualTo("1");
  }

  @Test
  void cookieIsForTlsAloneWhereThePublicUrlSaysSo() throws Exception {
    HttpResponse<String> answer = other.signIn(email, PASSWORD);

    assertThat(answer.headers().firstValue("Set-Cookie").orElseThrow())
        .matches(
            "__Host-job-cleanup-session=[A-Za-z0-9_-]{43}; Path=/; Secure; HttpOnly; SameSite=Lax");
    assertThat(answer.headers().firstValue("Strict-Transport-Security")).isPresent();
    assertThat(other.send("GET", ME, "", "Cookie", Serving.cookieOf(answer)).statusCode())
        .isEqualTo(200);
  }

  @Test
  void trustedProxyTellsOfTls() throws Exception {
    HttpResponse<String> answer =
        serving.signIn(
            email, PASSWORD, "X-Forwarded-Proto", "https", "X-Forwarded-For", "10.9.9.9");

    assertThat(answer.headers().firstValue("Set-Cookie").orElseThrow()).startsWith("__Host-");
    assertThat(answer.headers().firstValue("Strict-Transport-Security")).isPresent();
    assertThat(
            host.query(
                "select origin from job_cleanup.audit_entry where act = 'sign-in' and actor = '%s'"
                    .formatted(email)))
        .isEqualTo("10.9.9.9");
  }

  @Test
  void signingOutEndsTheSessionOnTheServer() throws Exception {
    String cookie = cookie();

    HttpResponse<String> answer = serving.send("POST", "/api/auth/logout", "", "Cookie", cookie);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Set-Cookie").orElseThrow()).contains("Max-Age=0");
    assertThat(asks(cookie)).isEqualTo(401);
    assertThat(entries("sign-out")).isEqualTo("1");
    assertThat(serving.send("POST", "/api/auth/logout", "", "Cookie", cookie).statusCode())
        .isEqualTo(200);
  }

  @Test
  void wrongPasswordAndUnknownAccountAreToldAlike() throws Exception {
    HttpResponse<String> wrong = signIn("not the password");
    HttpResponse<String> unknown = serving.signIn("nobody@example.com", PASSWORD);

    assertThat(wrong.statusCode()).isEqualTo(401);
    assertThat(unknown.statusCode()).isEqualTo(401);
    assertThat(unknown.body()).isEqualTo(wrong.body());
    assertThat(Serving.json(wrong).get("error").asString()).isEqualTo("Unauthorized");
    assertThat(wrong.headers().firstValue("Set-Cookie")).isEmpty();
    assertThat(
            host.query(
                "select count(*) from job_cleanup.audit_entry where act = 'refused' and actor = '%s' and reason = 'wrong email or password'"
                    .formatted(email)))
        .isEqualTo("1");
    assertThat(
            host.query(
                "select count(*) from job_cleanup.audit_entry e where e::text like '%nobody@%'"))
        .isEqualTo("0");
  }

  @Test
  void emailThatNoDatabaseCouldHoldIsNobodys() throws Exception {
    assertThat(serving.signIn("a\0@example.com", PASSWORD).statusCode()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "{\"email\":\"a@example.com\"}",
        "{\"email\":\"a@example.com\",\"password\":null}",
        "{\"email\":\"a@example.com\",\"password\":123456789012}",
        "{\"email\":\"a@example.com\",\"password\":\"x\",\"remember\":true}",
        "[]"
      })
  void otherBodiesAreRefused(String body) throws Exception {
    HttpResponse<String> answer =
        serving.send("POST", "/api/auth/login", body, "Content-Type", "application/json");

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(Serving.json(answer).get("error").asString()).isEqualTo("Invalid request");
  }

  @Test
  void afterFiveWrongOnesNoPasswordIsJudgedOnAnyInstanceUntilTheyAreOld() throws Exception {
    for (int i = 0; i < SignInLimits.PER_ACCOUNT; i++) {
      Serving each = i % 2 == 0 ? serving : other;
      assertThat(each.signIn(email, "wrong " + i).statusCode()).isEqualTo(401);
    }

    HttpResponse<String> answer = other.signIn(email, PASSWORD);
    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(Long.parseLong(answer.headers().firstValue("Retry-After").orElseThrow()))
        .isBetween(800L, 900L);
    assertThat(serving.signIn(email, "wrong").statusCode()).isEqualTo(429);
    assertThat(serving.cookie(Serving.EMAIL, Serving.PASSWORD)).isNotEmpty();

    // Refused tries don't count: the oldest wrong one alone keeps it closed.
    host.execute(
        """
        update job_cleanup.sign_in_attempt set tried_at = tried_at - interval '15 minutes'
        where id = (select min(id) from job_cleanup.sign_in_attempt
                    where account_digest = sha256('%s'))
        """
            .formatted(email));
    assertThat(serving.signIn(email, PASSWORD).statusCode()).isEqualTo(200);
    assertThat(serving.signIn(email, "wrong").statusCode()).isEqualTo(401);
    assertThat(serving.signIn(email, PASSWORD).statusCode()).isEqualTo(429);
  }

  @Test
  void unknownAccountIsLimitedToo() throws Exception {
    for (int i = 0; i < SignInLimits.PER_ACCOUNT; i++) {
      assertThat(serving.signIn("ghost@example.com", "wrong").statusCode()).isEqualTo(401);
    }

    assertThat(serving.signIn("ghost@example.com", "wrong").statusCode()).isEqualTo(429);
  }

  @Test
  void anotherPasswordFromTheCommandLineOpensTheAccountAgain() throws Exception {
    for (int i = 0; i < SignInLimits.PER_ACCOUNT; i++) {
      signIn("wrong");
    }
    assertThat(signIn(PASSWORD).statusCode()).isEqualTo(429);

    accounts.changePassword(Actor.atCommandLine(), email, password("another password"));

    assertThat(signIn("another password").statusCode()).isEqualTo(200);
  }

  @Test
  void afterTwentyWrongOnesNoPasswordFromThatAddressIsJudged() throws Exception {
    String[] here = {"X-Forwarded-For", "198.51.100.7"};
    host.execute(
        """
        insert into job_cleanup.sign_in_attempt (account_digest, address, state)
        select sha256(n::text::bytea), '198.51.100.7', 'WRONG' from generate_series(1, 19) n
        """);
    assertThat(serving.signIn(email, "wrong", here).statusCode()).isEqualTo(401);

    assertThat(serving.signIn(email, PASSWORD, here).statusCode()).isEqualTo(429);
    assertThat(serving.signIn(email, PASSWORD, "X-Forwarded-For", "198.51.100.8").statusCode())
        .isEqualTo(200);
  }

  @Test
  void whoForgesForwardedAddressesIsCountedByTheAddressThatTheProxySaw() throws Exception {
    for (int i = 0; i < 3; i++) {
      serving.signIn(email, "wrong", "X-Forwarded-For", "192.0.2.%d, 198.51.100.9".formatted(i));
      other.signIn("someone@example.com", "wrong", "X-Forwarded-For", "192.0.2.99");
    }

    assertThat(
            host.query(
                "select string_agg(distinct address, ' ' order by address) from job_cleanup.sign_in_attempt where address like '192.%' or address like '198.51.100.9' or account_digest = sha256('someone@example.com')"))
        .isEqualTo("127.0.0.1 198.51.100.9");
  }

  @Test
  void addressesOfOneIpv6NetworkCountAsOne() throws Exception {
    for (int i = 0; i < 3; i++) {
      serving.signIn(email, "wrong", "X-Forwarded-For", "2001:db8:1:2::" + i);
    }

    assertThat(
            host.query(
                "select string_agg(distinct address, ' ') from job_cleanup.sign_in_attempt where address like '2001%'"))
        .isEqualTo("20010db800010002::/64");
  }

  @Test
  void manyWrongOnesAtOnceAreNotJudgedMoreOftenThanOneAfterTheOther() throws Exception {
    List<Integer> statuses = atOnce(24, "wrong password");

    assertThat(statuses).filteredOn(it -> it == 401).hasSize(SignInLimits.PER_ACCOUNT);
    assertThat(statuses).filteredOn(it -> it == 429).hasSize(24 - SignInLimits.PER_ACCOUNT);
  }

  @Test
  void manyRightOnesAtOnceAllSucceed() throws Exception {
    assertThat(atOnce(12, PASSWORD)).containsOnly(200);
  }

  private List<Integer> atOnce(int number, String password) throws Exception {
    List<Future<Integer>> futures = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(number)) {
      for (int i = 0; i < number; i++) {
        Serving each = i % 2 == 0 ? serving : other;
        futures.add(threads.submit(() -> each.signIn(email, password).statusCode()));
      }
    }
    List<Integer> statuses = new ArrayList<>();
    for (Future<Integer> each : futures) {
      statuses.add(each.get());
    }
    return statuses;
  }

  @Test
  void roleHoldsAtOnce() throws Exception {
    String cookie = cookie();
    String cleanup = "/api/admin/jobs/cleanup";
    assertThat(serving.send("POST", cleanup, "", "Cookie", cookie).statusCode()).isEqualTo(200);

    accounts.changeRole(Actor.atCommandLine(), email, Role.VIEWER);

    assertThat(serving.send("POST", cleanup, "", "Cookie", cookie).statusCode()).isEqualTo(403);
    assertThat(asks(cookie)).isEqualTo(200);
  }

  @Test
  void sessionsEndWithThePasswordAndWithTheAccount() throws Exception {
    String cookie = cookie();
    accounts.changePassword(Actor.atCommandLine(), email, password("another password"));
    assertThat(asks(cookie)).isEqualTo(401);
    assertThat(signIn(PASSWORD).statusCode()).isEqualTo(401);

    String later = serving.cookie(email, "another password");
    accounts.remove(Actor.atCommandLine(), email);
    assertThat(asks(later)).isEqualTo(401);
    assertThat(signIn("another password").statusCode()).isEqualTo(401);
  }

  @Test
  void sessionEndsWhenItIsIdleAndWhenItIsOld() throws Exception {
    String idle = cookie();
    age("used_at", Sessions.IDLE);
    assertThat(asks(idle)).isEqualTo(401);

    String old = cookie();
    age("created_at", Sessions.LONGEST);
    assertThat(asks(old)).isEqualTo(401);
  }

  private void age(String column, Duration by) throws SQLException {
    host.execute(
        "update job_cleanup.session set %1$s = %1$s - interval '%2$d seconds' where admin_id = (select id from job_cleanup.admin where email = '%3$s')"
            .formatted(column, by.toSeconds(), email));
  }

  @Test
  void useOfASessionIsNotedOnceAMinute() throws Exception {
    String cookie = cookie();
    String row = sessionRow();
    asks(cookie);
    asks(cookie);
    assertThat(sessionRow()).isEqualTo(row);

    age("used_at", Duration.ofSeconds(61));
    asks(cookie);
    assertThat(
            host.query(
                "select used_at > now() - interval '30 seconds' from job_cleanup.session where admin_id = (select id from job_cleanup.admin where email = '%s')"
                    .formatted(email)))
        .isEqualTo("t");
  }

  private String sessionRow() throws SQLException {
    return host.query(
        "select xmin || used_at::text from job_cleanup.session where admin_id = (select id from job_cleanup.admin where email = '%s')"
            .formatted(email));
  }

  @Test
  void requestWithoutCredentialsWritesNothing() throws Exception {
    String before = written();

    assertThat(serving.send("POST", "/api/admin/jobs/cleanup", "").statusCode()).isEqualTo(401);
    assertThat(serving.send("GET", "/api/admin/runs", "").statusCode()).isEqualTo(401);
    assertThat(serving.send("GET", "/actuator/health", "").headers().firstValue("Set-Cookie"))
        .isEmpty();

    assertThat(written()).isEqualTo(before);
  }

  private static String written() throws SQLException {
    return host.query(
        "select (select count(*) from job_cleanup.session) || ' ' || (select count(*) from job_cleanup.audit_entry) || ' ' || (select count(*) from job_cleanup.sign_in_attempt)");
  }

  @Test
  void sameRefusalIsRecordedOnceAMinute() throws Exception {
    String cookie = cookie();
    accounts.changeRole(Actor.atCommandLine(), email, Role.VIEWER);
    for (int i = 0; i < 5; i++) {
      serving.send("POST", "/api/admin/jobs/cleanup", "", "Cookie", cookie);
    }

    assertThat(
            host.query(
                "select count(*) || ' ' || min(target) || ': ' || min(reason) from job_cleanup.audit_entry where act = 'refused' and actor = '%s'"
                    .formatted(email)))
        .isEqualTo("1 POST /api/admin/jobs/cleanup: the role doesn't suffice");
  }

  @Test
  void wrongBearerIsRefusedThoughTheCookieIsFine() throws Exception {
    String cookie = cookie();
    for (String bearer :
        List.of("Bearer", "Bearer nonsense", "bearer jc_" + "x".repeat(43), "BEARER a b")) {
      assertThat(
              serving.send("GET", ME, "", "Cookie", cookie, "Authorization", bearer).statusCode())
          .as(bearer)
          .isEqualTo(401);
    }
    assertThat(
            serving
                .send("GET", ME, "", "Cookie", cookie, "Authorization", "Basic eDp5")
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void unknownAccountTakesAsLongAsAKnownOne() throws Exception {
    List<Long> known = new ArrayList<>();
    List<Long> unknown = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      known.add(nanos(email));
      unknown.add(nanos("unknown@example.com"));
    }

    assertThat(median(unknown)).isBetween(median(known) / 2, median(known) * 2);
  }

  private static long nanos(String email) throws Exception {
    long start = System.nanoTime();
    assertThat(serving.signIn(email, "wrong password").statusCode()).isEqualTo(401);
    return System.nanoTime() - start;
  }

  private static long median(List<Long> nanos) {
    return nanos.stream().sorted().skip(nanos.size() / 2).findFirst().orElseThrow();
  }

  @Test
  void longPasswordsAreNotCut() throws Exception {
    String shared = "0123456789".repeat(20);
    accounts.changePassword(Actor.atCommandLine(), email, password(shared + "right"));

    assertThat(signIn(shared + "wrong").statusCode()).isEqualTo(401);
    assertThat(signIn(shared + "right").statusCode()).isEqualTo(200);
  }

  @Test
  void hashesOfOnePasswordDiffer() throws SQLException {
    Set<String> hashes = new HashSet<>();
    for (int i = 0; i < 2; i++) {
      accounts.changePassword(Actor.atCommandLine(), email, password(PASSWORD));
      hashes.add(
          host.query(
              "select password_hash from job_cleanup.admin where email = '%s'".formatted(email)));
    }

    assertThat(hashes).hasSize(2).allMatch(it -> it.startsWith("{pbkdf2-sha512}"));
  }
}
