package io.jobcleanup.server.web;

import org.apache.catalina.core.StandardHost;
import org.apache.tomcat.util.buf.EncodedSolidusHandling;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;

/** How the server itself treats requests, on each port that the service has. */
final class ServerRules implements WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> {

  @Override
  public void customize(ConfigurableTomcatWebServerFactory factory) {
    factory.addContextCustomizers(
        context -> {
          if (context.getParent() instanceof StandardHost host) {
            host.setErrorReportValveClass(ProblemValve.class.getName());
          }
        });
    factory.addConnectorCustomizers(
        connector -> {
          // A form filter that eats a body would turn a dry run into a real one.
          connector.setParseBodyMethods("");
          // A job's key may have slashes of both kinds in it.
          String asItIs = EncodedSolidusHandling.PASS_THROUGH.getValue();
          connector.setEncodedSolidusHandling(asItIs);
          connector.setEncodedReverseSolidusHandling(asItIs);
        });
  }
}
