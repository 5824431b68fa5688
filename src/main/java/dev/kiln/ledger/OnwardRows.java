package dev.kiln.ledger;

import dev.kiln.lead.Address;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The SQL of what goes onward: how far each target is, and what it did not take. */
final class OnwardRows {
  /** What a target waits for that was served once. */
  static final String UNSERVED = "no route serves it any more: nothing is kept for it";

  private OnwardRows() {}

  /** Notes which targets are served, of those that ever were. */
  static void serve(Handle handle, Set<String> targets) {
    handle
        .createQuery("SELECT target, reason FROM onward")
        .map((row, context) -> Map.entry(row.getString("target"), row.getString("reason")))
        .forEach(
            known -> {
              boolean served = targets.contains(known.getKey());
              if (served == known.getValue().equals(UNSERVED)) {
                handle
                    .createUpdate("UPDATE onward SET reason = :reason WHERE target = :target")
                    .bind("reason", served ? "" : UNSERVED)
                    .bind("target", known.getKey())
                    .execute();
              }
            });
  }

  /** How far a target is, without what only a person wants counted. */
  static Onward of(Handle handle, String target) {
    return handle
        .createQuery("SELECT o.*, 0 AS behind, 0 AS dead FROM onward o WHERE target = :target")
        .bind("target", target)
        .map((row, context) -> onward(row))
        .findOne()
        .orElse(Onward.begin(target));
  }

  static List<Onward> all(Handle handle) {
    return handle
        .createQuery(
            "SELECT o.*, (SELECT COUNT(*) FROM result r WHERE r.id > o.position) AS behind,"
                + " (SELECT COUNT(*) FROM dead_letter d WHERE d.target = o.target AND d.again = 0) AS dead"
                + " FROM onward o ORDER BY o.target")
        .map((row, context) -> onward(row))
        .list();
  }

  private static Onward onward(ResultSet row) throws SQLException {
    return new Onward(
        row.getString("target"),
        row.getLong("position"),
        row.getLong("behind"),
        row.getInt("failures"),
        Instant.ofEpochMilli(row.getLong("due_at")),
        row.getString("reason"),
        row.getString("written"),
        row.getLong("dead"));
  }

  /** The result that an operator wants delivered again, if there is one. */
  static List<Enriched> again(Handle handle, String target) {
    return handle
        .createQuery(
            "SELECT r.* FROM dead_letter d JOIN result r ON r.id = d.result"
                + " WHERE d.target = :target AND d.again = 1 ORDER BY r.id LIMIT 1")
        .bind("target", target)
        .map((row, context) -> ResultRows.enriched(row))
        .list();
  }

  /**
   * Whether a target is where it was, and still one for this node to hand over to. Where it is not,
   * another node went on with it: what this one did since is none of the ledger's.
   */
  private static boolean stands(Handle handle, Onward from, @Nullable String node, long now) {
    Onward is = of(handle, from.target());
    return is.position() == from.position()
        && is.written().equals(from.written())
        && (node == null || DutyRows.has(handle, Onward.duty(from.target()), node, now));
  }

  /** A target is done with results up to one of them. */
  static boolean done(
      Handle handle, Onward from, @Nullable String node, long result, String written, long now) {
    if (!stands(handle, from, node, now)) {
      return false;
    }
    handle
        .createUpdate(
            "INSERT INTO onward (target, position, failures, due_at, reason, written)"
                + " VALUES (:target, :result, 0, 0, '', :written)"
                + " ON CONFLICT (target) DO UPDATE SET failures = 0, due_at = 0, reason = '',"
                + " written = excluded.written,"
                + " position = CASE WHEN onward.position > excluded.position THEN onward.position ELSE excluded.position END")
        .bind("target", from.target())
        .bind("result", result)
        .bind("written", written)
        .execute();
    handle
        .createUpdate(
            "DELETE FROM dead_letter WHERE target = :target AND result = :result AND again = 1")
        .bind("target", from.target())
        .bind("result", result)
        .execute();
    return true;
  }

  /** A target fails; it is tried again. */
  static boolean failed(
      Handle handle, Onward from, @Nullable String node, String reason, long dueAt, long now) {
    if (!stands(handle, from, node, now)) {
      return false;
    }
    handle
        .createUpdate(
            "INSERT INTO onward (target, position, failures, due_at, reason, written)"
                + " VALUES (:target, 0, 1, :due, :reason, '')"
                + " ON CONFLICT (target) DO UPDATE SET failures = onward.failures + 1,"
                + " due_at = excluded.due_at, reason = excluded.reason")
        .bind("target", from.target())
        .bind("due", dueAt)
        .bind("reason", reason)
        .execute();
    return true;
  }

  /** A target does not take a result. */
  static boolean dead(
      Handle handle, Onward from, @Nullable String node, long result, String reason, long now) {
    if (!done(handle, from, node, result, from.written(), now)) {
      return false;
    }
    handle
        .createUpdate(
            "INSERT INTO dead_letter (target, result, reason, dead_at)"
                + " VALUES (:target, :result, :reason, :now)"
                + " ON CONFLICT (target, result) DO UPDATE SET reason = excluded.reason,"
                + " dead_at = excluded.dead_at, again = 0")
        .bind("target", from.target())
        .bind("result", result)
        .bind("reason", reason)
        .bind("now", now)
        .execute();
    return true;
  }

  /** Takes an address out of what targets keep; what is handed over meanwhile is so once more. */
  static void forget(Handle handle, Address address) {
    handle
        .createQuery("SELECT target, written FROM onward")
        .map((row, context) -> Map.entry(row.getString("target"), row.getString("written")))
        .list()
        .forEach(
            kept -> {
              String masked = address.masked(kept.getValue());
              if (!masked.equals(kept.getValue())) {
                handle.execute(
                    "UPDATE onward SET written = ? WHERE target = ?", masked, kept.getKey());
              }
            });
  }

  /** Has the dead letters of a target delivered again; returns how many. */
  static int redeliver(Handle handle, String target) {
    return handle
        .createUpdate("UPDATE dead_letter SET again = 1 WHERE target = :target AND again = 0")
        .bind("target", target)
        .execute();
  }
}
