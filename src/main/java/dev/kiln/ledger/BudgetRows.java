package dev.kiln.ledger;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.EmptyHandling;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * The SQL of budgets within one transaction: which leads they hold and let go. Each step takes a
 * bounded number of leads, so that delivery goes on between.
 */
final class BudgetRows implements Admission.Lines {
  /** Leads moved in one transaction. */
  static final int AT_ONCE = 500;

  private static final int[] WARN_AT = {70, 80, 90};

  /** Why a lead stands in line, where nothing else is known. */
  static final String OLDER = "Older leads of its table wait for their budget";

  /**
   * Joins to {@code lead} why a budget holds it, as last seen: a lead's own reason is the first.
   */
  static final String NOTE_OF_LEAD =
      " LEFT JOIN budget_note ON lead.state = 'HELD' AND budget_note.table_name = lead.table_name"
          + " AND budget_note.run = CASE lead.held_by WHEN 'BUDGET' THEN ''"
          + " WHEN 'RUN_BUDGET' THEN lead.run END";

  private static final String OLDEST = " ORDER BY id";

  /** Before anything was spent. */
  private static final Amount NOT_YET = new Amount(-1, -1);

  /** A run that has leads held for its own budget at a table. */
  private record Capped(String run, String table, Amount spent) {}

  private final Transaction transaction;
  private final Handle handle;
  private final Budget budget;
  private final Instant now;
  private final Rooms rooms;
  private final List<String> reasons = new ArrayList<>();
  private int held;
  private int released;
  private int passed;

  /**
   * Leads that wait for their run from this step on: the next one sees whether it has room for
   * some.
   */
  private int ofRuns;

  BudgetRows(Transaction transaction, Budget budget, Instant now) {
    this.transaction = transaction;
    this.handle = transaction.handle();
    this.budget = budget;
    this.now = now;
    this.rooms = new Rooms(transaction, budget);
  }

  Rooms rooms() {
    return rooms;
  }

  /** Whether a budget holds any lead. */
  static boolean held(Handle handle) {
    return handle
        .createQuery("SELECT 1 FROM held WHERE held_by IN ('BUDGET', 'RUN_BUDGET') LIMIT 1")
        .mapTo(Integer.class)
        .findOne()
        .isPresent();
  }

  // ---- Warnings ----

  /**
   * Notes the steps that an account reaches; returns those that were not reached before, of this
   * cap or of a higher one.
   */
  static List<BudgetWarning> warn(
      Transaction transaction, Account account, Amount before, Amount after, Instant now) {
    List<BudgetWarning> warnings = new ArrayList<>();
    for (BudgetWarning.Kind kind : BudgetWarning.Kind.values()) {
      long cap = kind.of(account.cap());
      for (int percent : WARN_AT) {
        if (cap > 0
            && kind.of(before) * 100 < cap * percent
            && kind.of(after) * 100 >= cap * percent
            && warn(transaction.handle(), account.name(), kind, percent, cap, now)) {
          warnings.add(new BudgetWarning(account.name(), kind, percent, cap, now));
        }
      }
    }
    return warnings;
  }

  private static boolean warn(
      Handle handle, String account, BudgetWarning.Kind kind, int percent, long cap, Instant now) {
    return handle
            .createUpdate(
                "INSERT INTO budget_warning (period, kind, percent, cap, at)"
                    + " VALUES (:account, :kind, :percent, :cap, :at)"
                    + " ON CONFLICT (period, kind, percent) DO UPDATE SET cap = excluded.cap, at = excluded.at"
                    + " WHERE budget_warning.cap < excluded.cap")
            .bind("account", account)
            .bind("kind", kind.name())
            .bind("percent", percent)
            .bind("cap", cap)
            .bind("at", now.toEpochMilli())
            .execute()
        == 1;
  }

  // ---- Why leads are held ----

  @Override
  public boolean note(String table, String run, Account full) {
    String reason = full.reason(budget.cost(table));
    if (reason.equals(noted(table, run))) {
      return false;
    }
    Instant ends = full.opens(budget.cost(table));
    handle
        .createUpdate(
            "INSERT INTO budget_note (table_name, run, reason, ends_at) VALUES (:table, :run, :reason, :ends)"
                + " ON CONFLICT (table_name, run) DO UPDATE SET reason = excluded.reason, ends_at = excluded.ends_at")
        .bind("table", table)
        .bind("run", run)
        .bind("reason", reason)
        .bind("ends", ends == null ? null : ends.toEpochMilli())
        .execute();
    if (full.run() != null) {
      // The accounts of days and months are kept up to date anyhow.
      transaction.spend(full, Amount.NOTHING);
    }
    return true;
  }

  private String noted(String table, String run) {
    return handle
        .createQuery("SELECT reason FROM budget_note WHERE table_name = :table AND run = :run")
        .bind("table", table)
        .bind("run", run)
        .mapTo(String.class)
        .findOne()
        .orElse("");
  }

  @Override
  public String line(Holder by, String table, String run) {
    boolean ofRun = by == Holder.RUN_BUDGET;
    Set<String> runs = ofRun ? Set.of(run) : budget.only();
    if (select("", runs, table, by, 1).isEmpty()) {
      return "";
    }
    String noted = noted(table, ofRun ? run : "");
    return noted.isEmpty() ? OLDER : noted;
  }

  // ---- Into line ----

  /** One step of {@link Ledger#balance}. */
  Balance balance(List<Due> refused, Map<String, Long> runs) {
    List<BudgetWarning> warnings = accounts();
    Map<String, Long> unfinished = new HashMap<>(runs);
    refused.forEach(lead -> holdRefused(lead, unfinished));
    boolean more = holdNewest();
    holdOfRuns(unfinished);
    if (held < AT_ONCE) {
      passRuns();
      release();
    }
    if (held + passed + released > 0) {
      handle.execute(
          "DELETE FROM budget_note WHERE NOT EXISTS (SELECT 1 FROM lead WHERE lead.table_name = budget_note.table_name"
              + " AND state = 'HELD' AND (held_by = 'BUDGET' AND budget_note.run = ''"
              + " OR held_by = 'RUN_BUDGET' AND lead.run = budget_note.run))");
    }
    return new Balance(
        held,
        released,
        more || ofRuns > 0 || passed + released >= AT_ONCE || !unfinished.isEmpty(),
        unfinished,
        reasons,
        warnings);
  }

  /** Keeps the caps and ends of the day's and the month's accounts, and warns of what is spent. */
  private List<BudgetWarning> accounts() {
    Set<Account> accounts = new LinkedHashSet<>();
    budget.costs().keySet().forEach(table -> accounts.addAll(budget.ofPeriods(table)));
    List<BudgetWarning> warnings = new ArrayList<>();
    for (Account account : accounts) {
      if (!account.cap().equals(known(account))) {
        transaction.spend(account, Amount.NOTHING);
      }
      warnings.addAll(warn(transaction, account, NOT_YET, transaction.spent(account.name()), now));
    }
    return warnings;
  }

  /** The cap that the ledger has of an account until now. */
  private Amount known(Account account) {
    return handle
        .createQuery("SELECT credits_cap, actions_cap FROM spend WHERE period = :account")
        .bind("account", account.name())
        .map((row, context) -> new Amount(row.getLong(1), row.getLong(2)))
        .findOne()
        .orElse(Amount.NOTHING);
  }

  /** Holds a lead whose run may not spend so much, and has the others of the run looked at. */
  private void holdRefused(Due lead, Map<String, Long> unfinished) {
    if (rooms.exceeded(budget.ofRun(lead.run(), lead.table()), lead.table()) != null) {
      handle
          .createQuery(LeadRow.SELECT + "id = :id AND state = 'QUEUED'")
          .bind("id", lead.id())
          .map((row, context) -> LeadRow.of(row))
          .findOne()
          .ifPresent(row -> hold(row, Holder.RUN_BUDGET, budget.ofRun(row.run(), row.table())));
      unfinished.putIfAbsent(lead.run(), Long.MAX_VALUE);
    }
  }

  /**
   * Where more is queued than a day or a month may spend, the newest leads do not fit.
   *
   * @return whether there is more to hold
   */
  private boolean holdNewest() {
    List<LeadRow> newest = new ArrayList<>();
    for (String table : exceeded()) {
      for (Priority priority : Priority.values()) {
        newest.addAll(
            handle
                .createQuery(
                    LeadRow.SELECT
                        + "table_name = :table AND priority = :priority AND state = 'QUEUED'"
                        // By the index lead_due: see SendRows.OLDEST_QUEUED.
                        + " ORDER BY id DESC, due_at DESC LIMIT :most")
                .bind("table", table)
                .bind("priority", priority.rank())
                .bind("most", AT_ONCE)
                .map((row, context) -> LeadRow.of(row))
                .list());
      }
    }
    newest.sort(Comparator.comparingLong(LeadRow::id).reversed());
    newest.stream()
        .limit(AT_ONCE)
        .forEach(row -> hold(row, Holder.BUDGET, budget.ofPeriods(row.table())));
    return !newest.isEmpty() && !exceeded().isEmpty();
  }

  /** Tables of which leads must be held for a day's or a month's budget. */
  private List<String> exceeded() {
    return budget.costs().keySet().stream()
        .filter(table -> rooms.exceeded(budget.ofPeriods(table), table) != null)
        .toList();
  }

  /** The same of runs, as far as a refusal told of them. */
  private void holdOfRuns(Map<String, Long> unfinished) {
    for (String run : new HashSet<>(unfinished.keySet())) {
      if (held >= AT_ONCE) {
        return;
      }
      long before = unfinished.getOrDefault(run, 0L);
      boolean exceeded =
          budget.costs().keySet().stream()
              .anyMatch(table -> rooms.exceeded(budget.ofRun(run, table), table) != null);
      List<LeadRow> rows = exceeded ? newestOf(run, before) : List.of();
      rows.forEach(row -> hold(row, Holder.RUN_BUDGET, budget.ofRun(run, row.table())));
      if (rows.size() < AT_ONCE) {
        unfinished.remove(run);
      } else {
        unfinished.put(run, rows.get(rows.size() - 1).record());
      }
    }
  }

  private List<LeadRow> newestOf(String run, long beforeRecord) {
    return handle
        .createQuery(
            LeadRow.SELECT
                + "run = :run AND record < :before AND state = 'QUEUED' ORDER BY record DESC LIMIT :most")
        .bind("run", run)
        .bind("before", beforeRecord)
        .bind("most", AT_ONCE)
        .map((row, context) -> LeadRow.of(row))
        .list();
  }

  private void hold(LeadRow row, Holder by, List<Account> accounts) {
    Account exceeded = rooms.exceeded(accounts, row.table());
    if (exceeded == null) {
      return;
    }
    transaction.move(row, LeadState.HELD);
    holdBy(row, by, exceeded, LeadState.HELD);
    rooms.promise(row.run(), row.table(), -1);
    held++;
  }

  /** Gives a lead that is held, or is to be, to a budget. */
  private void holdBy(LeadRow row, Holder by, Account full, LeadState state) {
    if (note(row.table(), by == Holder.BUDGET ? "" : row.run(), full)) {
      reasons.add(full.reason(budget.cost(row.table())));
    }
    transaction.hold(by, row.table(), row.run(), 1);
    ofRuns += by == Holder.RUN_BUDGET ? 1 : 0;
    update(row, state, by.name(), full.reason(budget.cost(row.table())));
  }

  private void update(LeadRow row, LeadState state, String by, String reason) {
    handle
        .createUpdate(
            "UPDATE lead SET state = :state, held_by = :by, reason = :reason, changed_at = :now WHERE id = :id")
        .bind("state", state.name())
        .bind("by", by)
        .bind("reason", reason)
        .bind("now", now.toEpochMilli())
        .bind("id", row.id())
        .execute();
  }

  // ---- Letting go ----

  /** Leads whose run has room for them stand in the line of their table from now on. */
  private void passRuns() {
    Rooms kept = new Rooms(transaction, budget);
    Set<String> reserved = new HashSet<>();
    for (Capped capped : capped()) {
      List<Account> accounts = budget.ofRun(capped.run, capped.table);
      Account all = accounts.get(0);
      Amount cost = budget.cost(capped.table);
      if (passed >= AT_ONCE
          || !budget.costs().containsKey(capped.table)
          || (all.capped() && all.cap().minus(capped.spent).lacks(cost, all.cap()))) {
        continue;
      }
      if (reserved.add(capped.run)) {
        for (String table : budget.costs().keySet()) {
          kept.reserve(capped.run, table, transaction.held(Holder.BUDGET, table, capped.run));
        }
      }
      Account full = kept.full(accounts, capped.table);
      if (full != null) {
        if (note(capped.table, capped.run, full)) {
          reasons.add(full.reason(cost));
        }
        continue;
      }
      for (LeadRow row :
          select(OLDEST, Set.of(capped.run), capped.table, Holder.RUN_BUDGET, AT_ONCE - passed)) {
        if (kept.full(accounts, capped.table) != null) {
          break;
        }
        kept.reserve(capped.run, capped.table, 1);
        transaction.hold(Holder.RUN_BUDGET, row.table(), row.run(), -1);
        transaction.hold(Holder.BUDGET, row.table(), row.run(), 1);
        update(row, LeadState.HELD, Holder.BUDGET.name(), "its run has room for it again");
        passed++;
      }
    }
  }

  private List<Capped> capped() {
    Query query =
        handle.createQuery(
            "SELECT h.run, h.table_name, COALESCE(s.credits, 0) AS credits, COALESCE(s.actions, 0) AS actions"
                + " FROM held h LEFT JOIN spend s ON s.period = 'run ' || h.run WHERE h.held_by = 'RUN_BUDGET'"
                + (budget.only() == null ? "" : " AND h.run IN (<runs>)")
                + " ORDER BY h.run, h.table_name");
    bindRuns(query, budget.only());
    return query
        .map(
            (row, context) ->
                new Capped(
                    row.getString("run"),
                    row.getString("table_name"),
                    new Amount(row.getLong("credits"), row.getLong("actions"))))
        .list();
  }

  /** Queues what fits, the oldest first; a lead that does not fit keeps those of its table back. */
  private void release() {
    Map<String, Account> full = new HashMap<>();
    List<LeadRow> oldest = new ArrayList<>();
    for (String table : budget.costs().keySet()) {
      Account none = rooms.full(budget.ofPeriods(table), table);
      List<LeadRow> line =
          select(OLDEST, budget.only(), table, Holder.BUDGET, none == null ? AT_ONCE : 1);
      if (none == null) {
        oldest.addAll(line);
      } else if (!line.isEmpty()) {
        full.put(table, none);
      }
    }
    oldest.sort(Comparator.comparingLong(LeadRow::id));
    for (LeadRow row : oldest) {
      if (passed + released >= AT_ONCE) {
        break;
      }
      if (!full.containsKey(row.table())) {
        release(row, full);
      }
    }
    full.forEach(
        (table, account) -> {
          if (note(table, "", account)) {
            reasons.add(account.reason(budget.cost(table)));
          }
        });
  }

  private void release(LeadRow row, Map<String, Account> full) {
    Account run = rooms.full(budget.ofRun(row.run(), row.table()), row.table());
    if (run != null) {
      transaction.hold(Holder.BUDGET, row.table(), row.run(), -1);
      holdBy(row, Holder.RUN_BUDGET, run, LeadState.HELD);
      passed++;
      return;
    }
    Account period = rooms.full(budget.ofPeriods(row.table()), row.table());
    if (period != null) {
      full.put(row.table(), period);
      return;
    }
    transaction.move(row, LeadState.QUEUED);
    update(row, LeadState.QUEUED, "", "");
    rooms.promise(row.run(), row.table(), 1);
    released++;
  }

  /** Leads of a table that a budget holds, of some runs or of all (null). */
  private List<LeadRow> select(
      String order, @Nullable Set<String> runs, String table, Holder by, int most) {
    Query query =
        handle
            .createQuery(
                LeadRow.SELECT
                    + "table_name = :table AND state = 'HELD' AND held_by = :by"
                    + (runs == null ? "" : " AND run IN (<runs>)")
                    + order
                    + " LIMIT :most")
            .bind("table", table)
            .bind("by", by.name())
            .bind("most", most);
    bindRuns(query, runs);
    return query.map((row, context) -> LeadRow.of(row)).list();
  }

  private static void bindRuns(Query query, @Nullable Set<String> runs) {
    if (runs != null) {
      query.bindList(EmptyHandling.NULL_KEYWORD, "runs", List.copyOf(runs));
    }
  }
}
