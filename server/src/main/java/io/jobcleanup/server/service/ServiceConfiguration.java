package io.jobcleanup.server.service;

import io.jobcleanup.CleanupListener;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.server.account.SecurityConfiguration;
import io.jobcleanup.server.database.HostDatabase;
import io.jobcleanup.server.observe.ObserveConfiguration;
import io.jobcleanup.server.schedule.ScheduleConfiguration;
import io.jobcleanup.server.settings.Settings;
import io.jobcleanup.server.web.WebConfiguration;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.availability.ApplicationAvailabilityAutoConfiguration;
import org.springframework.boot.autoconfigure.context.ConfigurationPropertiesAutoConfiguration;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.autoconfigure.context.PropertyPlaceholderAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;

/**
 * What the service is made of. Beans that are there before it: {@link Settings}, {@link
 * HostDatabase}, its {@link DataSource} and the {@link Mapping}.
 */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({
  ApplicationAvailabilityAutoConfiguration.class,
  ConfigurationPropertiesAutoConfiguration.class,
  LifecycleAutoConfiguration.class,
  PropertyPlaceholderAutoConfiguration.class
})
@Import({
  WebConfiguration.class,
  SecurityConfiguration.class,
  ScheduleConfiguration.class,
  ObserveConfiguration.class
})
class ServiceConfiguration {

  /** The library, heard by every listener among the beans. */
  @Bean
  JobCleanup jobCleanup(
      HostDatabase database,
      Settings settings,
      Mapping mapping,
      ObjectProvider<CleanupListener> listeners) {
    JobCleanup.Builder builder =
        JobCleanup.builder(database.dataSource())
            .schema(database.url().schema())
            .timeout(settings.timeout())
            .keepHistory(settings.history().keep())
            .logPerJob(settings.logPerJob())
            .mapping(mapping);
    listeners.orderedStream().forEach(builder::listener);
    return builder.build();
  }

  @Bean
  JdbcClient jdbcClient(DataSource dataSource) {
    return JdbcClient.create(dataSource);
  }

  @Bean
  JdbcTransactionManager transactionManager(DataSource dataSource) {
    return new JdbcTransactionManager(dataSource);
  }
}
