package io.jobcleanup.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Whom the server runs as: ourselves, or, as PostgreSQL refuses to run as root, an account without
 * privileges that root drops to.
 *
 * @param uid user id that owns the data, or -1 where the server runs as ourselves
 * @param gid group id of the same
 * @param prefix what stands before a command to run it as this account
 */
record ServerAccount(int uid, int gid, List<String> prefix) {
  private static final List<String> CANDIDATES = List.of("postgres", "nobody");

  /**
   * Finds the account for a cluster under {@code base}: the one that owns {@code data} already,
   * else the first that this machine has.
   *
   * @throws EmbeddedPostgresException if we are root and can't drop to an account that reaches
   *     {@code base}
   */
  static ServerAccount forCluster(Path base, Path data, boolean ownsBase) throws IOException {
    if (id("-u") != 0) {
      return new ServerAccount(-1, -1, List.of());
    }
    ServerAccount account = unprivileged(data);
    if (ownsBase) {
      account.own(base);
    }
    if (account.reaches(base)) {
      return account;
    }
    // Below a directory that is root's alone, such as /root, the account needs leave to pass, and
    // gets no more than that.
    List<String> withLeave = new ArrayList<>(account.prefix);
    withLeave.addAll(
        withLeave.size() - 1,
        List.of("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"));
    ServerAccount privileged = new ServerAccount(account.uid, account.gid, List.copyOf(withLeave));
    if (privileged.reaches(base)) {
      return privileged;
    }
    throw new EmbeddedPostgresException(
        "PostgreSQL doesn't run as root, and the account it would run as (uid %d) can't reach %s:"
                .formatted(account.uid, base)
            + " choose a directory that others may pass through, or run as an ordinary user");
  }

  /** Puts {@code command} behind what it takes to run it as this account. */
  List<String> command(List<String> command) {
    List<String> all = new ArrayList<>(prefix);
    all.addAll(command);
    return all;
  }

  /** Gives {@code path} to this account; nothing to do where that's ourselves. */
  void own(Path path) throws IOException {
    if (uid >= 0) {
      Files.setAttribute(path, "unix:uid", uid);
      Files.setAttribute(path, "unix:gid", gid);
    }
  }

  private boolean reaches(Path directory) throws IOException {
    return Shell.run(command(List.of("sh", "-c", "cd \"$1\"", "sh", directory.toString()))).ok();
  }

  private static ServerAccount unprivileged(Path data) throws IOException {
    if (Files.exists(data) && (int) Files.getAttribute(data, "unix:uid") != 0) {
      return dropTo(
          (int) Files.getAttribute(data, "unix:uid"), (int) Files.getAttribute(data, "unix:gid"));
    }
    for (String name : CANDIDATES) {
      int uid = id("-u", name);
      if (uid > 0) {
        return dropTo(uid, id("-g", name));
      }
    }
    throw new EmbeddedPostgresException(
        "PostgreSQL doesn't run as root, and this machine has no account of the names "
            + CANDIDATES
            + " to run it as: run as an ordinary user");
  }

  private static ServerAccount dropTo(int uid, int gid) throws IOException {
    ServerAccount account =
        new ServerAccount(
            uid,
            gid,
            List.of("setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups", "--"));
    String trouble;
    try {
      Shell.Result tried = Shell.run(account.command(List.of("true")));
      if (tried.ok()) {
        return account;
      }
      trouble = tried.output();
    } catch (IOException e) {
      trouble = "setpriv, part of util-linux, is not installed";
    }
    throw new EmbeddedPostgresException(
        "PostgreSQL doesn't run as root, and we can't drop to uid %d: %s. Run as an ordinary user"
            .formatted(uid, trouble));
  }

  /** The number that {@code id} answers, or -1 where it knows no such account. */
  private static int id(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("id"));
    command.addAll(List.of(arguments));
    Shell.Result result = Shell.run(command);
    return result.ok() ? Integer.parseInt(result.output()) : -1;
  }
}
