package dev.kiln;

import dev.kiln.clay.Catalogue;
import dev.kiln.clay.RowSizes;
import dev.kiln.clay.Table;
import dev.kiln.lead.ContentHash;
import dev.kiln.lead.Framer;
import dev.kiln.lead.RecordBatch;
import dev.kiln.ledger.Budget;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.DryRun;
import dev.kiln.ledger.Due;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.NewLead;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Run;
import dev.kiln.plan.Forecast;
import dev.kiln.plan.Preview;
import dev.kiln.plan.Preview.FilePreview;
import java.io.File;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;

/**
 * The bean {@code preview}: the steps of the route {@code preview}, which takes files through
 * intake and router as {@code accept} does and counts what would become of their rows. Thread-safe;
 * what belongs to one preview is in the exchange property {@code preview}.
 */
public final class PreviewBean {
  /** Stands for the id of a run that is not opened: as long as one. */
  static final String RUN = "yyyymmdd-xxxxxx";

  private final Intake intake;
  private final Catalogue catalogue;
  private final Duration dedupeWindow;
  private final DedupeMode dedupe;

  /**
   * Previews by an intake.
   *
   * @param intake reads the files
   * @param catalogue the tables
   * @param dedupeWindow how long a lead's key stays taken after Clay accepted the lead
   * @param dedupe what becomes of leads that are known already, where nothing else is asked for
   */
  public PreviewBean(Intake intake, Catalogue catalogue, Duration dedupeWindow, DedupeMode dedupe) {
    this.intake = intake;
    this.catalogue = catalogue;
    this.dedupeWindow = dedupeWindow;
    this.dedupe = dedupe;
  }

  /** One preview of some files, read one after the other. Not thread-safe. */
  final class Previewing {
    private final @Nullable LedgerView ledger;
    private final String source;
    private final Priority priority;
    private final @Nullable DedupeMode mode;
    private final LongConsumer progress;
    private final Forecast forecast;
    private final DryRun rows;
    private final List<FilePreview> files = new ArrayList<>();
    private final Map<String, RowSizes> sizes = new HashMap<>();
    private final Map<String, String> contents = new HashMap<>();
    private boolean someLead;
    private String note = "";

    /** Rows and other lines of the present file, as far as its rows are counted. */
    private long read;

    private long skipped;

    private Previewing(
        @Nullable LedgerView ledger,
        String source,
        Priority priority,
        @Nullable DedupeMode mode,
        Budget budget,
        boolean alone,
        LongConsumer progress) {
      this.ledger = ledger;
      this.source = source;
      this.priority = priority;
      this.mode = mode;
      this.progress = progress;
      this.forecast =
          new Forecast(catalogue, ledger == null ? Snapshot.EMPTY : ledger.snapshot(), priority);
      this.rows = new DryRun(ledger, dedupeWindow, budget, alone);
    }

    String source() {
      return source;
    }

    /** Notes that a file would be refused, and why. */
    void refused(Path file, String why) {
      files.add(new FilePreview(file.getFileName().toString(), read, skipped, "", why));
    }

    /** What there is to say, once all files are read. */
    Preview preview() {
      return forecast.of(files, rows, sizes);
    }

    /** Adds a lead to the sizes; returns whether it is too large for Clay. */
    private boolean tooLarge(Run run, NewLead lead, long batch) {
      return sizes
          .computeIfAbsent(
              lead.table(),
              name -> {
                Table table = catalogue.table(name).orElseThrow();
                return new RowSizes(table, forecast.webhook(table));
              })
          .add(
              new Due(
                  0,
                  run.id(),
                  lead.record(),
                  source,
                  lead.table(),
                  priority,
                  lead.payload(),
                  false,
                  0,
                  0),
              batch);
    }

    private Optional<Run> known(String hash) {
      return ledger == null ? Optional.empty() : ledger.run(hash, source);
    }

    /** What there is to know of a run that goes on. */
    private String resumed(Run run) {
      String ordered = ledger == null ? "" : ledger.ordered(run.id());
      return "its first rows were read before as run "
          + run.id()
          + (ordered.isEmpty() ? "" : ", whose other rows are " + ordered);
    }
  }

  /**
   * Begins a preview.
   *
   * @param ledger knows what there is already; null where there is no ledger yet
   * @param source where the leads come from; empty for none
   * @param priority their priority
   * @param mode what becomes of leads that are known already, and that a content is read anew; null
   *     for neither
   * @param alone whether no Kiln runs on that ledger: leads that budgets hold keep none of these
   *     back then
   * @param now the present, for the budgets
   * @param progress is told of the rows of the present file that were read
   */
  Previewing begin(
      @Nullable LedgerView ledger,
      String source,
      Priority priority,
      @Nullable DedupeMode mode,
      boolean alone,
      Instant now,
      LongConsumer progress) {
    return new Previewing(
        ledger,
        source,
        priority,
        mode,
        catalogue.budgets().at(catalogue.tables().values(), now, null),
        alone,
        progress);
  }

  /**
   * Opens a file as {@link Intake#open} does, with no run. Content that a run is reading goes on
   * where that stands; of one that was read there is nothing left to read.
   */
  public void open(
      Exchange exchange, @Body File file, @ExchangeProperty("preview") Previewing preview)
      throws IOException {
    preview.read = 0;
    preview.skipped = 0;
    Path path = file.toPath();
    Stand stand = Stand.of(path).orElseThrow(() -> new NoSuchFileException(path.toString()));
    String hash = ContentHash.of(path);
    Optional<Run> known = preview.known(hash);
    Run run = run(preview, known);
    preview.note = run.resumed() ? preview.resumed(run) : "";
    preview.read = run.read();
    preview.skipped = run.skipped();
    preview.someLead = run.resumed();
    String same = preview.contents.putIfAbsent(hash, file.getName());
    Intake.Reading reading = new Intake.Reading(run, path, stand, hash);
    exchange.setProperty("run", reading);
    if (same != null) {
      preview.note = "the same content as " + same + "; nothing is sent again";
    } else if (run.finished()) {
      preview.note =
          "the same content was read before as run " + run.id() + "; nothing is sent again";
    } else {
      preview.rows.begin(file.getName());
      intake.frame(exchange, reading);
    }
  }

  private Run run(Previewing preview, Optional<Run> known) {
    DedupeMode mode = preview.mode;
    return known
        .filter(run -> mode == null || !run.finished())
        .map(run -> mode == null ? run : run.with(mode))
        .orElseGet(
            () ->
                new Run(
                    RUN,
                    preview.source,
                    preview.priority,
                    0,
                    0,
                    0,
                    false,
                    mode == null ? dedupe : mode,
                    false));
  }

  /** Counts what would become of a batch's rows. */
  public void count(
      @Body List<NewLead> leads,
      @ExchangeProperty("batch") RecordBatch batch,
      @ExchangeProperty("run") Intake.Reading reading,
      @ExchangeProperty("preview") Previewing preview) {
    Run run = reading.run();
    List<LeadState> states =
        preview.rows.add(run, leads, lead -> preview.tooLarge(run, lead, batch.first()));
    preview.someLead |= states.stream().anyMatch(state -> state != LeadState.REJECTED);
    preview.read = batch.readTotal();
    preview.skipped = batch.skippedTotal();
    preview.progress.accept(batch.readTotal());
  }

  /** Notes what was read of a file, and whether it would be refused since none of it is a lead. */
  public void close(
      @ExchangeProperty("run") Intake.Reading reading,
      @ExchangeProperty("preview") Previewing preview) {
    Framer framer = reading.framer();
    String name = reading.name();
    if (framer == null) {
      preview.files.add(new FilePreview(name, 0, 0, preview.note, null));
      return;
    }
    List<String> notes = new ArrayList<>(framer.format().notes());
    if (!preview.note.isEmpty()) {
      notes.add(preview.note);
    }
    preview.files.add(
        new FilePreview(
            name,
            framer.read(),
            framer.skipped(),
            String.join("; ", notes),
            preview.someLead
                ? null
                : name + " has no row that is a lead: all are rejected, for the reasons told"));
  }
}
