package io.jobcleanup;

/** What started a run. */
public enum Trigger {
  /** A call of the library. */
  CODE,
  /** The command line. */
  COMMAND,
  /** The admin API. */
  API,
  /** A cron call. */
  CRON,
  /** The service's own schedule. */
  SCHEDULE
}
