package dev.kiln;

import dev.kiln.lead.Columns;
import dev.kiln.lead.ContentHash;
import dev.kiln.lead.Framer;
import dev.kiln.lead.Hygiene;
import dev.kiln.lead.Lead;
import dev.kiln.lead.Limits;
import dev.kiln.lead.RecordBatch;
import dev.kiln.lead.UnreadableFile;
import dev.kiln.ledger.Batch;
import dev.kiln.ledger.Budget;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.NewLead;
import dev.kiln.ledger.Pending;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.ReadElsewhere;
import dev.kiln.ledger.Run;
import dev.kiln.ledger.Wish;
import dev.kiln.status.StatusText;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.Body;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.util.ObjectHelper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bean {@code intake}: the steps of the routes {@code accept} and {@code batch}, from a file to
 * leads in the ledger. Thread-safe; what belongs to one run is in the exchange property {@code
 * run}.
 */
public final class Intake {
  private static final Logger LOG = LoggerFactory.getLogger(Intake.class);
  private static final Logger ROUTES = LoggerFactory.getLogger("dev.kiln.routes");

  private static final String AGAIN = " is read on in a moment, since routes have changed";

  /** Why a file stays whose run is not over though the routes are done with it. */
  private static final String UNDONE =
      "the routes ended without reading it to its end: an edited handler, filter or stop under routes/"
          + " may be the reason; it is tried again and again";

  private static final String NOT_ALL =
      "not all of its rows came to the step store-batch: an edited handler, filter or split under"
          + " routes/ may be the reason; it is tried again and again";

  /** Batches that are stored while the next ones are read, and the characters of all of them. */
  private static final int AHEAD = 8;

  private static final long CHARS_AHEAD = 1_000_000;

  private static final String REJECTS = "direct://rejects";

  /** What Camel names where it says that no route begins with it. */
  private static final Pattern MISSING =
      Pattern.compile("direct:(?://)?(\\S+?)(?:\\?\\S*)?\\.?(?:\\s|$)");

  /** A batch that is on its way to the disk, with its rows. */
  private record Storing(
      Pending<Optional<List<String>>> batch, long first, long last, long chars) {}

  /** One run being read. */
  static final class Reading {
    private final Run run;
    private final Path file;

    /** How the file stood; null where the run has none, but messages. */
    private @Nullable Stand opened;

    /** What identifies its content; empty for messages. */
    private final String hash;

    /** Where the file goes when it has been read. */
    private String destination = "";

    private @Nullable String message;
    private @Nullable Framer framer;
    private @Nullable Columns columns;
    private final Deque<Storing> storing = new ArrayDeque<>();

    /** The last record that was handed to the ledger, or that it had before. */
    private long handedIn;

    private long charsStoring;
    private boolean storedBefore;
    private String rejects = "";

    /** What failed in a route that it goes through; null while nothing did. */
    private @Nullable Throwable failure;

    /** What the ledger knows of how the file is written; null where that is not known here. */
    private @Nullable String note;

    Reading(Run run, Path file, Stand opened, String hash) {
      this.run = run;
      this.handedIn = run.checkpoint();
      this.note = run.resumed() ? null : "";
      this.opened = opened;
      this.file = file;
      this.hash = hash;
    }

    private Reading(Run run) {
      this.run = run;
      this.handedIn = run.checkpoint();
      this.opened = null;
      this.hash = "";
      this.file = Path.of("messages");
    }

    /** Messages of a run, all of which are stored. */
    static Reading ofMessages(Run run) {
      return new Reading(run);
    }

    /**
     * One message of a run.
     *
     * @param key the key by which it is known again; null without one
     */
    static Reading ofMessage(Run run, Columns columns, @Nullable String key) {
      Reading reading = new Reading(run);
      reading.columns = columns;
      reading.message = key;
      return reading;
    }

    /** Whether it reads messages: their rows have no header in common. */
    boolean messages() {
      return opened == null;
    }

    Run run() {
      return run;
    }

    /** The name of its file. */
    String name() {
      return String.valueOf(file.getFileName());
    }

    /**
     * Whether what lies at a place is another file than the one that was opened, or has changed
     * since; false where nothing lies there.
     */
    boolean changed(Path place) {
      Stand now = Stand.of(place).orElse(null);
      if (now == null || now.equals(opened)) {
        return false;
      }
      try {
        // Some network file systems give a file another key when they are asked again.
        if (!now.alike(opened) || !ContentHash.of(place).equals(hash)) {
          return true;
        }
      } catch (IOException unreadable) {
        return true;
      }
      opened = now;
      return false;
    }

    /** Reads its records; null where there is nothing left to read. */
    @Nullable Framer framer() {
      return framer;
    }

    /** Its columns; null where there is nothing left to read. */
    @Nullable Columns columns() {
      return columns;
    }

    /** Notes a batch that is on its way to the disk. */
    private void add(Pending<Optional<List<String>>> stored, RecordBatch batch) {
      long chars = batch.text().length();
      storing.add(new Storing(stored, batch.first(), batch.last(), chars));
      charsStoring += chars;
      handedIn = batch.last();
    }

    /**
     * Waits until no more than so many batches, with no more text than so much, are on their way.
     *
     * @throws UnreadableFile if the ledger will never take the rows of one
     */
    private void waitFor(int batches, long chars) throws UnreadableFile {
      while (storing.size() > batches || charsStoring > chars) {
        Storing oldest = storing.remove();
        charsStoring -= oldest.chars;
        try {
          Optional<List<String>> held = oldest.batch.await();
          storedBefore |= held.isEmpty();
          held.ifPresent(
              reasons ->
                  reasons.forEach(
                      reason -> LOG.warn("Run {}: leads are held: {}", run.id(), reason)));
        } catch (LedgerUnavailable unavailable) {
          if (framer == null || !unavailable.ofContent()) {
            throw unavailable;
          }
          // Those behind it are not stored either, since they do not follow what is.
          storing.clear();
          charsStoring = 0;
          throw framer.refusedRows(
              oldest.first, oldest.last, String.valueOf(unavailable.getMessage()));
        }
      }
    }

    /**
     * Waits until all that was read of it is durable.
     *
     * @throws UnreadableFile if the ledger will never take some of it
     */
    void mustBeStored() throws UnreadableFile {
      waitFor(0, 0);
    }

    /** Whether the routes have handed all records up to this one to the ledger. */
    boolean handedIn(long last) {
      return handedIn >= last;
    }

    /** Whether its message turned out to be stored already, so that nothing of it was stored. */
    boolean storedBefore() {
      return storedBefore;
    }

    /** Notes the file of its rejected rows, within the data folder. */
    void rejects(String file) {
      rejects = file;
    }

    /** The file of its rejected rows, within the data folder; empty without one. */
    String rejects() {
      return rejects;
    }
  }

  private final Ledger ledger;
  private volatile Hygiene hygiene;
  private final Limits limits;
  private final Duration dedupeWindow;
  private final DedupeMode dedupe;
  private final Function<Instant, Budget> budgets;
  private final Path data;
  private final Predicate<Path> lost;
  private final Consumer<Run> opened;
  private volatile boolean stopping;
  private final OneReader readers = new OneReader();

  /** Files whose runs are over and which could not be moved. */
  private final Map<Path, Reading> unmoved = new ConcurrentHashMap<>();

  private final GoneFiles unmovedGone = new GoneFiles();

  /** Files that stay where they are since they cannot be read (further) for now, and why. */
  private final Map<Path, String> waiting = new ConcurrentHashMap<>();

  private final GoneFiles waitingGone = new GoneFiles();

  /**
   * An intake into a ledger.
   *
   * @param ledger where leads go
   * @param hygiene what is dropped, refused and noticed
   * @param batchRows rows in a batch
   * @param dedupeWindow how long a lead's key stays taken after Clay accepted the lead
   * @param dedupe what becomes of leads that are known already, where the exchange property {@code
   *     dedupe} does not say otherwise
   * @param budgets what may be spent at a time
   * @param data the data folder: read files go to its archive, refused ones to its rejects
   * @param lost whether another Kiln may read a file now that was claimed here
   * @param opened is told of each run that is opened
   */
  public Intake(
      Ledger ledger,
      Hygiene hygiene,
      int batchRows,
      Duration dedupeWindow,
      DedupeMode dedupe,
      Function<Instant, Budget> budgets,
      Path data,
      Predicate<Path> lost,
      Consumer<Run> opened) {
    this.ledger = ledger;
    this.hygiene = hygiene;
    this.limits = Limits.defaults().withBatchRows(batchRows);
    this.dedupeWindow = dedupeWindow;
    this.dedupe = dedupe;
    this.budgets = budgets;
    this.data = data;
    this.lost = lost;
    this.opened = opened;
  }

  /**
   * Hands a file to the route {@code accept}, and returns when that is done with it.
   *
   * @param wish how a person wants it read; null for what was asked for in the ledger
   * @return the exchange, with the failure as its exception where there was one
   */
  static Exchange accept(
      ProducerTemplate routes, Path file, String source, Priority priority, @Nullable Wish wish) {
    return routes.send(
        "direct:accept",
        exchange -> {
          exchange.getMessage().setBody(file.toFile());
          exchange.setProperty("source", source);
          exchange.setProperty("priority", priority.word());
          exchange.setProperty("wish", wish);
        });
  }

  /**
   * The source of a file: the folder below {@code inbox/<priority>}, in lower case; empty without
   * one.
   */
  public String source(Exchange exchange) {
    String name = exchange.getMessage().getHeader(Exchange.FILE_NAME, String.class);
    Path folder = name == null ? null : Path.of(name).getParent();
    return folder == null ? "" : folder.toString().toLowerCase(Locale.ROOT);
  }

  /**
   * Opens the run of a file and notes it in the exchange property {@code run}; the property {@code
   * destination} says where the file goes when it has been read. Content that is being read, or was
   * read, from the same source goes on where it stands.
   *
   * @param file the file
   * @param source its source
   * @param priority its priority
   * @param mode what becomes of leads that are known already; null for the default
   * @param wish how a person wants it read; null for what was asked for in the ledger
   * @throws UnreadableFile if nobody could read leads out of it
   */
  public void open(
      Exchange exchange,
      @Body File file,
      @ExchangeProperty("source") String source,
      @ExchangeProperty("priority") String priority,
      @ExchangeProperty("dedupe") @Nullable String mode,
      @ExchangeProperty("wish") @Nullable Wish wish)
      throws IOException, InterruptedException {
    Path path = file.toPath();
    Stand opened = Stand.of(path).orElseThrow(() -> new NoSuchFileException(path.toString()));
    Reading before = unmoved.get(path);
    String hash =
        before != null && opened.equals(before.opened) ? before.hash : ContentHash.of(path);
    if (before != null && hash.equals(before.hash)) {
      Reading again = new Reading(before.run, path, opened, hash);
      again.destination = before.destination;
      exchange.setProperty("run", again);
      exchange.setProperty("destination", again.destination);
      return;
    }
    unmoved.remove(path);
    if (!readers.take(hash)) {
      exchange.setRollbackOnly(true);
      throw new ReadingStopped(file.getName() + AGAIN, true);
    }
    exchange.getExchangeExtension().addOnCompletion(new Closing(() -> readers.giveBack(hash)));
    Run run;
    try {
      run =
          ledger.open(
              file.getName(),
              source,
              Priority.of(priority),
              hash,
              mode == null ? dedupe : DedupeMode.of(mode),
              wish);
    } catch (ReadElsewhere elsewhere) {
      throw stopped(exchange, file.getName(), elsewhere);
    }
    Reading reading = new Reading(run, path, opened, hash);
    this.opened.accept(run);
    exchange.setProperty("run", reading);
    goesTo("archive", exchange, reading);
    if (run.finished()) {
      LOG.info(
          "{}: the same content was read before as run {}; nothing is sent again",
          file.getName(),
          run.id());
      return;
    }
    Framer framer = frame(exchange, reading);
    LOG.info(
        "Run {}: {} {} ({})",
        run.id(),
        run.checkpoint() > 0 ? "goes on behind row " + run.checkpoint() + " of" : "reads",
        file.getName(),
        framer.format());
    if (run.resumed() && ledger.view().cancelled(run.id())) {
      LOG.warn("{}", withdrawn(run.id()));
    }
    List<String> blocked = Objects.requireNonNull(reading.columns).blocked();
    if (!blocked.isEmpty()) {
      LOG.warn("Run {}: blocked columns are left out: {}", run.id(), String.join(", ", blocked));
    }
    if (!waiting.containsKey(path)) {
      note(reading, framer);
    }
  }

  /** What is said of a run that was cancelled and is read on. */
  public static String withdrawn(String run) {
    return "Run "
        + run
        + " was cancelled: what is read of it is withdrawn; once it was read to its end, \"kiln send"
        + " --dedupe MODE\" reads the file anew";
  }

  /** Another Kiln reads what is read here: it is no failure, which Camel would log as an error. */
  static ReadingStopped stopped(Exchange exchange, String name, ReadElsewhere elsewhere) {
    exchange.setRollbackOnly(true);
    return new ReadingStopped(
        name + " is not read (any further): " + elsewhere.getMessage(), elsewhere);
  }

  /** Opens a run's file behind what was read before; it is closed when the exchange is done. */
  Framer frame(Exchange exchange, Reading reading) throws IOException {
    Hygiene now = hygiene;
    Framer framer = Framer.open(reading.file, limits, now);
    exchange.getExchangeExtension().addOnCompletion(new Closing(framer));
    framer.skipTo(reading.run.checkpoint());
    reading.framer = framer;
    reading.columns = Columns.of(framer.header(), now);
    return framer;
  }

  /** Tells the ledger what is unusual about how a file is written, as far as it was read. */
  private void note(Reading reading, Framer framer) {
    String note = String.join("; ", framer.format().notes());
    if (!note.equals(reading.note)) {
      ledger.note(reading.run.id(), note);
      reading.note = note;
    }
  }

  private void goesTo(String shelf, Exchange exchange, Reading reading) {
    String run = reading.run.id();
    String file = reading.name();
    reading.destination =
        data.resolve(shelf)
            .resolve(file.startsWith(run) ? file : FileNames.fitting(run + "-", file, ""))
            .toAbsolutePath()
            .toString();
    exchange.setProperty("destination", reading.destination);
  }

  /**
   * Moves a file that was read, or cannot be read, to where it goes. Where that fails the log says
   * so once, and the file is not read again for as long as it lies in its place as it is.
   *
   * @param reading what was read of it
   * @param file where it lies at the moment
   * @param destination where it goes; what is there is replaced
   * @return whether it was moved
   */
  boolean shelve(Reading reading, Path file, Path destination) {
    try {
      Files.createDirectories(destination.toAbsolutePath().getParent());
      Files.move(file, destination, StandardCopyOption.REPLACE_EXISTING);
      unmoved.remove(reading.file);
      return true;
    } catch (IOException failure) {
      stays(reading, destination, failure);
      return false;
    }
  }

  /** Notes that a file cannot be moved to where it goes, and why. */
  void stays(Reading reading, Path destination, IOException failure) {
    unmovedGone.forget(unmoved);
    if (unmoved.put(reading.file, reading) == null) {
      LOG.warn(
          "Run {}: {} stays in {}, since it cannot be moved to {} ({}): let the user that runs Kiln write both"
              + " folders, and make room; nothing of it is read again, and it is moved once that is possible",
          reading.run.id(),
          reading.name(),
          reading.file.toAbsolutePath().getParent(),
          destination.toAbsolutePath().getParent(),
          failure.toString());
    }
  }

  /**
   * Whether a file that the routes are done with may leave its place: its run is over, as the
   * ledger has it. Where it is not, whatever the routes did, the file stays and is read on, and the
   * log says so once.
   *
   * @param file where it lies
   * @param reading what was read of it; null where its run was not opened
   */
  boolean mayLeave(Path file, @Nullable Reading reading) {
    try {
      if (reading != null && ledger.run(reading.run.id()).filter(Run::finished).isPresent()) {
        waiting.remove(reading.file);
        return true;
      }
      if (!waiting.containsKey(file)) {
        waits(file, reading, UNDONE);
      }
    } catch (LedgerUnavailable unavailable) {
      LOG.debug("{} stays where it is: {}", file.getFileName(), unavailable.getMessage());
    }
    return false;
  }

  /**
   * Notes that a file stays where it is, and why: for the log, once for all files of one reason,
   * for {@link #waiting}, and for its run.
   *
   * @param reading what was read of it; null where its run was not opened
   * @param why with the cure; the same for all files that wait for the same
   */
  void waits(Path file, @Nullable Reading reading, String why) {
    boolean told =
        waiting.entrySet().stream()
            .anyMatch(other -> other.getValue().equals(why) && Files.exists(other.getKey()));
    waiting.put(file, why);
    waitingGone.forget(waiting);
    if (!told) {
      LOG.warn("{} stays where it is: {}", file.getFileName(), why);
    }
    if (reading != null) {
      try {
        ledger.note(reading.run.id(), "waits: " + why);
        reading.note = null;
      } catch (LedgerUnavailable unavailable) {
        LOG.debug("Run {} waits: {}", reading.run.id(), unavailable.getMessage());
      }
    }
  }

  /** Why files stay where they are that cannot be read (further) for now, with the cures. */
  List<String> waiting() {
    Map<String, List<Path>> files =
        waiting.entrySet().stream()
            .filter(entry -> Files.exists(entry.getKey()))
            .collect(
                Collectors.groupingBy(
                    Map.Entry::getValue,
                    TreeMap::new,
                    Collectors.mapping(Map.Entry::getKey, Collectors.toList())));
    return files.entrySet().stream()
        .map(
            entry ->
                entry.getValue().get(0).getFileName()
                    + (entry.getValue().size() == 1
                        ? " stays where it is: "
                        : " and " + (entry.getValue().size() - 1) + " more stay where they are: ")
                    + entry.getKey())
        .toList();
  }

  /**
   * Has what is read wait where it is, since a route that it goes through is stopped or not there.
   */
  public void waitForRoute(
      Exchange exchange,
      @ExchangeProperty("run") @Nullable Reading reading,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception problem) {
    // It is no failure, which Camel would log as an error.
    exchange.setRollbackOnly(true);
    Path file = file(exchange, reading);
    if (file == null) {
      // Whoever waits for the exchange tells of it.
      return;
    }
    waits(
        file,
        reading,
        "no route runs that begins with "
            + missing(problem)
            + ": \"kiln route start\" it, or mend the name in the route that calls it");
  }

  /**
   * Has a file that is read wait where it is, since a route that it goes through fails. What else
   * fails is told in the log as it is.
   */
  public void failed(
      Exchange exchange,
      @ExchangeProperty("run") @Nullable Reading reading,
      @ExchangeProperty(Exchange.FAILURE_ROUTE_ID) @Nullable String route,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception problem) {
    Path file = file(exchange, reading);
    Throwable cause = RouteFault.innermost(problem);
    if (file == null || cause instanceof IOException) {
      ROUTES.error("Route {} failed", route, problem);
      return;
    }
    // It is told here, and without what it says, which may be a lead's data.
    exchange.setRollbackOnly(true);
    if (reading != null) {
      if (reading.failure == cause) {
        // The routes that called the one that failed fail too.
        return;
      }
      reading.failure = cause;
    }
    waits(
        file,
        reading,
        (cause instanceof RoutedLeads.NoTable
                ? "no route has set the property table of a lead, which each branch of the route"
                    + " choose-table does"
                : "a route fails: " + cause.getClass().getSimpleName() + " in the route " + route)
            + ": mend it under routes/; it is tried again and again");
  }

  /** The file that is read; null where it is none. */
  private static @Nullable Path file(Exchange exchange, @Nullable Reading reading) {
    if (reading != null) {
      return reading.messages() ? null : reading.file;
    }
    GenericFile<?> taken = exchange.getProperty(Exchange.FILE_EXCHANGE_FILE, GenericFile.class);
    return taken != null && taken.getFile() instanceof File file ? file.toPath() : null;
  }

  /** The endpoint that Camel found no running route for, by what it says. */
  static String missing(Throwable problem) {
    for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
      Matcher missing = MISSING.matcher(String.valueOf(cause.getMessage()));
      if (missing.find()) {
        return "direct:" + missing.group(1);
      }
    }
    return "what another one calls";
  }

  /** The batches of the run that are not stored yet. */
  public Iterator<RecordBatch> batches(@ExchangeProperty("run") Reading reading) {
    return reading.framer == null ? Collections.emptyIterator() : reading.framer;
  }

  private void mustGoOn(Exchange exchange, Reading reading) {
    if (reading.messages()) {
      return;
    }
    String why = null;
    boolean forAMoment = false;
    if (stopping) {
      why = reading.file.getFileName() + " is read on at the next start, since Kiln is stopping";
    } else if (lost.test(reading.file)) {
      why = reading.file.getFileName() + " is read no further, since its claim was lost";
    } else if (readers.held()) {
      why = reading.file.getFileName() + AGAIN;
      forAMoment = true;
    } else if (reading.changed(reading.file)) {
      why =
          "the file changed while it was read; it is read anew, as another run, once it stands still";
      endChanged(exchange, reading, why);
    }
    if (why != null) {
      // It is no failure, which Camel would log as an error.
      exchange.setRollbackOnly(true);
      throw new ReadingStopped("Run " + reading.run.id() + ": " + why, forAMoment);
    }
  }

  /**
   * Ends the run of a file that is another one by now, whether or not its rejects can be written.
   */
  private void endChanged(Exchange exchange, Reading reading, String why) {
    try {
      giveUp(exchange, reading, why);
    } catch (RuntimeCamelException | UncheckedIOException failure) {
      LOG.warn(
          "Run {}: its rejected rows are not written: {}",
          reading.run.id(),
          RouteFault.innermost(failure).toString());
      end(exchange, reading, why);
    }
  }

  /** Reads no further from here on, not even files that are being read. */
  void stop() {
    stopping = true;
  }

  /**
   * Stops reading at the end of the batch, until {@link #goOn}.
   *
   * @param atMost how long to wait for that
   * @return whether nothing is read any more
   */
  boolean hold(Duration atMost) throws InterruptedException {
    return readers.hold(atMost);
  }

  /** Reads again after {@link #hold}. */
  void goOn() {
    readers.goOn();
  }

  /** Waits while nothing may be read. */
  void awaitGoOn() throws InterruptedException {
    readers.awaitGoOn();
  }

  /** What is dropped, refused and noticed at present. */
  Hygiene hygiene() {
    return hygiene;
  }

  /** Lets one reader at a time at each content. */
  OneReader readers() {
    return readers;
  }

  /** Whether Kiln stops, or reading is held: what cannot be stored now is to be given back. */
  boolean interrupted() {
    return stopping || readers.held();
  }

  /** What is dropped, refused and noticed from the next file on. */
  void use(Hygiene changed) {
    hygiene = changed;
  }

  /**
   * The records of a batch as camel-csv parses them. A bean, for the reason of {@link #classify}.
   */
  public String text(@Body RecordBatch batch) {
    return batch.text();
  }

  /**
   * Names the cells of a batch's records.
   *
   * @param rows the parsed records, in order
   * @param batch the batch that they were parsed from
   * @return one lead for each record of the batch, the broken ones included, in the file's order
   * @throws ReadingStopped if Kiln stops, or the file is no longer what was opened
   */
  public List<Lead> leads(
      Exchange exchange,
      @Body List<List<String>> rows,
      @ExchangeProperty("batch") RecordBatch batch,
      @ExchangeProperty("run") Reading reading) {
    mustGoOn(exchange, reading);
    Columns columns = reading.columns;
    if (columns == null || rows.size() != batch.records().size()) {
      throw new IllegalStateException(
          "Records "
              + batch.first()
              + " to "
              + batch.last()
              + " were framed otherwise than parsed.");
    }
    List<Lead> leads = new ArrayList<>(batch.size());
    for (int i = 0; i < rows.size(); i++) {
      Lead lead = columns.lead(batch.records().get(i), batch.lines().get(i), rows.get(i));
      leads.add(reading.messages() ? lead.named(columns.original()) : lead);
    }
    if (!batch.broken().isEmpty()) {
      batch.broken().forEach(broken -> leads.add(columns.broken(broken)));
      leads.sort(Comparator.comparingLong(Lead::record));
    }
    return leads;
  }

  /**
   * Notes what routes choose a table by in the exchange properties {@code sector} and {@code mail}.
   * A bean, since Simple would take the hash of each body to call a method of it.
   */
  public void classify(Exchange exchange, @Body Lead lead) {
    exchange.setProperty("sector", lead.sector());
    exchange.setProperty("mail", lead.mail());
  }

  /**
   * Hands a batch to the ledger, which stores it in one transaction while the next ones are read:
   * as many as {@link #AHEAD} says, and no more text than {@link #CHARS_AHEAD}.
   *
   * @throws ReadingStopped if another Kiln on the ledger has taken the run
   * @throws UnreadableFile if the ledger will never take the rows of a batch
   */
  public void store(
      Exchange exchange,
      @Body List<NewLead> leads,
      @ExchangeProperty("batch") RecordBatch batch,
      @ExchangeProperty("run") Reading reading)
      throws UnreadableFile {
    if (leads.size() != batch.size()) {
      throw new IllegalStateException(
          "Of " + batch.size() + " rows " + leads.size() + " came to be stored.");
    }
    reading.add(
        ledger.store(
            reading.run,
            new Batch(
                batch.first(),
                batch.last(),
                batch.readTotal(),
                batch.skippedTotal(),
                leads,
                reading.message),
            dedupeWindow,
            budgets),
        batch);
    try {
      reading.waitFor(AHEAD, CHARS_AHEAD);
    } catch (ReadElsewhere elsewhere) {
      throw stopped(exchange, reading.name(), elsewhere);
    }
  }

  /**
   * Notes that the run was read to its end. Where rows of it did not come to {@link #store} it
   * stays open, and so does its file where it is.
   *
   * @throws UnreadableFile if none of its rows is a lead
   * @throws ReadingStopped if the file is no longer what was opened, or another Kiln on the ledger
   *     has taken the run
   */
  public void close(Exchange exchange, @ExchangeProperty("run") Reading reading)
      throws UnreadableFile {
    Framer framer = reading.framer;
    if (framer != null) {
      mustGoOn(exchange, reading);
      try {
        reading.mustBeStored();
        if (framer.hasNext() || !reading.handedIn(framer.read())) {
          waits(reading.file, reading, NOT_ALL);
          return;
        }
        note(reading, framer);
        if (!ledger.yields(reading.run.id())) {
          throw framer.withoutLeads(reading.run.id());
        }
        ledger.finish(reading.run.id(), framer.read(), framer.skipped(), reading.rejects);
      } catch (ReadElsewhere elsewhere) {
        throw stopped(exchange, reading.name(), elsewhere);
      }
      LOG.info(
          "Run {}: {} rows read, {} lines skipped",
          reading.run.id(),
          framer.read(),
          framer.skipped());
      tellRejects(reading);
    }
  }

  /** Notes that the run cannot be read, and why; its file goes to the rejects. */
  public void refuse(
      Exchange exchange,
      @ExchangeProperty("run") Reading reading,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception problem) {
    // Damage found on the way arrives within the failure of the batch that met it.
    Throwable cause = ObjectHelper.getException(UnreadableFile.class, problem);
    String message =
        giveUp(exchange, reading, String.valueOf((cause == null ? problem : cause).getMessage()));
    goesTo("rejects", exchange, reading);
    LOG.warn("Run {}: {}", reading.run.id(), message);
  }

  /** Ends a run, once what was read of it is stored and its rejected rows are written; says why. */
  private String giveUp(Exchange exchange, Reading reading, String why) {
    String message = why;
    try {
      reading.mustBeStored();
    } catch (ReadElsewhere elsewhere) {
      throw stopped(exchange, reading.name(), elsewhere);
    } catch (UnreadableFile sooner) {
      message = String.valueOf(sooner.getMessage());
    }
    writeRejects(exchange, reading);
    end(exchange, reading, message);
    return message;
  }

  private void end(Exchange exchange, Reading reading, String why) {
    try {
      ledger.refuse(reading.run.id(), why, reading.rejects);
    } catch (ReadElsewhere elsewhere) {
      throw stopped(exchange, reading.name(), elsewhere);
    }
    tellRejects(reading);
  }

  /** Has the route of that name, where there is one, write the rejected rows, unless it has. */
  private static void writeRejects(Exchange exchange, Reading reading) {
    CamelContext context = exchange.getContext();
    if (reading.columns == null
        || !reading.rejects.isEmpty()
        || context.getRoutes().stream()
            .noneMatch(route -> route.getEndpoint().getEndpointBaseUri().equals(REJECTS))) {
      return;
    }
    try (ProducerTemplate routes = context.createProducerTemplate()) {
      Exchange written = routes.send(REJECTS, rejects -> rejects.setProperty("run", reading));
      if (written.getException() != null) {
        throw RuntimeCamelException.wrapRuntimeCamelException(written.getException());
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private void tellRejects(Reading reading) {
    if (!reading.rejects.isEmpty()) {
      LOG.info(
          "Run {}: rejected rows are in {}: mend them and drop that file{}",
          reading.run.id(),
          data.resolve(reading.rejects),
          StatusText.whereTo(reading.run.source(), reading.run.priority()));
    }
  }
}
