package dev.kiln;

import dev.kiln.ledger.Priority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What commands that were killed have left behind, and nobody uses any more. */
final class Leftovers {
  private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

  /** A {@code kiln send} that copies writes to its copy all the time. */
  private static final Duration DEAD = Duration.ofDays(1);

  private Leftovers() {}

  /**
   * Deletes it. What cannot be deleted stays for the next start.
   *
   * @param data the data folder, of which this process has the lock, as {@code kiln restore} had
   * @param inbox the inbox, which others may write to
   * @param now the present
   */
  static void sweep(Path data, Path inbox, Instant now) {
    try {
      for (Path folder : found(data, 1, "restoring-", "")) {
        Trees.delete(folder);
        LOG.info("Deleted {}, which a restore that was killed has left.", folder);
      }
      for (Priority priority : Priority.values()) {
        for (Path part : found(inbox.resolve(priority.word()), 3, ".sending-", ".part")) {
          if (isOlder(part, now.minus(DEAD)) && Files.deleteIfExists(part)) {
            LOG.info("Deleted {}, which a \"kiln send\" that was killed has left.", part);
          }
        }
      }
    } catch (IOException failure) {
      LOG.warn("What was left behind could not be deleted: {}", failure.getMessage());
    }
  }

  private static boolean isOlder(Path file, Instant than) throws IOException {
    try {
      return Files.getLastModifiedTime(file).toInstant().isBefore(than);
    } catch (NoSuchFileException gone) {
      return false;
    }
  }

  private static List<Path> found(Path folder, int depth, String begin, String end)
      throws IOException {
    return Trees.paths(folder, depth).stream()
        .filter(path -> path.getFileName().toString().startsWith(begin))
        .filter(path -> path.getFileName().toString().endsWith(end))
        .filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) == end.isEmpty())
        .toList();
  }
}
