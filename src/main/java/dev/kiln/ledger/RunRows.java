package dev.kiln.ledger;

import dev.kiln.lead.ContentHash;
import dev.kiln.lead.Lead;
import dev.kiln.lead.Notice;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/** The SQL of intake: runs, batches, new leads and their dedupe keys. */
final class RunRows {
  /**
   * When Clay accepted the lead that holds a dedupe key; null where it has not. While the ledger
   * has the lead, its attempt log knows: keys lie in no order, so that a page of theirs would be
   * written for each acceptance.
   */
  private static final String ACCEPTED_AT =
      "COALESCE(dedupe.accepted_at, (SELECT attempt.settled_at FROM lead JOIN attempt"
          + " ON attempt.lead = lead.id AND attempt.number = lead.sends"
          + " WHERE lead.run = dedupe.run AND lead.record = dedupe.record"
          + " AND lead.state IN "
          + LeadState.sql(LeadState.gotThrough())
          + "))";

  /**
   * Whether a dedupe key that a lead holds is free for another: accepted no later than {@code
   * :free}, or, where the content must differ, accepted with another one.
   */
  private static final String FREE =
      "(("
          + ACCEPTED_AT
          + " <= :free) IS TRUE OR (:changed = 1 AND COALESCE(dedupe.content, '') <> %s.content AND "
          + ACCEPTED_AT
          + " IS NOT NULL))";

  /** A lead as it comes in. */
  private static final String ENTER =
      "INSERT INTO lead (run, record, line, source, table_name, priority, state, held_by, reason,"
          + " due_at, dedupe_key, payload, note, created_at, changed_at)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private static final String ENTER_KEY =
      "INSERT INTO dedupe (table_name, dedupe_key, run, record, content) VALUES (:table, :key, :run, :record, :content)"
          + " ON CONFLICT (table_name, dedupe_key) ";

  /** Takes a dedupe key that nobody has: one row is changed then, else none. */
  private static final String TAKE_NEW_KEY = ENTER_KEY + "DO NOTHING";

  /**
   * Takes a dedupe key, if it is free or the lead's own: one row is changed then, else none. One
   * that was accepted after {@code :free} is not free, unless the content must differ and does; one
   * that is on its way is never free. The key keeps the acceptance that it is taken from, until the
   * lead has one too.
   */
  private static final String TAKE_KEY =
      ENTER_KEY
          + "DO UPDATE SET run = excluded.run, record = excluded.record,"
          + " accepted_at = NULL, content = excluded.content, "
          + Stream.of("run", "record", "content")
              .map(
                  part ->
                      "previous_%1$s = CASE WHEN %2$s IS NULL THEN dedupe.previous_%1$s ELSE dedupe.%1$s END, "
                          .formatted(part, ACCEPTED_AT))
              .collect(Collectors.joining())
          + "previous_accepted_at = COALESCE("
          + ACCEPTED_AT
          + ", dedupe.previous_accepted_at)"
          + " WHERE (dedupe.run = excluded.run AND dedupe.record = excluded.record) OR "
          + FREE.formatted("excluded");

  private static final String ITS_KEY =
      " WHERE table_name = :table AND dedupe_key = :key AND run = :run AND record = :record";

  /** Gives a key back to the acceptance that a lead took it from, if there is one. */
  private static final String GIVE_KEY_BACK =
      "UPDATE dedupe SET run = previous_run, record = previous_record,"
          + " accepted_at = previous_accepted_at, content = previous_content, previous_run = NULL,"
          + " previous_record = NULL, previous_accepted_at = NULL, previous_content = NULL"
          + ITS_KEY
          + " AND previous_accepted_at IS NOT NULL";

  private static final String FREE_KEY = "DELETE FROM dedupe" + ITS_KEY;

  /** Has the key of a lead, by its id, know by itself when Clay accepted the lead, if it has. */
  static final String KEEP_ACCEPTANCE =
      "UPDATE dedupe SET accepted_at = "
          + ACCEPTED_AT
          + " WHERE accepted_at IS NULL AND (table_name, dedupe_key, run, record) IN"
          + " (SELECT table_name, dedupe_key, run, record FROM lead WHERE id = :id)";

  private static final String DUPLICATES =
      "WITH wanted (record, table_name, dedupe_key, content) AS (VALUES <wanted>)"
          + " SELECT wanted.record AS wanted, dedupe.run, dedupe.record, "
          + ACCEPTED_AT
          + " AS accepted_at FROM wanted JOIN dedupe"
          + " ON dedupe.table_name = wanted.table_name AND dedupe.dedupe_key = wanted.dedupe_key WHERE NOT "
          + FREE.formatted("wanted");

  private static final String SELECT =
      "SELECT id, source, priority, checkpoint, rows_read, rows_skipped, dedupe, state FROM run";

  private static final String OF_RUN = "(:run IS NULL OR id = :run)";

  /** Why a lead is a DUPLICATE of one of its own run. */
  static final String IN_THE_FILE = "twice in the file";

  /** Why a lead is a DUPLICATE of one that is not settled yet. */
  static final String ON_ITS_WAY = "on its way already";

  private RunRows() {}

  static Optional<Run> find(Handle handle, String contentHash, String source) {
    return handle
        .createQuery(
            SELECT
                + " WHERE content_hash = :hash AND source = :source AND state <> 'REFUSED'"
                + " ORDER BY opened_at DESC LIMIT 1")
        .bind("hash", contentHash)
        .bind("source", source)
        .map((row, context) -> run(row))
        .findOne();
  }

  static Optional<Run> find(Handle handle, String id) {
    return handle
        .createQuery(SELECT + " WHERE id = :id")
        .bind("id", id)
        .map((row, context) -> run(row))
        .findOne();
  }

  /** Runs of messages that are not closed, of days before one. */
  static List<Run> ofMessages(Handle handle, String before) {
    return handle
        .createQuery(
            SELECT
                + " WHERE state = 'READING' AND content_hash >= :from AND content_hash < :before ORDER BY id")
        .bind("from", Ledger.MESSAGES)
        .bind("before", Ledger.MESSAGES + before)
        .map((row, context) -> run(row))
        .list();
  }

  private static Run run(ResultSet row) throws SQLException {
    return new Run(
        row.getString("id"),
        row.getString("source"),
        Priority.at(row.getInt("priority")),
        row.getLong("checkpoint"),
        row.getLong("rows_read"),
        row.getLong("rows_skipped"),
        true,
        DedupeMode.valueOf(row.getString("dedupe")),
        !row.getString("state").equals("READING"));
  }

  static void insert(Handle handle, Run run, String name, String contentHash, long now) {
    handle
        .createUpdate(
            "INSERT INTO run (id, name, source, priority, content_hash, dedupe, state, opened_at)"
                + " VALUES (:id, :name, :source, :priority, :hash, :dedupe, 'READING', :now)")
        .bind("id", run.id())
        .bind("name", name)
        .bind("source", run.source())
        .bind("priority", run.priority().rank())
        .bind("hash", contentHash)
        .bind("dedupe", run.dedupe().name())
        .bind("now", now)
        .execute();
  }

  /** Notes how the next run of a content shall be read; no wish takes back what was noted. */
  static void ask(Handle handle, String contentHash, String source, Wish wish, long now) {
    if (wish.equals(Wish.NONE)) {
      takeAsked(handle, contentHash, source);
      return;
    }
    DedupeMode mode = wish.dedupe();
    handle
        .createUpdate(
            "INSERT INTO asked (content_hash, source, dedupe, sample, asked_at)"
                + " VALUES (:hash, :source, :dedupe, :sample, :now)"
                + " ON CONFLICT (content_hash, source) DO UPDATE SET dedupe = excluded.dedupe,"
                + " sample = excluded.sample, asked_at = excluded.asked_at")
        .bind("hash", contentHash)
        .bind("source", source)
        .bind("dedupe", mode == null ? "" : mode.name())
        .bind("sample", wish.sample())
        .bind("now", now)
        .execute();
  }

  static Optional<Wish> asked(Handle handle, String contentHash, String source) {
    return handle
        .createQuery(
            "SELECT dedupe, sample FROM asked WHERE content_hash = :hash AND source = :source")
        .bind("hash", contentHash)
        .bind("source", source)
        .map(
            (row, context) -> {
              String mode = row.getString("dedupe");
              return new Wish(mode.isEmpty() ? null : DedupeMode.valueOf(mode), sample(row));
            })
        .findOne();
  }

  private static @Nullable Long sample(ResultSet row) throws SQLException {
    return row.getObject("sample") == null ? null : row.getLong("sample");
  }

  /** Takes what was asked for a content, which is done with it. */
  static Optional<Wish> takeAsked(Handle handle, String contentHash, String source) {
    Optional<Wish> asked = asked(handle, contentHash, source);
    if (asked.isPresent()) {
      handle
          .createUpdate("DELETE FROM asked WHERE content_hash = :hash AND source = :source")
          .bind("hash", contentHash)
          .bind("source", source)
          .execute();
    }
    return asked;
  }

  /**
   * Gives a run to who reads it from now on.
   *
   * @param alone whether no other process can live beside this one
   * @throws ReadElsewhere if another one reads it
   */
  static void take(Handle handle, String run, Ledger.Reader reader, boolean alone, long now) {
    int taken =
        handle
            .createUpdate(
                "UPDATE run SET reader = :reader, reader_until = :until WHERE id = :run"
                    + " AND (reader IN ('', :reader) OR reader_until <= :now OR :alone = 1)")
            .bind("reader", reader.name())
            .bind("until", now + reader.lease().toMillis())
            .bind("run", run)
            .bind("now", now)
            .bind("alone", alone ? 1 : 0)
            .execute();
    if (taken != 1) {
      throw new ReadElsewhere(run);
    }
  }

  private static void mustRead(Handle handle, String run, Ledger.Reader reader) {
    String now =
        handle
            .createQuery("SELECT reader FROM run WHERE id = :run")
            .bind("run", run)
            .mapTo(String.class)
            .one();
    if (!now.isEmpty() && !now.equals(reader.name())) {
      throw new ReadElsewhere(run);
    }
  }

  /** Changes how the rest of a run treats known leads. */
  static void dedupe(Handle handle, String run, DedupeMode mode) {
    handle
        .createUpdate("UPDATE run SET dedupe = :dedupe WHERE id = :run")
        .bind("run", run)
        .bind("dedupe", mode.name())
        .execute();
  }

  /**
   * What becomes of rows of a run that are still to be read.
   *
   * @param sample so many rows that pass intake are queued, those behind them held; null queues
   *     all, 0 none
   * @param cancelled whether they are cancelled instead
   */
  record Onward(@Nullable Long sample, boolean cancelled) {
    static final Onward ALL = new Onward(null, false);

    /**
     * How many more rows are queued.
     *
     * @param passed rows of the run that have passed intake so far; asked where that matters
     */
    long room(LongSupplier passed) {
      return sample == null ? Long.MAX_VALUE : sample - passed.getAsLong();
    }

    /** Whether the operator keeps all of them back. */
    boolean held() {
      return sample != null && sample == 0;
    }
  }

  /** That of a run; {@link Onward#ALL} for one that the ledger does not have. */
  static Onward onward(Handle handle, String run) {
    return handle
        .createQuery("SELECT sample, cancelled FROM run WHERE id = :run")
        .bind("run", run)
        .map((row, context) -> new Onward(sample(row), row.getInt("cancelled") == 1))
        .findOne()
        .orElse(Onward.ALL);
  }

  /** Rows of a run that passed intake. */
  static long passed(Handle handle, String run) {
    return handle
        .createQuery(
            "SELECT COALESCE(SUM(leads), 0) FROM tally WHERE run = :run AND state NOT IN ('REJECTED', 'DUPLICATE')")
        .bind("run", run)
        .mapTo(Long.class)
        .one();
  }

  /**
   * Says how many rows are queued from now on.
   *
   * @param run of which run; null for all
   */
  static void sample(Handle handle, @Nullable String run, @Nullable Long sample) {
    handle
        .createUpdate("UPDATE run SET sample = :sample WHERE " + OF_RUN)
        .bind("run", run)
        .bind("sample", sample)
        .execute();
  }

  /**
   * Withdraws what would be queued from now on.
   *
   * @param run of which run; null for all
   */
  static void cancel(Handle handle, @Nullable String run) {
    handle.createUpdate("UPDATE run SET cancelled = 1 WHERE " + OF_RUN).bind("run", run).execute();
  }

  /** Lets a run go on with what is on the wire, as far as no more rows of it come in. */
  static void goOn(Handle handle, String run) {
    int read =
        handle
            .createUpdate(
                "UPDATE run SET sample = NULL, cancelled = 0 WHERE state <> 'READING' AND id = :run")
            .bind("run", run)
            .execute();
    if (read == 1) {
      handle
          .createUpdate("UPDATE lead SET back_as = '' WHERE run = :run AND back_as <> ''")
          .bind("run", run)
          .execute();
    }
  }

  static String heldBehind(Onward onward, String run) {
    return onward.held()
        ? Ledger.HELD_BY_OPERATOR
        : "held behind the sample of "
            + onward.sample()
            + " rows: \"kiln release "
            + run
            + "\" lets it go";
  }

  /**
   * Stores a batch; what is behind the run's sample is held, and what does not fit into the budget.
   *
   * @return why leads are held, as far as that is news; empty where its message was stored before,
   *     and nothing is changed
   */
  static Optional<List<String>> store(
      Transaction transaction,
      Run run,
      Ledger.Reader reader,
      Batch batch,
      Duration dedupeWindow,
      Budget budget,
      long now) {
    BudgetRows budgets = new BudgetRows(transaction, budget, Instant.ofEpochMilli(now));
    Admission admission = new Admission(budget, budgets.rooms(), budgets, run.id());
    Handle handle = transaction.handle();
    if (batch.message() != null
        && !HttpRows.remember(
            handle, batch.message(), new HttpRows.Keyed(run.source(), "", run.id()), now)) {
      return Optional.empty();
    }
    moveOn(handle, run, reader, batch, now);
    List<NewLead> leads = batch.leads();
    Onward onward = onward(handle, run.id());
    long room = onward.room(() -> transaction.passed(run.id()));
    boolean[] taken =
        takeKeys(
            handle,
            run,
            onward.cancelled() ? List.of() : leads,
            leads.size(),
            now - dedupeWindow.toMillis());
    Found found = new Found();
    for (int i = 0; i < leads.size(); i++) {
      NewLead lead = leads.get(i);
      LeadState state = LeadState.QUEUED;
      String reason = "";
      String kind = "";
      if (lead.problem() != null) {
        state = LeadState.REJECTED;
        reason = lead.problem().text();
        kind = lead.problem().kind().words();
      } else if (onward.cancelled()) {
        state = LeadState.CANCELLED;
        reason = Ledger.CANCELLED_BY_OPERATOR;
      } else if (!taken[i]) {
        Known known = known(handle, lead);
        state = LeadState.DUPLICATE;
        reason = known.reason();
        kind = known.kind(run.id());
      }
      Holder holder = null;
      if (state == LeadState.QUEUED && room <= 0) {
        state = LeadState.HELD;
        holder = onward.held() ? Holder.OPERATOR : Holder.SAMPLE;
        reason = heldBehind(onward, run.id());
      } else if (state == LeadState.QUEUED) {
        room--;
        Admission.Hold hold = admission.hold(lead.table());
        if (hold != null) {
          state = LeadState.HELD;
          holder = hold.by();
          reason = hold.reason();
        }
      }
      if (holder != null) {
        transaction.hold(holder, lead.table(), run.id(), 1);
      }
      found.add(lead, state, kind);
      transaction
          .statements()
          .putOff(
              ENTER,
              run.id(),
              lead.record(),
              lead.line(),
              run.source(),
              lead.table(),
              run.priority().rank(),
              state.name(),
              holder == null ? "" : holder.name(),
              reason,
              now,
              lead.key(),
              lead.payload(),
              note(lead.notices()),
              now,
              now);
      transaction.enter(run.id(), lead.table(), state);
      if (state == LeadState.QUEUED) {
        admission.queued(lead.table());
      }
    }
    if (!leads.isEmpty()) {
      handle
          .createUpdate(
              "INSERT INTO batch (run, first_record, last_record, stored_at) VALUES (:run, :first, :last, :now)")
          .bind("run", run.id())
          .bind("first", batch.first())
          .bind("last", batch.last())
          .bind("now", now)
          .execute();
    }
    found.unsent().forEach(unsent -> unsent(handle, run.id(), unsent));
    noticed(handle, run.id(), found);
    return Optional.of(admission.news());
  }

  /** Moves the checkpoint to the end of a batch, which must follow it. */
  private static void moveOn(Handle handle, Run run, Ledger.Reader reader, Batch batch, long now) {
    int moved =
        handle
            .createUpdate(
                "UPDATE run SET checkpoint = :last, rows_read = :read, rows_skipped = :skipped,"
                    + " reader_until = :until"
                    + " WHERE id = :run AND checkpoint = :before AND reader IN ('', :reader)")
            .bind("run", run.id())
            .bind("reader", reader.name())
            .bind("until", now + reader.lease().toMillis())
            .bind("before", batch.first() - 1)
            .bind("last", batch.last())
            .bind("read", batch.read())
            .bind("skipped", batch.skipped())
            .execute();
    if (moved != 1) {
      mustRead(handle, run.id(), reader);
      throw new IllegalStateException(
          "Record " + batch.first() + " does not follow the checkpoint of run " + run.id() + ".");
    }
  }

  /** Takes the dedupe keys of a batch; true where the key was free, or there is none. */
  private static boolean[] takeKeys(
      Handle handle, Run run, List<NewLead> leads, int size, long windowStart) {
    boolean[] taken = new boolean[size];
    List<Integer> keyed = new ArrayList<>();
    for (int i = 0; i < leads.size(); i++) {
      NewLead lead = leads.get(i);
      taken[i] = true;
      if (lead.problem() == null && lead.key() != null) {
        keyed.add(i);
      }
    }
    // Most keys are new; to ask when the others were accepted costs a look for each.
    PreparedBatch takeNew = handle.prepareBatch(TAKE_NEW_KEY);
    keyed.forEach(i -> bindKey(takeNew, run, leads.get(i)).add());
    List<Integer> known = refused(takeNew, keyed);
    PreparedBatch take = handle.prepareBatch(TAKE_KEY);
    known.forEach(
        i ->
            bindKey(take, run, leads.get(i))
                .bind("free", free(run.dedupe(), windowStart))
                .bind("changed", changed(run.dedupe()))
                .add());
    refused(take, known).forEach(i -> taken[i] = false);
    return taken;
  }

  private static PreparedBatch bindKey(PreparedBatch take, Run run, NewLead lead) {
    return take.bind("table", lead.table())
        .bind("key", lead.key())
        .bind("run", run.id())
        .bind("record", lead.record())
        .bind("content", lead.content());
  }

  /** Those whose statement changed no row. */
  private static List<Integer> refused(PreparedBatch take, List<Integer> each) {
    if (each.isEmpty()) {
      return List.of();
    }
    int[] changed = take.execute();
    return IntStream.range(0, changed.length)
        .filter(i -> changed[i] == 0)
        .mapToObj(each::get)
        .toList();
  }

  /** Those of some leads that others keep from being sent, each with the reason in a few words. */
  static Map<Long, String> duplicates(
      Handle handle, Run run, List<NewLead> leads, long windowStart) {
    Map<Long, String> duplicates = new HashMap<>();
    List<NewLead> keyed =
        leads.stream().filter(lead -> lead.problem() == null && lead.key() != null).toList();
    if (!keyed.isEmpty()) {
      handle
          .createQuery(DUPLICATES)
          .bindMethodsList("wanted", keyed, List.of("record", "table", "key", "content"))
          .bind("free", free(run.dedupe(), windowStart))
          .bind("changed", changed(run.dedupe()))
          .map(
              (row, context) -> duplicates.put(row.getLong("wanted"), Known.of(row).kind(run.id())))
          .list();
    }
    return duplicates;
  }

  private static long free(DedupeMode mode, long windowStart) {
    return mode == DedupeMode.FORCE ? Long.MAX_VALUE : windowStart;
  }

  private static int changed(DedupeMode mode) {
    return mode == DedupeMode.CHANGED ? 1 : 0;
  }

  static long batch(Handle handle, String run, long record) {
    return handle
        .createQuery(
            "SELECT MAX(first_record) FROM batch WHERE run = :run AND first_record <= :record")
        .bind("run", run)
        .bind("record", record)
        .mapTo(Long.class)
        .one();
  }

  /** The lead that holds a key. */
  private record Known(String run, long record, @Nullable Long acceptedAt) {
    static Known of(ResultSet row) throws SQLException {
      return new Known(
          row.getString("run"),
          row.getLong("record"),
          row.getObject("accepted_at") == null ? null : row.getLong("accepted_at"));
    }

    String reason() {
      return "already known to this table as "
          + run
          + "-"
          + record
          + (acceptedAt == null
              ? ", which is not settled yet"
              : ", accepted " + Instant.ofEpochMilli(acceptedAt).truncatedTo(ChronoUnit.SECONDS));
    }

    String kind(String inRun) {
      return run.equals(inRun) ? IN_THE_FILE : acceptedAt == null ? ON_ITS_WAY : "sent before";
    }
  }

  private static Known known(Handle handle, NewLead lead) {
    return handle
        .createQuery(
            "SELECT run, record, "
                + ACCEPTED_AT
                + " AS accepted_at FROM dedupe WHERE table_name = :table AND dedupe_key = :key")
        .bind("table", lead.table())
        .bind("key", lead.key())
        .map((row, context) -> Known.of(row))
        .one();
  }

  /**
   * Takes the key of a lead in a table, if it is free or this lead's own. In its own table one that
   * was accepted before the lead came in is free too: the lead would be a duplicate otherwise.
   *
   * @param windowStart a key that was accepted up to then is free
   */
  static boolean takeKey(Handle handle, LeadRow row, String table, long windowStart) {
    return handle
        .createQuery("SELECT payload, created_at FROM lead WHERE id = :id")
        .bind("id", row.id())
        .map(
            (lead, context) ->
                handle
                        .createUpdate(TAKE_KEY)
                        .bind("table", table)
                        .bind("key", row.key())
                        .bind("run", row.run())
                        .bind("record", row.record())
                        .bind("content", ContentHash.of(Lead.parse(lead.getString("payload"))))
                        .bind(
                            "free",
                            table.equals(row.table())
                                ? Math.max(windowStart, lead.getLong("created_at") - 1)
                                : windowStart)
                        .bind("changed", 0)
                        .execute()
                    == 1)
        .one();
  }

  /** Notes that Clay has a lead, or may have it: from now on the window of its key runs. */
  static void accepted(Handle handle, LeadRow row, long now) {
    if (row.key() != null) {
      handle
          .createUpdate("UPDATE dedupe SET accepted_at = :now" + ITS_KEY)
          .bind("now", now)
          .bind("table", row.table())
          .bind("key", row.key())
          .bind("run", row.run())
          .bind("record", row.record())
          .execute();
    }
  }

  private static String note(List<Notice> notices) {
    String columns =
        notices.stream()
            .filter(notice -> notice.kind() == Notice.Kind.DAMAGED)
            .map(notice -> "\"" + notice.name() + "\"")
            .collect(Collectors.joining(", "));
    return columns.isEmpty() ? "" : "a spreadsheet threw digits away in column " + columns;
  }

  private static void unsent(Handle handle, String run, Findings.Unsent unsent) {
    handle
        .createUpdate(
            "INSERT INTO unsent (run, state, kind, leads, credits) VALUES (:run, :state, :kind, :leads, :credits)"
                + " ON CONFLICT (run, state, kind) DO UPDATE SET leads = unsent.leads + excluded.leads,"
                + " credits = unsent.credits + excluded.credits")
        .bind("run", run)
        .bind("state", unsent.state().name())
        .bind("kind", unsent.kind())
        .bind("leads", unsent.leads())
        .bind("credits", unsent.credits())
        .execute();
  }

  /** Adds to what was noticed of a run. */
  private static void noticed(Handle handle, String run, Found found) {
    if (!found.noticedSome()) {
      return;
    }
    Map<Notice.Kind, Set<String>> names = new EnumMap<>(Notice.Kind.class);
    handle
        .createQuery("SELECT kind, name FROM noticed WHERE run = :run AND name <> ''")
        .bind("run", run)
        .map(
            (row, context) ->
                names
                    .computeIfAbsent(
                        Notice.Kind.valueOf(row.getString("kind")), kind -> new HashSet<>())
                    .add(row.getString("name")))
        .list();
    PreparedBatch add =
        handle.prepareBatch(
            "INSERT INTO noticed (run, kind, name, leads) VALUES (:run, :kind, :name, :leads)"
                + " ON CONFLICT (run, kind, name) DO UPDATE SET leads = noticed.leads + excluded.leads");
    found
        .noticed(names)
        .forEach(
            (notice, leads) ->
                add.bind("run", run)
                    .bind("kind", notice.kind().name())
                    .bind("name", notice.name())
                    .bind("leads", leads)
                    .add());
    add.execute();
  }

  /** Counts leads of a run that are marked as possible duplicates. */
  static void doubt(Handle handle, String run, int leads) {
    handle
        .createUpdate("UPDATE run SET doubted = doubted + :leads WHERE id = :run")
        .bind("run", run)
        .bind("leads", leads)
        .execute();
  }

  /**
   * What becomes of a lead's dedupe key with its state. Of one that may have arrived it is held as
   * of one that did: whoever sends it again is to know.
   *
   * @param doubted whether the lead may have arrived before
   */
  static void settleKey(Handle handle, LeadRow row, LeadState state, boolean doubted, long now) {
    if (state.holdsKeyForItsWindow() || (state.releasesKey() && doubted)) {
      accepted(handle, row, now);
    } else if (state.releasesKey()) {
      releaseKey(handle, row);
    }
  }

  /**
   * Gives up a dedupe key, if it is this lead that holds it: to the acceptance that it was taken
   * from; where there is none the key is free.
   */
  private static void releaseKey(Handle handle, LeadRow row) {
    if (!changeKey(handle, row, GIVE_KEY_BACK)) {
      changeKey(handle, row, FREE_KEY);
    }
  }

  private static boolean changeKey(Handle handle, LeadRow row, String change) {
    return row.key() != null
        && handle
                .createUpdate(change)
                .bind("table", row.table())
                .bind("key", row.key())
                .bind("run", row.run())
                .bind("record", row.record())
                .execute()
            == 1;
  }

  /** Closes a run, if nobody else reads it. */
  static void close(
      Handle handle,
      String run,
      Ledger.Reader reader,
      String state,
      String problem,
      String rejects,
      long now) {
    mustRead(handle, run, reader);
    handle
        .createUpdate(
            "UPDATE run SET state = :state, problem = :problem, rejects = :rejects, closed_at = :now WHERE id = :run")
        .bind("run", run)
        .bind("state", state)
        .bind("problem", problem)
        .bind("rejects", rejects)
        .bind("now", now)
        .execute();
  }

  static void note(Handle handle, String run, String note) {
    handle
        .createUpdate("UPDATE run SET note = :note WHERE id = :run")
        .bind("run", run)
        .bind("note", note)
        .execute();
  }

  /** Whether a run has a row that was not rejected. */
  static boolean yields(Handle handle, String run) {
    return handle
            .createQuery(
                "SELECT COALESCE(SUM(leads), 0) FROM tally WHERE run = :run AND state <> 'REJECTED'")
            .bind("run", run)
            .mapTo(Long.class)
            .one()
            .longValue()
        > 0;
  }

  static void read(Handle handle, String run, long read, long skipped) {
    handle
        .createUpdate("UPDATE run SET rows_read = :read, rows_skipped = :skipped WHERE id = :run")
        .bind("run", run)
        .bind("read", read)
        .bind("skipped", skipped)
        .execute();
  }
}
