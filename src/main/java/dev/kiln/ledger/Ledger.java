package dev.kiln.ledger;

import dev.kiln.lead.Address;
import dev.kiln.lead.EnrichedRow;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The one source of truth and the queue: every verb that changes a lead, a webhook, a run or a
 * lease. Each verb is one transaction and returns when it is durable (full sync). Thread-safe.
 *
 * <p>Every verb throws {@link LedgerUnavailable} if the database refuses; then nothing of it took
 * effect.
 */
public final class Ledger implements AutoCloseable {
  /** Why a lead is HELD that the operator holds. */
  static final String HELD_BY_OPERATOR = "held by the operator";

  /** Why a lead is CANCELLED. */
  static final String CANCELLED_BY_OPERATOR = "cancelled by the operator";

  /** The file of the embedded ledger, within the data folder. */
  public static final String FILE = "kiln.db";

  /** What the content of a run of messages begins with; a day follows. */
  static final String MESSAGES = "messages ";

  /** Leads that an operator keeps back or withdraws: at once, or once they come back. */
  private static final Set<LeadState> WAITING =
      Set.of(LeadState.QUEUED, LeadState.HELD, LeadState.SENDING);

  private static final BigDecimal LEAST_RATE = new BigDecimal("0.1");
  private static final BigDecimal MOST_RATE = new BigDecimal("1000");
  private static final DateTimeFormatter DAY = DateTimeFormatter.BASIC_ISO_DATE;
  private static final String RUN_ALPHABET = "abcdefghjkmnpqrstvwxyz23456789";

  private final Store store;
  private final Readers readers;
  private final Writer writer;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();
  private final boolean embedded;
  private volatile Reader reader = new Reader("", Duration.ZERO);

  /** Who reads runs, and how long one stays with it after a batch. */
  record Reader(String name, Duration lease) {}

  private Ledger(Store store, Clock clock) {
    this.store = store;
    this.embedded = store.embedded();
    Guard guard = new Guard(store);
    this.readers = new Readers(store, guard);
    this.writer = new Writer(store, guard);
    this.clock = clock;
  }

  /**
   * Opens the embedded ledger, as {@link #open(Store, Clock)}.
   *
   * @param data the data folder; must exist
   * @param clock the ledger's clock
   */
  public static Ledger open(Path data, Clock clock) {
    return open(Store.embedded(data), clock);
  }

  /**
   * Opens a ledger with the clock of its store: this computer's of an embedded one, the database's
   * of one in PostgreSQL.
   *
   * @param store where it is
   * @see #open(Store, Clock)
   */
  public static Ledger open(Store store) {
    store.prepare();
    return open(store, null, true);
  }

  /**
   * Opens a ledger, creating or migrating it. An embedded one (SQLite, WAL, full sync) is read as a
   * whole first: one that is damaged is refused and left as it is. One of a newer Kiln is refused
   * too. At most one process may have an embedded one open so at a time: the caller holds the lock
   * of the data folder.
   *
   * @param store where it is
   * @param clock the ledger's clock, in place of its store's
   */
  static Ledger open(Store store, Clock clock) {
    store.prepare();
    return open(store, clock, true);
  }

  /**
   * Opens a copy of an embedded ledger, such as a backup, and migrates it. What is no ledger is
   * refused, and what {@link #open(Store, Clock)} refuses too.
   *
   * @param data the folder of the copy
   * @param clock the ledger's clock
   */
  public static Ledger openCopy(Path data, Clock clock) {
    return open(Store.embedded(data), clock, false);
  }

  private static Ledger open(Store store, @Nullable Clock clock, boolean mayBeNew) {
    store.mustBeSound();
    store.mustBeFit(false);
    try {
      Schema.migrate(store, mayBeNew);
      return new Ledger(store, clock == null ? store.clock() : clock);
    } catch (RuntimeException | SQLException failure) {
      throw store.cannotBeOpened(failure);
    }
  }

  /** Whether there is a ledger at a place, of whatever version. */
  public static boolean exists(Store store) {
    return store.holdsLedger();
  }

  /**
   * Opens a ledger beside the process that runs on it, or without one, for an operator's verbs.
   * Neither creates nor migrates it; one of another version is refused.
   *
   * @param store where it is; must {@linkplain #exists exist}
   */
  public static Ledger openBeside(Store store) {
    return openBeside(store, store.clock());
  }

  /** The same with a clock in place of its store's. */
  static Ledger openBeside(Store store, Clock clock) {
    try {
      Schema.mustBeCurrent(store.writer());
      return new Ledger(store, clock);
    } catch (RuntimeException | SQLException failure) {
      throw store.cannotBeOpened(failure);
    }
  }

  /**
   * Writes a copy of an embedded ledger as of now, while it is in use.
   *
   * @param data the data folder
   * @param file where to; must not exist
   */
  public static void backup(Path data, Path file) {
    new Sqlite(data).copy(file);
  }

  /**
   * Keeps an embedded ledger in another file before a backup takes its place, and leaves nothing of
   * it in its log. A damaged one is kept as it is, with its log. The caller holds the lock of the
   * data folder.
   *
   * @param data the data folder
   * @param file where to; must not exist
   * @throws IOException if there is no room for it, say; nothing is changed then
   */
  public static void keep(Path data, Path file) throws IOException {
    Sqlite present = new Sqlite(data);
    try {
      present.mustBeSound();
      present.fold();
      present.copy(file);
    } catch (LedgerUnavailable unsound) {
      present.copyAsItIs(file);
    }
  }

  /** What is in the ledger, for those who only look. Lives as long as this ledger. */
  public LedgerView view() {
    return new LedgerView(readers, clock, () -> {});
  }

  /** The ledger's time: due times and periods are told by it. */
  public Instant now() {
    return clock.instant();
  }

  /**
   * Waits no longer than a second for another process that has the ledger locked, from here on: a
   * stop has to end in time. What cannot be written by then is in doubt at the next start.
   */
  public void hurry() {
    writer.hurry();
  }

  // ---- Intake ----

  /**
   * Names who reads runs here. From then on a run that is opened is this one's to read until
   * another process reads it, which may take it once nothing of it was stored for the lease.
   *
   * @param name the same after a restart; no other living process has it
   * @param lease how long a run stays with whom it was last stored by
   */
  public void readAs(String name, Duration lease) {
    reader = new Reader(name, lease);
  }

  /**
   * Opens a run, or finds the one that reads or has read the same content from the same source.
   *
   * @param name what a person calls it, such as the file's name
   * @param source the source; empty where none was given
   * @param priority its priority
   * @param contentHash identifies the content
   * @param dedupe what becomes of leads that are known already, unless {@link #ask} says otherwise
   * @return the run; {@link Run#finished} says that there is nothing left to read
   * @throws ReadElsewhere if another process reads it
   */
  public Run open(
      String name, String source, Priority priority, String contentHash, DedupeMode dedupe) {
    return open(name, source, priority, contentHash, dedupe, null);
  }

  /**
   * The same for a person who says now how it shall be read.
   *
   * @param wish stands in for what was asked for before; null for that
   * @throws ReadElsewhere if another process reads it; what was asked for stands then
   */
  public Run open(
      String name,
      String source,
      Priority priority,
      String contentHash,
      DedupeMode dedupe,
      @Nullable Wish wish) {
    String id = newRunId();
    return writer.write(
        transaction -> {
          Handle handle = transaction.handle();
          Optional<Wish> left = RunRows.takeAsked(handle, contentHash, source);
          Optional<Wish> asked = wish == null ? left : Optional.of(wish);
          Optional<DedupeMode> mode = asked.map(Wish::dedupe);
          Run run =
              opened(
                  handle,
                  new Submission(
                      id,
                      name,
                      source,
                      priority,
                      contentHash,
                      mode.orElse(dedupe),
                      mode.isPresent(),
                      null));
          if (!run.finished()) {
            RunRows.take(handle, run.id(), reader, embedded, clock.millis());
            asked.map(Wish::sample).ifPresent(sample -> RunRows.sample(handle, run.id(), sample));
          }
          return run;
        });
  }

  /**
   * Says how the next run of a content shall be read; one that is being read goes on so.
   *
   * @param contentHash identifies the content
   * @param source its source
   * @param wish how; {@link Wish#NONE} takes back what was asked for before
   */
  public void ask(String contentHash, String source, Wish wish) {
    writer.change(
        transaction ->
            RunRows.ask(transaction.handle(), contentHash, source, wish, clock.millis()));
  }

  /** The run of an id, if there is one. */
  public Optional<Run> run(String id) {
    return readers.withHandle(handle -> RunRows.find(handle, id));
  }

  /**
   * Opens the run of a submission, or finds the one that reads or has read the same content from
   * the same source. A key that was given before means the run that it stood for then.
   *
   * @return the run; empty if its key was given to other content or another source before
   */
  public Optional<Run> submit(Submission submission) {
    return writer.write(
        transaction -> {
          Handle handle = transaction.handle();
          String key = submission.key();
          Optional<HttpRows.Keyed> known =
              key == null ? Optional.empty() : HttpRows.find(handle, key);
          if (known.isPresent()) {
            HttpRows.Keyed keyed = known.get();
            return keyed.source().equals(submission.source())
                    && keyed.contentHash().equals(submission.contentHash())
                ? RunRows.find(handle, keyed.run())
                : Optional.empty();
          }
          Run run = opened(handle, submission);
          if (key != null) {
            HttpRows.remember(
                handle,
                key,
                new HttpRows.Keyed(submission.source(), submission.contentHash(), run.id()),
                clock.millis());
          }
          return Optional.of(run);
        });
  }

  /** Finds the run of a content, or makes one where there is none or another is wanted. */
  private Run opened(Handle handle, Submission wanted) {
    Optional<Run> found =
        RunRows.find(handle, wanted.contentHash(), wanted.source())
            .filter(run -> !(run.finished() && wanted.anew()));
    if (found.isEmpty()) {
      Run run =
          new Run(
              wanted.id(),
              wanted.source(),
              wanted.priority(),
              0,
              0,
              0,
              false,
              wanted.dedupe(),
              false);
      RunRows.insert(handle, run, wanted.name(), wanted.contentHash(), clock.millis());
      return run;
    }
    if (wanted.anew()) {
      RunRows.dedupe(handle, found.get().id(), wanted.dedupe());
      return found.get().with(wanted.dedupe());
    }
    return found.get();
  }

  /**
   * The run that takes the messages of a source on a day, opened where there is none.
   *
   * @param source the source
   * @param priority the priority; each has a run of its own, and so has each reader
   * @param dedupe what becomes of leads that are known already
   */
  public Run openMessages(String source, Priority priority, DedupeMode dedupe) {
    String day = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).toString();
    return writer.write(
        transaction ->
            opened(
                transaction.handle(),
                new Submission(
                    newRunId(),
                    "messages of " + day,
                    source,
                    priority,
                    MESSAGES + day + " " + priority.word() + " " + reader.name,
                    dedupe,
                    true,
                    null)));
  }

  /** Whether a run that was opened for messages takes those of a time too. */
  public static boolean takesMessages(Run run, Instant time) {
    return run.id().startsWith(DAY.format(LocalDate.ofInstant(time, ZoneOffset.UTC)) + "-");
  }

  /** The runs of messages that are not closed and of a day before that of a time (UTC). */
  public List<Run> messagesBefore(Instant time) {
    String day = LocalDate.ofInstant(time, ZoneOffset.UTC).toString();
    return readers.withHandle(handle -> RunRows.ofMessages(handle, day));
  }

  /** Whether a message was stored: its key stands in the {@link Batch} that it came in. */
  public boolean took(String message) {
    return readers.withHandle(handle -> HttpRows.find(handle, message)).isPresent();
  }

  /** How far a polled source was read. */
  public Watermark watermark(String source) {
    return readers.withHandle(handle -> HttpRows.watermark(handle, source));
  }

  /** Notes how far a polled source was read. */
  public void move(String source, Watermark to) {
    writer.change(transaction -> HttpRows.move(transaction.handle(), source, to, clock.millis()));
  }

  /** An id for a run that is to be opened, sortable by day: {@code 20261125-k3f9zq}. */
  public String newRunId() {
    StringBuilder id =
        new StringBuilder(DAY.format(LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC)))
            .append('-');
    for (int i = 0; i < 6; i++) {
      id.append(RUN_ALPHABET.charAt(random.nextInt(RUN_ALPHABET.length())));
    }
    return id.toString();
  }

  /**
   * Stores one batch: its leads, their dedupe keys, the reader's counts and the checkpoint, all or
   * nothing. Does not wait: batches of one run that are handed in one after the other are stored in
   * that order and may share a commit; one whose predecessor was not stored is not stored either. A
   * lead for which a budget has no room, or that would overtake one that a budget holds, is held.
   *
   * @param run the run
   * @param batch its rows, which follow the checkpoint
   * @param dedupeWindow how long a lead's key stays taken after Clay accepted the lead
   * @param budgets what may be spent at a time
   * @return to wait for: why leads are held, for a person, as far as that is news, or empty where
   *     the batch's message was stored before, and nothing of it is stored again; it throws {@link
   *     ReadElsewhere} if another process has taken the run
   */
  public Pending<Optional<List<String>>> store(
      Run run, Batch batch, Duration dedupeWindow, Function<Instant, Budget> budgets) {
    return writer.handIn(
        transaction -> {
          Instant now = clock.instant();
          return RunRows.store(
              transaction,
              run,
              reader,
              batch,
              dedupeWindow,
              budgets.apply(now),
              now.toEpochMilli());
        });
  }

  /**
   * Notes how the file of a run is written, where that is unusual.
   *
   * @param run the run's id
   * @param note in words for a person; empty where nothing is unusual
   */
  public void note(String run, String note) {
    writer.change(
        transaction -> {
          RunRows.note(transaction.handle(), run, note);
        });
  }

  /**
   * Whether a run has at least one row that was not rejected.
   *
   * @param run the run's id
   */
  public boolean yields(String run) {
    return readers.withHandle(handle -> RunRows.yields(handle, run));
  }

  /**
   * Notes that a run was read to its end.
   *
   * @param run the run's id
   * @param read rows read, by the reader's own count
   * @param skipped blank, title and total lines
   * @param rejects the file of its rejected rows, within the data folder; empty where there is none
   * @throws ReadElsewhere if another process has taken the run
   */
  public void finish(String run, long read, long skipped, String rejects) {
    writer.change(
        transaction -> {
          RunRows.close(transaction.handle(), run, reader, "READ", "", rejects, clock.millis());
          RunRows.read(transaction.handle(), run, read, skipped);
        });
  }

  /**
   * Notes that a run cannot be read (further). What it stored before stays.
   *
   * @param run the run's id
   * @param problem why, for a person
   * @param rejects the file of its rejected rows, within the data folder; empty without one
   * @throws ReadElsewhere if another process has taken the run
   */
  public void refuse(String run, String problem, String rejects) {
    writer.change(
        transaction -> {
          RunRows.close(
              transaction.handle(), run, reader, "REFUSED", problem, rejects, clock.millis());
        });
  }

  /**
   * The batch that a lead was stored in: the number of its first record.
   *
   * @param run the run
   * @param record the lead's number in the run
   */
  public long batch(String run, long record) {
    return readers.withHandle(handle -> RunRows.batch(handle, run, record));
  }

  // ---- Webhooks ----

  /**
   * Makes the catalogue's webhooks known. A webhook is known by its id: {@code used} counts only
   * the first time that it is seen. Webhooks that are no longer listed keep their figures and are
   * offered no more.
   *
   * @param webhooks all webhooks of the catalogue, each table's in order of filling
   */
  public void register(List<ListedWebhook> webhooks) {
    writer.change(
        transaction -> {
          WebhookRows.register(transaction.handle(), webhooks);
        });
  }

  /**
   * Has webhooks that refuse tried with the next lead, however long they were to be left alone:
   * what they refused for may have been put in order. Others stay as they are.
   *
   * @param webhooks their ids
   */
  public void tryAgain(Set<String> webhooks) {
    if (!webhooks.isEmpty()) {
      long now = now().toEpochMilli();
      writer.change(
          transaction -> {
            WebhookRows.tryAgain(transaction.handle(), webhooks, now);
          });
    }
  }

  /** The current figures of a table's webhooks, in order of filling. */
  public List<WebhookUse> webhooks(String table) {
    return readers.withHandle(handle -> WebhookRows.ofTable(handle, table));
  }

  // ---- What comes back ----

  /**
   * Keeps a row that came back. Its lead is ENRICHED from then on, wherever it was after its first
   * sending; a resend of it that still waits is dropped. A row that belongs to no lead that was
   * sent is kept apart. The same content of the same lead is kept once.
   *
   * @param table the table that the request named
   * @param row the row
   */
  public Receipt receive(String table, EnrichedRow row) {
    return writer.write(transaction -> ResultRows.receive(transaction, table, row, clock.millis()));
  }

  /**
   * Notes which tables' rows are to come back. Leads that were accepted before a table was first
   * noted are never missing.
   */
  public void expect(Set<String> tables) {
    if (!readers.withHandle(ResultRows::expecting).equals(tables)) {
      writer.change(transaction -> ResultRows.expect(transaction.handle(), tables, clock.millis()));
    }
  }

  /**
   * Calls leads of an expecting table MISSING that did not come back in time.
   *
   * @param table the table
   * @param after how long after Clay's acceptance
   * @param now what time it is
   * @return how many
   */
  public int missing(String table, Duration after, Instant now) {
    int found = 0;
    int some;
    do {
      some =
          writer.write(
              transaction -> ResultRows.missing(transaction, table, after, now.toEpochMilli()));
      found += some;
    } while (some == ResultRows.AT_ONCE);
    return found;
  }

  /**
   * Looks whether an expecting table takes rows and none comes back.
   *
   * @param table the table
   * @param silence how long that must be so
   * @param now what time it is
   * @return true where it is silent since this look, false where it is not any more; empty where
   *     nothing changed
   */
  public Optional<Boolean> silence(String table, Duration silence, Instant now) {
    return writer.write(
        transaction ->
            ResultRows.silence(transaction.handle(), table, silence, now.toEpochMilli()));
  }

  /** Runs of which nothing is under way any more, and that nobody was told of; some of them. */
  public List<String> doneRuns() {
    return readers.withHandle(ResultRows::doneRuns);
  }

  /** Notes that somebody was told of the end of a run. */
  public void told(String run) {
    writer.change(transaction -> ResultRows.told(transaction.handle(), run, clock.millis()));
  }

  /** How far results went on to a target; counts neither what waits nor dead letters. */
  public Onward onward(String target) {
    return readers.withHandle(handle -> OnwardRows.of(handle, target));
  }

  /**
   * The results that a target has to take next: one that is to be delivered again alone, else those
   * behind its position in the order of arrival, no more once they have two million characters
   * together, so that it bounds the heap. Changes nothing.
   *
   * @param to the target
   * @param most how many at most
   */
  public List<Enriched> next(Onward to, int most) {
    return readers.inTransaction(
        handle -> {
          List<Enriched> again = OnwardRows.again(handle, to.target());
          return again.isEmpty() ? ResultRows.after(handle, to.position(), most) : again;
        });
  }

  /**
   * Notes that a target is done with a result and all before it.
   *
   * @param from the target, as it was when the result was looked up
   * @param node who must still have its duty; null where no other can have it
   * @param result the result's id
   * @param written what the target keeps with its position
   * @return false, and nothing is noted, if another node has the duty or went on with it meanwhile
   */
  public boolean wentOn(Onward from, @Nullable String node, long result, String written) {
    return writer.write(
        transaction ->
            OnwardRows.done(transaction.handle(), from, node, result, written, clock.millis()));
  }

  /**
   * Notes that a target fails.
   *
   * @param from the target, as it was when its results were looked up
   * @param node who must still have its duty; null where no other can have it
   * @param reason why, without data of a row
   * @param dueAt when to try it again
   * @return as {@link #wentOn} does
   */
  public boolean waits(Onward from, @Nullable String node, String reason, Instant dueAt) {
    return writer.write(
        transaction ->
            OnwardRows.failed(
                transaction.handle(), from, node, reason, dueAt.toEpochMilli(), clock.millis()));
  }

  /**
   * Notes that a target does not take a result, which is kept as its dead letter.
   *
   * @param from the target, as it was when the result was looked up
   * @param node who must still have its duty; null where no other can have it
   * @param result the result's id
   * @param reason why, without data of the row
   * @return as {@link #wentOn} does
   */
  public boolean dead(Onward from, @Nullable String node, long result, String reason) {
    return writer.write(
        transaction ->
            OnwardRows.dead(transaction.handle(), from, node, result, reason, clock.millis()));
  }

  /**
   * Notes which targets are served. For one that is not any more no result is kept, however far it
   * is; it goes on where it was once it is served again, with what is left then.
   *
   * @param targets the names of all that are served
   */
  public void serve(Set<String> targets) {
    writer.change(transaction -> OnwardRows.serve(transaction.handle(), targets));
  }

  /**
   * Has the dead letters of a target delivered again.
   *
   * @return how many
   */
  public int redeliver(String target) {
    return writer.write(transaction -> OnwardRows.redeliver(transaction.handle(), target));
  }

  // ---- What an operator does ----

  /**
   * Keeps queued leads back, and those that a budget holds, until they are released; also those on
   * the wire, once they come back. Of whole runs also rows that are still to be read.
   *
   * @return how many are held now
   */
  public int hold(LeadSelection leads) {
    onward(leads, handle -> RunRows.sample(handle, leads.run(), 0L));
    return operate(leads, WAITING, LeadState.HELD, HELD_BY_OPERATOR, Duration.ZERO);
  }

  /**
   * Lets held leads go, except those that a budget holds: these go by themselves; also those on the
   * wire that were to be held once they come back. Of whole runs also rows that are still to be
   * read.
   *
   * @return how many go now
   */
  public int release(LeadSelection leads) {
    onward(leads, handle -> RunRows.sample(handle, leads.run(), null));
    return operate(
        leads, EnumSet.of(LeadState.HELD, LeadState.SENDING), LeadState.QUEUED, "", Duration.ZERO);
  }

  /** Orders what becomes of rows that are still to be read, if whole runs are meant. */
  private void onward(LeadSelection leads, Consumer<Handle> order) {
    if (leads.wholeRuns()) {
      writer.change(transaction -> order.accept(transaction.handle()));
    }
  }

  /**
   * Withdraws held and queued leads for good; also those on the wire, once they come back. Of whole
   * runs also rows that are still to be read.
   *
   * @return how many are withdrawn now
   */
  public int cancel(LeadSelection leads) {
    onward(leads, handle -> RunRows.cancel(handle, leads.run()));
    return operate(leads, WAITING, LeadState.CANCELLED, CANCELLED_BY_OPERATOR, Duration.ZERO);
  }

  /**
   * Brings leads that came to an end without getting through back to the queue, with all attempts.
   * One whose key another lead has taken meanwhile stays where it is. Of whole runs also what was
   * held or withdrawn of those that have such leads, as far as no more rows of them come in.
   *
   * @param leads which of them
   * @param states from which states: of {@link LeadState#retried()}
   * @param dedupeWindow how long keys stay taken after an acceptance
   * @return how many
   * @throws IllegalStateException for another state; nothing is changed then
   */
  public int retry(LeadSelection leads, Set<LeadState> states, Duration dedupeWindow) {
    if (!LeadState.retried().containsAll(states)) {
      throw new IllegalStateException(
          "Only leads in one of " + LeadState.retried() + " can be retried, not " + states + ".");
    }
    return operate(leads, states, LeadState.QUEUED, "", dedupeWindow);
  }

  /**
   * Books leads in doubt as accepted, because the operator saw them at Clay.
   *
   * @return how many
   */
  public int accept(LeadSelection leads) {
    return operate(
        leads,
        Set.of(LeadState.UNKNOWN),
        LeadState.ACCEPTED,
        "resolved by the operator",
        Duration.ZERO);
  }

  /**
   * Gives the waiting leads of a table to another. One that the other table knows already stays
   * where it is.
   *
   * @param leads which of them; names the table
   * @param to the other table
   * @param dedupeWindow how long keys stay taken after an acceptance
   * @return how many
   */
  public int reroute(LeadSelection leads, String to, Duration dedupeWindow) {
    return inChunks(
        leads,
        LeadMoves.REROUTED,
        LeadState.QUEUED,
        (transaction, ids) ->
            LeadMoves.reroute(
                transaction,
                ids,
                leads,
                to,
                clock.millis() - dedupeWindow.toMillis(),
                clock.millis()));
  }

  /**
   * Marks every lead that is not settled as a possible duplicate, and those that a retry may have
   * brought back: after a restore nobody knows what was sent since the backup.
   *
   * @return how many are not settled
   */
  public int doubtUnsettled() {
    return inChunks(LeadMoves.ALL, LeadMoves.DOUBTED, LeadState.QUEUED, LeadMoves::doubt);
  }

  private int operate(
      LeadSelection leads,
      Set<LeadState> from,
      LeadState to,
      String reason,
      Duration dedupeWindow) {
    // From the wire a lead comes back to the queue first.
    from.stream()
        .map(state -> state == LeadState.SENDING ? LeadState.QUEUED : state)
        .filter(state -> state != to)
        .forEach(state -> state.mustAllow(to));
    return inChunks(
        leads,
        from,
        to,
        (transaction, ids) ->
            LeadMoves.move(
                transaction,
                ids,
                leads,
                from,
                to,
                reason,
                clock.millis() - dedupeWindow.toMillis(),
                clock.millis()));
  }

  private int inChunks(
      LeadSelection leads,
      Set<LeadState> states,
      LeadState to,
      BiFunction<Transaction, List<Long>, LeadMoves.Moved> chunk) {
    int moved = 0;
    long after = 0;
    List<Long> found;
    do {
      long from = after;
      found = readers.withHandle(handle -> LeadMoves.find(handle, leads, states, to, from));
      List<Long> rest = found;
      while (!rest.isEmpty()) {
        List<Long> ids = rest;
        LeadMoves.Moved some = writer.write(transaction -> chunk.apply(transaction, ids));
        moved += some.moved();
        rest = rest.subList(some.done(), rest.size());
        after = ids.get(ids.size() - 1);
      }
    } while (found.size() == LeadMoves.AT_ONCE);
    return moved;
  }

  /**
   * Takes Clay's own count of a webhook's rows for ours, and books the difference on the Clay table
   * behind it too.
   *
   * @param webhook as listed now
   * @param rows what Clay's source shows, 0 or more
   */
  public void adopt(WebhookUse webhook, long rows) {
    writer.change(transaction -> WebhookRows.adopt(transaction.handle(), webhook, rows));
  }

  /**
   * Deletes the leads that ended before a time, with their attempts, and the dedupe keys whose
   * window is over. The counts of runs, tables and webhooks stay as they are. Takes its time in
   * small steps; ends early when the thread is interrupted.
   *
   * @param before leads that ended earlier than this go
   * @param dedupeWindow how long keys stay taken after an acceptance
   * @return how many leads went
   */
  public int purge(Instant before, Duration dedupeWindow) {
    long limit = before.toEpochMilli();
    int purged = 0;
    for (String run : readers.withHandle(handle -> RetentionRows.runs(handle, limit))) {
      int some;
      do {
        some = writer.write(transaction -> RetentionRows.purge(transaction.handle(), run, limit));
        purged += some;
      } while (some > 0 && !Thread.currentThread().isInterrupted());
    }
    Optional<RetentionRows.Place> after = Optional.of(RetentionRows.Place.FIRST);
    while (after.isPresent() && !Thread.currentThread().isInterrupted()) {
      RetentionRows.Place from = after.get();
      after =
          writer.write(
              transaction ->
                  RetentionRows.expire(
                      transaction.handle(), from, clock.millis() - dedupeWindow.toMillis()));
    }
    for (RetentionRows.Stray stray : RetentionRows.Stray.values()) {
      purge(stray, limit);
    }
    return purged;
  }

  /** What is to go is looked for beside the writer: a ledger may have millions of keys. */
  private void purge(RetentionRows.Stray stray, long before) {
    Object after = stray.first();
    List<Object> some;
    do {
      Object from = after;
      some = readers.withHandle(handle -> RetentionRows.strays(handle, stray, from, before));
      if (!some.isEmpty()) {
        List<Object> keys = some;
        writer.change(
            transaction -> RetentionRows.delete(transaction.handle(), stray, keys, before));
        after = some.get(some.size() - 1);
      }
    } while (some.size() == RetentionRows.AT_ONCE && !Thread.currentThread().isInterrupted());
  }

  /**
   * What was forgotten of a person.
   *
   * @param leads the ids of the leads that lost their data; files of their runs may still hold it
   * @param strays rows that came back for no lead that was sent, had the address and are deleted
   * @param sending how many leads were just being sent and are as they were
   */
  public record Forgotten(Set<String> leads, int strays, int sending) {
    /** The runs of the leads. */
    public Set<String> runs() {
      return leads.stream()
          .map(lead -> lead.substring(0, lead.lastIndexOf('-')))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /**
   * Takes the data out of every lead with an e-mail address, in whatever was read of it or came
   * back for it. Leads that still wait are cancelled. State, counts and the hash of the address
   * stay; the hash is taken for the dedupe window. Rows that are kept apart and have the address
   * are deleted, and so are the counts of fields that bear it as their name. Of what comes back
   * later for such a lead nothing is kept but that it came.
   *
   * @param email the address; case does not matter
   */
  public Forgotten forget(String email) {
    Address address = new Address(email);
    Set<String> leads = new TreeSet<>();
    int sending = 0;
    for (long id : readers.withHandle(handle -> FindRows.leads(handle, address))) {
      Optional<LeadRow> lead =
          writer.write(
              transaction ->
                  RetentionRows.forget(transaction, id, "forgotten on request", clock.millis()));
      if (lead.isPresent() && lead.get().state() == LeadState.SENDING) {
        sending++;
      } else {
        lead.ifPresent(row -> leads.add(row.run() + "-" + row.record()));
      }
    }
    for (long id : readers.withHandle(handle -> FindRows.results(handle, address))) {
      writer
          .write(transaction -> RetentionRows.forgetResult(transaction.handle(), id))
          .ifPresent(leads::add);
    }
    List<Long> strays = readers.withHandle(handle -> FindRows.strays(handle, address));
    for (int from = 0; from < strays.size(); from += RetentionRows.AT_ONCE) {
      List<Long> some = strays.subList(from, Math.min(strays.size(), from + RetentionRows.AT_ONCE));
      writer.change(transaction -> RetentionRows.forgetStrays(transaction.handle(), some));
    }
    for (FindRows.Named named : readers.withHandle(handle -> FindRows.notices(handle, address))) {
      writer.change(transaction -> RetentionRows.forgetName(transaction.handle(), named));
    }
    writer.change(
        transaction -> {
          ResultRows.forgetFields(transaction.handle(), address);
          OnwardRows.forget(transaction.handle(), address);
        });
    return new Forgotten(leads, strays.size(), sending);
  }

  /**
   * Leaves nothing of what was deleted in the log of an embedded ledger, unless somebody reads in
   * it for longer than a few seconds. Keeps nobody from writing meanwhile for more than a moment.
   *
   * @return whether nothing is left
   */
  public boolean fold() {
    return store.fold();
  }

  /** Pauses a workspace or a table, on every node and over restarts; or lets it go on. */
  public void pause(Pausable kind, String name, boolean paused) {
    writer.change(
        transaction ->
            WorkspaceRows.pause(transaction.handle(), kind, name, paused, clock.millis()));
  }

  /**
   * Sets the rate of a workspace, on every node and over restarts, in place of the one in
   * clay.yaml.
   *
   * @param workspace its name
   * @param perSecond leads a second, 0.1 to 1000, to the thousandth; null goes back to clay.yaml's
   * @throws IllegalArgumentException for another number
   */
  public void rate(String workspace, @Nullable BigDecimal perSecond) {
    if (perSecond != null
        && (perSecond.compareTo(LEAST_RATE) < 0
            || perSecond.compareTo(MOST_RATE) > 0
            || perSecond.stripTrailingZeros().scale() > 3)) {
      throw new IllegalArgumentException(
          "A rate must be a number from 0.1 to 1000 with at most three decimals; to send nothing,"
              + " pause the workspace.");
    }
    long rate = perSecond == null ? 0 : perSecond.movePointRight(3).longValueExact();
    writer.change(transaction -> WorkspaceRows.rate(transaction.handle(), workspace, rate));
  }

  /** What the operator has ordered. */
  public Orders orders() {
    return readers.withHandle(WorkspaceRows::orders);
  }

  // ---- Leadership ----

  /**
   * Says that a node lives.
   *
   * @param node its name
   * @param version Kiln's
   * @param startedAt since when it runs
   * @param alive how long it is taken for alive from now on
   */
  public void beat(String node, String version, Instant startedAt, Duration alive) {
    writer.change(
        transaction ->
            NodeRows.beat(transaction.handle(), node, version, startedAt, alive, clock.millis()));
  }

  /** Who runs on the ledger and who leads. Changes nothing. */
  public Roster roster() {
    return readers.inTransaction(
        handle -> new Roster(NodeRows.all(handle), WorkspaceRows.leases(handle)));
  }

  /** Says that a node ends: nobody needs to wait for it. */
  public void leave(String node) {
    writer.change(transaction -> NodeRows.leave(transaction.handle(), node));
  }

  /**
   * Takes or keeps a duty: what one process does for all that share this ledger.
   *
   * @param name what it is
   * @param node who asks
   * @param duration how long it is the asker's from now on
   * @return whether it is; false while another has it
   */
  public boolean duty(String name, String node, Duration duration) {
    return writer.write(
        transaction -> DutyRows.take(transaction.handle(), name, node, duration, clock.millis()));
  }

  /** Gives up all duties of a node, so that another may take them at once. */
  public void release(String node) {
    writer.change(transaction -> DutyRows.release(transaction.handle(), node));
  }

  /**
   * Takes or renews the lease of a workspace.
   *
   * @param workspace the workspace
   * @param node who asks
   * @param duration how long the lease lasts from now
   * @param alone whether the asker has proof that no other node lives, so that another's lease is
   *     void
   * @return the lease, with a grown epoch where the asker did not hold it before; empty if another
   *     holds it
   */
  public Optional<Lease> lead(String workspace, String node, Duration duration, boolean alone) {
    return writer.write(
        transaction ->
            WorkspaceRows.lead(
                transaction.handle(), workspace, node, duration, alone, clock.millis()));
  }

  /**
   * Gives a lease back, so that another node may take it at once. Does nothing if it is not held
   * any more.
   */
  public void resign(Lease lease) {
    writer.change(
        transaction -> {
          WorkspaceRows.resign(transaction.handle(), lease);
        });
  }

  /**
   * Lets what waits for longer than it ever does by itself go on now: the clock was set back since.
   *
   * @param workspace the workspace
   * @param tables its tables
   * @param longest the longest wait
   */
  public void waitNoLonger(String workspace, Collection<String> tables, Duration longest) {
    long latest = clock.millis() + longest.toMillis();
    writer.change(
        transaction ->
            WorkspaceRows.waitNoLonger(
                transaction.handle(), workspace, tables, latest, clock.millis()));
    for (String table : tables) {
      // Looked for beside the writer: mostly there are none among many.
      for (List<Long> ids = dueBehind(table, latest);
          !ids.isEmpty();
          ids = dueBehind(table, latest)) {
        List<Long> late = ids;
        writer.change(
            transaction -> SendRows.dueNow(transaction.handle(), late, latest, clock.millis()));
      }
    }
  }

  private List<Long> dueBehind(String table, long latest) {
    return readers.withHandle(handle -> SendRows.dueBehind(handle, table, latest));
  }

  /**
   * Settles what an earlier leader had begun and can no longer settle: those leads become UNKNOWN
   * and, with a due time and while they have attempts left, QUEUED again as possible duplicates.
   *
   * @param epoch the current epoch: leads of older ones are meant
   * @param tables the workspace's tables
   * @param resendAt when to send them again; null leaves them UNKNOWN
   * @param attempts attempts that a lead has
   * @return how many leads it found
   */
  public int recover(
      long epoch, Collection<String> tables, @Nullable Instant resendAt, int attempts) {
    return recover(
        epoch, List.of(), tables, Instant.ofEpochMilli(Long.MAX_VALUE), resendAt, attempts);
  }

  /**
   * The same with those alone that were begun by a time, in whatever epoch: each workspace counts
   * its own, and a table may have got another workspace.
   *
   * @param but the ids of those that are left, since this node has them on the wire
   * @param begunBy the latest begin
   */
  public int recoverBegunBy(
      Instant begunBy,
      Collection<Long> but,
      Collection<String> tables,
      @Nullable Instant resendAt,
      int attempts) {
    return recover(Long.MAX_VALUE, but, tables, begunBy, resendAt, attempts);
  }

  private int recover(
      long epoch,
      Collection<Long> but,
      Collection<String> tables,
      Instant begunBy,
      @Nullable Instant resendAt,
      int attempts) {
    int found = 0;
    for (String table : tables) {
      int some;
      do {
        some =
            writer.write(
                transaction ->
                    SendRows.recover(
                        transaction,
                        epoch,
                        but,
                        table,
                        begunBy,
                        resendAt,
                        attempts,
                        clock.millis()));
        found += some;
      } while (some == SendRows.RECOVERED_AT_ONCE);
    }
    return found;
  }

  /**
   * Notes what tables wait for, for status. {@link Waiting#NOT} removes the note.
   *
   * @param tables the tables whose note changed
   */
  public void waiting(Map<String, Waiting> tables) {
    writer.change(
        transaction -> {
          WorkspaceRows.waiting(transaction.handle(), tables, clock.millis());
        });
  }

  /** What tables wait for, as noted last. */
  public Map<String, Waiting> waiting() {
    return readers.withHandle(WorkspaceRows::waiting);
  }

  // ---- Delivery ----

  /**
   * The leads to send next: by priority, then age. Changes nothing.
   *
   * @param tables tables that may send now, each with how many of its leads at most
   * @param most how many in all at most
   * @param except leads that are already on offer
   * @param runs only leads of these runs; null for all
   */
  public List<Due> due(
      Map<String, Integer> tables, int most, Collection<Long> except, @Nullable Set<String> runs) {
    long now = clock.millis();
    List<Due> due = new ArrayList<>();
    readers.useHandle(
        handle ->
            tables.forEach(
                (table, share) ->
                    due.addAll(
                        SendRows.due(handle, table, Math.min(most, share), except, runs, now))));
    due.sort(Comparator.comparing(Due::priority).thenComparing(Due::id));
    return due.subList(0, Math.min(most, due.size()));
  }

  /**
   * The only way out of QUEUED towards Clay. In one transaction: the lead is queued and due and was
   * not begun since it was offered, the lease is current, the workspace is not paused, a webhook
   * can take a row and the budget of now covers it; then the lead is SENDING, and counts and budget
   * are charged.
   *
   * @param lead the lead
   * @param lease the lease of its workspace
   * @param rotation picks the webhook
   * @param budgets what it costs and what may be spent at a time
   * @throws NotSent if any of this does not hold; nothing is changed then
   */
  public Sending begin(
      Due lead, Lease lease, Rotation rotation, Function<Instant, Budget> budgets) {
    return writer.write(
        transaction -> {
          Instant now = clock.instant();
          return SendRows.begin(transaction, lead, lease, rotation, budgets.apply(now), now);
        });
  }

  /**
   * Brings the queue into line with the budgets, a bounded number of leads at a time: where more is
   * queued than may be spent, the newest leads are held; where held leads fit, the oldest are
   * queued.
   *
   * @param budgets what may be spent at a time
   * @param refused leads that a begin refused for their budget since the last call
   * @param runs {@link Balance#runs} of the last call
   */
  public Balance balance(
      Function<Instant, Budget> budgets, List<Due> refused, Map<String, Long> runs) {
    return writer.write(
        transaction -> {
          Instant now = clock.instant();
          return new BudgetRows(transaction, budgets.apply(now), now).balance(refused, runs);
        });
  }

  /** Whether a budget holds any lead. */
  public boolean heldForBudget() {
    return readers.withHandle(BudgetRows::held);
  }

  /**
   * Books the outcome of a sending, and does not wait: whatever this ledger is to write later finds
   * it booked. Where it comes late (the lead was settled otherwise meanwhile) it counts only as far
   * as it is an acceptance of the lead's last sending, which agrees with a lead that came back;
   * else it is kept in the attempt log alone.
   *
   * @return to wait for: whether it counted
   */
  public Pending<Boolean> settle(Sending sending, Settlement settlement) {
    return writer.handIn(
        transaction -> SendRows.settle(transaction, sending, settlement, clock.millis()));
  }

  @Override
  public void close() {
    writer.close();
    readers.close();
  }
}
