package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TreesTest {
  @Test
  @DisplayName("files and folders that come and go meanwhile do no harm")
  void othersMoveFiles(@TempDir Path folder) throws Exception {
    Path stays = Files.createFile(Files.createDirectories(folder.resolve("a/b")).resolve("stays"));
    ExecutorService other = Executors.newSingleThreadExecutor();
    AtomicBoolean enough = new AtomicBoolean();
    try {
      Future<?> moves =
          other.submit(
              () -> {
                while (!enough.get()) {
                  Path comes = Files.createDirectory(folder.resolve("a/comes"));
                  Path file = Files.createFile(comes.resolve("goes"));
                  Files.delete(file);
                  Files.delete(comes);
                }
                return null;
              });
      for (int i = 0; i < 20_000; i++) {
        assertThat(Trees.paths(folder, Integer.MAX_VALUE)).contains(folder, stays);
      }
      enough.set(true);
      moves.get();
    } finally {
      enough.set(true);
      other.shutdown();
    }
  }

  @Test
  void depth(@TempDir Path folder) throws IOException {
    Path inner = Files.createDirectories(folder.resolve("a/b"));
    assertThat(Trees.paths(folder, 1)).isEqualTo(List.of(folder, inner.getParent()));
    assertThat(Trees.paths(folder, 2)).isEqualTo(List.of(folder, inner.getParent(), inner));
    assertThat(Trees.paths(folder.resolve("none"), 2)).isEmpty();
  }

  @Test
  @DisplayName("a link is deleted, and what it leads to stays")
  void links(@TempDir Path folder) throws IOException {
    Path kept = Files.createFile(Files.createDirectory(folder.resolve("kept")).resolve("file"));
    Path gone = Files.createDirectory(folder.resolve("gone"));
    Files.createSymbolicLink(gone.resolve("link"), kept.getParent());
    Trees.delete(gone);
    assertThat(gone).doesNotExist();
    assertThat(kept).exists();
  }
}
