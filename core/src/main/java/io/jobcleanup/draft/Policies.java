package io.jobcleanup.draft;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** Which settings the host's policies and functions ask for. */
final class Policies {

  private static final Pattern SETTING =
      Pattern.compile(
          "current_setting\\(\\s*'([A-Za-z_]+\\.[A-Za-z0-9_.]+)'(?:::text)?[^)]*\\)(\\s*(?:,\\s*''(?:::text)?\\s*\\)|\\)*)?\\s*(?:::text)?\\s*=\\s*'([^']{1,20})')?");

  /** Values that say what somebody is; any other may be a secret, and is never shown. */
  private static final String ROLE =
      "true|on|yes|t|1|admin|system|service|service_role|worker|internal|superuser|root|bypass";

  private Policies() {}

  /**
   * The settings, each with the value that it is compared with; empty where it is compared with
   * none.
   */
  static Map<String, String> settings(String sql) {
    Map<String, String> settings = new LinkedHashMap<>();
    SETTING
        .matcher(sql)
        .results()
        .forEach(
            it -> {
              String value = it.group(3) != null && it.group(3).matches(ROLE) ? it.group(3) : "";
              if (!value.isEmpty() || !settings.containsKey(it.group(1))) {
                settings.put(it.group(1), value);
              }
            });
    return settings;
  }
}
