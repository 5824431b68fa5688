package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands that were killed leave behind, and a start takes away. */
final class LeftoversTest {
  private static final Instant NOW = Instant.parse("2026-11-25T10:00:00Z");

  private static Path file(Path path, Duration age) throws Exception {
    Files.createDirectories(path.getParent());
    Files.writeString(path, "email\n");
    return Files.setLastModifiedTime(path, FileTime.from(NOW.minus(age)));
  }

  @Test
  @DisplayName("a copy that stood still for a day and a half-made restore go; the rest stays")
  void sweep(@TempDir Path data) throws Exception {
    Path inbox = data.resolve("inbox");
    Duration old = Duration.ofHours(25);
    Path dead = file(inbox.resolve("normal/.sending-1.part"), old);
    Path deadOfSource = file(inbox.resolve("high/inbound/.sending-2.part"), old);
    Path fresh = file(inbox.resolve("normal/.sending-3.part"), Duration.ofHours(23));
    Path leads = file(inbox.resolve("normal/leads.csv"), old);
    Path others = file(inbox.resolve("normal/upload.part"), old);
    Path restoring = file(data.resolve("restoring-17/kiln.db"), Duration.ZERO).getParent();
    Path named = file(data.resolve("archive/restoring-me.csv"), old);
    Path note = file(data.resolve("restoring-notes.txt"), old);

    Leftovers.sweep(data, inbox, NOW);

    assertThat(dead).doesNotExist();
    assertThat(deadOfSource).doesNotExist();
    assertThat(restoring).doesNotExist();
    for (Path kept : new Path[] {fresh, leads, others, named, note}) {
      assertThat(kept).exists();
    }
  }

  @Test
  @DisplayName("a start sweeps, once it has the lock of the data folder")
  void atStart(@TempDir Path folder) throws Exception {
    try (RunningKiln kiln = new RunningKiln(folder)) {
      Path restoring = Files.createDirectories(kiln.data().resolve("restoring-17"));
      kiln.start();
      assertThat(restoring).doesNotExist();
    }
  }
}
