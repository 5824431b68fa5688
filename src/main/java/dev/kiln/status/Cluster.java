package dev.kiln.status;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.kiln.clay.Catalogue;
import dev.kiln.ledger.LedgerView.NodeAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.WorkspaceAccount;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The processes that run on a ledger, and which of them leads which workspace, at one moment.
 * Immutable.
 */
public final class Cluster {
  /** What becomes of a process that fell silent. */
  static final String CURE =
      "it starts again by itself under Kubernetes or systemd, and elsewhere by \"kiln run\"";

  private final List<NodeAccount> nodes;
  private final Map<String, WorkspaceAccount> led = new LinkedHashMap<>();
  private final Instant now;

  private Cluster(Snapshot snapshot, Instant now) {
    this.nodes = snapshot.nodes();
    this.now = now;
    for (WorkspaceAccount workspace : snapshot.workspaces()) {
      if (workspace.leaseUntil().isAfter(now)) {
        led.put(workspace.name(), workspace);
      }
    }
  }

  /**
   * Those of a ledger.
   *
   * @param snapshot the account
   * @param now the ledger's time, to tell who lives and which lease still holds
   */
  public static Cluster of(Snapshot snapshot, Instant now) {
    return new Cluster(snapshot, now);
  }

  /**
   * The same account without the workspaces that went: a catalogue does not have them, no node
   * leads them, and no lead waits for a table that it does not have.
   *
   * @param snapshot the account
   * @param catalogue what there is
   * @param now the ledger's time, to tell which lease still holds
   */
  public static Snapshot present(Snapshot snapshot, Catalogue catalogue, Instant now) {
    boolean orphans =
        snapshot.tables().stream()
            .filter(table -> !catalogue.tables().containsKey(table.name()))
            .anyMatch(table -> StatusText.open(table.states()) > 0);
    if (orphans) {
      return snapshot;
    }
    return new Snapshot(
        snapshot.runs(),
        snapshot.tables(),
        snapshot.webhooks(),
        snapshot.recentUse(),
        snapshot.workspaces().stream()
            .filter(
                workspace ->
                    catalogue.workspaces().containsKey(workspace.name())
                        || workspace.leaseUntil().isAfter(now))
            .toList(),
        snapshot.budget(),
        snapshot.nodes());
  }

  /** The node that leads a workspace; empty where none does. */
  public String leader(String workspace) {
    WorkspaceAccount account = led.get(workspace);
    return account == null ? "" : account.leader();
  }

  /** Since when the present leader of a workspace leads it; null where none does. */
  public @Nullable Instant ledSince(String workspace) {
    WorkspaceAccount account = led.get(workspace);
    return account == null ? null : account.ledSince();
  }

  /** The workspaces that a node leads, by name. */
  public List<String> ledBy(String node) {
    return led.values().stream()
        .filter(workspace -> workspace.leader().equals(node))
        .map(WorkspaceAccount::name)
        .toList();
  }

  /** How many live. */
  public long living() {
    return nodes.stream().filter(node -> node.alive(now)).count();
  }

  /**
   * Puts the nodes into an array: each with {@code name}, {@code version}, {@code started}, {@code
   * alive}, {@code alive_until} and the workspaces that it {@code leads}.
   */
  void put(ArrayNode array) {
    for (NodeAccount node : nodes) {
      ArrayNode leads =
          array
              .addObject()
              .put("name", node.name())
              .put("version", node.version())
              .put("started", node.startedAt().toString())
              .put("alive", node.alive(now))
              .put("alive_until", node.aliveUntil().toString())
              .putArray("leads");
      ledBy(node.name()).forEach(leads::add);
    }
  }

  /** The nodes for people: a line where there is one, nothing where none is known. */
  String text() {
    if (nodes.isEmpty()) {
      return "";
    }
    if (nodes.size() == 1 && nodes.get(0).alive(now)) {
      NodeAccount only = nodes.get(0);
      return "\nOne node: %s, version %s, up %s, since %s%n"
          .formatted(only.name(), only.version(), lasted(only.startedAt()), only.startedAt());
    }
    TextTable table = new TextTable("node", "version", "up since", "state", "leads");
    StringBuilder silent = new StringBuilder();
    for (NodeAccount node : nodes) {
      List<String> leads = ledBy(node.name());
      boolean alive = node.alive(now);
      table.row(
          node.name(),
          node.version(),
          node.startedAt(),
          alive ? "alive" : "silent",
          leads.isEmpty() ? "-" : String.join(", ", leads));
      if (!alive) {
        silent.append(
            "  %s is silent, and taken for dead since %s (%s ago): %s; %s%n"
                .formatted(
                    node.name(), node.aliveUntil(), lasted(node.aliveUntil()), takenOver(), CURE));
      }
    }
    return "\nNodes\n" + table + silent;
  }

  /** Who does the work, whoever did it before. */
  private String takenOver() {
    return led.isEmpty()
        ? "nobody has taken its work over"
        : led.values().stream()
            .map(workspace -> workspace.name() + " is led by " + workspace.leader())
            .collect(Collectors.joining(", "));
  }

  /** Who leads a workspace, for people. */
  String text(WorkspaceAccount workspace) {
    WorkspaceAccount held = led.get(workspace.name());
    if (held != null) {
      return "led by %s for %s, since %s"
          .formatted(held.leader(), lasted(held.ledSince()), held.ledSince());
    }
    String before =
        workspace.leader().isEmpty() || workspace.leaseUntil().toEpochMilli() == 0
            ? ""
            : " since %s, when the lease of %s ended"
                .formatted(workspace.leaseUntil(), workspace.leader());
    return "no Kiln delivers for it"
        + before
        + "; any lead of its tables waits. "
        + (living() == 0
            ? "Start one with \"kiln run\""
            : "A node that runs takes it within seconds, unless its clay.yaml does not have it: its"
                + " log says why");
  }

  private String lasted(Instant since) {
    return StatusText.time(Duration.between(since, now));
  }
}
