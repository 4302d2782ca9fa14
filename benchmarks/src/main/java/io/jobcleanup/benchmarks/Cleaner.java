package io.jobcleanup.benchmarks;

import java.sql.SQLException;

/** One way to settle all stuck jobs of a database. */
interface Cleaner {

  /** What it is called in tables and charts. */
  String label();

  /** Whether it keeps records as ours does. */
  boolean records();

  /** Settles everything that is stuck; gives the number of jobs. */
  long clean(HostDatabase database) throws SQLException;
}
