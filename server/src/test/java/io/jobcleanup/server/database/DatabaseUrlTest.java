package io.jobcleanup.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

class DatabaseUrlTest {

  private static String failure(String url) {
    ProgramException[] thrown = new ProgramException[1];
    assertThatExceptionOfType(ProgramException.class)
        .isThrownBy(() -> DatabaseUrl.parse(url))
        .satisfies(it -> thrown[0] = it);
    assertThat(thrown[0].code()).isEqualTo(ExitCode.MISCONFIGURED);
    return thrown[0].getMessage();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://app:secret@db.example.com/shop",
        "postgres://app:secret@db.example.com:5432/shop",
        "  postgresql://app:secret@db.example.com/shop\n",
        "jdbc:postgresql://db.example.com/shop?user=app&password=secret"
      })
  void allFormsMeanTheSame(String text) {
    DatabaseUrl url = DatabaseUrl.parse(text);

    assertThat(url.address()).isEqualTo("db.example.com:5432");
    assertThat(url.database()).isEqualTo("shop");
    assertThat(url.user()).isEqualTo("app");
    assertThat(url.dataSource().getPassword()).isEqualTo("secret");
    assertThat(url.schema()).isNull();
    assertThat(url.connectionLimit()).isEqualTo(4);
    assertThat(url.connectTimeoutSeconds()).isEqualTo(3);
    assertThat(url).hasToString("postgresql://app@db.example.com:5432/shop");
  }

  @Test
  void percentEncodingIsTakenBackEverywhere() {
    DatabaseUrl url =
        DatabaseUrl.parse("postgresql://a%40b:p%3A%2F%3F%23%40%25%20%C3%A9@h/my%20db?schema=s%26t");

    assertThat(url.user()).isEqualTo("a@b");
    assertThat(url.dataSource().getPassword()).isEqualTo("p:/?#@% é");
    assertThat(url.database()).isEqualTo("my db");
    assertThat(url.schema()).isEqualTo("s&t");
  }

  @Test
  void plusIsNoSpaceAndColonAndAtInAPasswordAreTaken() {
    DatabaseUrl url = DatabaseUrl.parse("postgresql://u:a+b:c@d@h/x");

    assertThat(url.dataSource().getPassword()).isEqualTo("a+b:c@d");
    assertThat(url.address()).isEqualTo("h:5432");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[::1]|[::1]:5432",
        "[2001:db8::7]:6543|[2001:db8::7]:6543",
        "10.0.3.7:6543|10.0.3.7:6543",
        "a:1,b,[::2]:3|a:1, b:5432, [::2]:3"
      })
  void hostsMayBeSeveralAndIpv6StandsInBrackets(String hosts, String address) {
    assertThat(DatabaseUrl.parse("postgresql://u:p@%s/d".formatted(hosts)).address())
        .isEqualTo(address);
  }

  @Test
  void ofSeveralHostsThePrimaryIsLookedFor() {
    assertThat(DatabaseUrl.parse("postgresql://u@a,b/d").dataSource().getTargetServerType())
        .isEqualTo("primary");
    assertThat(DatabaseUrl.parse("postgresql://u@a/d").dataSource().getTargetServerType())
        .isEqualTo("any");
  }

  @Test
  void parametersThatAreUnderstoodReachTheDriver() {
    DatabaseUrl url =
        DatabaseUrl.parse(
            "postgresql://u:p@h/d?schema=shop&pgbouncer=true&sslmode=verify-full"
                + "&sslrootcert=/etc/ca.pem&connect_timeout=9&connection_limit=2");
    PGSimpleDataSource dataSource = url.dataSource();

    assertThat(url.schema()).isEqualTo("shop");
    assertThat(url.pgbouncer()).isTrue();
    assertThat(url.connectTimeoutSeconds()).isEqualTo(9);
    assertThat(url.connectionLimit()).isEqualTo(2);
    assertThat(url.ignored()).isEmpty();
    assertThat(dataSource.getPrepareThreshold()).isZero();
    assertThat(dataSource.getSslMode()).isEqualTo("verify-full");
    assertThat(dataSource.getSslRootCert()).isEqualTo("/etc/ca.pem");
    assertThat(dataSource.getConnectTimeout()).isEqualTo(9);
    assertThat(DatabaseUrl.parse("postgresql://h/d?connect_timeout=0").connectTimeoutSeconds())
        .isEqualTo(300);
  }

  @Test
  void certificateAuthorityThatIsNamedIsChecked() {
    assertThat(
            DatabaseUrl.parse("postgresql://h/d?sslmode=require&sslrootcert=ca.pem")
                .dataSource()
                .getSslMode())
        .isEqualTo("verify-ca");
    assertThat(DatabaseUrl.parse("postgresql://h/d?sslmode=require").dataSource().getSslMode())
        .isEqualTo("require");
  }

  @Test
  void prismasOthersAreIgnoredByNameWithoutTheirValues() {
    DatabaseUrl url =
        DatabaseUrl.parse(
            "postgresql://h/d?sslaccept=strict&sslcert=a.pem&sslpassword=Canary&pool_timeout=2"
                + "&statement_cache_size=0&socket_timeout=3&Canary%0A=1");

    assertThat(url.ignored())
        .contains("sslaccept", "sslcert", "sslpassword", "pool_timeout", "(not shown)")
        .noneMatch(it -> it.contains("Canary"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|is empty",
        "mysql://u:Canary@h/d|begins with mysql://",
        "u:Canary@h/d|doesn't begin as an address does",
        "postgresql://u:Canary@h|names no database",
        "postgresql://u:Canary@h/|names no database",
        "postgresql://u:Canary@/d|names no host",
        "postgresql://:Canary@h/d|names no user",
        "postgresql://u:Canary@h:/d|port",
        "postgresql://u:Canary@h:0/d|port",
        "postgresql://u:Canary@h:65536/d|port",
        "postgresql://u:Can/ary@h/d|port",
        "postgresql://u:123456/Canary@h/d|port",
        "postgresql://u:Can#ary@h/d|#",
        "postgresql://u:Canary%zz@h/d|% in its password",
        "postgresql://u:Canary%2@h/d|% in its password",
        "postgresql://u:Canary%ff@h/d|password that isn't UTF-8",
        "postgresql://u:Canary%00@h/d|%00 in its password",
        "postgresql://u:Canary@[::1/d|IPv6 stands in brackets",
        "postgresql://u:Canary@::1/d|IPv6 stands in brackets",
        "postgresql://u:Canary@%2Ftmp/d|Unix socket",
        "postgresql://u:Canary@h/d?host=/tmp|parameter host",
        "postgresql://u:Canary@h/d?sslmod=require|Did you mean sslmode?",
        "postgresql://u:Canary@h/d?sslmode=yes|allowed are disable, allow, prefer",
        "postgresql://u:Canary@h/d?connection_limit=0|from 1 to 100",
        "postgresql://u:Canary@h/d?connect_timeout=soon|from 0 to 300",
        "postgresql://u:Canary@h/d?pgbouncer=1|allowed are true and false",
        "postgresql://u:Canary@h/d?schema=|empty schema",
        "postgresql://u:Canary@h/d?schema=a&schema=b|schema twice",
        "postgresql://u:Ca?n=Canary@h/d|port",
        "jdbc:postgresql://h:x/d?password=Canary|JDBC URL"
      })
  void malformedAddressNamesThePartAndNeverThePassword(String url, String part) {
    assertThat(failure(url))
        .startsWith("DATABASE_URL ")
        .contains(part)
        .doesNotContain("Can")
        .doesNotContain("123456");
  }

  @Test
  void jdbcUrlPassesThroughWithItsOwnParameters() {
    DatabaseUrl url =
        DatabaseUrl.parse(
            "jdbc:postgresql://h:1/d?user=u&password=Canary&currentSchema=x&prepareThreshold=2");

    assertThat(url.dataSource().getCurrentSchema()).isEqualTo("x");
    assertThat(url.dataSource().getPrepareThreshold()).isEqualTo(2);
    assertThat(url.schema()).isNull();
    assertThat(url.toString()).doesNotContain("Canary");
    assertThat(url.dataSource().toString()).doesNotContain("Canary");
  }
}
