package dev.kiln.ledger;

import dev.kiln.ledger.LedgerView.NodeAccount;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** The SQL of nodes: who runs on this ledger. */
final class NodeRows {
  /** Dead ones are shown for so long. */
  private static final Duration REMEMBERED = Duration.ofDays(1);

  private NodeRows() {}

  static void beat(
      Handle handle, String node, String version, Instant startedAt, Duration alive, long now) {
    handle
        .createUpdate(
            "INSERT INTO node (name, version, started_at, alive_until) VALUES (:name, :version, :started, :until)"
                + " ON CONFLICT (name) DO UPDATE SET alive_until = excluded.alive_until")
        .bind("name", node)
        .bind("version", version)
        .bind("started", startedAt.toEpochMilli())
        .bind("until", now + alive.toMillis())
        .execute();
    handle
        .createUpdate("DELETE FROM node WHERE alive_until < :forgotten")
        .bind("forgotten", now - REMEMBERED.toMillis())
        .execute();
  }

  static void leave(Handle handle, String node) {
    handle.createUpdate("DELETE FROM node WHERE name = :name").bind("name", node).execute();
  }

  static List<NodeAccount> all(Handle handle) {
    return handle
        .createQuery("SELECT name, version, started_at, alive_until FROM node ORDER BY name")
        .map(
            (row, context) ->
                new NodeAccount(
                    row.getString("name"),
                    row.getString("version"),
                    Instant.ofEpochMilli(row.getLong("started_at")),
                    Instant.ofEpochMilli(row.getLong("alive_until"))))
        .list();
  }
}
