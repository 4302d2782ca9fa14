package io.jobcleanup.server.schedule;

import org.springframework.context.annotation.Configuration;

/** The service's own schedule. */
@Configuration(proxyBeanMethods = false)
public class ScheduleConfiguration {}
