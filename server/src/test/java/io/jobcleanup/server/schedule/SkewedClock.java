package io.jobcleanup.server.schedule;

import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.none;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.asm.Advice;

/**
 * An agent that sets a JVM's clock wrong: {@link Instant#now()} and all that stands on it are a day
 * ahead, or a day ahead and right in turns of seven seconds.
 */
public final class SkewedClock {
  /** What the agent is told to be ahead all the time. */
  static final String AHEAD = "ahead";

  /** What the agent is told to jump. */
  static final String JUMPING = "jumping";

  private SkewedClock() {}

  /** The JVM's argument that loads the agent, from a jar of its own that is made in a directory. */
  static String argument(Path directory, String how) throws IOException {
    Path jar = directory.resolve("skewed-clock-%s.jar".formatted(how));
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", SkewedClock.class.getName());
    manifest.getMainAttributes().putValue("Can-Retransform-Classes", "true");
    try (OutputStream out = Files.newOutputStream(jar)) {
      new JarOutputStream(out, manifest).close();
    }
    return "-javaagent:%s=%s".formatted(jar, how);
  }

  /** For the JVM. */
  public static void premain(String how, Instrumentation instrumentation) {
    new AgentBuilder.Default()
        .disableClassFormatChanges()
        .with(AgentBuilder.RedefinitionStrategy.RETRANSFORMATION)
        .ignore(none())
        .type(named("java.time.Clock"))
        .transform(
            (builder, type, loader, module, domain) ->
                builder.visit(
                    Advice.to(how.equals(AHEAD) ? Ahead.class : Jumping.class)
                        .on(named("currentInstant"))))
        .installOn(instrumentation);
  }

  private static final class Ahead {
    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) Instant now) {
      now = now.plusSeconds(86_400);
    }
  }

  private static final class Jumping {
    @Advice.OnMethodExit
    static void exit(@Advice.Return(readOnly = false) Instant now) {
      now = now.plusSeconds(86_400 * (System.nanoTime() / 7_000_000_000L % 2));
    }
  }
}
