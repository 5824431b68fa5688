package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.apache.camel.component.file.GenericFile;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** T15: a file is taken once it stood still, whatever its own time says. */
final class SettledFilesTest {
  private static final Duration STABILITY = Duration.ofSeconds(2);
  private static final Duration TRY_AGAIN = Duration.ofSeconds(10);

  private final Path folder;

  /** Near the end of its range, behind which it goes on at the other. */
  private long nanos = Long.MAX_VALUE - 1;

  private boolean closed;
  private final SettledFiles settled =
      new SettledFiles(STABILITY, TRY_AGAIN, () -> nanos, () -> closed, (file, why) -> {});

  SettledFilesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private void advance(Duration time) {
    nanos += time.toNanos();
  }

  private boolean accepts(Path path) {
    GenericFile<File> file = new GenericFile<>();
    file.setFile(path.toFile());
    file.setFileName(path.getFileName().toString());
    file.setFileNameOnly(path.getFileName().toString());
    file.setDirectory(Files.isDirectory(path));
    return settled.accept(file);
  }

  @Test
  @DisplayName("T15: a file still being copied with an old time of change is left alone")
  void copiedFileWithAnOldTime() throws IOException {
    Path file = Files.writeString(folder.resolve("leads.csv"), "email\n");
    FileTime old = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
    Files.setLastModifiedTime(file, old);
    for (int i = 0; i < 3; i++) {
      assertThat(accepts(file)).isFalse();
      advance(STABILITY.minusMillis(1));
      assertThat(accepts(file)).isFalse();
      Files.writeString(file, "email\n" + "a@b.example\n".repeat(i + 1));
      Files.setLastModifiedTime(file, old);
      advance(Duration.ofMillis(1));
    }
    assertThat(accepts(file)).isFalse();
    advance(STABILITY);
    assertThat(accepts(file)).isTrue();
  }

  @Test
  @DisplayName("a name that the system cannot be told keeps no other file")
  void nameOutsideOfTheLocale() {
    GenericFile<File> file = new GenericFile<>();
    // Stands for letters that the locale does not know: to Java they are the same fault.
    file.setFile(new File(folder.toFile(), "\0.csv"));
    file.setFileNameOnly("\0.csv");
    assertThat(settled.accept(file)).isFalse();
    assertThat(settled.accept(file)).isFalse();
  }

  @Test
  @DisplayName("T15: a file that could not be taken is tried again after a while, not at once")
  void triedAgainLater() throws IOException {
    Path file = Files.writeString(folder.resolve("leads.csv"), "email\n");
    assertThat(accepts(file)).isFalse();
    advance(STABILITY);
    assertThat(accepts(file)).isTrue();
    advance(TRY_AGAIN.minusMillis(1));
    assertThat(accepts(file)).isFalse();
    advance(Duration.ofMillis(1));
    assertThat(accepts(file)).isTrue();
  }

  @Test
  @DisplayName(
      "no file is taken while the ledger cannot be used, and each of them at once after it")
  void closedForNow() throws IOException {
    Path file = Files.writeString(folder.resolve("leads.csv"), "email\n");
    assertThat(accepts(file)).isFalse();
    advance(STABILITY);
    closed = true;
    assertThat(accepts(file)).isFalse();
    closed = false;
    assertThat(accepts(file)).isTrue();
  }

  @Test
  @DisplayName("T15: a file that changes behind its listing stands still anew before its turn")
  void changedBehindItsListing() throws IOException {
    Path file = Files.writeString(folder.resolve("leads.csv"), "email\n");
    assertThat(accepts(file)).isFalse();
    advance(STABILITY);
    assertThat(accepts(file)).isTrue();
    assertThat(settled.still(file)).isTrue();
    Files.writeString(file, "email\na@b.example\n");
    assertThat(settled.still(file)).isFalse();
    advance(STABILITY.minusMillis(1));
    assertThat(settled.still(file)).isFalse();
    assertThat(accepts(file)).isFalse();
    advance(Duration.ofMillis(1));
    assertThat(accepts(file)).as("whenever it was let through before").isTrue();
    assertThat(settled.still(file)).isTrue();
    Files.delete(file);
    assertThat(settled.still(file)).isFalse();
  }

  @Test
  @DisplayName("T15: a file that vanishes between listing and reading is none")
  void vanishedFile() throws IOException {
    Path file = Files.writeString(folder.resolve("leads.csv"), "email\n");
    assertThat(accepts(file)).isFalse();
    advance(STABILITY);
    Files.delete(file);
    assertThat(accepts(file)).isFalse();
    Files.writeString(file, "email\n");
    assertThat(accepts(file)).as("it begins anew").isFalse();
  }

  @Test
  @DisplayName("parts, temporary files and links are never taken")
  void leavesPartsAndLinksAlone() throws IOException {
    Path target = Files.writeString(folder.resolve("target.csv"), "email\n");
    Path link = Files.createSymbolicLink(folder.resolve("link.csv"), target);
    Path linkedFolder = Files.createSymbolicLink(folder.resolve("linked"), folder);
    Path part = Files.writeString(folder.resolve("leads.csv.PART"), "email\n");
    Path temporary = Files.writeString(folder.resolve("leads.tmp"), "email\n");
    for (int i = 0; i < 2; i++) {
      assertThat(accepts(link)).isFalse();
      assertThat(accepts(linkedFolder)).isFalse();
      assertThat(accepts(part)).isFalse();
      assertThat(accepts(temporary)).isFalse();
      assertThat(accepts(folder)).isTrue();
      advance(STABILITY);
    }
  }
}
