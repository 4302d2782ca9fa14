package io.jobcleanup.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where PostgreSQL's programs are kept. */
class BinariesTest {
  @TempDir Path directory;

  @Test
  void programsAreKeptBelowTheHome() throws IOException {
    assertThat(Binaries.cacheIn(directory.toString(), Path.of("/nowhere")))
        .isEqualTo(directory.resolve(".cache/job-cleanup"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"?", "/nonexistent"})
  void programsOfAnAccountWithoutAHomeAreKeptInTheTemporaryFolder(String home) throws IOException {
    assertThat(Binaries.cacheIn(home, directory))
        .isEqualTo(directory.resolve("job-cleanup-cache"))
        .isDirectory()
        .isEmptyDirectory();
    assertThat(Path.of("?")).doesNotExist();
  }

  @Test
  void directoryThatSomebodyElseMadeInTheTemporaryFolderIsRefused() throws IOException {
    Path made = Files.createDirectory(directory.resolve("job-cleanup-cache"));
    UserPrincipal other =
        directory.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
    assumeThat(System.getProperty("user.name")).isEqualTo("root");
    Files.setOwner(made, other);
    assertThat(Files.getOwner(made, LinkOption.NOFOLLOW_LINKS)).isEqualTo(other);

    assertThatExceptionOfType(EmbeddedPostgresException.class)
        .isThrownBy(() -> Binaries.cacheIn("?", directory))
        .withMessageContaining("belongs to somebody else")
        .withMessageContaining("XDG_CACHE_HOME");
  }
}
