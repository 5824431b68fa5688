package dev.kiln;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * How a file stands: as long as this is the same, it has not changed.
 *
 * @param size bytes
 * @param changed when it was changed last, milliseconds since 1970
 */
record Stand(long size, long changed) {
  /** The file of now; empty where it is gone or cannot be looked at. */
  static Optional<Stand> of(Path file) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return Optional.of(new Stand(now.size(), now.lastModifiedTime().toMillis()));
    } catch (IOException gone) {
      return Optional.empty();
    }
  }
}
