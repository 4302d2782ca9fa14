package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Mapping;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job as a person names it, to be looked for in our records: by its key, or by source:key, where
 * the source is called so in the mapping or was when the record was written.
 */
public final class JobName {

  /** The condition that finds it, on tables with our columns of a job. */
  static final String CONDITION =
      "(job_key = :job or (job_key = :job_of_source and (source = :job_source or"
          + " array[job_table, substr(job_table, strpos(job_table, '.') + 1)]"
          + " && cast(:job_tables as text[]))))";

  private final Map<String, @Nullable Object> parameters = new HashMap<>();

  /** A name, and the mapping by which its sources are known. */
  public JobName(String text, Mapping mapping) {
    int colon = text.indexOf(':');
    String source = colon < 0 ? null : text.substring(0, colon);
    parameters.put("job", text);
    parameters.put("job_of_source", source == null ? null : text.substring(colon + 1));
    parameters.put("job_source", source);
    parameters.put(
        "job_tables",
        mapping.sources().stream()
            .filter(it -> it.name().equals(source))
            .map(it -> it.jobs().table())
            .toArray(String[]::new));
  }

  Map<String, @Nullable Object> parameters() {
    return parameters;
  }
}
