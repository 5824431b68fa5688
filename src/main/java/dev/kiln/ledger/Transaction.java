package dev.kiln.ledger;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/**
 * One commit of the writer: a handle, and the sums that many operations change, gathered so that
 * each row of them is written once a commit. What every lead needs to know of its workspace and its
 * table is read once, until an operation reads and writes by itself ({@link #handle}); only what
 * {@link #statements} do leaves it as it is.
 */
final class Transaction implements Books {
  private record Count(String run, String table, LeadState state) {}

  private record Use(String webhook, long day) {}

  private record Hold(Holder by, String table, String run) {}

  private record Field(String table, String name) {}

  private record Way(String workspace, String table) {}

  private record Payer(String run, String table) {}

  /** Fields of a table that are counted one by one; further ones are not. */
  private static final int MOST_FIELDS = 200;

  private final Handle handle;
  private final Map<Count, Long> counts = new HashMap<>();
  private final Map<String, Long> queued = new HashMap<>();
  private final Map<Hold, Long> held = new HashMap<>();
  private final Map<String, Amount> spent = new HashMap<>();
  private final Map<String, Account> accounts = new HashMap<>();
  private final Map<Use, Long> used = new HashMap<>();
  private final Map<String, Long> webhooks = new HashMap<>();
  private final Map<String, Long> clayTables = new HashMap<>();
  private final Map<Field, Long> filled = new HashMap<>();

  private final Statements statements;
  private final Map<Way, WorkspaceRows.Standing> standings = new HashMap<>();
  private final Map<String, List<WebhookUse>> webhooksOf = new HashMap<>();
  private final Map<String, Amount> spentBefore = new HashMap<>();
  private final Map<Payer, Budget.Charge> charges = new HashMap<>();
  private Budget chargedBy = Budget.NONE;

  Transaction(Handle handle, Statements statements) {
    this.handle = handle;
    this.statements = statements;
  }

  /**
   * For whatever an operation does: it finds all that was put off, and what it changes is read
   * anew.
   */
  Handle handle() {
    statements.catchUp();
    standings.clear();
    webhooksOf.clear();
    spentBefore.clear();
    return handle;
  }

  /**
   * For what every lead does to itself and its attempts, which nothing depends on that is known of
   * workspaces, webhooks and accounts.
   */
  Statements statements() {
    return statements;
  }

  /** How a workspace and a table stand. */
  WorkspaceRows.Standing standing(String workspace, String table) {
    return standings.computeIfAbsent(
        new Way(workspace, table), way -> WorkspaceRows.standing(statements, workspace, table));
  }

  /** The webhooks of a table, with what this commit adds. */
  List<WebhookUse> webhooks(String table) {
    return webhooksOf.computeIfAbsent(table, of -> WebhookRows.ofTable(statements, of)).stream()
        .map(this::used)
        .toList();
  }

  /** What a lead of a run at a table is charged, by a budget that is mostly the same. */
  Budget.Charge charge(Budget budget, String run, String table) {
    if (!budget.equals(chargedBy)) {
      charges.clear();
      chargedBy = budget;
    }
    return charges.computeIfAbsent(
        new Payer(run, table), payer -> budget.charge(payer.run, payer.table));
  }

  /** Adds leads to (or takes them from) a state's count. */
  void count(String run, String table, LeadState state, long leads) {
    counts.merge(new Count(run, table, state), leads, Long::sum);
    if (state == LeadState.QUEUED) {
      queued.merge(table, leads, Long::sum);
    }
  }

  /** Adds leads to (or takes them from) those that somebody holds. */
  void hold(Holder by, String table, String run, long leads) {
    held.merge(new Hold(by, table, run), leads, Long::sum);
  }

  /** Counts one new lead; a state that no lead enters the ledger in throws. */
  void enter(String run, String table, LeadState state) {
    if (!state.atIntake()) {
      throw new IllegalStateException("A lead cannot enter the ledger as " + state + ".");
    }
    count(run, table, state, 1);
  }

  /** Moves one lead between counts; an illegal move throws. */
  void move(String run, String table, LeadState from, LeadState to) {
    from.mustAllow(to);
    count(run, table, from, -1);
    count(run, table, to, 1);
  }

  /** Moves a lead between counts, and away from who held it; an illegal move throws. */
  void move(LeadRow row, LeadState to) {
    move(row.run(), row.table(), row.state(), to);
    if (row.heldBy() != null) {
      hold(row.heldBy(), row.table(), row.run(), -1);
    }
  }

  /** Rows of a run that passed intake, with what this commit adds. */
  long passed(String run) {
    return RunRows.passed(handle, run)
        + counts.entrySet().stream()
            .filter(count -> count.getKey().run.equals(run))
            .filter(count -> count.getKey().state.passedIntake())
            .mapToLong(Map.Entry::getValue)
            .sum();
  }

  /** Queued leads of a table, with what this commit adds. */
  @Override
  public long queued(String table) {
    return handle
            .createQuery("SELECT leads FROM queue WHERE table_name = :table")
            .bind("table", table)
            .mapTo(Long.class)
            .findOne()
            .orElse(0L)
        + queued.getOrDefault(table, 0L);
  }

  /** Queued leads of a run at a table, with what this commit adds. */
  @Override
  public long queued(String run, String table) {
    return handle
            .createQuery(
                "SELECT leads FROM tally WHERE run = :run AND table_name = :table AND state = 'QUEUED'")
            .bind("run", run)
            .bind("table", table)
            .mapTo(Long.class)
            .findOne()
            .orElse(0L)
        + counts.getOrDefault(new Count(run, table, LeadState.QUEUED), 0L);
  }

  /** Leads of a run at a table that somebody holds, with what this commit adds. */
  long held(Holder by, String table, String run) {
    return handle
            .createQuery(
                "SELECT leads FROM held WHERE held_by = :by AND table_name = :table AND run = :run")
            .bind("by", by.name())
            .bind("table", table)
            .bind("run", run)
            .mapTo(Long.class)
            .findOne()
            .orElse(0L)
        + held.getOrDefault(new Hold(by, table, run), 0L);
  }

  /** Adds to what an account has spent; negative amounts give back. */
  void spend(String account, Amount amount) {
    spent.merge(account, amount, Amount::plus);
  }

  /** The same, and notes the account's cap and end. */
  void spend(Account account, Amount amount) {
    spend(account.name(), amount);
    accounts.put(account.name(), account);
  }

  /** Adds to the leads of a webhook, its day and its Clay table; negative numbers give back. */
  void use(String webhook, String clayTable, long day, long leads) {
    used.merge(new Use(webhook, day), leads, Long::sum);
    webhooks.merge(webhook, leads, Long::sum);
    clayTables.merge(clayTable, leads, Long::sum);
  }

  /** What a webhook is known to have taken, with what this commit adds. */
  private WebhookUse used(WebhookUse known) {
    return known.plus(
        webhooks.getOrDefault(known.id(), 0L), clayTables.getOrDefault(known.clayTable(), 0L));
  }

  /** Counts one lead that came back with a field filled. */
  void filled(String table, String field) {
    filled.merge(new Field(table, field), 1L, Long::sum);
  }

  /** What an account has spent, with what this commit adds. */
  @Override
  public Amount spent(String account) {
    return spentBefore
        .computeIfAbsent(account, name -> spent(handle, name))
        .plus(spent.getOrDefault(account, Amount.NOTHING));
  }

  /** What an account has spent, by what is committed. */
  static Amount spent(Handle handle, String account) {
    return handle
        .createQuery("SELECT credits, actions FROM spend WHERE period = :account")
        .bind("account", account)
        .map((row, context) -> new Amount(row.getLong(1), row.getLong(2)))
        .findOne()
        .orElse(Amount.NOTHING);
  }

  /** Writes the gathered sums. Called once, before the commit. */
  void flush() {
    counts.forEach(
        (count, leads) -> {
          if (leads != 0) {
            statements.putOff(
                "INSERT INTO tally (run, table_name, state, leads) VALUES (?, ?, ?, ?)"
                    + " ON CONFLICT (run, table_name, state) DO UPDATE SET leads = tally.leads + excluded.leads",
                count.run,
                count.table,
                count.state.name(),
                leads);
          }
        });
    used.forEach(
        (use, leads) ->
            statements.putOff(
                "INSERT INTO webhook_day (webhook, day, leads) VALUES (?, ?, ?)"
                    + " ON CONFLICT (webhook, day) DO UPDATE SET leads = webhook_day.leads + excluded.leads",
                use.webhook,
                use.day,
                leads));
    webhooks.forEach(
        (webhook, leads) -> {
          statements.putOff("UPDATE webhook SET used = used + ? WHERE id = ?", leads, webhook);
          // By its present name, which it may have been given since its rows were begun.
          statements.putOff(
              "UPDATE clay_table SET used = used + ?"
                  + " WHERE name = (SELECT clay_table FROM webhook WHERE id = ?)",
              leads,
              webhook);
        });
    queued.forEach(
        (table, leads) ->
            statements.putOff(
                "INSERT INTO queue (table_name, leads) VALUES (?, ?)"
                    + " ON CONFLICT (table_name) DO UPDATE SET leads = queue.leads + excluded.leads",
                table,
                leads));
    spent.forEach(
        (account, amount) ->
            statements.putOff(
                "INSERT INTO spend (period, credits, actions) VALUES (?, ?, ?)"
                    + " ON CONFLICT (period) DO UPDATE SET credits = spend.credits + excluded.credits,"
                    + " actions = spend.actions + excluded.actions",
                account,
                amount.credits(),
                amount.actions()));
    held.forEach(this::flush);
    accounts.values().forEach(this::flush);
    statements.catchUp();
    filled.forEach(
        (field, leads) ->
            handle
                .createUpdate(
                    "INSERT INTO filled (table_name, field, leads) SELECT :table, :field, :leads"
                        + " WHERE EXISTS (SELECT 1 FROM filled WHERE table_name = :table AND field = :field)"
                        + " OR (SELECT COUNT(*) FROM filled WHERE table_name = :table) <= :most"
                        + " ON CONFLICT (table_name, field) DO UPDATE SET leads = filled.leads + excluded.leads")
                .bind("table", field.table)
                .bind("field", field.name)
                .bind("leads", leads)
                .bind("most", MOST_FIELDS)
                .execute());
  }

  private void flush(Hold hold, long leads) {
    if (leads != 0) {
      statements.putOff(
          "INSERT INTO held (held_by, table_name, run, leads) VALUES (?, ?, ?, ?)"
              + " ON CONFLICT (held_by, table_name, run) DO UPDATE SET leads = held.leads + excluded.leads",
          hold.by.name(),
          hold.table,
          hold.run,
          leads);
      statements.putOff(
          "DELETE FROM held WHERE held_by = ? AND table_name = ? AND run = ? AND leads = 0",
          hold.by.name(),
          hold.table,
          hold.run);
    }
  }

  private void flush(Account account) {
    Instant end = account.ends();
    Long ends = end == null ? null : end.toEpochMilli();
    long credits = account.cap().credits();
    long actions = account.cap().actions();
    statements.putOff(
        "UPDATE spend SET credits_cap = ?, actions_cap = ?, ends_at = ?"
            + " WHERE period = ? AND (credits_cap <> ? OR actions_cap <> ? OR ends_at IS DISTINCT FROM ?)",
        credits,
        actions,
        ends,
        account.name(),
        credits,
        actions,
        ends);
  }
}
