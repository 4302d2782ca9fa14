package io.jobcleanup.server.log;

/** How a log line is written. */
public enum LogFormat {
  /** Time, level, message and pairs in logfmt, on one line. */
  LOGFMT,
  /** One JSON object a line in the Elastic Common Schema. */
  ECS
}
