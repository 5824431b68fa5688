package dev.kiln.ledger;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * The SQL of what an operator does with leads. Each call takes a bounded number of them, so that
 * delivery goes on between.
 */
final class LeadMoves {
  /** Leads moved in one transaction. */
  static final int AT_ONCE = 500;

  private LeadMoves() {}

  /** How many leads a call looked at and how many it moved; the rest stays as it is. */
  record Moved(int seen, long lastId, int moved) {
    static Moved of(List<LeadRow> seen, int moved) {
      return new Moved(seen.size(), seen.isEmpty() ? 0 : seen.get(seen.size() - 1).id(), moved);
    }
  }

  private static List<LeadRow> select(
      Handle handle, LeadSelection selection, Set<LeadState> states, long afterId) {
    String in =
        states.stream().map(state -> "'" + state.name() + "'").collect(Collectors.joining(", "));
    Query query =
        handle
            .createQuery(
                LeadRow.SELECT
                    + "id > :after AND state IN ("
                    + in
                    // What was forgotten has nothing left to send.
                    + ") AND payload <> '"
                    + RetentionRows.NOTHING
                    + "'"
                    + (selection.run() == null ? "" : " AND run = :run")
                    + (selection.table() == null ? "" : " AND table_name = :table")
                    + (selection.record() == null ? "" : " AND record = :record")
                    + " ORDER BY id LIMIT :most")
            .bind("after", afterId)
            .bind("most", AT_ONCE);
    if (selection.run() != null) {
      query.bind("run", selection.run());
    }
    if (selection.table() != null) {
      query.bind("table", selection.table());
    }
    if (selection.record() != null) {
      query.bind("record", selection.record());
    }
    return query.map((row, context) -> LeadRow.of(row)).list();
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
      LeadSelection selection,
      Set<LeadState> from,
      LeadState to,
      String reason,
      long windowStart,
      long afterId,
      long now) {
    Handle handle = transaction.handle();
    List<LeadRow> rows = select(handle, selection, from, afterId);
    int moved = 0;
    Set<String> retried = new HashSet<>();
    for (LeadRow row : rows) {
      if (row.state() == LeadState.SENDING) {
        comesBack(handle, row, to);
        continue;
      }
      boolean budgets = row.heldBy() != null && row.heldBy().budget();
      if (row.state() == LeadState.HELD
          && (to == LeadState.HELD ? !budgets : budgets && to == LeadState.QUEUED)) {
        continue;
      }
      boolean anew = to == LeadState.QUEUED && row.state() != LeadState.HELD;
      if (anew && row.key() != null && !RunRows.takeKey(handle, row, row.table(), windowStart)) {
        continue;
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
      if (to.releasesKey()) {
        RunRows.releaseKey(handle, row);
      }
      if (to.holdsKeyForItsWindow()) {
        RunRows.accepted(handle, row, now);
      }
      if (anew && selection.wholeRuns()) {
        retried.add(row.run());
      }
      moved++;
    }
    retried.forEach(run -> RunRows.goOn(handle, run));
    return Moved.of(rows, moved);
  }

  /** Orders what a lead on the wire is once it comes back; one that is withdrawn stays so. */
  private static void comesBack(Handle handle, LeadRow row, LeadState as) {
    handle
        .createUpdate("UPDATE lead SET back_as = :as WHERE id = :id AND back_as <> 'CANCELLED'")
        .bind("as", as == LeadState.QUEUED ? "" : as.name())
        .bind("id", row.id())
        .execute();
  }

  /** Gives waiting leads of a table to another; one that the other table knows already stays. */
  static Moved reroute(
      Transaction transaction,
      LeadSelection selection,
      String to,
      long windowStart,
      long afterId,
      long now) {
    Handle handle = transaction.handle();
    List<LeadRow> rows =
        select(handle, selection, Set.of(LeadState.QUEUED, LeadState.HELD), afterId);
    int moved = 0;
    for (LeadRow row : rows) {
      if (row.table().equals(to)
          || (row.key() != null && !RunRows.takeKey(handle, row, to, windowStart))) {
        continue;
      }
      RunRows.releaseKey(handle, row);
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
      moved++;
    }
    return Moved.of(rows, moved);
  }

  /**
   * Marks what may have been sent since a backup was taken, by itself or because the operator
   * retried it; counts what was on its way.
   */
  static Moved doubt(Transaction transaction, long afterId) {
    Handle handle = transaction.handle();
    List<LeadRow> rows =
        select(
            handle,
            new LeadSelection(null, null, null),
            Set.of(
                LeadState.QUEUED,
                LeadState.HELD,
                LeadState.SENDING,
                LeadState.REFUSED,
                LeadState.DEAD),
            afterId);
    int open = 0;
    for (LeadRow row : rows) {
      open += row.state().open() ? 1 : 0;
      if (!row.doubted()) {
        RunRows.doubt(handle, row.run(), 1);
        handle
            .createUpdate("UPDATE lead SET possible_duplicate = 1 WHERE id = :id")
            .bind("id", row.id())
            .execute();
      }
    }
    return Moved.of(rows, open);
  }
}
