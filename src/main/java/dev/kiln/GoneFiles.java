package dev.kiln;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Forgets files that are no longer there, out of a map of what is known of files. It looks for them
 * only once the map has doubled since the last time, and not while it is small: to look at each
 * file whenever one is added would take a time that grows with the square of their number.
 * Thread-safe where the map is.
 */
final class GoneFiles {
  private static final int FEW = 100;

  private volatile int most = FEW;

  /** Looks through the map, always the same one, if it is time. */
  void forget(Map<Path, ?> files) {
    if (files.size() > most) {
      files.keySet().removeIf(file -> !Files.exists(file));
      most = Math.max(FEW, 2 * files.size());
    }
  }
}
