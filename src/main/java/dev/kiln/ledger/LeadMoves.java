package dev.kiln.ledger;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * The SQL of what an operator does with leads. They are looked for where nobody waits for it, and
 * each call then takes a bounded number of them and a bounded time, so that delivery goes on
 * between.
 */
final class LeadMoves {
  /** Leads looked for at once. */
  static final int AT_ONCE = 500;

  /** No further lead is moved in a transaction that has taken so long, however far its database. */
  static final Duration LONGEST = Duration.ofMillis(500);

  /** The states of leads that may be given to another table. */
  static final Set<LeadState> REROUTED = Set.of(LeadState.QUEUED, LeadState.HELD);

  /** The states of leads that a backup of before may not know the end of. */
  static final Set<LeadState> DOUBTED =
      Set.of(
          LeadState.QUEUED, LeadState.HELD, LeadState.SENDING, LeadState.REFUSED, LeadState.DEAD);

  /** All leads. */
  static final LeadSelection ALL = new LeadSelection(null, null, null);

  private LeadMoves() {}

  /** With how many of the given leads a call is done, and how many of these it moved. */
  record Moved(int done, int moved) {}

  private static String where(LeadSelection selection, Set<LeadState> states, LeadState to) {
    return "state IN "
        + LeadState.sql(states)
        // What was forgotten has nothing left to send; that Clay has it may be said.
        + (to == LeadState.ACCEPTED ? "" : " AND payload <> '" + RetentionRows.NOTHING + "'")
        + (selection.run() == null ? "" : " AND run = :run")
        + (selection.table() == null ? "" : " AND table_name = :table")
        + (selection.record() == null ? "" : " AND record = :record");
  }

  private static Query bind(Query query, LeadSelection selection) {
    if (selection.run() != null) {
      query.bind("run", selection.run());
    }
    if (selection.table() != null) {
      query.bind("table", selection.table());
    }
    if (selection.record() != null) {
      query.bind("record", selection.record());
    }
    return query;
  }

  /**
   * The first leads behind one that are in such a state, {@link #AT_ONCE} at most, by age.
   *
   * @param to the state that they are looked for to go to
   */
  static List<Long> find(
      Handle handle, LeadSelection selection, Set<LeadState> states, LeadState to, long afterId) {
    String sql =
        "SELECT id FROM lead WHERE id > :after AND "
            + where(selection, states, to)
            + " ORDER BY id LIMIT :most";
    return bind(handle.createQuery(sql), selection)
        .bind("after", afterId)
        .bind("most", AT_ONCE)
        .mapTo(Long.class)
        .list();
  }

  /** Moves those of the leads that are still as they were looked for, until it has taken long. */
  private static Moved each(
      Handle handle,
      List<Long> ids,
      LeadSelection selection,
      Set<LeadState> states,
      LeadState to,
      Predicate<LeadRow> move) {
    String sql =
        LeadRow.SELECT + "id IN (<ids>) AND " + where(selection, states, to) + " ORDER BY id";
    List<LeadRow> rows =
        bind(handle.createQuery(sql), selection)
            .bindList("ids", ids)
            .map((row, context) -> LeadRow.of(row))
            .list();
    long begun = System.nanoTime();
    int moved = 0;
    for (LeadRow row : rows) {
      moved += move.test(row) ? 1 : 0;
      if (System.nanoTime() - begun > LONGEST.toNanos()) {
        return new Moved(ids.indexOf(row.id()) + 1, moved);
      }
    }
    return new Moved(ids.size(), moved);
  }

  /**
   * Moves leads to a state, on behalf of the operator. To QUEUED it means anew: due now, all
   * attempts again; a lead that may have arrived before is marked as a possible duplicate. A lead
   * whose key another has taken meanwhile is left where it is, and so is one that a budget holds,
   * which goes by itself; unless he wants it held, which takes it over. One that is on the wire is
   * there only once it comes back, and is not counted. A whole run of which a lead starts anew goes
   * on.
   */
  static Moved move(
      Transaction transaction,
      List<Long> ids,
      LeadSelection selection,
      Set<LeadState> from,
      LeadState to,
      String reason,
      long windowStart,
      long now) {
    Set<String> retried = new HashSet<>();
    Moved moved =
        each(
            transaction.handle(),
            ids,
            selection,
            from,
            to,
            row -> {
              if (!move(transaction, row, to, reason, windowStart, now)) {
                return false;
              }
              if (anew(row, to) && selection.wholeRuns()) {
                retried.add(row.run());
              }
              return true;
            });
    retried.forEach(run -> RunRows.goOn(transaction.handle(), run));
    return moved;
  }

  /** Whether a lead begins anew, with all its attempts. */
  private static boolean anew(LeadRow row, LeadState to) {
    return to == LeadState.QUEUED && row.state() != LeadState.HELD;
  }

  private static boolean move(
      Transaction transaction,
      LeadRow row,
      LeadState to,
      String reason,
      long windowStart,
      long now) {
    Handle handle = transaction.handle();
    if (row.state() == LeadState.SENDING) {
      comesBack(handle, row, to);
      return false;
    }
    boolean budgets = row.heldBy() != null && row.heldBy().budget();
    if (row.state() == LeadState.HELD
        && (to == LeadState.HELD ? !budgets : budgets && to == LeadState.QUEUED)) {
      return false;
    }
    boolean anew = anew(row, to);
    if (anew && row.key() != null && !RunRows.takeKey(handle, row, row.table(), windowStart)) {
      return false;
    }
    if (row.state() == to) {
      transaction.hold(Objects.requireNonNull(row.heldBy()), row.table(), row.run(), -1);
    } else {
      transaction.move(row, to);
    }
    if (to == LeadState.HELD) {
      transaction.hold(Holder.OPERATOR, row.table(), row.run(), 1);
    }
    boolean doubted =
        row.doubted()
            || (anew && (row.state() == LeadState.UNKNOWN || row.state() == LeadState.MISSING));
    if (doubted && !row.doubted()) {
      RunRows.doubt(handle, row.run(), 1);
    }
    handle
        .createUpdate(
            "UPDATE lead SET state = :state, held_by = :by, reason = :reason, due_at = :now,"
                + " possible_duplicate = :doubted, attempts = CASE WHEN :anew = 1 THEN 0 ELSE attempts END, changed_at = :now WHERE id = :id")
        .bind("state", to.name())
        .bind("by", to == LeadState.HELD ? Holder.OPERATOR.name() : "")
        .bind("reason", reason)
        .bind("now", now)
        .bind("doubted", doubted ? 1 : 0)
        .bind("anew", anew ? 1 : 0)
        .bind("id", row.id())
        .execute();
    RunRows.settleKey(handle, row, to, doubted, now);
    return true;
  }

  /** Orders what a lead on the wire is once it comes back; one that is withdrawn stays so. */
  private static void comesBack(Handle handle, LeadRow row, LeadState as) {
    handle
        .createUpdate("UPDATE lead SET back_as = :as WHERE id = :id AND back_as <> 'CANCELLED'")
        .bind("as", as == LeadState.QUEUED ? "" : as.name())
        .bind("id", row.id())
        .execute();
  }

  /**
   * Gives waiting leads of a table to another; one that the other table knows already stays. To the
   * table that it leaves it is as one that was cancelled.
   */
  static Moved reroute(
      Transaction transaction,
      List<Long> ids,
      LeadSelection selection,
      String to,
      long windowStart,
      long now) {
    return each(
        transaction.handle(),
        ids,
        selection,
        REROUTED,
        LeadState.QUEUED,
        row -> reroute(transaction, row, to, windowStart, now));
  }

  private static boolean reroute(
      Transaction transaction, LeadRow row, String to, long windowStart, long now) {
    Handle handle = transaction.handle();
    if (row.table().equals(to)
        || (row.key() != null && !RunRows.takeKey(handle, row, to, windowStart))) {
      return false;
    }
    RunRows.settleKey(handle, row, LeadState.CANCELLED, row.doubted(), now);
    transaction.count(row.run(), row.table(), row.state(), -1);
    transaction.count(row.run(), to, row.state(), 1);
    if (row.heldBy() != null) {
      transaction.hold(row.heldBy(), row.table(), row.run(), -1);
      transaction.hold(row.heldBy(), to, row.run(), 1);
    }
    handle
        .createUpdate("UPDATE lead SET table_name = :table, changed_at = :now WHERE id = :id")
        .bind("table", to)
        .bind("now", now)
        .bind("id", row.id())
        .execute();
    return true;
  }

  /**
   * Marks what may have been sent since a backup was taken, by itself or because the operator
   * retried it; counts what was on its way.
   */
  static Moved doubt(Transaction transaction, List<Long> ids) {
    Handle handle = transaction.handle();
    return each(
        handle,
        ids,
        ALL,
        DOUBTED,
        LeadState.QUEUED,
        row -> {
          if (!row.doubted()) {
            RunRows.doubt(handle, row.run(), 1);
            handle
                .createUpdate("UPDATE lead SET possible_duplicate = 1 WHERE id = :id")
                .bind("id", row.id())
                .execute();
          }
          return row.state().open();
        });
  }
}
