package dev.kiln.ledger;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The SQL of workspaces: the lease, the pause, and what their tables wait for. */
final class WorkspaceRows {
  /** Who leads a workspace, and whether it and one of its tables may send. */
  record Standing(
      String holder, long epoch, long leaseUntil, long pauseUntil, @Nullable String paused) {}

  private WorkspaceRows() {}

  static Optional<Lease> lead(
      Handle handle, String workspace, String node, Duration duration, boolean alone, long now) {
    handle
        .createUpdate("INSERT INTO workspace (name) VALUES (:name) ON CONFLICT (name) DO NOTHING")
        .bind("name", workspace)
        .execute();
    long until = now + duration.toMillis();
    return handle
        .createQuery(
            "UPDATE workspace SET epoch = CASE WHEN holder = :node THEN epoch ELSE epoch + 1 END,"
                + " led_since = CASE WHEN holder = :node AND lease_until > 0 THEN led_since ELSE :now END,"
                + " holder = :node, lease_until = :until"
                + " WHERE name = :name AND (holder = :node OR lease_until <= :now OR :alone = 1) RETURNING epoch")
        .bind("node", node)
        .bind("until", until)
        .bind("name", workspace)
        .bind("now", now)
        .bind("alone", alone ? 1 : 0)
        .mapTo(Long.class)
        .findOne()
        .map(epoch -> new Lease(workspace, node, epoch, Instant.ofEpochMilli(until)));
  }

  /** The leases of all workspaces that were ever led. */
  static List<Lease> leases(Handle handle) {
    return handle
        .createQuery(
            "SELECT name, holder, epoch, lease_until FROM workspace WHERE epoch > 0 ORDER BY name")
        .map(
            (row, context) ->
                new Lease(
                    row.getString("name"),
                    row.getString("holder"),
                    row.getLong("epoch"),
                    Instant.ofEpochMilli(row.getLong("lease_until"))))
        .list();
  }

  /** Ends the waits of a workspace, and of its tables' webhooks, that last beyond a time. */
  static void waitNoLonger(
      Handle handle, String workspace, Collection<String> tables, long latest, long now) {
    handle
        .createUpdate(
            "UPDATE workspace SET pause_until = :now WHERE name = :name AND pause_until > :latest")
        .bind("now", now)
        .bind("name", workspace)
        .bind("latest", latest)
        .execute();
    for (String table : tables) {
      handle
          .createUpdate(
              "UPDATE webhook SET probe_at = :now WHERE table_name = :table AND state = 'REFUSING'"
                  + " AND probe_at > :latest")
          .bind("now", now)
          .bind("table", table)
          .bind("latest", latest)
          .execute();
    }
  }

  static void resign(Handle handle, Lease lease) {
    handle
        .createUpdate(
            "UPDATE workspace SET lease_until = 0 WHERE name = :name AND holder = :holder AND epoch = :epoch")
        .bind("name", lease.workspace())
        .bind("holder", lease.holder())
        .bind("epoch", lease.epoch())
        .execute();
  }

  static Standing standing(Statements statements, String workspace, String table) {
    return Objects.requireNonNull(
        statements.find(
            "SELECT holder, epoch, lease_until, pause_until, (SELECT MIN(kind) FROM paused"
                + " WHERE (kind = 'workspace' AND name = ?) OR (kind = 'table' AND name = ?)) AS paused"
                + " FROM workspace WHERE name = ?",
            row ->
                new Standing(
                    row.getString(1),
                    row.getLong(2),
                    row.getLong(3),
                    row.getLong(4),
                    row.getString(5)),
            workspace,
            table,
            workspace));
  }

  /** Checks that the lease is current and that the workspace may send. */
  static void mustLead(Transaction transaction, Lease lease, String table, Instant now) {
    Standing workspace = transaction.standing(lease.workspace(), table);
    if (workspace.epoch != lease.epoch()
        || !workspace.holder.equals(lease.holder())
        || workspace.leaseUntil <= now.toEpochMilli()) {
      throw new NotSent(
          WaitReason.NOT_LEADER,
          "This node does not lead workspace " + lease.workspace() + " now",
          now.plusSeconds(1));
    }
    if (workspace.paused != null) {
      Pausable kind = Pausable.of(workspace.paused);
      throw kind.notSent(kind == Pausable.TABLE ? table : lease.workspace());
    }
    if (workspace.pauseUntil > now.toEpochMilli()) {
      Instant until = Instant.ofEpochMilli(workspace.pauseUntil);
      throw new NotSent(
          WaitReason.PAUSED,
          "Clay asked workspace "
              + lease.workspace()
              + " to wait (429); it goes on by itself at "
              + until,
          until);
    }
  }

  /** Whether anybody leads a workspace. */
  static boolean led(Handle handle, long now) {
    return handle
        .createQuery("SELECT EXISTS (SELECT 1 FROM workspace WHERE lease_until > :now)")
        .bind("now", now)
        .mapTo(Boolean.class)
        .one();
  }

  static void pause(Handle handle, Pausable kind, String name, boolean paused, long now) {
    if (paused) {
      handle
          .createUpdate(
              "INSERT INTO paused (kind, name, since) VALUES (:kind, :name, :now)"
                  + " ON CONFLICT (kind, name) DO NOTHING")
          .bind("kind", kind.word())
          .bind("name", name)
          .bind("now", now)
          .execute();
    } else {
      handle
          .createUpdate("DELETE FROM paused WHERE kind = :kind AND name = :name")
          .bind("kind", kind.word())
          .bind("name", name)
          .execute();
    }
  }

  /** Sets the operator's rate, thousandths of leads a second; 0 takes it back. */
  static void rate(Handle handle, String workspace, long rate) {
    handle
        .createUpdate(
            "INSERT INTO workspace (name, rate) VALUES (:name, :rate)"
                + " ON CONFLICT (name) DO UPDATE SET rate = excluded.rate")
        .bind("name", workspace)
        .bind("rate", rate)
        .execute();
  }

  static Orders orders(Handle handle) {
    Map<String, Double> rates = new HashMap<>();
    handle
        .createQuery("SELECT name, rate FROM workspace WHERE rate > 0")
        .map((row, context) -> rates.put(row.getString("name"), row.getLong("rate") / 1000.0))
        .list();
    Map<Pausable, Set<String>> paused = new EnumMap<>(Pausable.class);
    handle
        .createQuery("SELECT kind, name FROM paused")
        .map(
            (row, context) ->
                paused
                    .computeIfAbsent(Pausable.of(row.getString("kind")), kind -> new HashSet<>())
                    .add(row.getString("name")))
        .list();
    return new Orders(paused, rates);
  }

  static void pause(Handle handle, String workspace, Instant until) {
    handle
        .createUpdate(
            "UPDATE workspace SET pause_until = :until WHERE name = :name AND pause_until < :until")
        .bind("name", workspace)
        .bind("until", until.toEpochMilli())
        .execute();
  }

  static Map<String, Waiting> waiting(Handle handle) {
    Map<String, Waiting> waiting = new HashMap<>();
    handle
        .createQuery("SELECT table_name, kind, reason, since FROM waiting")
        .map(
            (row, context) ->
                waiting.put(
                    row.getString("table_name"),
                    new Waiting(
                        WaitReason.valueOf(row.getString("kind")),
                        row.getString("reason"),
                        Instant.ofEpochMilli(row.getLong("since")))))
        .list();
    return waiting;
  }

  static void waiting(Handle handle, Map<String, Waiting> tables, long now) {
    tables.forEach(
        (table, waiting) -> {
          if (waiting.equals(Waiting.NOT)) {
            handle
                .createUpdate("DELETE FROM waiting WHERE table_name = :table")
                .bind("table", table)
                .execute();
          } else {
            handle
                .createUpdate(
                    "INSERT INTO waiting (table_name, kind, reason, since) VALUES (:table, :kind, :reason, :now)"
                        + " ON CONFLICT (table_name) DO UPDATE SET kind = excluded.kind, reason = excluded.reason,"
                        + " since = CASE WHEN waiting.kind = excluded.kind THEN waiting.since ELSE excluded.since END")
                .bind("table", table)
                .bind("kind", waiting.kind().name())
                .bind("reason", waiting.reason())
                .bind("now", now)
                .execute();
          }
        });
  }
}
