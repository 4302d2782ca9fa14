package io.jobcleanup.server.schedule;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.server.settings.Settings;
import javax.sql.DataSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The service's own schedule. */
@Configuration(proxyBeanMethods = false)
public class ScheduleConfiguration {

  /** The schedule, which starts and ends with the application. */
  @Bean
  public CleanupSchedule cleanupSchedule(
      Settings settings, JobCleanup cleanup, DataSource dataSource, JdbcClient jdbc) {
    return new CleanupSchedule(settings, cleanup, dataSource, jdbc);
  }
}
