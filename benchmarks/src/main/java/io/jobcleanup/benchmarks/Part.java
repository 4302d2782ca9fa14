package io.jobcleanup.benchmarks;

/** One question that is answered by measuring; its name is what the command line selects it by. */
interface Part {

  /** The name. */
  String name();

  /** Measures. */
  Finding measure(Lab lab) throws Exception;
}
