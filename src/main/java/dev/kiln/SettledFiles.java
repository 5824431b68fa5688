package dev.kiln;

import dev.kiln.lead.Shown;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileFilter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The filter {@code settled}: lets a file of the inbox through once its size and time of change
 * have stood still for a while, whatever that time says: a file that is still being copied may have
 * an old one. A file that could not be taken is tried again after a longer while. Links are not
 * followed. Thread-safe.
 */
final class SettledFiles implements GenericFileFilter<File> {
  private static final Logger LOG = LoggerFactory.getLogger(SettledFiles.class);

  private static final String BACKSLASH =
      "a backslash in the name of a file or a folder of the inbox would be taken for the end of a folder's: give it"
          + " another name";

  /**
   * A file as it was seen last.
   *
   * @param since when it was first seen so, by {@link System#nanoTime}
   * @param notBefore when it may be let through next
   */
  private record Seen(Stand stand, long since, long notBefore) {
    boolean stoodStill(Duration time, long now) {
      return now - since >= time.toNanos();
    }
  }

  private final Duration stability;
  private final Duration tryAgain;
  private final LongSupplier nanoTime;
  private final BooleanSupplier closed;
  private final BiConsumer<Path, String> waits;
  private final Map<Path, Seen> seen = new ConcurrentHashMap<>();
  private final GoneFiles gone = new GoneFiles();

  /** Those whose names cannot be told to the system, and that was said of. */
  private final Set<File> unnamed = ConcurrentHashMap.newKeySet();

  /**
   * A filter over time.
   *
   * @param stability how long a file must have stood still
   * @param tryAgain how long a file that was let through is not let through again
   * @param nanoTime tells the time as {@link System#nanoTime} does: no clock that may be set back
   * @param closed whether no file at all is let through now
   * @param waits is told each time of what is not let through until a person does something, and
   *     why
   */
  SettledFiles(
      Duration stability,
      Duration tryAgain,
      LongSupplier nanoTime,
      BooleanSupplier closed,
      BiConsumer<Path, String> waits) {
    this.stability = stability;
    this.tryAgain = tryAgain;
    this.nanoTime = nanoTime;
    this.closed = closed;
    this.waits = waits;
  }

  @Override
  public boolean accept(GenericFile<File> candidate) {
    Path path;
    try {
      path = candidate.getFile().toPath();
    } catch (InvalidPathException unreadable) {
      if (unnamed.add(candidate.getFile())) {
        LOG.error(
            "{} stays where it is: its name has letters that the locale of this Kiln does not know: start Kiln with"
                + " LC_ALL=C.UTF-8, or give the file another name",
            Shown.of(candidate.getFile().getPath()));
      }
      return false;
    }
    if (Files.isSymbolicLink(path)
        || (!candidate.isDirectory() && InboxName.leftAlone(path.getFileName().toString()))) {
      return false;
    }
    // Where it is no separator, to Camel it is one.
    if (path.getFileName().toString().contains("\\")) {
      waits.accept(path, BACKSLASH);
      return false;
    }
    if (candidate.isDirectory()) {
      return true;
    }
    long now = nanoTime.getAsLong();
    Seen before = unchanged(path, now);
    if (before == null
        || !before.stoodStill(stability, now)
        || now - before.notBefore < 0
        || closed.getAsBoolean()) {
      return false;
    }
    seen.put(path, new Seen(before.stand, before.since, now + tryAgain.toNanos()));
    return true;
  }

  /**
   * Whether a file that was let through has stood still up to now: others of the same listing may
   * be read for long before its turn comes. One that has not is let through once it stood still
   * anew.
   */
  boolean still(Path path) {
    long now = nanoTime.getAsLong();
    Seen before = unchanged(path, now);
    return before != null && before.stoodStill(stability, now);
  }

  /** A file as it was seen before; null where it is gone, or new, or has changed since. */
  private @Nullable Seen unchanged(Path path, long now) {
    Stand stand = Stand.of(path).orElse(null);
    if (stand == null) {
      seen.remove(path);
      return null;
    }
    Seen before = seen.get(path);
    if (before != null && before.stand.alike(stand)) {
      return before;
    }
    seen.put(path, new Seen(stand, now, now));
    gone.forget(seen);
    return null;
  }
}
