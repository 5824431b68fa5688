package dev.kiln.ledger;

import dev.kiln.lead.Address;
import dev.kiln.lead.Notice;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * What is in the ledger, for those who only look: status, commands, tests. Never writes.
 * Thread-safe.
 */
public final class LedgerView implements AutoCloseable {
  private static final Duration WARNED_LATELY = Duration.ofDays(31);

  private final Readers readers;
  private final Clock clock;
  private final Runnable onClose;

  LedgerView(Readers readers, Clock clock, Runnable onClose) {
    this.readers = readers;
    this.clock = clock;
    this.onClose = onClose;
  }

  /**
   * Opens the embedded ledger, as {@link #open(Store)}.
   *
   * @param data the data folder; its ledger must exist
   */
  public static LedgerView open(Path data) {
    return open(Store.embedded(data));
  }

  /**
   * Opens a ledger to look at it, beside a process that writes it or without one. One of another
   * version is refused.
   *
   * @param store where it is; it must exist
   */
  public static LedgerView open(Store store) {
    Readers readers = new Readers(store, new Guard(store));
    try {
      readers.mustBeCurrent();
      return new LedgerView(readers, store.clock(), readers::close);
    } catch (RuntimeException | SQLException failure) {
      readers.close();
      throw store.cannotBeOpened(failure);
    }
  }

  /** The present by the ledger's clock, which its leases go by. */
  public Instant now() {
    return clock.instant();
  }

  /**
   * A run and its account.
   *
   * @param id the run's id
   * @param name the file's name
   * @param source the source; empty where none was given
   * @param priority its priority
   * @param phase READING, READ or REFUSED
   * @param interrupted whether it was read in part and nobody reads it at present
   * @param problem why it was refused; else empty
   * @param note what is unusual about how its file is written; else empty
   * @param read rows read, by the reader's own count
   * @param skipped blank, title and total lines
   * @param states leads by state; their sum is {@code read}
   * @param tables the same by table
   * @param possibleDuplicates leads marked as possible duplicates
   * @param rejects the file of its rejected rows, within the data folder; empty where there is none
   */
  public record RunAccount(
      String id,
      String name,
      String source,
      Priority priority,
      String phase,
      boolean interrupted,
      String problem,
      String note,
      long read,
      long skipped,
      Map<LeadState, Long> states,
      Map<String, Map<LeadState, Long>> tables,
      long possibleDuplicates,
      String rejects) {
    /** Whether it is being read, or a lead of it still wants delivery. */
    public boolean underWay() {
      return phase.equals("READING") || states.keySet().stream().anyMatch(LeadState::open);
    }
  }

  /**
   * A run, and how many of its leads are awaited.
   *
   * @param run its account
   * @param awaited leads that Clay accepted since their table expects rows, and that are neither
   *     back nor missing nor forgotten
   */
  public record Awaiting(RunAccount run, long awaited) {
    /** Whether nothing of it is under way any more, neither to Clay nor back. */
    public boolean done() {
      return !run.underWay() && awaited == 0;
    }
  }

  /**
   * A table and its account over all runs.
   *
   * @param name the table
   * @param states leads by state
   * @param waiting what it waits for; null where it does not
   * @param oldestQueued since when the oldest of its queued leads is in the ledger; null where none
   *     is queued
   */
  public record TableAccount(
      String name,
      Map<LeadState, Long> states,
      @Nullable Waiting waiting,
      @Nullable Instant oldestQueued) {
    /** Leads that Clay has taken, whatever came back of them. */
    public long gotThrough() {
      return LeadState.gotThrough().stream()
          .mapToLong(state -> states.getOrDefault(state, 0L))
          .sum();
    }
  }

  /**
   * A workspace.
   *
   * @param name its name
   * @param leader the node that leads it; empty where none does
   * @param epoch the leader's epoch
   * @param leaseUntil when the lease ends unless renewed
   * @param pauseUntil until when Clay asked it to wait; in the past where it does not wait
   * @param rate the rate that the operator has set, leads a second; 0 where clay.yaml's holds
   * @param paused whether the operator has paused it
   * @param ledSince since when its leader leads it
   */
  public record WorkspaceAccount(
      String name,
      String leader,
      long epoch,
      Instant leaseUntil,
      Instant pauseUntil,
      double rate,
      boolean paused,
      Instant ledSince) {}

  /**
   * A process that runs on the ledger.
   *
   * @param name its name; no two have the same, of all that ever ran
   * @param version Kiln's
   * @param startedAt since when it runs
   * @param aliveUntil the ledger's time from which on it is taken for dead, unless it says that it
   *     lives before; dead ones are listed for a day
   */
  public record NodeAccount(String name, String version, Instant startedAt, Instant aliveUntil) {
    /** Whether it lives, at a time of the ledger. */
    public boolean alive(Instant now) {
      return now.isBefore(aliveUntil);
    }
  }

  /**
   * What is spent together.
   *
   * @param account its name, for example {@code day 2026-11-25 of table tech}
   * @param spent what is spent
   * @param cap most that may be spent; an amount of 0 is no cap
   * @param ends when it turns; null for a run's, which never does
   */
  public record Spending(String account, Amount spent, Amount cap, @Nullable Instant ends) {
    /** Whether there is a cap, on credits or on actions. */
    public boolean capped() {
      return !cap.equals(Amount.NOTHING);
    }

    /** Whether it is that of a single table. */
    public boolean ofTable() {
      return account.contains(Account.ofTable("", ""));
    }
  }

  /**
   * Leads of a run at a table that are held.
   *
   * @param run the run
   * @param table the table
   * @param by who holds them
   * @param leads how many
   * @param reason with a budget: why, and what helps; else empty
   * @param until with the budget of a day or a month: when they go by themselves, as far as there
   *     is room then; else null
   */
  public record Held(
      String run, String table, Holder by, long leads, String reason, @Nullable Instant until) {}

  /**
   * What is spent and held.
   *
   * @param spendings days and months of now, over all tables and of each; of runs those whose
   *     budget holds leads
   * @param held leads that are held, by run, table and holder
   * @param warnings steps that were reached in the last 31 days, the newest first
   */
  public record BudgetAccount(
      List<Spending> spendings, List<Held> held, List<BudgetWarning> warnings) {
    /** Nothing spent and nothing held. */
    public static final BudgetAccount EMPTY = new BudgetAccount(List.of(), List.of(), List.of());
  }

  /**
   * All of it at one moment.
   *
   * @param runs the newest first
   * @param tables by name
   * @param webhooks those that the catalogue lists, in order of filling
   * @param recentUse what went through each webhook lately, by its id
   * @param workspaces by name
   * @param budget what is spent and held
   * @param nodes by name
   */
  public record Snapshot(
      List<RunAccount> runs,
      List<TableAccount> tables,
      List<WebhookUse> webhooks,
      Map<String, RecentUse> recentUse,
      List<WorkspaceAccount> workspaces,
      BudgetAccount budget,
      List<NodeAccount> nodes) {
    /** The account of a ledger that nothing was ever read into. */
    public static final Snapshot EMPTY =
        new Snapshot(
            List.of(), List.of(), List.of(), Map.of(), List.of(), BudgetAccount.EMPTY, List.of());

    /** The same with some of its runs. */
    public Snapshot of(List<RunAccount> some) {
      return new Snapshot(some, tables, webhooks, recentUse, workspaces, budget, nodes);
    }
  }

  /**
   * One lead, without its data.
   *
   * @param leadId the id that travels to Clay
   * @param line the line of its file
   * @param table its table
   * @param state its state
   * @param reason why, where there is a reason
   * @param attempts attempts that counted
   * @param possibleDuplicate whether it may have arrived twice
   * @param note what a person should know of its data; mostly empty
   */
  public record LeadLine(
      String leadId,
      long line,
      String table,
      LeadState state,
      String reason,
      int attempts,
      boolean possibleDuplicate,
      String note) {}

  /** Everything at one moment: all figures are of the same commit. */
  public Snapshot snapshot() {
    return readers.inTransaction(
        handle -> {
          Map<String, Map<String, Map<LeadState, Long>>> tally = tally(handle, null);
          return new Snapshot(
              runs(handle, tally, null, clock.millis()),
              tables(handle, tally),
              webhooks(handle),
              WebhookRows.recentUse(handle, clock.instant()),
              workspaces(handle),
              budget(handle, clock.instant()),
              NodeRows.all(handle));
        });
  }

  /**
   * Steps of budgets that were reached since a time, the newest first: what an alert goes by.
   *
   * @param since the time
   */
  public List<BudgetWarning> warnings(Instant since) {
    return readers.withHandle(handle -> warnings(handle, since));
  }

  /** Whether a Kiln leads any workspace now. */
  public boolean led() {
    return readers.withHandle(handle -> WorkspaceRows.led(handle, clock.millis()));
  }

  /** Whether a table has a queued lead that is due. */
  public boolean anyDue(String table) {
    return readers.withHandle(
        handle ->
            !SendRows.due(handle, table, 1, List.of(), null, clock.instant().toEpochMilli())
                .isEmpty());
  }

  /**
   * The run that reads or has read a content, if there is one.
   *
   * @param contentHash identifies the content
   * @param source its source
   */
  public Optional<Run> run(String contentHash, String source) {
    return readers.withHandle(handle -> RunRows.find(handle, contentHash, source));
  }

  /**
   * What an operator ordered for rows of a run that are still to be read.
   *
   * @return why they are held or withdrawn, for a person; empty where they are queued
   */
  public String ordered(String run) {
    RunRows.Onward order = onward(run);
    return order.cancelled()
        ? Ledger.CANCELLED_BY_OPERATOR
        : order.sample() == null ? "" : RunRows.heldBehind(order, run);
  }

  /** Whether rows of a run that are still to be read are withdrawn. */
  public boolean cancelled(String run) {
    return onward(run).cancelled();
  }

  /** What becomes of rows of a run that are still to be read. */
  RunRows.Onward onward(String run) {
    return readers.withHandle(handle -> RunRows.onward(handle, run));
  }

  /** Rows of a run that passed intake. */
  long passed(String run) {
    return readers.withHandle(handle -> RunRows.passed(handle, run));
  }

  /** The account of one run, if there is one of that id. */
  public Optional<RunAccount> account(String run) {
    return readers.inTransaction(handle -> account(handle, run));
  }

  private Optional<RunAccount> account(Handle handle, String run) {
    Map<String, Map<String, Map<LeadState, Long>>> tally = tally(handle, run);
    return runs(handle, tally, run, clock.millis()).stream().findFirst();
  }

  /** The account of one run with what is awaited of it, if there is one of that id. */
  public Optional<Awaiting> awaiting(String run) {
    return readers.inTransaction(
        handle ->
            account(handle, run)
                .map(account -> new Awaiting(account, ResultRows.awaited(handle, run))));
  }

  /**
   * The runs that refused a content, the newest first.
   *
   * @param contentHash identifies the content
   * @param source its source
   */
  public List<String> refused(String contentHash, String source) {
    return readers.withHandle(
        handle ->
            handle
                .createQuery(
                    "SELECT id FROM run WHERE content_hash = :hash AND source = :source AND state = 'REFUSED'"
                        + " ORDER BY opened_at DESC")
                .bind("hash", contentHash)
                .bind("source", source)
                .mapTo(String.class)
                .list());
  }

  /** Whether content of a source was refused at a time or later. */
  public boolean refusedSince(String source, Instant time) {
    return readers.withHandle(
        handle ->
            handle
                .createQuery(
                    "SELECT 1 FROM run WHERE source = :source AND state = 'REFUSED' AND closed_at >= :time LIMIT 1")
                .bind("source", source)
                .bind("time", time.toEpochMilli())
                .mapTo(Integer.class)
                .findOne()
                .isPresent());
  }

  /**
   * Leads, oldest first.
   *
   * @param run only of this run; null for all
   * @param state only in this state; null for all
   * @param possibleDuplicates only those marked so
   * @param most how many at most
   */
  public List<LeadLine> leads(
      @Nullable String run, @Nullable LeadState state, boolean possibleDuplicates, int most) {
    String where =
        (run == null ? "" : " AND lead.run = :run")
            + (state == null ? "" : " AND state = :state")
            + (possibleDuplicates ? " AND possible_duplicate = 1" : "");
    return lines(
        where,
        most,
        query -> {
          if (run != null) {
            query.bind("run", run);
          }
          if (state != null) {
            query.bind("state", state.name());
          }
        });
  }

  /**
   * The leads with an e-mail address, in whatever was read of them or came back, oldest first:
   * those that {@link Ledger#forget} would find.
   *
   * @param email the address; case does not matter
   * @param most how many at most
   */
  public List<LeadLine> leadsOf(String email, int most) {
    Address address = new Address(email);
    return readers.withHandle(handle -> FindRows.leads(handle, address)).stream()
        .limit(most)
        .flatMap(id -> lines(" AND lead.id = :id", 1, query -> query.bind("id", id)).stream())
        .toList();
  }

  /**
   * One lead, if it is there.
   *
   * @param lead one by its {@code lead_id}
   */
  public Optional<LeadLine> lead(LeadSelection lead) {
    return lines(
            " AND lead.run = :run AND lead.record = :record",
            1,
            query -> query.bind("run", lead.run()).bind("record", lead.record()))
        .stream()
        .findFirst();
  }

  /**
   * The requests of one lead, in order.
   *
   * @param lead one by its {@code lead_id}
   */
  public List<Attempt> attempts(LeadSelection lead) {
    return readers.withHandle(handle -> FindRows.attempts(handle, lead));
  }

  /** What went through each webhook that the catalogue lists, in order of filling. */
  public List<Traffic> traffic() {
    return readers.withHandle(FindRows::traffic);
  }

  private List<LeadLine> lines(String where, int most, Consumer<Query> narrowed) {
    return readers.withHandle(
        handle -> {
          Query query =
              handle
                  .createQuery(
                      "SELECT lead.run, record, line, lead.table_name, state, attempts, possible_duplicate, note,"
                          + " CASE WHEN state = 'QUEUED' THEN COALESCE(waiting.reason, lead.reason)"
                          + " ELSE COALESCE(budget_note.reason, lead.reason) END AS reason"
                          + " FROM lead LEFT JOIN waiting ON waiting.table_name = lead.table_name"
                          + BudgetRows.NOTE_OF_LEAD
                          + " WHERE 1 = 1"
                          + where
                          + " ORDER BY id LIMIT :most")
                  .bind("most", most);
          narrowed.accept(query);
          return query
              .map(
                  (row, context) ->
                      new LeadLine(
                          row.getString("run") + "-" + row.getLong("record"),
                          row.getLong("line"),
                          row.getString("table_name"),
                          LeadState.valueOf(row.getString("state")),
                          row.getString("reason"),
                          row.getInt("attempts"),
                          row.getInt("possible_duplicate") == 1,
                          row.getString("note")))
              .list();
        });
  }

  /** Whether a next run of a content was asked for ({@link Ledger#ask}) and is not opened yet. */
  public boolean asked(String contentHash, String source) {
    return readers.withHandle(handle -> RunRows.asked(handle, contentHash, source).isPresent());
  }

  /**
   * What a run has spent; a row that Clay surely did not store is no expense.
   *
   * @param run the run's id
   */
  public Amount spent(String run) {
    return readers.withHandle(handle -> Transaction.spent(handle, Account.ofRun(run)));
  }

  /** What is spent, queued and held, at one moment. */
  DryBooks.Written books() {
    return readers.inTransaction(
        handle -> {
          Map<String, Amount> spent = new HashMap<>();
          handle
              .createQuery("SELECT period, credits, actions FROM spend")
              .map(
                  (row, context) ->
                      spent.put(row.getString(1), new Amount(row.getLong(2), row.getLong(3))))
              .list();
          Map<String, Map<String, Long>> queued = new HashMap<>();
          handle
              .createQuery("SELECT table_name, run, leads FROM tally WHERE state = 'QUEUED'")
              .map(
                  (row, context) ->
                      queued
                          .computeIfAbsent(row.getString(1), table -> new HashMap<>())
                          .put(row.getString(2), row.getLong(3)))
              .list();
          return new DryBooks.Written(spent, queued, held(handle));
        });
  }

  /**
   * Leads that others keep from being sent, as {@link Ledger#store} would find now. Changes
   * nothing.
   *
   * @param run the run that they are of; its mode says what becomes of known leads
   * @param leads up to a batch of them; those without a key and those rejected are no one's
   *     duplicates
   * @param dedupeWindow how long keys stay taken after an acceptance
   * @return why, in a few words, by the number of the record
   */
  public Map<Long, String> duplicates(Run run, List<NewLead> leads, Duration dedupeWindow) {
    return readers.withHandle(
        handle -> RunRows.duplicates(handle, run, leads, clock.millis() - dedupeWindow.toMillis()));
  }

  /** What intake found in the rows of a run. */
  public Findings findings(String run) {
    return readers.withHandle(
        handle ->
            new Findings(
                handle
                    .createQuery(
                        "SELECT state, kind, leads, credits FROM unsent WHERE run = :run"
                            + " ORDER BY leads DESC, kind")
                    .bind("run", run)
                    .map(
                        (row, context) ->
                            new Findings.Unsent(
                                LeadState.valueOf(row.getString("state")),
                                row.getString("kind"),
                                row.getLong("leads"),
                                row.getLong("credits")))
                    .list(),
                noticed(handle, run, Notice.Kind.UNMAPPED),
                noticed(handle, run, Notice.Kind.BLOCKED),
                noticed(handle, run, Notice.Kind.DAMAGED)));
  }

  private static List<Findings.Named> noticed(Handle handle, String run, Notice.Kind kind) {
    return handle
        .createQuery(
            "SELECT name, leads FROM noticed WHERE run = :run AND kind = :kind ORDER BY leads DESC, name")
        .bind("run", run)
        .bind("kind", kind.name())
        .map((row, context) -> new Findings.Named(row.getString("name"), row.getLong("leads")))
        .list();
  }

  /**
   * The next rejected rows of a run, in the order of its file.
   *
   * @param run the run's id
   * @param after only those behind this record; 0 for the first
   * @param most how many at most
   * @param mostChars no more once their payloads have reached this length together, so that it
   *     bounds the heap
   */
  public List<RejectedRow> rejected(String run, long after, int most, int mostChars) {
    return readers.inTransaction(
        handle ->
            LargeRows.first(
                handle
                    .createQuery(
                        "SELECT record, line, reason, note, payload FROM lead"
                            + " WHERE run = :run AND state = 'REJECTED' AND record > :after"
                            + " ORDER BY record LIMIT :most")
                    .bind("run", run)
                    .bind("after", after)
                    .bind("most", most),
                (row, context) ->
                    new RejectedRow(
                        row.getLong("record"),
                        row.getLong("line"),
                        row.getString("reason"),
                        row.getString("note"),
                        row.getString("payload")),
                row -> row.payload().length(),
                mostChars));
  }

  /** The tables whose rows are to come back. */
  public Set<String> expecting() {
    return readers.withHandle(ResultRows::expecting);
  }

  /** What came back, by table. */
  public List<ReturnAccount> returns() {
    return readers.inTransaction(ResultRows::accounts);
  }

  /**
   * The newest rows that came back and belong to no lead that was sent.
   *
   * @param most how many at most
   */
  public List<Quarantined> quarantined(int most) {
    return readers.withHandle(
        handle ->
            handle
                .createQuery(
                    "SELECT table_name, lead_id, reason, received_at FROM quarantine"
                        + " ORDER BY id DESC LIMIT :most")
                .bind("most", most)
                .map(
                    (row, context) ->
                        new Quarantined(
                            row.getString("table_name"),
                            row.getString("lead_id"),
                            row.getString("reason"),
                            Instant.ofEpochMilli(row.getLong("received_at"))))
                .list());
  }

  /** How many rows came back that belong to no lead that was sent. */
  public long quarantined() {
    return readers.withHandle(
        handle -> handle.createQuery("SELECT COUNT(*) FROM quarantine").mapTo(Long.class).one());
  }

  /**
   * The next rows of a run with what came back of each, in the order of its file.
   *
   * @param run the run's id
   * @param after only those behind this record; 0 for the first
   * @param most how many at most
   * @param mostChars no more once their data has reached this length together, so that it bounds
   *     the heap
   */
  public List<JoinedRow> joined(String run, long after, int most, int mostChars) {
    return readers.inTransaction(handle -> ResultRows.joined(handle, run, after, most, mostChars));
  }

  /** How far results went on, by target. */
  public List<Onward> onward() {
    return readers.withHandle(OnwardRows::all);
  }

  /** How many rows that came back are stored. */
  public long results() {
    return readers.withHandle(
        handle -> handle.createQuery("SELECT COUNT(*) FROM result").mapTo(Long.class).one());
  }

  /** Counts by run, table and state, of one run or of all. */
  private static Map<String, Map<String, Map<LeadState, Long>>> tally(
      Handle handle, @Nullable String run) {
    Map<String, Map<String, Map<LeadState, Long>>> tally = new LinkedHashMap<>();
    Query query =
        handle.createQuery(
            "SELECT run, table_name, state, leads FROM tally WHERE leads <> 0"
                + (run == null ? "" : " AND run = :run")
                + " ORDER BY run, table_name");
    (run == null ? query : query.bind("run", run))
        .map(
            (row, context) ->
                tally
                    .computeIfAbsent(row.getString("run"), id -> new TreeMap<>())
                    .computeIfAbsent(
                        row.getString("table_name"), table -> new EnumMap<>(LeadState.class))
                    .put(LeadState.valueOf(row.getString("state")), row.getLong("leads")))
        .list();
    return tally;
  }

  private static Map<LeadState, Long> sum(Collection<Map<LeadState, Long>> counts) {
    Map<LeadState, Long> sum = new EnumMap<>(LeadState.class);
    counts.forEach(count -> count.forEach((state, leads) -> sum.merge(state, leads, Long::sum)));
    return sum;
  }

  private static List<RunAccount> runs(
      Handle handle,
      Map<String, Map<String, Map<LeadState, Long>>> tally,
      @Nullable String run,
      long now) {
    Query query =
        handle.createQuery(
            "SELECT * FROM run"
                + (run == null ? "" : " WHERE id = :run")
                + " ORDER BY opened_at DESC, id DESC");
    return (run == null ? query : query.bind("run", run))
        .map(
            (row, context) -> {
              Map<String, Map<LeadState, Long>> tables =
                  tally.getOrDefault(row.getString("id"), Map.of());
              return new RunAccount(
                  row.getString("id"),
                  row.getString("name"),
                  row.getString("source"),
                  Priority.at(row.getInt("priority")),
                  row.getString("state"),
                  // That of messages is open until its day ends, whoever reads.
                  row.getString("state").equals("READING")
                      && !row.getString("content_hash").startsWith(Ledger.MESSAGES)
                      && row.getLong("reader_until") <= now,
                  row.getString("problem"),
                  row.getString("note"),
                  row.getLong("rows_read"),
                  row.getLong("rows_skipped"),
                  sum(tables.values()),
                  tables,
                  row.getLong("doubted"),
                  row.getString("rejects"));
            })
        .list();
  }

  private static List<TableAccount> tables(
      Handle handle, Map<String, Map<String, Map<LeadState, Long>>> tally) {
    Map<String, Waiting> waiting = WorkspaceRows.waiting(handle);
    Map<String, List<Map<LeadState, Long>>> byTable = new TreeMap<>();
    tally
        .values()
        .forEach(
            tables ->
                tables.forEach(
                    (table, states) ->
                        byTable.computeIfAbsent(table, name -> new ArrayList<>()).add(states)));
    List<TableAccount> tables = new ArrayList<>();
    byTable.forEach(
        (name, states) ->
            tables.add(
                new TableAccount(
                    name, sum(states), waiting.get(name), SendRows.oldestQueued(handle, name))));
    return tables;
  }

  private static List<WebhookUse> webhooks(Handle handle) {
    return handle
        .createQuery(WebhookRows.SELECT + " WHERE w.listed = 1 ORDER BY w.position")
        .map((row, context) -> WebhookRows.use(row))
        .list();
  }

  private static BudgetAccount budget(Handle handle, Instant now) {
    return new BudgetAccount(
        spendings(handle, now), held(handle), warnings(handle, now.minus(WARNED_LATELY)));
  }

  private static List<Spending> spendings(Handle handle, Instant now) {
    return handle
        .createQuery(
            "SELECT * FROM (SELECT * FROM spend WHERE ends_at > :now UNION SELECT spend.* FROM held JOIN spend"
                + " ON spend.period IN ('run ' || run, 'run ' || run || ' of table ' || table_name)"
                + " WHERE held_by = 'RUN_BUDGET') AS spending ORDER BY ends_at IS NULL, ends_at, period")
        .bind("now", now.toEpochMilli())
        .map(
            (row, context) ->
                new Spending(
                    row.getString("period"),
                    new Amount(row.getLong("credits"), row.getLong("actions")),
                    new Amount(row.getLong("credits_cap"), row.getLong("actions_cap")),
                    instant(row, "ends_at")))
        .list();
  }

  private static List<Held> held(Handle handle) {
    return handle
        .createQuery(
            "SELECT held.*, COALESCE(reason, '') AS reason, ends_at FROM held LEFT JOIN budget_note"
                + " ON budget_note.table_name = held.table_name"
                + " AND budget_note.run = CASE held_by WHEN 'BUDGET' THEN '' WHEN 'RUN_BUDGET' THEN held.run END"
                + " ORDER BY held.table_name, held_by, held.run")
        .map(
            (row, context) ->
                new Held(
                    row.getString("run"),
                    row.getString("table_name"),
                    Holder.valueOf(row.getString("held_by")),
                    row.getLong("leads"),
                    row.getString("reason"),
                    instant(row, "ends_at")))
        .list();
  }

  private static List<BudgetWarning> warnings(Handle handle, Instant since) {
    return handle
        .createQuery(
            "SELECT * FROM budget_warning WHERE at >= :since ORDER BY at DESC, period, kind, percent DESC")
        .bind("since", since.toEpochMilli())
        .map(
            (row, context) ->
                new BudgetWarning(
                    row.getString("period"),
                    BudgetWarning.Kind.valueOf(row.getString("kind")),
                    row.getInt("percent"),
                    row.getLong("cap"),
                    Instant.ofEpochMilli(row.getLong("at"))))
        .list();
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column) == null ? null : Instant.ofEpochMilli(row.getLong(column));
  }

  private static List<WorkspaceAccount> workspaces(Handle handle) {
    Orders orders = WorkspaceRows.orders(handle);
    return handle
        .createQuery("SELECT * FROM workspace ORDER BY name")
        .map(
            (row, context) ->
                new WorkspaceAccount(
                    row.getString("name"),
                    row.getString("holder"),
                    row.getLong("epoch"),
                    Instant.ofEpochMilli(row.getLong("lease_until")),
                    Instant.ofEpochMilli(row.getLong("pause_until")),
                    orders.rates().getOrDefault(row.getString("name"), 0.0),
                    orders.paused(Pausable.WORKSPACE, row.getString("name")),
                    Instant.ofEpochMilli(row.getLong("led_since"))))
        .list();
  }

  @Override
  public void close() {
    onClose.run();
  }
}
