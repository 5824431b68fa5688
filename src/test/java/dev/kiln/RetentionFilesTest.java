package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.LedgerFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which files go when they were kept long enough: those of old runs and results, and no others. */
final class RetentionFilesTest {
  private static Path file(Path folder, String name) throws IOException {
    return Files.writeString(Files.createDirectories(folder).resolve(name), "email\n");
  }

  private static Stream<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList().stream();
    }
  }

  @Test
  void filesOfOldRunsGo(@TempDir Path data, @TempDir Path config) throws Exception {
    Path archive = data.resolve("archive");
    file(archive, "20261020-k3f9zq-leads.csv");
    file(archive, "20261110-k3f9zq-leads.csv");
    file(archive, "notes.txt");
    file(archive, "20261399-aaaaaa-leads.csv");
    file(archive.resolve("20260101-old"), "leads.csv");
    file(data.resolve("rejects"), "20261020-k3f9zq.csv");
    Path results = data.resolve("results");
    Path tech = results.resolve("outbound-leads-tech");
    file(tech, "2026-10-20.csv");
    file(tech, "2026-10-20.ndjson");
    file(tech, "2026-10-20-2.ndjson");
    file(tech, "2026-11-10.csv");
    file(tech, "2026-10-20-mended.csv");
    file(tech, "2026-13-99.csv");
    file(results, "2026-10-20.csv");
    Path before = data.resolve("results.before-1791000000000/outbound-leads-tech");
    file(before, "2026-10-20.csv");
    file(before, "2026-11-10.csv");
    try (LedgerFixture fixture = LedgerFixture.in(data)) {
      Retention keeps =
          new Retention(
              data,
              new Duties(fixture.ledger(), "node", Duration.ofMinutes(1), Duties.Share.ALL),
              fixture.ledger(),
              Settings.read(config),
              Set::of);
      fixture
          .ledger()
          .waits(fixture.ledger().onward("crm"), null, "down", fixture.clock().instant());
      keeps.sweep();
      assertThat(fixture.ledger().onward("crm").reason()).contains("no route serves it any more");
      keeps.close();
      assertThat(names(archive)).hasSize(5);
      assertThat(names(tech)).hasSize(6);

      Files.writeString(config.resolve(Settings.FILE), "kiln.retention.files = 30d\n");
      Retention deletes =
          new Retention(
              data,
              new Duties(fixture.ledger(), "node", Duration.ofMinutes(1), Duties.Share.ALL),
              fixture.ledger(),
              Settings.read(config),
              Set::of);
      deletes.sweep();
      deletes.close();
    }
    assertThat(names(archive))
        .containsExactlyInAnyOrder(
            "20261110-k3f9zq-leads.csv", "notes.txt", "20261399-aaaaaa-leads.csv", "20260101-old");
    assertThat(names(archive.resolve("20260101-old"))).containsExactly("leads.csv");
    assertThat(names(data.resolve("rejects"))).isEmpty();
    assertThat(names(tech))
        .containsExactlyInAnyOrder("2026-11-10.csv", "2026-10-20-mended.csv", "2026-13-99.csv");
    assertThat(names(results)).contains("2026-10-20.csv");
    assertThat(names(before)).containsExactly("2026-11-10.csv");
  }
}
