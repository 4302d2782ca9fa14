package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Mapping;
import java.util.List;

/** The host's tables, found to be as a mapping says. */
public final class Host {

  private Host() {}

  /**
   * Holds a mapping against a database.
   *
   * @return the statements about each source
   * @throws io.jobcleanup.InvalidMappingException if the mapping is wrong, in itself or for this
   *     database
   * @throws io.jobcleanup.UnusableDatabaseException if our role lacks a privilege or can't see the
   *     rows
   */
  public static List<SourceStatements> bind(Tx tx, Mapping mapping) {
    return MappingCheck.check(tx, mapping).sound().stream().map(SourceStatements::new).toList();
  }
}
