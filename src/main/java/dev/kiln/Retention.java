package dev.kiln;

import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what has been kept long enough, once an hour: leads that came to their end, and the files
 * that they came in. Counts stay, and so do the keys of leads within their dedupe window.
 */
final class Retention implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

  /** The files of a run begin with its id, and that with the day of the run (UTC). */
  private static final int DAY = "20261125".length();

  private static final List<String> FOLDERS = List.of("archive", "rejects");

  private final Path data;
  private final Ledger ledger;
  private final Settings settings;
  private final ScheduledExecutorService hourly =
      Executors.newSingleThreadScheduledExecutor(Daemons.named("kiln-retention"));

  private @Nullable ScheduledFuture<?> looks;

  /**
   * @param data the data folder
   * @param ledger its ledger
   * @param settings say how long things are kept
   */
  Retention(Path data, Ledger ledger, Settings settings) {
    this.data = data;
    this.ledger = ledger;
    this.settings = settings;
  }

  /** Begins: a first look in a minute, when the start is over. */
  void start() {
    looks = hourly.scheduleWithFixedDelay(this::look, 1, 60, TimeUnit.MINUTES);
  }

  private void look() {
    try {
      sweep();
    } catch (LedgerUnavailable | IOException later) {
      LOG.warn("What was kept long enough could not be deleted: {}", later.getMessage());
    }
  }

  /** Deletes what is due now. */
  void sweep() throws IOException {
    Optional<Duration> leads = settings.keptLeads();
    if (leads.isPresent()) {
      int purged = ledger.purge(ledger.now().minus(leads.get()), settings.dedupeWindow());
      if (purged > 0) {
        LOG.info(
            "Deleted {} leads and results that ended more than kiln.retention.leads ago.", purged);
      }
    }
    Optional<Duration> files = settings.keptFiles();
    if (files.isPresent()) {
      LocalDate before = LocalDate.ofInstant(ledger.now().minus(files.get()), ZoneOffset.UTC);
      for (String folder : FOLDERS) {
        delete(data.resolve(folder), before);
      }
    }
  }

  private static void delete(Path folder, LocalDate before) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (isOlder(file.getFileName().toString(), before)) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static boolean isOlder(String name, LocalDate before) {
    if (name.length() <= DAY || name.charAt(DAY) != '-') {
      return false;
    }
    try {
      return LocalDate.parse(name.substring(0, DAY), DateTimeFormatter.BASIC_ISO_DATE)
          .isBefore(before);
    } catch (DateTimeParseException notOfARun) {
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
