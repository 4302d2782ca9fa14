package io.jobcleanup.server.account;

import static org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher.pathPattern;
import static org.springframework.security.web.util.matcher.RequestMatchers.anyOf;

import io.jobcleanup.server.database.HostDatabase;
import io.jobcleanup.server.settings.Settings;
import io.jobcleanup.server.web.AuditTrail;
import io.jobcleanup.server.web.Client;
import io.jobcleanup.server.web.Problem;
import io.jobcleanup.server.web.Problems;
import io.jobcleanup.server.web.SecurityHeaders;
import io.jobcleanup.server.web.Troubles;
import jakarta.servlet.DispatcherType;
import java.security.Principal;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.security.autoconfigure.SecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.HttpMethod;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.AnonymousAuthenticationFilter;
import org.springframework.security.web.context.SecurityContextHolderFilter;
import org.springframework.security.web.firewall.RequestRejectedHandler;
import org.springframework.security.web.util.matcher.RequestMatcher;

/**
 * Who may use which route. What isn't named here is for admins alone, so a new route is closed to
 * all others until it is.
 */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({
  SecurityAutoConfiguration.class,
  SecurityFilterAutoConfiguration.class,
  ServletWebSecurityAutoConfiguration.class
})
@Import({AuthController.class, SignInPage.class})
public class SecurityConfiguration {
  private static final RequestMatcher CRON = pathPattern("/api/cron/cleanup-jobs");
  private static final RequestMatcher SIGN_IN_AND_OUT =
      anyOf(pathPattern("/api/auth/login"), pathPattern("/api/auth/logout"));
  private static final RequestMatcher HEALTH =
      anyOf(pathPattern("/actuator/health"), pathPattern("/actuator/health/**"));
  private static final RequestMatcher READ =
      reading(
          "/",
          "/api/auth/me",
          "/api/admin/**",
          "/v3/api-docs/**",
          "/v3/api-docs.yaml",
          "/swagger-ui.html",
          "/swagger-ui/**",
          "/actuator/**");
  private static final RequestMatcher SIGN_IN_PAGE = reading("/sign-in.js", "/sign-in.css");
  private static final RequestMatcher RUN = pathPattern("/api/admin/jobs/cleanup");

  /** What the firewall lets through to be judged by its path. */
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

  private static RequestMatcher reading(String... patterns) {
    return anyOf(
        Arrays.stream(patterns)
            .flatMap(
                it -> Stream.of(pathPattern(HttpMethod.GET, it), pathPattern(HttpMethod.HEAD, it)))
            .toArray(RequestMatcher[]::new));
  }

  @Bean
  SignIn signIn(HostDatabase database) {
    return new SignIn(database.forCallers());
  }

  @Bean
  AuditTrail auditTrail(Settings settings) {
    return (connection, request, act, target, before, after) -> {
      Principal caller = request.getUserPrincipal();
      new Audit(new SingleConnectionDataSource(connection, true))
          .record(
              new Actor(
                  caller == null ? null : caller.getName(),
                  Client.of(request, settings.web()).address()),
              act,
              target,
              before,
              after);
    };
  }

  @Bean
  SecurityFilterChain routes(
      HttpSecurity http, Settings settings, HostDatabase database, Troubles troubles) {
    DataSource dataSource = database.forCallers();
    Refusals refusals = new Refusals(new Audit(dataSource), database.outages(), settings.web());
    return http.headers(AbstractHttpConfigurer::disable)
        // Instead of tokens in forms: CrossSiteFilter.
        .csrf(AbstractHttpConfigurer::disable)
        .formLogin(AbstractHttpConfigurer::disable)
        .httpBasic(AbstractHttpConfigurer::disable)
        .logout(AbstractHttpConfigurer::disable)
        .requestCache(AbstractHttpConfigurer::disable)
        .sessionManagement(it -> it.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
        .exceptionHandling(
            it -> it.authenticationEntryPoint(refusals).accessDeniedHandler(refusals))
        .addFilterBefore(
            new SecurityHeadersFilter(settings.web()), SecurityContextHolderFilter.class)
        .addFilterBefore(
            new AuthenticationFilter(
                new Tokens(dataSource),
                new Sessions(dataSource),
                refusals,
                troubles,
                settings.web(),
                CRON,
                anyOf(SIGN_IN_PAGE, HEALTH)),
            AnonymousAuthenticationFilter.class)
        .addFilterAfter(
            new CrossSiteFilter(settings.web(), refusals, CRON, SIGN_IN_AND_OUT),
            AuthenticationFilter.class)
        .authorizeHttpRequests(
            it ->
                it.dispatcherTypeMatchers(DispatcherType.ERROR)
                    .permitAll()
                    .requestMatchers(CRON, SIGN_IN_AND_OUT, SIGN_IN_PAGE, HEALTH)
                    .permitAll()
                    .requestMatchers(READ)
                    .hasRole(Role.VIEWER.name())
                    .requestMatchers(RUN)
                    .hasRole(Role.OPERATOR.name())
                    .anyRequest()
                    .hasRole(Role.ADMIN.name()))
        .build();
  }

  @Bean
  RequestRejectedHandler rejected(Settings settings) {
    return (request, response, error) -> {
      SecurityHeaders.set(response, Client.of(request, settings.web()).overTls());
      Problems.write(
          response,
          METHODS.contains(request.getMethod())
              ? Problem.invalid("the request line or a header isn't allowed")
              : Problem.of(501, "Not implemented", "no path is for this method"));
    };
  }
}
