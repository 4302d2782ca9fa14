package io.jobcleanup.server.cli;

import io.jobcleanup.server.demo.Demo;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** The main job before one's eyes, on a database of its own. */
@Command(
    name = "demo",
    header = "Show the main job in under a minute.",
    description = {
      "",
      "On an embedded database of its own, workers resample images; one is killed in "
          + "mid-job, its job is failed, and its tokens are given back."
    })
final class DemoCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  DemoCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws Exception {
    return new Demo(surroundings).run().number();
  }
}
