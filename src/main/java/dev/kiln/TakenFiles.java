package dev.kiln;

import dev.kiln.lead.FileFault;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.Predicate;
import org.apache.camel.Exchange;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileEndpoint;
import org.apache.camel.component.file.GenericFileOperations;
import org.apache.camel.component.file.GenericFileProcessStrategy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the routes do with a file before and after it is read: the beans {@code inbox} and {@code
 * spooled}. It is claimed just before it is read, and not when it is listed, so that Kilns that
 * share a folder share the work; and it goes to the exchange property {@code destination} once its
 * run is over, and stays until then, whatever the routes did. Thread-safe.
 */
final class TakenFiles implements GenericFileProcessStrategy<File> {
  private static final Logger LOG = LoggerFactory.getLogger(TakenFiles.class);

  private final @Nullable Claims claims;
  private final @Nullable Claims names;
  private final Intake intake;
  private final Predicate<Path> still;

  private TakenFiles(
      @Nullable Claims claims, @Nullable Claims names, Intake intake, Predicate<Path> still) {
    this.claims = claims;
    this.names = names;
    this.intake = intake;
    this.still = still;
  }

  /**
   * Of an inbox, where anybody may change a file that waits for its turn, and rename another one
   * over one that is read.
   *
   * @param still whether a file that was listed has stood still up to now: no other one is read
   */
  static TakenFiles ofInbox(Claims claims, Intake intake, Predicate<Path> still) {
    return new TakenFiles(claims, claims, intake, still);
  }

  /**
   * Of the spool, where a name stands for one content.
   *
   * @param claims null where nobody else reads it: every file may be read then
   */
  static TakenFiles ofSpool(@Nullable Claims claims, Intake intake) {
    return new TakenFiles(claims, null, intake, file -> true);
  }

  @Override
  public void prepareOnStartup(
      GenericFileOperations<File> operations, GenericFileEndpoint<File> endpoint) {}

  @Override
  public boolean begin(
      GenericFileOperations<File> operations,
      GenericFileEndpoint<File> endpoint,
      Exchange exchange,
      GenericFile<File> file) {
    Path path = file.getFile().toPath();
    try {
      FileChannel.open(path, StandardOpenOption.READ).close();
    } catch (NoSuchFileException gone) {
      return false;
    } catch (IOException failure) {
      intake.waits(
          path,
          null,
          "it cannot be read ("
              + FileFault.words(failure)
              + "): let the user that runs Kiln read it");
      return false;
    }
    try {
      // Once more behind the claim, which may take a while, or have been another Kiln's before.
      return still.test(path) && (claims == null || claims.take(path)) && still.test(path);
    } catch (IOException failure) {
      LOG.warn(
          "{} is not read, since it cannot be claimed ({}): let the user that runs Kiln write its folder",
          file.getFileNameOnly(),
          failure.toString());
      return false;
    }
  }

  @Override
  public void abort(
      GenericFileOperations<File> operations,
      GenericFileEndpoint<File> endpoint,
      Exchange exchange,
      GenericFile<File> file) {
    done(file.getFile().toPath());
  }

  @Override
  public void rollback(
      GenericFileOperations<File> operations,
      GenericFileEndpoint<File> endpoint,
      Exchange exchange,
      GenericFile<File> file) {
    done(file.getFile().toPath());
  }

  @Override
  public void commit(
      GenericFileOperations<File> operations,
      GenericFileEndpoint<File> endpoint,
      Exchange exchange,
      GenericFile<File> file) {
    Path path = file.getFile().toPath();
    Intake.Reading reading = exchange.getProperty("run", Intake.Reading.class);
    String destination = exchange.getProperty("destination", String.class);
    try {
      if (intake.mayLeave(path, reading) && reading != null && destination != null) {
        if (names == null) {
          intake.shelve(reading, path, Path.of(destination));
        } else {
          moveAway(names, reading, path, Path.of(destination));
        }
      }
    } finally {
      done(path);
    }
  }

  private void done(Path file) {
    if (claims != null) {
      claims.done(file);
    }
  }

  /**
   * Moves a file away if it is the one that was read. It is looked at under a name that nobody else
   * knows, since another may be renamed over it up to the last moment; and a name that the route
   * would pick up, so that after a crash it is read.
   */
  private void moveAway(Claims names, Intake.Reading reading, Path file, Path destination) {
    try {
      Path aside = free(names, reading.run().id(), file);
      try {
        Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE);
        boolean changed = reading.changed(aside);
        if (changed || !intake.shelve(reading, aside, destination)) {
          Path back = putBack(aside, file);
          if (changed) {
            LOG.warn(
                "Run {}: {} was replaced or changed after it was read: it is read anew, as {}, once it stands still",
                reading.run().id(),
                reading.name(),
                back.getFileName());
          }
        }
      } finally {
        names.done(aside);
      }
    } catch (NoSuchFileException gone) {
      LOG.warn(
          "Run {}: {} was taken out of its folder before it could be moved to {}",
          reading.run().id(),
          reading.name(),
          destination);
    } catch (IOException failure) {
      intake.stays(reading, destination, failure);
    }
  }

  /** A free name beside a file, claimed so that no other Kiln reads what lies there. */
  private static Path free(Claims names, String run, Path file) throws IOException {
    String name = file.getFileName().toString();
    for (int i = 1; ; i++) {
      Path free =
          file.resolveSibling(
              FileNames.fitting(i == 1 ? run + "-" : run + "-" + i + "-", name, ""));
      if (names.hold(free)) {
        return free;
      }
    }
  }

  /** Gives a file its name back, unless that is taken; returns where it lies. */
  private static Path putBack(Path aside, Path file) throws IOException {
    try {
      return Files.move(aside, file);
    } catch (FileAlreadyExistsException taken) {
      return aside;
    }
  }
}
