package io.jobcleanup.server.web;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.server.answer.Json;
import io.jobcleanup.server.database.HostDatabase;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.http.converter.autoconfigure.HttpMessageConvertersAutoConfiguration;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.servlet.autoconfigure.HttpEncodingAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;
import org.springframework.security.web.firewall.HttpFirewall;
import org.springframework.security.web.firewall.StrictHttpFirewall;
import tools.jackson.databind.json.JsonMapper;

/** The HTTP server, its routes and its rules. */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({
  DispatcherServletAutoConfiguration.class,
  HttpEncodingAutoConfiguration.class,
  HttpMessageConvertersAutoConfiguration.class,
  JacksonAutoConfiguration.class,
  TomcatServletWebServerAutoConfiguration.class,
  WebMvcAutoConfiguration.class
})
@Import({
  ApiDescription.class,
  CleanupController.class,
  CronController.class,
  ErrorAnswers.class,
  JobsController.class,
  RefundsController.class,
  LateController.class,
  RunsController.class
})
public class WebConfiguration {
  @Bean
  JsonMapper jsonMapper() {
    return Json.mapper();
  }

  @Bean
  Requests requests(JobCleanup cleanup, HostDatabase database) {
    return new Requests(cleanup, database.url().connectionLimit());
  }

  @Bean
  Troubles troubles(HostDatabase database) {
    return new Troubles(database.outages());
  }

  @Bean
  FilterRegistrationBean<ProblemFilter> problemFilter(Troubles troubles) {
    FilterRegistrationBean<ProblemFilter> filter =
        new FilterRegistrationBean<>(new ProblemFilter(troubles));
    filter.setOrder(Ordered.HIGHEST_PRECEDENCE);
    return filter;
  }

  @Bean
  ServerRules serverRules() {
    return new ServerRules();
  }

  /** Lets keys of jobs through, whatever characters they have once decoded. */
  @Bean
  HttpFirewall firewall() {
    StrictHttpFirewall firewall = new StrictHttpFirewall();
    firewall.setAllowUrlEncodedSlash(true);
    firewall.setAllowUrlEncodedDoubleSlash(true);
    firewall.setAllowUrlEncodedPercent(true);
    firewall.setAllowUrlEncodedPeriod(true);
    firewall.setAllowBackSlash(true);
    firewall.setAllowSemicolon(true);
    return firewall;
  }
}
