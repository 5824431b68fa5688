package dev.kiln.ledger;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides for the new leads of a batch, in order, whether a budget has room for them. A lead does
 * not overtake an older one of its table that a budget holds.
 */
final class Admission {
  /**
   * A lead is held.
   *
   * @param by RUN_BUDGET or BUDGET
   * @param reason why, for a person
   */
  record Hold(Holder by, String reason) {}

  private record Line(Holder by, String table) {}

  private final Budget budget;
  private final String run;
  private final Rooms rooms;
  private final BudgetRows rows;

  /** Why leads of a table wait in line; empty where none does. */
  private final Map<Line, String> lines = new HashMap<>();

  private final List<String> news = new ArrayList<>();

  Admission(BudgetRows rows, String run) {
    this.budget = rows.budget();
    this.run = run;
    this.rows = rows;
    this.rooms = rows.rooms();
  }

  /** What holds the next lead, of this table; null where it is to be queued. */
  @Nullable Hold hold(String table) {
    if (!budget.capped()) {
      return null;
    }
    for (Holder by : List.of(Holder.RUN_BUDGET, Holder.BUDGET)) {
      Line line = new Line(by, table);
      String reason = lines.computeIfAbsent(line, some -> rows.line(by, table, run));
      if (reason.isEmpty()) {
        List<Account> accounts =
            by == Holder.BUDGET ? budget.ofPeriods(table) : budget.ofRun(run, table);
        Account full = rooms.full(accounts, table);
        if (full != null) {
          reason = full.reason(budget.cost(table));
          lines.put(line, reason);
          if (rows.note(table, by == Holder.BUDGET ? "" : run, full)) {
            news.add(reason);
          }
        }
      }
      if (!reason.isEmpty()) {
        return new Hold(by, reason);
      }
    }
    return null;
  }

  /** That lead is queued, and counted so. */
  void queued(String table) {
    rooms.promise(run, table, 1);
  }

  /** Why leads are held, as far as that is news. */
  List<String> news() {
    return news;
  }
}
