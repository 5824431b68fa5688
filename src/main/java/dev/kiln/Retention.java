package dev.kiln;

import dev.kiln.lead.FileFault;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what has been kept long enough, once an hour: leads that came to their end, the files
 * that they came in, and those of their results. Counts stay, and so do the keys of leads within
 * their dedupe window.
 */
final class Retention implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

  /** The files of a run begin with its id, and that with the day of the run (UTC). */
  private static final Pattern OF_RUN = Pattern.compile("(\\d{8})-.*");

  /** The files of results are named by the day of their arrival (UTC). */
  private static final Pattern OF_RESULTS =
      Pattern.compile("(\\d{4}-\\d{2}-\\d{2})(-\\d+)?\\.(csv|ndjson)");

  private static final List<String> OF_RUNS = List.of("archive", "rejects");

  private final Path data;
  private final Duties duties;
  private final Ledger ledger;
  private final Settings settings;
  private final Supplier<Set<String>> targets;
  private final ScheduledExecutorService hourly =
      Executors.newSingleThreadScheduledExecutor(Daemons.named("kiln-retention"));

  /** What could not be deleted, once told. */
  private final Set<Path> told = new HashSet<>();

  private @Nullable ScheduledFuture<?> looks;

  /**
   * @param data the data folder
   * @param duties knows whether this node looks after the ledger
   * @param ledger its ledger
   * @param settings say how long things are kept
   * @param targets the targets that results go onward to
   */
  Retention(
      Path data, Duties duties, Ledger ledger, Settings settings, Supplier<Set<String>> targets) {
    this.data = data;
    this.duties = duties;
    this.ledger = ledger;
    this.settings = settings;
    this.targets = targets;
  }

  /** Begins: a first look in a minute, when the start is over. */
  void start() {
    looks = hourly.scheduleWithFixedDelay(this::look, 1, 60, TimeUnit.MINUTES);
  }

  private void look() {
    try {
      sweep();
    } catch (LedgerUnavailable later) {
      LOG.warn("What was kept long enough could not be deleted: {}", later.getMessage());
    } catch (IOException later) {
      LOG.warn("What was kept long enough could not be deleted: {}", later.toString());
    } catch (RuntimeException | Error fault) {
      LOG.error("What was kept long enough could not be deleted; tried again in an hour", fault);
    }
  }

  /** Deletes what is due now. */
  void sweep() throws IOException {
    Optional<Duration> leads = settings.keptLeads();
    boolean ofTheLedger = duties.mine("retention");
    if (ofTheLedger) {
      ledger.serve(targets.get());
    }
    if (leads.isPresent() && ofTheLedger) {
      int purged = ledger.purge(ledger.now().minus(leads.get()), settings.dedupeWindow());
      if (purged > 0) {
        LOG.info(
            "Deleted {} leads and results that ended more than kiln.retention.leads ago.", purged);
      }
    }
    Optional<Duration> files = settings.keptFiles();
    if (files.isPresent()) {
      LocalDate before = LocalDate.ofInstant(ledger.now().minus(files.get()), ZoneOffset.UTC);
      for (String folder : OF_RUNS) {
        delete(data.resolve(folder), OF_RUN, before);
      }
      for (Path results : ResultFiles.folders(data)) {
        for (Path table : in(results)) {
          delete(table, OF_RESULTS, before);
        }
      }
    }
  }

  private List<Path> in(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.toList();
    } catch (IOException failure) {
      tell(folder, failure);
      return List.of();
    }
  }

  private void delete(Path folder, Pattern named, LocalDate before) {
    for (Path file : in(folder)) {
      Matcher name = named.matcher(file.getFileName().toString());
      if (name.matches()
          && isOlder(name.group(1), before)
          && !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
        try {
          Files.deleteIfExists(file);
        } catch (IOException failure) {
          tell(file, failure);
        }
      }
    }
  }

  private void tell(Path left, IOException failure) {
    if (told.add(left)) {
      LOG.warn(
          "{}: {}; what was kept long enough there is deleted once that is well",
          left,
          FileFault.words(failure));
    }
  }

  private static boolean isOlder(String day, LocalDate before) {
    try {
      return LocalDate.parse(day.replace("-", ""), DateTimeFormatter.BASIC_ISO_DATE)
          .isBefore(before);
    } catch (DateTimeParseException noDay) {
      return false;
    }
  }

  /** Ends, also in the middle of a sweep. */
  @Override
  public void close() {
    if (looks != null) {
      looks.cancel(true);
    }
    hourly.shutdownNow();
  }
}
