package io.jobcleanup.server.web;

import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.context.annotation.Bean;

/** The server of {@code MANAGEMENT_PORT}, which has an application context of its own. */
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
public class ManagementServer {

  @Bean
  ServerRules serverRules() {
    return new ServerRules();
  }
}
