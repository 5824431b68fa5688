package dev.kiln;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a file stands: as long as this is the same, it is the same file and has not changed.
 *
 * @param size bytes
 * @param changed when it was changed last, milliseconds since 1970
 * @param key tells it from a file that is renamed over it; null where the file system has none
 */
record Stand(long size, long changed, @Nullable Object key) {
  /** Whether size and time of change are the same, whatever the key. */
  boolean alike(@Nullable Stand other) {
    return other != null && size == other.size && changed == other.changed;
  }

  /** The file of now; empty where it is gone or cannot be looked at. */
  static Optional<Stand> of(Path file) {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return Optional.of(new Stand(now.size(), now.lastModifiedTime().toMillis(), now.fileKey()));
    } catch (IOException gone) {
      return Optional.empty();
    }
  }
}
