package dev.kiln;

import dev.kiln.lead.ContentHash;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Run;
import dev.kiln.ledger.Submission;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.apache.camel.Exchange;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileFilter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bean {@code spool}: what came over HTTP, until it is read. A file is named by its run, whose
 * source and priority the ledger knows; {@code .part} is one that is still coming in to the Kiln in
 * its name. As the filter of the route {@code intake-http} it lets through what nobody is answering
 * at the moment. What is kept survives any crash. Several Kilns on one ledger may share a spool:
 * who reads a file claims it. Thread-safe.
 */
final class Spool implements GenericFileFilter<File> {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);
  private static final String PART = ".part";

  /** A body that is whole, unpacked and on the disk. */
  record Content(Path part, long bytes, String hash) {}

  /**
   * A body that will be read whatever happens.
   *
   * @param run its run
   * @param file where it lies, out of the route's reach until {@link #leave} or {@link #archive};
   *     null where the run needs it no more or has it already
   */
  record Kept(Run run, @Nullable Path file) {}

  private final Path folder;
  private final Path unknown;
  private final Claims claims;
  private final boolean shared;
  private final Ledger ledger;
  private final long largest;
  private final DedupeMode dedupe;
  private final Intake intake;
  private final SettledFiles settled;

  /** Files that somebody in this process is busy with. */
  private final Set<String> busy = ConcurrentHashMap.newKeySet();

  /**
   * A spool.
   *
   * @param folder its folder; must exist
   * @param unknown where bodies go that the ledger does not know
   * @param claims claims on files
   * @param shared whether other Kilns may have the folder too
   * @param ledger knows the runs
   * @param largest bytes that a body may have, also once unpacked
   * @param dedupe what becomes of leads that are known already, unless a sender says otherwise
   * @param intake moves what was read
   * @param tryAgain how long a body that could not be read rests
   * @param closed whether no file at all is let through now
   */
  Spool(
      Path folder,
      Path unknown,
      Claims claims,
      boolean shared,
      Ledger ledger,
      long largest,
      DedupeMode dedupe,
      Intake intake,
      Duration tryAgain,
      BooleanSupplier closed) {
    this.folder = folder;
    this.unknown = unknown;
    this.claims = claims;
    this.shared = shared;
    this.ledger = ledger;
    this.largest = largest;
    this.dedupe = dedupe;
    this.intake = intake;
    this.settled =
        new SettledFiles(
            Duration.ZERO,
            tryAgain,
            System::nanoTime,
            closed,
            (file, why) -> intake.waits(file, null, why));
  }

  /**
   * Deletes what nobody was promised anything about: bodies that did not come in whole. One that
   * the ledger knows already goes to the others.
   */
  void sweep() throws IOException {
    for (Path file : files()) {
      String name = file.getFileName().toString();
      boolean ours = name.endsWith("." + claims.owner() + PART);
      if (ours && ledger.run(id(file)).filter(run -> !run.finished()).isPresent()) {
        Files.move(file, folder.resolve(id(file)), StandardCopyOption.ATOMIC_MOVE);
      } else if (ours || (!shared && name.endsWith(PART))) {
        Files.deleteIfExists(file);
        LOG.debug("An upload that was cut off is gone: {}", name);
      }
    }
  }

  /**
   * Moves whole bodies that the ledger does not know to where a person finds them. They were
   * promised to be read, and a backup was restored since: where they came from nobody knows.
   */
  void setAsideUnknown() throws IOException {
    for (Path file : files()) {
      String name = file.getFileName().toString();
      if (!InboxName.leftAlone(name) && ledger.run(name).isEmpty()) {
        setAside(file);
      }
    }
  }

  private List<Path> files() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  private void setAside(Path file) {
    Path aside = unknown.resolve(file.getFileName());
    try {
      if (shared && !claims.take(file)) {
        return;
      }
      Files.createDirectories(unknown);
      Files.move(file, aside);
      LOG.warn(
          "{} came over HTTP and is no run that the ledger knows, as after a restore, nor are its source and"
              + " priority known: it is in {} now; to have it read put it into the inbox, in the folder of both",
          file.getFileName(),
          aside);
    } catch (IOException failure) {
      LOG.warn(
          "{} came over HTTP, is no run that the ledger knows and cannot be moved to {} ({}): move it yourself",
          file,
          aside,
          failure.toString());
    } finally {
      claims.done(file);
    }
  }

  /** A new place for a body that is to come in. */
  Path begin() {
    return folder.resolve(ledger.newRunId() + "." + claims.owner() + PART);
  }

  /** The id of the run that a part would be. */
  private static String id(Path part) {
    return part.getFileName().toString().replaceFirst("\\..*", "");
  }

  long largest() {
    return largest;
  }

  /**
   * Unpacks what came in, if it is gzip, and puts it on the disk. What is refused is deleted.
   *
   * @throws RefusedBody if it is too large or broken
   */
  Content complete(Path part) throws IOException, RefusedBody {
    Path plain = part;
    try {
      plain = unpacked(part);
      try (FileChannel written = FileChannel.open(plain, StandardOpenOption.WRITE)) {
        written.force(true);
      }
      return new Content(plain, Files.size(plain), ContentHash.of(plain));
    } catch (IOException | RefusedBody | RuntimeException failure) {
      Files.deleteIfExists(plain);
      throw failure;
    } finally {
      if (!plain.equals(part)) {
        Files.deleteIfExists(part);
      }
    }
  }

  private Path unpacked(Path part) throws IOException, RefusedBody {
    try (InputStream packed = Files.newInputStream(part)) {
      if (packed.read() != 0x1f || packed.read() != 0x8b) {
        return part;
      }
    }
    Path plain = begin();
    try (InputStream packed = new GZIPInputStream(Files.newInputStream(part), 1 << 16);
        OutputStream out = Files.newOutputStream(plain)) {
      byte[] some = new byte[1 << 16];
      long bytes = 0;
      int count;
      while ((count = packed.read(some)) >= 0) {
        bytes += count;
        if (bytes > largest) {
          throw RefusedBody.tooLarge(largest);
        }
        out.write(some, 0, count);
      }
      return plain;
    } catch (ZipException | EOFException broken) {
      Files.deleteIfExists(plain);
      throw new RefusedBody(
          400, "the body is broken gzip: was it cut off? Nothing of it was taken");
    } catch (IOException | RefusedBody failure) {
      Files.deleteIfExists(plain);
      throw failure;
    }
  }

  /**
   * Keeps a body: from now on it will be read, whatever happens.
   *
   * @param content the body; its file is taken in any case
   * @param name what a person calls it
   * @param source its source
   * @param priority its priority
   * @param asked what becomes of leads that are known already, and that content that was read
   *     before is read once more; null for the default and the same run
   * @param key the sender's idempotency key; null without one
   * @return empty if the key was given to something else before
   * @throws LedgerUnavailable if the ledger cannot be written; nothing is kept then
   */
  Optional<Kept> keep(
      Content content,
      String name,
      String source,
      Priority priority,
      @Nullable DedupeMode asked,
      @Nullable String key)
      throws IOException {
    String id = id(content.part);
    boolean known = false;
    boolean kept = false;
    busy.add(id);
    try {
      // Out of every other Kiln's reach until the ledger knows it; after a crash the sweep does the
      // rest.
      force(folder);
      Optional<Run> run =
          ledger.submit(
              new Submission(
                  id,
                  name,
                  source,
                  priority,
                  content.hash,
                  asked == null ? dedupe : asked,
                  asked != null,
                  key));
      if (run.isEmpty()) {
        return Optional.empty();
      }
      known = run.get().id().equals(id);
      if (!known) {
        return Optional.of(new Kept(run.get(), handOver(content.part, run.get())));
      }
      Path file = folder.resolve(id);
      if (shared && !claims.hold(file)) {
        throw new FileAlreadyExistsException(file.toString());
      }
      Files.move(content.part, file, StandardCopyOption.ATOMIC_MOVE);
      force(folder);
      kept = true;
      return Optional.of(new Kept(run.get(), file));
    } finally {
      if (!known) {
        Files.deleteIfExists(content.part);
      }
      if (!kept) {
        leave(folder.resolve(id));
      }
    }
  }

  /** Gives a body to the run that has the same content, if it is still to be read and has none. */
  private @Nullable Path handOver(Path file, Run run) throws IOException {
    Path its = folder.resolve(run.id());
    if (run.finished() || !busy.add(run.id())) {
      return null;
    }
    boolean ours = false;
    try {
      if (!shared || claims.hold(its)) {
        Files.move(file, its);
        force(folder);
        ours = true;
        return its;
      }
      // A sender may only be told that it is kept if somebody keeps it, or has read it since.
      if (!Files.exists(its)
          && !claims.taken(its)
          && ledger.run(run.id()).filter(Run::finished).isEmpty()) {
        throw new IOException("the claim on run " + run.id() + " was not written whole");
      }
    } catch (FileAlreadyExistsException waits) {
      LOG.debug("Run {} has its body already", run.id());
    } finally {
      if (!ours) {
        leave(its);
      }
    }
    return null;
  }

  /** Makes what happened in a folder durable. */
  private static void force(Path folder) throws IOException {
    try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
      entries.force(true);
    }
  }

  /** Leaves a kept body to the route {@code intake-http}. */
  void leave(Path file) {
    claims.done(file);
    busy.remove(file.getFileName().toString());
  }

  /** Moves a kept body that was read to where it goes; where that fails, the route does it. */
  void archive(Intake.Reading reading, Path file, Path destination) {
    try {
      if (intake.mayLeave(file, reading)) {
        intake.shelve(reading, file, destination);
      }
    } finally {
      leave(file);
    }
  }

  @Override
  public boolean accept(GenericFile<File> candidate) {
    return !candidate.isDirectory()
        && !busy.contains(candidate.getFileNameOnly())
        && settled.accept(candidate);
  }

  /** The source of a spooled file. */
  public String source(Exchange exchange) {
    return run(exchange).source();
  }

  /** The priority of a spooled file. */
  public String priority(Exchange exchange) {
    return run(exchange).priority().word();
  }

  private Run run(Exchange exchange) {
    String name = exchange.getMessage().getHeader(Exchange.FILE_NAME, String.class);
    return ledger
        .run(name)
        .orElseThrow(() -> new IllegalStateException("No run is called " + name + "."));
  }
}
