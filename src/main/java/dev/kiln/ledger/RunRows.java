package dev.kiln.ledger;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/** The SQL of intake: runs, batches, new leads and their dedupe keys. */
final class RunRows {
  /** Takes a dedupe key, if it is free or the lead's own: one row is changed then, else none. */
  static final String TAKE_KEY =
      "INSERT INTO dedupe (table_name, dedupe_key, run, record, until) VALUES (:table, :key, :run, :record,"
          + " :until) ON CONFLICT (table_name, dedupe_key) DO UPDATE SET run = excluded.run,"
          + " record = excluded.record, until = excluded.until"
          + " WHERE dedupe.until <= :now OR (dedupe.run = excluded.run AND dedupe.record = excluded.record)";

  private RunRows() {}

  static Optional<Run> find(Handle handle, String contentHash, String source) {
    return handle
        .createQuery(
            "SELECT id, source, priority, checkpoint, rows_read, rows_skipped, state FROM run"
                + " WHERE content_hash = :hash AND source = :source AND state <> 'REFUSED'"
                + " ORDER BY opened_at DESC LIMIT 1")
        .bind("hash", contentHash)
        .bind("source", source)
        .map(
            (row, context) ->
                new Run(
                    row.getString("id"),
                    row.getString("source"),
                    Priority.at(row.getInt("priority")),
                    row.getLong("checkpoint"),
                    row.getLong("rows_read"),
                    row.getLong("rows_skipped"),
                    true,
                    row.getString("state").equals("READ")))
        .findOne();
  }

  static void insert(Handle handle, Run run, String name, String contentHash, long now) {
    handle
        .createUpdate(
            "INSERT INTO run (id, name, source, priority, content_hash, state, opened_at)"
                + " VALUES (:id, :name, :source, :priority, :hash, 'READING', :now)")
        .bind("id", run.id())
        .bind("name", name)
        .bind("source", run.source())
        .bind("priority", run.priority().rank())
        .bind("hash", contentHash)
        .bind("now", now)
        .execute();
  }

  static void store(
      Transaction transaction, Run run, Batch batch, Duration dedupeWindow, long now) {
    Handle handle = transaction.handle();
    List<NewLead> leads = batch.leads();
    boolean[] taken = takeKeys(handle, run.id(), leads, now, now + dedupeWindow.toMillis());
    PreparedBatch insert =
        handle.prepareBatch(
            "INSERT INTO lead (run, record, line, source, table_name, priority, state, reason, due_at,"
                + " dedupe_key, payload, created_at, changed_at) VALUES (:run, :record, :line, :source, :table,"
                + " :priority, :state, :reason, :now, :key, :payload, :now, :now)");
    for (int i = 0; i < leads.size(); i++) {
      NewLead lead = leads.get(i);
      LeadState state;
      String reason;
      if (lead.problem() != null) {
        state = LeadState.REJECTED;
        reason = lead.problem();
      } else if (taken[i]) {
        state = LeadState.QUEUED;
        reason = "";
      } else {
        state = LeadState.DUPLICATE;
        reason = "the same lead is already known to this table";
      }
      insert
          .bind("run", run.id())
          .bind("record", lead.record())
          .bind("line", lead.line())
          .bind("source", run.source())
          .bind("table", lead.table())
          .bind("priority", run.priority().rank())
          .bind("state", state.name())
          .bind("reason", reason)
          .bind("now", now)
          .bind("key", lead.key())
          .bind("payload", lead.payload())
          .add();
      transaction.enter(run.id(), lead.table(), state);
    }
    if (!leads.isEmpty()) {
      insert.execute();
      handle
          .createUpdate(
              "INSERT INTO batch (run, first_record, last_record, stored_at) VALUES (:run, :first, :last, :now)")
          .bind("run", run.id())
          .bind("first", batch.first())
          .bind("last", batch.last())
          .bind("now", now)
          .execute();
    }
    handle
        .createUpdate(
            "UPDATE run SET checkpoint = :last, rows_read = :read, rows_skipped = :skipped WHERE id = :run")
        .bind("run", run.id())
        .bind("last", batch.last())
        .bind("read", batch.read())
        .bind("skipped", batch.skipped())
        .execute();
  }

  /** Takes the dedupe keys of a batch; true where the key was free, or there is none. */
  private static boolean[] takeKeys(
      Handle handle, String run, List<NewLead> leads, long now, long until) {
    boolean[] taken = new boolean[leads.size()];
    List<Integer> keyed = new ArrayList<>();
    PreparedBatch take = handle.prepareBatch(TAKE_KEY);
    for (int i = 0; i < leads.size(); i++) {
      NewLead lead = leads.get(i);
      taken[i] = true;
      if (lead.problem() == null && lead.key() != null) {
        take.bind("table", lead.table())
            .bind("key", lead.key())
            .bind("run", run)
            .bind("record", lead.record())
            .bind("until", until)
            .bind("now", now)
            .add();
        keyed.add(i);
      }
    }
    if (!keyed.isEmpty()) {
      int[] changed = take.execute();
      for (int i = 0; i < changed.length; i++) {
        taken[keyed.get(i)] = changed[i] == 1;
      }
    }
    return taken;
  }

  static long batch(Handle handle, String run, long record) {
    return handle
        .createQuery(
            "SELECT MAX(first_record) FROM batch WHERE run = :run AND first_record <= :record")
        .bind("run", run)
        .bind("record", record)
        .mapTo(Long.class)
        .one();
  }

  /** Counts leads of a run that are marked as possible duplicates. */
  static void doubt(Handle handle, String run, int leads) {
    handle
        .createUpdate("UPDATE run SET doubted = doubted + :leads WHERE id = :run")
        .bind("run", run)
        .bind("leads", leads)
        .execute();
  }

  /** Frees a dedupe key, if it is this lead that holds it. */
  static void releaseKey(Handle handle, String table, String key, String run, long record) {
    handle
        .createUpdate(
            "DELETE FROM dedupe WHERE table_name = :table AND dedupe_key = :key AND run = :run AND record = :record")
        .bind("table", table)
        .bind("key", key)
        .bind("run", run)
        .bind("record", record)
        .execute();
  }

  static void close(Handle handle, String run, String state, String problem, long now) {
    handle
        .createUpdate(
            "UPDATE run SET state = :state, problem = :problem, closed_at = :now WHERE id = :run")
        .bind("run", run)
        .bind("state", state)
        .bind("problem", problem)
        .bind("now", now)
        .execute();
  }

  static void read(Handle handle, String run, long read, long skipped) {
    handle
        .createUpdate("UPDATE run SET rows_read = :read, rows_skipped = :skipped WHERE id = :run")
        .bind("run", run)
        .bind("read", read)
        .bind("skipped", skipped)
        .execute();
  }
}
