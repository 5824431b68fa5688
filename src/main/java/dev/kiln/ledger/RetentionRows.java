package dev.kiln.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * The SQL that takes the data of leads out of the ledger; their counts and the hashes of their keys
 * stay. Each call takes a bounded number of rows, so that delivery goes on between.
 */
final class RetentionRows {
  /** Rows in one transaction. */
  static final int AT_ONCE = 500;

  /** The payload of a lead that was forgotten. */
  static final String NOTHING = "{}";

  private static final String NAMED = " WHERE run = :run AND kind = :kind AND name = :name";

  private RetentionRows() {}

  /** Runs that may have leads to purge; one that is never read to its end has too. */
  static List<String> runs(Handle handle, long before) {
    return handle
        .createQuery(
            "SELECT id FROM run WHERE purged = 0 AND opened_at < :before ORDER BY opened_at, id")
        .bind("before", before)
        .mapTo(String.class)
        .list();
  }

  /**
   * Deletes the next leads of a run that ended before a time, with their attempts; how many. One
   * that is to come back has not ended until it did, or is missing. What was forgotten goes last:
   * by it the run knows that it awaits less than it had accepted.
   */
  static int purge(Handle handle, String run, long before) {
    List<Long> ids =
        handle
            .createQuery(
                "SELECT id FROM lead WHERE run = :run AND changed_at < :before AND state IN (<ended>) AND NOT ("
                    + ResultRows.IS_AWAITED
                    + ") AND (NOT ("
                    + ResultRows.FORGOTTEN
                    + ") OR NOT EXISTS (SELECT 1 FROM lead other WHERE other.run = :run AND other.payload <> '"
                    + NOTHING
                    + "') AND NOT EXISTS (SELECT 1 FROM result WHERE run = :run)) LIMIT :most")
            .bindList("ended", LeadState.ended().stream().map(LeadState::name).toList())
            .bind("run", run)
            .bind("before", before)
            .bind("most", AT_ONCE)
            .mapTo(Long.class)
            .list();
    if (ids.isEmpty()) {
      int results = results(handle, run, before);
      if (results > 0) {
        return results;
      }
      handle
          .createUpdate(
              "UPDATE run SET purged = 1 WHERE id = :run AND state <> 'READING' AND NOT EXISTS (SELECT 1 FROM lead WHERE run = :run)"
                  + " AND NOT EXISTS (SELECT 1 FROM result WHERE run = :run)")
          .bind("run", run)
          .execute();
      handle
          .createUpdate(
              "DELETE FROM batch WHERE run = :run AND NOT EXISTS (SELECT 1 FROM lead WHERE run = :run)"
                  + " AND NOT EXISTS (SELECT 1 FROM run WHERE id = :run AND state = 'READING')")
          .bind("run", run)
          .execute();
      return 0;
    }
    each(
        handle,
        "UPDATE webhook SET purged_doubts = purged_doubts + (SELECT COUNT(*) FROM attempt"
            + " WHERE lead = :id AND webhook = webhook.id AND "
            + FindRows.IN_DOUBT
            + ")"
            + " WHERE id IN (SELECT webhook FROM attempt WHERE lead = :id AND outcome = 'UNKNOWN')",
        ids);
    each(handle, RunRows.KEEP_ACCEPTANCE, ids);
    each(handle, "DELETE FROM attempt WHERE lead = :id", ids);
    each(handle, "DELETE FROM lead WHERE id = :id", ids);
    return ids.size();
  }

  /**
   * Deletes the next results of leads of a run that are gone, as far as every target that a route
   * serves has them.
   *
   * @return how many
   */
  private static int results(Handle handle, String run, long before) {
    List<Long> ids =
        handle
            .createQuery(
                "SELECT id FROM result WHERE run = :run AND received_at < :before"
                    + " AND id <= COALESCE((SELECT MIN(position) FROM onward WHERE reason <> :unserved), id)"
                    + " AND NOT EXISTS (SELECT 1 FROM lead WHERE lead.run = result.run AND lead.record = result.record)"
                    + " LIMIT :most")
            .bind("run", run)
            .bind("before", before)
            .bind("unserved", OnwardRows.UNSERVED)
            .bind("most", AT_ONCE)
            .mapTo(Long.class)
            .list();
    if (!ids.isEmpty()) {
      each(handle, "DELETE FROM dead_letter WHERE result = :id", ids);
      each(handle, "DELETE FROM result WHERE id = :id", ids);
    }
    return ids.size();
  }

  private static void each(Handle handle, String sql, List<Long> ids) {
    PreparedBatch batch = handle.prepareBatch(sql);
    ids.forEach(id -> batch.bind("id", id).add());
    batch.execute();
  }

  /** A place in the order of the dedupe keys. */
  record Place(String table, String key) {
    static final Place FIRST = new Place("", "");
  }

  /**
   * Frees those of the next keys whose window is over; where the keys after them begin; empty at
   * the end.
   */
  static Optional<Place> expire(Handle handle, Place after, long windowStart) {
    List<Place> expired = new ArrayList<>();
    List<Place> seen =
        handle
            .createQuery(
                "SELECT table_name, dedupe_key, accepted_at FROM dedupe WHERE (table_name, dedupe_key) > (:table, :key)"
                    + " ORDER BY table_name, dedupe_key LIMIT :most")
            .bind("table", after.table())
            .bind("key", after.key())
            .bind("most", 10 * AT_ONCE)
            .map(
                (row, context) -> {
                  Place place = new Place(row.getString("table_name"), row.getString("dedupe_key"));
                  if (row.getObject("accepted_at") != null
                      && row.getLong("accepted_at") <= windowStart) {
                    expired.add(place);
                  }
                  return place;
                })
            .list();
    PreparedBatch delete =
        handle.prepareBatch("DELETE FROM dedupe WHERE table_name = :table AND dedupe_key = :key");
    expired.forEach(place -> delete.bind("table", place.table()).bind("key", place.key()).add());
    if (!expired.isEmpty()) {
      delete.execute();
    }
    return seen.size() < 10 * AT_ONCE ? Optional.empty() : Optional.of(seen.get(seen.size() - 1));
  }

  /** What belongs to no lead: its table, the key of its rows, when they came. */
  enum Stray {
    /** Rows that came back and are kept apart. */
    QUARANTINED("quarantine", "id", "received_at"),
    /** Keys of submissions and messages. */
    SUBMITTED("submission", "idempotency_key", "seen_at");

    private final String keysBefore;
    private final String delete;

    Stray(String table, String key, String came) {
      this.keysBefore =
          "SELECT %2$s FROM %1$s WHERE %2$s > :after AND %3$s < :before ORDER BY %2$s LIMIT :most"
              .formatted(table, key, came);
      this.delete = "DELETE FROM %s WHERE %s = :id AND %s < :before".formatted(table, key, came);
    }

    /** Before every key. */
    Object first() {
      return this == QUARANTINED ? Long.valueOf(0) : "";
    }
  }

  /** The next keys, in their order, of what was kept long enough. Changes nothing. */
  static List<Object> strays(Handle handle, Stray stray, Object after, long before) {
    return handle
        .createQuery(stray.keysBefore)
        .bind("after", after)
        .bind("before", before)
        .bind("most", AT_ONCE)
        .map((row, context) -> row.getObject(1))
        .list();
  }

  /** Deletes what {@link #strays} has found. */
  static void delete(Handle handle, Stray stray, List<Object> keys, long before) {
    PreparedBatch batch = handle.prepareBatch(stray.delete);
    keys.forEach(key -> batch.bind("id", key).bind("before", before).add());
    batch.execute();
  }

  /** Deletes rows that are kept apart. */
  static void forgetStrays(Handle handle, List<Long> ids) {
    each(handle, "DELETE FROM quarantine WHERE id = :id", ids);
  }

  /** Takes the name from what was noticed by it: its rows are counted with those without one. */
  static void forgetName(Handle handle, FindRows.Named named) {
    for (String sql :
        List.of(
            "INSERT INTO noticed (run, kind, name, leads) SELECT run, kind, '', leads FROM noticed"
                + NAMED
                + " ON CONFLICT (run, kind, name) DO UPDATE SET leads = noticed.leads + excluded.leads",
            "DELETE FROM noticed" + NAMED)) {
      handle
          .createUpdate(sql)
          .bind("run", named.run())
          .bind("kind", named.kind())
          .bind("name", named.name())
          .execute();
    }
  }

  /**
   * Takes the data out of a result whose lead is gone.
   *
   * @return the lead_id; empty where the lead is there, or the result is gone too
   */
  static Optional<String> forgetResult(Handle handle, long id) {
    return handle
        .createQuery(
            "UPDATE result SET body = '"
                + NOTHING
                + "' WHERE id = :id AND NOT EXISTS"
                + " (SELECT 1 FROM lead WHERE lead.run = result.run AND lead.record = result.record)"
                + " RETURNING run, record")
        .bind("id", id)
        .map((row, context) -> row.getString("run") + "-" + row.getLong("record"))
        .findOne();
  }

  /**
   * Takes the data out of a lead. One that still waits is cancelled; its key stays taken for the
   * window from now on. One that is being sent is left as it is.
   *
   * @return the lead as it was; empty where it is gone
   */
  static Optional<LeadRow> forget(Transaction transaction, long id, String reason, long now) {
    Handle handle = transaction.handle();
    Optional<LeadRow> found =
        handle
            .createQuery(LeadRow.SELECT + "id = :id")
            .bind("id", id)
            .map((one, context) -> LeadRow.of(one))
            .findOne();
    if (found.isEmpty() || found.get().state() == LeadState.SENDING) {
      return found;
    }
    LeadRow row = found.get();
    boolean waits = row.state() == LeadState.QUEUED || row.state() == LeadState.HELD;
    if (waits) {
      transaction.move(row, LeadState.CANCELLED);
      RunRows.accepted(handle, row, now);
    }
    handle
        .createUpdate(
            "UPDATE lead SET payload = '"
                + NOTHING
                + "', note = '', reason = :reason, state = :state, held_by = '', changed_at = :now WHERE id = :id")
        .bind("reason", reason)
        .bind("state", (waits ? LeadState.CANCELLED : row.state()).name())
        .bind("now", now)
        .bind("id", id)
        .execute();
    handle.createUpdate("UPDATE attempt SET note = '' WHERE lead = :id").bind("id", id).execute();
    handle
        .createUpdate(
            "UPDATE result SET body = '" + NOTHING + "' WHERE run = :run AND record = :record")
        .bind("run", row.run())
        .bind("record", row.record())
        .execute();
    return found;
  }
}
