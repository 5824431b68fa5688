package dev.kiln.ledger;

import dev.kiln.lead.Address;
import dev.kiln.lead.EnrichedRow;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The SQL of rows that come back: receipt, what is missing, and what each table got back. */
final class ResultRows {
  /** Leads found missing in one transaction. */
  static final int AT_ONCE = 500;

  /** Of rows that are looked up together, so that it bounds the heap. */
  static final int MOST_CHARS = 2_000_000;

  private static final int LONGEST_NAME = 500;

  /** What fields are counted as whose names may be personal data. */
  private static final String NAMELESS = "(an address)";

  private static final String SELECT =
      "SELECT id, run, record, table_name, body, received_at FROM result WHERE ";

  static final String FORGOTTEN =
      "state = 'ACCEPTED' AND payload = '" + RetentionRows.NOTHING + "'";

  /** What narrows leads down to those of a table that are awaited. */
  private static final String AWAITED =
      "state = 'ACCEPTED' AND table_name = :table AND payload <> '"
          + RetentionRows.NOTHING
          + "' AND changed_at >= (SELECT since FROM expecting WHERE table_name = :table)";

  /** Whether a lead, of whatever table, is awaited: the same rule. */
  static final String IS_AWAITED =
      "state = 'ACCEPTED' AND payload <> '"
          + RetentionRows.NOTHING
          + "' AND EXISTS (SELECT 1 FROM expecting WHERE expecting.table_name = lead.table_name"
          + " AND expecting.since <= lead.changed_at)";

  /**
   * How many leads of a {@code run} are awaited, by the rule of {@link #AWAITED}. Where its table
   * expects rows for as long as the run is there, that is told by what is counted already.
   */
  private static final String AWAITED_OF_RUN =
      "(SELECT COALESCE(SUM(CASE WHEN since <= run.opened_at THEN tally.leads"
          + " - (SELECT COUNT(*) FROM lead WHERE lead.table_name = tally.table_name AND lead.run = run.id AND "
          + FORGOTTEN
          + ") ELSE (SELECT COUNT(*) FROM lead WHERE lead.table_name = tally.table_name AND lead.run = run.id AND "
          + IS_AWAITED
          + ") END), 0) FROM tally JOIN expecting ON expecting.table_name = tally.table_name"
          + " WHERE tally.run = run.id AND tally.state = 'ACCEPTED' AND tally.leads > 0 AND run.purged = 0)";

  private ResultRows() {}

  // ---- Receipt ----

  static Receipt receive(Transaction transaction, String table, EnrichedRow came, long now) {
    Handle handle = transaction.handle();
    LeadRow lead = lead(handle, came.leadId());
    EnrichedRow row = lead != null && isForgotten(handle, lead) ? came.emptied() : came;
    if (lead == null || (lead.sends() == 0 && !lead.doubted())) {
      String reason =
          row.leadId().isEmpty()
              ? "it names no lead"
              : lead == null ? "no lead has this lead_id" : "this lead was never sent";
      quarantine(handle, table, row, reason, now);
      return new Receipt(Receipt.Kind.QUARANTINED, reason);
    }
    boolean fresh =
        handle
                .createUpdate(
                    "INSERT INTO result (run, record, table_name, content_hash, body, received_at)"
                        + " VALUES (:run, :record, :table, :hash, :body, :now)"
                        + " ON CONFLICT (run, record, content_hash) DO NOTHING")
                .bind("run", lead.run())
                .bind("record", lead.record())
                .bind("table", lead.table())
                .bind("hash", row.hash())
                .bind("body", row.body())
                .bind("now", now)
                .execute()
            == 1;
    if (lead.state().next().contains(LeadState.ENRICHED)) {
      enrich(transaction, lead, now);
      transaction.filled(lead.table(), "");
      came.fields().entrySet().stream()
          .filter(field -> field.getValue() != null)
          .map(field -> Address.mayBeIn(field.getKey()) ? NAMELESS : cut(field.getKey()))
          .distinct()
          .forEach(field -> transaction.filled(lead.table(), field));
    } else if (lead.state() != LeadState.ENRICHED) {
      return new Receipt(Receipt.Kind.LATE, "the lead is " + lead.state());
    }
    return new Receipt(fresh ? Receipt.Kind.STORED : Receipt.Kind.KNOWN, "");
  }

  private static @Nullable LeadRow lead(Handle handle, String leadId) {
    LeadSelection lead;
    try {
      lead = LeadSelection.ofLead(leadId);
    } catch (IllegalArgumentException notOurs) {
      return null;
    }
    return handle
        .createQuery(LeadRow.SELECT + "run = :run AND record = :record")
        .bind("run", lead.run())
        .bind("record", lead.record())
        .map((found, context) -> LeadRow.of(found))
        .findOne()
        .orElse(null);
  }

  private static boolean isForgotten(Handle handle, LeadRow lead) {
    return handle
        .createQuery(
            "SELECT 1 FROM lead WHERE id = :id AND payload = '" + RetentionRows.NOTHING + "'")
        .bind("id", lead.id())
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  private static void enrich(Transaction transaction, LeadRow lead, long now) {
    Handle handle = transaction.handle();
    transaction.move(lead, LeadState.ENRICHED);
    handle
        .createUpdate(
            "UPDATE lead SET state = 'ENRICHED', held_by = '', back_as = '', reason = '', changed_at = :now WHERE id = :id")
        .bind("now", now)
        .bind("id", lead.id())
        .execute();
    if (lead.state() == LeadState.ACCEPTED || lead.state() == LeadState.MISSING) {
      return;
    }
    // Clay has it, whatever it answered: its key is taken, unless another lead has it by now.
    if (lead.key() != null
        && (!lead.state().releasesKey()
            || RunRows.takeKey(handle, lead, lead.table(), Long.MIN_VALUE))) {
      RunRows.accepted(handle, lead, now);
    }
  }

  private static void quarantine(
      Handle handle, String table, EnrichedRow row, String reason, long now) {
    handle
        .createUpdate(
            "INSERT INTO quarantine (table_name, lead_id, reason, content_hash, body, received_at)"
                + " VALUES (:table, :lead, :reason, :hash, :body, :now)"
                + " ON CONFLICT (table_name, lead_id, content_hash) DO NOTHING")
        .bind("table", cut(table))
        .bind("lead", cut(row.leadId()))
        .bind("reason", reason)
        .bind("hash", row.hash())
        .bind("body", row.body())
        .bind("now", now)
        .execute();
  }

  /** Forgets the fields whose names hold an address. */
  static void forgetFields(Handle handle, Address address) {
    for (String field :
        handle.createQuery("SELECT DISTINCT field FROM filled").mapTo(String.class).list()) {
      if (!address.masked(field).equals(field)) {
        handle.execute("DELETE FROM filled WHERE field = ?", field);
      }
    }
  }

  /** A name from outside, no longer than an index takes. */
  private static String cut(String name) {
    return name.substring(0, Math.min(LONGEST_NAME, name.length()));
  }

  // ---- What is missing ----

  /** Notes which tables' rows are to come back; of one that was noted already the time stays. */
  static void expect(Handle handle, Collection<String> tables, long now) {
    for (String table : expecting(handle)) {
      if (!tables.contains(table)) {
        handle.execute("DELETE FROM expecting WHERE table_name = ?", table);
      }
    }
    for (String table : tables) {
      handle
          .createUpdate(
              "INSERT INTO expecting (table_name, since) VALUES (:table, :now)"
                  + " ON CONFLICT (table_name) DO NOTHING")
          .bind("table", table)
          .bind("now", now)
          .execute();
    }
  }

  static Set<String> expecting(Handle handle) {
    return new TreeSet<>(
        handle.createQuery("SELECT table_name FROM expecting").mapTo(String.class).list());
  }

  /** Finds leads that did not come back in time; at most {@link #AT_ONCE}. */
  static int missing(Transaction transaction, String table, Duration after, long now) {
    Handle handle = transaction.handle();
    List<LeadRow> late =
        handle
            .createQuery(
                LeadRow.SELECT
                    + AWAITED
                    + " AND changed_at <= :before ORDER BY changed_at LIMIT :most")
            .bind("table", table)
            .bind("before", now - after.toMillis())
            .bind("most", AT_ONCE)
            .map((row, context) -> LeadRow.of(row))
            .list();
    for (LeadRow lead : late) {
      transaction.move(lead.run(), lead.table(), LeadState.ACCEPTED, LeadState.MISSING);
      handle
          .createUpdate(
              "UPDATE lead SET state = 'MISSING', reason = :reason, changed_at = :now WHERE id = :id")
          .bind("reason", "Clay accepted it, and it did not come back in time")
          .bind("now", now)
          .bind("id", lead.id())
          .execute();
    }
    return late.size();
  }

  /**
   * Whether a table takes rows and none came back for so long: what came last came before a lead
   * was accepted that is awaited for so long.
   *
   * @return true where that is so now and was not when last asked, false the other way round; empty
   *     where nothing changed
   */
  static Optional<Boolean> silence(Handle handle, String table, Duration silence, long now) {
    record Noted(@Nullable Long silentSince) {}
    Optional<Noted> noted =
        handle
            .createQuery("SELECT silent_since FROM expecting WHERE table_name = :table")
            .bind("table", table)
            .map((row, context) -> new Noted(number(row, "silent_since")))
            .findOne();
    if (noted.isEmpty()) {
      return Optional.empty();
    }
    long last = lastAt(handle, table).map(Instant::toEpochMilli).orElse(0L);
    Long before = noted.get().silentSince;
    if (before != null) {
      if (last <= before) {
        return Optional.empty();
      }
      silent(handle, table, null);
      return Optional.of(false);
    }
    long from = now - silence.toMillis();
    if (last > from || !awaited(handle, table, last, from)) {
      return Optional.empty();
    }
    silent(handle, table, now);
    return Optional.of(true);
  }

  /** Whether a lead is awaited that Clay accepted after one time, and up to another. */
  private static boolean awaited(Handle handle, String table, long after, long until) {
    return handle
        .createQuery(
            "SELECT 1 FROM lead WHERE "
                + AWAITED
                + " AND changed_at > :after AND changed_at <= :until LIMIT 1")
        .bind("table", table)
        .bind("after", after)
        .bind("until", until)
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  private static void silent(Handle handle, String table, @Nullable Long since) {
    handle
        .createUpdate("UPDATE expecting SET silent_since = :since WHERE table_name = :table")
        .bind("since", since)
        .bind("table", table)
        .execute();
  }

  // ---- Ends ----

  static List<String> doneRuns(Handle handle) {
    return handle
        .createQuery(
            "SELECT id FROM run WHERE state = 'READ' AND told_at IS NULL AND NOT EXISTS ("
                + "SELECT 1 FROM tally WHERE tally.run = run.id AND leads > 0"
                + " AND state IN ('QUEUED', 'SENDING', 'HELD')) AND "
                + AWAITED_OF_RUN
                + " = 0 ORDER BY opened_at LIMIT 20")
        .mapTo(String.class)
        .list();
  }

  /** How many leads of a run are awaited. */
  static long awaited(Handle handle, String run) {
    return handle
        .createQuery("SELECT " + AWAITED_OF_RUN + " FROM run WHERE id = :run")
        .bind("run", run)
        .mapTo(Long.class)
        .one();
  }

  static void told(Handle handle, String run, long now) {
    handle
        .createUpdate("UPDATE run SET told_at = :now WHERE id = :run")
        .bind("now", now)
        .bind("run", run)
        .execute();
  }

  // ---- Accounts ----

  private static Optional<Instant> lastAt(Handle handle, String table) {
    return handle
        .createQuery(
            "SELECT received_at FROM result WHERE table_name = :table ORDER BY id DESC LIMIT 1")
        .bind("table", table)
        .map((row, context) -> Instant.ofEpochMilli(row.getLong(1)))
        .findOne();
  }

  /** What came back to each table that expects rows, or ever got one. */
  static List<ReturnAccount> accounts(Handle handle) {
    Map<String, Map<String, Long>> filled = new TreeMap<>();
    handle
        .createQuery("SELECT table_name, field, leads FROM filled ORDER BY leads DESC, field")
        .map(
            (row, context) ->
                filled
                    .computeIfAbsent(row.getString("table_name"), table -> new LinkedHashMap<>())
                    .put(row.getString("field"), row.getLong("leads")))
        .list();
    Map<String, @Nullable Instant> silent = new TreeMap<>();
    handle
        .createQuery("SELECT table_name, silent_since FROM expecting")
        .map(
            (row, context) -> {
              Long since = number(row, "silent_since");
              return silent.put(
                  row.getString("table_name"), since == null ? null : Instant.ofEpochMilli(since));
            })
        .list();
    Set<String> tables = new TreeSet<>(filled.keySet());
    tables.addAll(silent.keySet());
    List<ReturnAccount> accounts = new ArrayList<>();
    for (String table : tables) {
      Map<String, Long> fields = new LinkedHashMap<>(filled.getOrDefault(table, Map.of()));
      Long counted = fields.remove("");
      accounts.add(
          new ReturnAccount(
              table,
              silent.containsKey(table),
              silent.get(table),
              leads(handle, table, LeadState.ENRICHED),
              silent.containsKey(table) ? awaitedAt(handle, table) : 0,
              leads(handle, table, LeadState.MISSING),
              lastAt(handle, table).orElse(null),
              counted == null ? 0 : counted,
              fields));
    }
    return accounts;
  }

  /**
   * How many leads of an expecting table are awaited: by what is counted already, unless a run of
   * before may have accepted ones that are not.
   */
  private static long awaitedAt(Handle handle, String table) {
    boolean before =
        handle
            .createQuery(
                "SELECT 1 FROM tally JOIN run ON run.id = tally.run WHERE tally.table_name = :table"
                    + " AND tally.state = 'ACCEPTED' AND leads > 0 AND (purged = 1 OR opened_at <"
                    + " (SELECT since FROM expecting WHERE table_name = :table)) LIMIT 1")
            .bind("table", table)
            .mapTo(Integer.class)
            .findOne()
            .isPresent();
    String since =
        before ? " AND changed_at >= (SELECT since FROM expecting WHERE table_name = :table)" : "";
    return (before
            ? count(handle, table, "state = 'ACCEPTED'" + since)
            : leads(handle, table, LeadState.ACCEPTED))
        - count(handle, table, FORGOTTEN + since);
  }

  private static long count(Handle handle, String table, String where) {
    return handle
        .createQuery("SELECT COUNT(*) FROM lead WHERE table_name = :table AND " + where)
        .bind("table", table)
        .mapTo(Long.class)
        .one();
  }

  private static long leads(Handle handle, String table, LeadState state) {
    return handle
        .createQuery(
            "SELECT COALESCE(SUM(leads), 0) FROM tally WHERE table_name = :table AND state = :state")
        .bind("table", table)
        .bind("state", state.name())
        .mapTo(Long.class)
        .one();
  }

  /**
   * Stored rows behind a place in the order of arrival: no more once they have {@link #MOST_CHARS}
   * together.
   */
  static List<Enriched> after(Handle handle, long position, int most) {
    return LargeRows.first(
        handle
            .createQuery(SELECT + "id > :position ORDER BY id LIMIT :most")
            .bind("position", position)
            .bind("most", most),
        (row, context) -> enriched(row),
        row -> row.body().length(),
        MOST_CHARS);
  }

  /** The rows of a run with what came back of each, in the order of its file. */
  static List<JoinedRow> joined(Handle handle, String run, long after, int most, int mostChars) {
    return LargeRows.first(
        handle
            .createQuery(
                "SELECT lead.record, lead.line, lead.table_name, lead.state,"
                    + " COALESCE(budget_note.reason, lead.reason) AS reason, lead.possible_duplicate,"
                    + " lead.created_at, lead.payload, r.received_at, r.body,"
                    + " (SELECT MAX(begun_at) FROM attempt a WHERE a.lead = lead.id) AS sent_at"
                    + " FROM lead LEFT JOIN result r ON r.id = (SELECT MAX(id) FROM result"
                    + " WHERE run = lead.run AND record = lead.record)"
                    + BudgetRows.NOTE_OF_LEAD
                    + " WHERE lead.run = :run AND lead.record > :after"
                    + " ORDER BY lead.record LIMIT :most")
            .bind("run", run)
            .bind("after", after)
            .bind("most", most),
        (row, context) -> joined(run, row),
        row -> row.payload().length() + (row.enriched() == null ? 0 : row.enriched().length()),
        mostChars);
  }

  private static JoinedRow joined(String run, ResultSet row) throws SQLException {
    return new JoinedRow(
        row.getLong("record"),
        row.getLong("line"),
        run + "-" + row.getLong("record"),
        row.getString("table_name"),
        LeadState.valueOf(row.getString("state")),
        row.getString("reason"),
        row.getInt("possible_duplicate") == 1,
        Instant.ofEpochMilli(row.getLong("created_at")),
        instant(row, "sent_at"),
        instant(row, "received_at"),
        row.getString("payload"),
        row.getString("body"));
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    Long millis = number(row, column);
    return millis == null ? null : Instant.ofEpochMilli(millis);
  }

  static Enriched enriched(ResultSet row) throws SQLException {
    return new Enriched(
        row.getLong("id"),
        row.getString("run"),
        row.getLong("record"),
        row.getString("table_name"),
        row.getString("body"),
        Instant.ofEpochMilli(row.getLong("received_at")));
  }

  private static @Nullable Long number(ResultSet row, String column) throws SQLException {
    long number = row.getLong(column);
    return row.wasNull() ? null : number;
  }
}
