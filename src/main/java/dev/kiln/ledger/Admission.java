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

  /** The leads that are held before a new one. */
  interface Lines {
    /**
     * Why a new lead of a run has to stand in line at a table; empty where nobody is held there.
     */
    String line(Holder by, String table, String run);

    /**
     * Notes why a table's leads, or those of a run at it, are held.
     *
     * @param run the run; empty for all
     * @return whether that is news
     */
    boolean note(String table, String run, Account full);
  }

  private record Line(Holder by, String table) {}

  private final Budget budget;
  private final String run;
  private final Rooms rooms;
  private final Lines held;

  /** Why leads of a table wait in line; empty where none does. */
  private final Map<Line, String> lines = new HashMap<>();

  private final List<String> news = new ArrayList<>();

  /**
   * Decides for leads of one run.
   *
   * @param rooms what is left of the budget
   * @param held who is held already
   */
  Admission(Budget budget, Rooms rooms, Lines held, String run) {
    this.budget = budget;
    this.rooms = rooms;
    this.held = held;
    this.run = run;
  }

  /** What holds the next lead, of this table; null where it is to be queued. */
  @Nullable Hold hold(String table) {
    if (!budget.capped()) {
      return null;
    }
    for (Holder by : List.of(Holder.RUN_BUDGET, Holder.BUDGET)) {
      Line line = new Line(by, table);
      String reason = lines.computeIfAbsent(line, some -> held.line(by, table, run));
      if (reason.isEmpty()) {
        List<Account> accounts =
            by == Holder.BUDGET ? budget.ofPeriods(table) : budget.ofRun(run, table);
        Account full = rooms.full(accounts, table);
        if (full != null) {
          reason = full.reason(budget.cost(table));
          lines.put(line, reason);
          if (held.note(table, by == Holder.BUDGET ? "" : run, full)) {
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
