package dev.kiln.ledger;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A lead as the verbs that move it need it: without its data.
 *
 * @param backAs what it is once it comes back from the wire to the queue: QUEUED, unless an
 *     operator has ordered something else since it was begun
 */
record LeadRow(
    long id,
    String run,
    long record,
    String table,
    LeadState state,
    long dueAt,
    int sends,
    int attempts,
    boolean doubted,
    @Nullable String key,
    @Nullable Holder heldBy,
    LeadState backAs) {
  /** The beginning of every query for such rows. */
  static final String SELECT =
      "SELECT id, run, record, table_name, state, due_at, sends, attempts, possible_duplicate, dedupe_key,"
          + " held_by, back_as"
          + " FROM lead WHERE ";

  static LeadRow of(ResultSet row) throws SQLException {
    String heldBy = row.getString("held_by");
    String backAs = row.getString("back_as");
    return new LeadRow(
        row.getLong("id"),
        row.getString("run"),
        row.getLong("record"),
        row.getString("table_name"),
        LeadState.valueOf(row.getString("state")),
        row.getLong("due_at"),
        row.getInt("sends"),
        row.getInt("attempts"),
        row.getInt("possible_duplicate") == 1,
        row.getString("dedupe_key"),
        heldBy.isEmpty() ? null : Holder.valueOf(heldBy),
        backAs.isEmpty() ? LeadState.QUEUED : LeadState.valueOf(backAs));
  }
}
