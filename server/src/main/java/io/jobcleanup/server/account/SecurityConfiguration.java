package io.jobcleanup.server.account;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.security.autoconfigure.SecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;

/** Who may use which route; what isn't named is denied. */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({
  SecurityAutoConfiguration.class,
  SecurityFilterAutoConfiguration.class,
  ServletWebSecurityAutoConfiguration.class
})
public class SecurityConfiguration {

  @Bean
  SecurityFilterChain routes(HttpSecurity http) {
    return http.csrf(it -> it.disable())
        .authorizeHttpRequests(
            it ->
                it.requestMatchers(
                        "/api/cron/cleanup-jobs", "/actuator/health", "/actuator/health/**")
                    .permitAll()
                    .anyRequest()
                    .denyAll())
        .build();
  }
}
