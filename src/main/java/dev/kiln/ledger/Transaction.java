package dev.kiln.ledger;

import java.util.HashMap;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/**
 * One commit of the writer: a handle, and the sums that many operations change, gathered so that
 * each row of them is written once a commit.
 */
final class Transaction {
  private record Count(String run, String table, LeadState state) {}

  private record Use(String webhook, long day) {}

  private record Amount(long credits, long actions) {}

  private final Handle handle;
  private final Map<Count, Long> counts = new HashMap<>();
  private final Map<String, Amount> spent = new HashMap<>();
  private final Map<Use, Long> used = new HashMap<>();

  Transaction(Handle handle) {
    this.handle = handle;
  }

  Handle handle() {
    return handle;
  }

  /** Adds leads to (or takes them from) a state's count. */
  void count(String run, String table, LeadState state, long leads) {
    counts.merge(new Count(run, table, state), leads, Long::sum);
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

  /** Adds to what a budget period has spent; negative amounts give back. */
  void spend(String period, long credits, long actions) {
    spent.merge(
        period,
        new Amount(credits, actions),
        (a, b) -> new Amount(a.credits + b.credits, a.actions + b.actions));
  }

  /** Adds to the leads of a webhook's day; negative numbers give back. */
  void use(String webhook, long day, long leads) {
    used.merge(new Use(webhook, day), leads, Long::sum);
  }

  /** Credits and actions spent in a period, with what this commit adds. */
  long[] spent(String period) {
    long[] sum =
        handle
            .createQuery("SELECT credits, actions FROM spend WHERE period = :period")
            .bind("period", period)
            .map((row, context) -> new long[] {row.getLong(1), row.getLong(2)})
            .findOne()
            .orElse(new long[2]);
    Amount pending = spent.get(period);
    return pending == null ? sum : new long[] {sum[0] + pending.credits, sum[1] + pending.actions};
  }

  /** Writes the gathered sums. Called once, before the commit. */
  void flush() {
    counts.forEach(
        (count, leads) -> {
          if (leads != 0) {
            handle
                .createUpdate(
                    "INSERT INTO tally (run, table_name, state, leads) VALUES (:run, :table, :state, :leads)"
                        + " ON CONFLICT (run, table_name, state) DO UPDATE SET leads = tally.leads + excluded.leads")
                .bind("run", count.run)
                .bind("table", count.table)
                .bind("state", count.state.name())
                .bind("leads", leads)
                .execute();
          }
        });
    used.forEach(
        (use, leads) ->
            handle
                .createUpdate(
                    "INSERT INTO webhook_day (webhook, day, leads) VALUES (:webhook, :day, :leads)"
                        + " ON CONFLICT (webhook, day) DO UPDATE SET leads = webhook_day.leads + excluded.leads")
                .bind("webhook", use.webhook)
                .bind("day", use.day)
                .bind("leads", leads)
                .execute());
    spent.forEach(
        (period, amount) ->
            handle
                .createUpdate(
                    "INSERT INTO spend (period, credits, actions) VALUES (:period, :credits, :actions)"
                        + " ON CONFLICT (period) DO UPDATE SET credits = spend.credits + excluded.credits,"
                        + " actions = spend.actions + excluded.actions")
                .bind("period", period)
                .bind("credits", amount.credits)
                .bind("actions", amount.actions)
                .execute());
  }
}
