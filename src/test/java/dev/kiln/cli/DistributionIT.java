package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.cli.KilnProcess.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive that the build makes, unpacked somewhere else and used. */
final class DistributionIT {
  private static Path unpacked(Path folder) throws IOException, InterruptedException {
    Path archive;
    try (Stream<Path> built = Files.list(KilnProcess.PROJECT.resolve("target"))) {
      archive = built.filter(file -> file.toString().endsWith(".tar.gz")).findFirst().orElseThrow();
    }
    Process tar =
        new ProcessBuilder("tar", "-xzf", archive.toString(), "-C", folder.toString())
            .inheritIO()
            .start();
    assertThat(tar.waitFor()).isZero();
    try (Stream<Path> top = Files.list(folder)) {
      return top.findFirst().orElseThrow();
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void whatIsUnpackedDelivers(@TempDir Path folder, @TempDir Path elsewhere) throws Exception {
    Path home = unpacked(elsewhere);
    assertThat(names(home))
        .containsExactly(
            "CHANGELOG.md", "LICENSE", "README.md", "config", "kiln", "kiln.jar", "lib", "routes");
    assertThat(names(home.resolve("config/secrets"))).containsExactly("README");

    try (KilnProcess check = KilnProcess.start(home, folder, List.of(), List.of("check"))) {
      Ended ended = check.end();
      assertThat(ended.exit()).isEqualTo(Main.USAGE);
      assertThat(ended.err())
          .contains(home.resolve("config/clay.yaml").toString(), "secrets/tech-1-url");
    }
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0")) {
      rehearsal.properties();
      rehearsal.drop("leads.csv", Rehearsal.leads("lead", 50));
      List<String> run =
          List.of(
              "run",
              "--config",
              folder.resolve("config").toString(),
              "--data",
              rehearsal.data().toString());
      try (KilnProcess kiln = KilnProcess.start(home, folder, List.of(), run)) {
        rehearsal.awaitDistinct(50);
        assertThat(kiln.terminate().err()).doesNotContain("WARN", "ERROR");
      }
    }
  }
}
