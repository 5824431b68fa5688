package dev.kiln.ledger;

import java.time.Duration;
import org.jdbi.v3.core.Handle;

/** The SQL of duties: what one process does for all that share this ledger. */
final class DutyRows {
  private DutyRows() {}

  static boolean take(Handle handle, String name, String node, Duration duration, long now) {
    return handle
            .createUpdate(
                "INSERT INTO duty (name, holder, until) VALUES (:name, :node, :until)"
                    + " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until"
                    + " WHERE duty.holder = excluded.holder OR duty.until <= :now")
            .bind("name", name)
            .bind("node", node)
            .bind("until", now + duration.toMillis())
            .bind("now", now)
            .execute()
        == 1;
  }

  /** Whether a duty is a node's at present. */
  static boolean has(Handle handle, String name, String node, long now) {
    return handle
            .createQuery(
                "SELECT COUNT(*) FROM duty WHERE name = :name AND holder = :node AND until > :now")
            .bind("name", name)
            .bind("node", node)
            .bind("now", now)
            .mapTo(Integer.class)
            .one()
        == 1;
  }

  static void release(Handle handle, String node) {
    handle.createUpdate("DELETE FROM duty WHERE holder = :node").bind("node", node).execute();
  }
}
