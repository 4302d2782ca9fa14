package io.jobcleanup.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a server wrote about itself into its {@code postmaster.pid}. The file outlives a killed
 * server, so it proves nothing by itself.
 *
 * @param pid process id of the server
 * @param port port that it listens on, or 0 while it hasn't written it yet
 */
record PidFile(long pid, int port) {
  private static final int PORT_LINE = 3;

  /** A number that no process can have. */
  private static final String NOBODY = String.valueOf(Integer.MAX_VALUE);

  static Optional<PidFile> in(Path data) throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(file(data));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    if (lines.isEmpty()) {
      return Optional.empty();
    }
    String port = lines.size() > PORT_LINE ? lines.get(PORT_LINE).strip() : "";
    return Optional.of(
        new PidFile(
            Long.parseLong(lines.get(0).strip()), port.isEmpty() ? 0 : Integer.parseInt(port)));
  }

  /**
   * Whether the server that wrote the file runs: not a corpse nobody has buried yet, nor a later
   * bearer of its number.
   */
  boolean alive() {
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .filter(
            process ->
                process.info().commandLine().map(PidFile::isServer).orElseGet(() -> !zombie()))
        .isPresent();
  }

  /**
   * Makes the file of a dead server name no process. PostgreSQL would otherwise refuse to start
   * where the number has gone to somebody else. Deleting the file instead would lose the server's
   * own proof that no backend of old still writes.
   */
  static void disown(Path data) throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(file(data)));
    lines.set(0, NOBODY);
    Files.write(file(data), lines);
  }

  private static boolean isServer(String commandLine) {
    return commandLine.contains("/postgres ");
  }

  private boolean zombie() {
    try {
      return Files.readString(Path.of("/proc", String.valueOf(pid), "stat")).contains(") Z ");
    } catch (IOException e) {
      return false;
    }
  }

  private static Path file(Path data) {
    return data.resolve("postmaster.pid");
  }
}
