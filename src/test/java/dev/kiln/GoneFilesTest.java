package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are gone are forgotten, and those that are there are not looked at all the time. */
final class GoneFilesTest {
  /** Counts the files that are looked at. */
  private static final class Known extends HashMap<Path, String> {
    private static final long serialVersionUID = 1;
    private int looked;

    @Override
    public Set<Path> keySet() {
      looked += size();
      return super.keySet();
    }
  }

  private final Known known = new Known();
  private final GoneFiles gone = new GoneFiles();

  private void add(Path file) {
    known.put(file, "");
    gone.forget(known);
  }

  @Test
  void manyFilesAreLookedAtAFewTimesEach(@TempDir Path folder) throws IOException {
    for (int i = 0; i < 5000; i++) {
      add(Files.createFile(folder.resolve("there" + i)));
    }
    assertThat(known).hasSize(5000);
    assertThat(known.looked).isLessThan(2 * 5000);
  }

  @Test
  void filesThatAreGoneAreForgotten(@TempDir Path folder) throws IOException {
    Path there = Files.writeString(folder.resolve("there"), "");
    add(there);
    for (int i = 0; i < 5000; i++) {
      add(folder.resolve("gone" + i));
    }
    assertThat(known).hasSizeLessThan(102).containsKey(there);
  }
}
