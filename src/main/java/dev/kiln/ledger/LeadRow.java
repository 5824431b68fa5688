package dev.kiln.ledger;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** A lead as the verbs that move it need it: without its data. */
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
    @Nullable Holder heldBy) {
  /** The beginning of every query for such rows. */
  static final String SELECT =
      "SELECT id, run, record, table_name, state, due_at, sends, attempts, possible_duplicate, dedupe_key,"
          + " held_by"
          + " FROM lead WHERE ";

  static LeadRow of(ResultSet row) throws SQLException {
    String heldBy = row.getString("held_by");
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
        heldBy.isEmpty() ? null : Holder.valueOf(heldBy));
  }
}
