package dev.kiln.clay;

import dev.kiln.ledger.Lease;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.LedgerView.NodeAccount;
import dev.kiln.ledger.Roster;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Spreads the workspaces of a shared ledger over the nodes that live: each leads its fair share at
 * most. One that leads more, since another node came, gives one after the other away, once the same
 * nodes live for the length of a lease. One that nobody took within its share for as long is
 * anybody's, and who takes it keeps it until other nodes live. All by the ledger's time. Not
 * thread-safe, but for {@link #forget}.
 */
final class Leadership {
  /** How old what is known of the others may be. */
  private static final Duration LOOK = Duration.ofMillis(500);

  private final Ledger ledger;
  private final String node;
  private final Duration lease;

  private List<String> living = List.of();
  private final Map<String, Instant> freeSince = new HashMap<>();
  private volatile Instant lookAt = Instant.MIN;

  /** Since when the same nodes live. */
  private Instant sameSince = Instant.MIN;

  /** What nobody took within its share since then, and this node did. */
  private final Set<String> kept = new HashSet<>();

  /**
   * Of a node.
   *
   * @param ledger the shared ledger
   * @param node its name
   * @param lease how long a lease lasts without renewal
   */
  Leadership(Ledger ledger, String node, Duration lease) {
    this.ledger = ledger;
    this.node = node;
    this.lease = lease;
  }

  /** What is known may be of no use any more, since the ledger was away. */
  void forget() {
    lookAt = Instant.MIN;
  }

  /**
   * Whether this node may take a workspace now that it does not lead.
   *
   * @param led how many it leads
   * @param workspaces of all nodes
   * @throws LedgerUnavailable if the ledger cannot be asked
   */
  boolean mayTake(String workspace, int led, Collection<String> workspaces) {
    Instant now = look(workspaces);
    Instant since = freeSince.get(workspace);
    int share = share(workspaces.size());
    if (since == null || share == 0) {
      return false;
    }
    boolean unwanted = led >= share && !now.isBefore(since.plus(lease));
    if (unwanted) {
      kept.add(workspace);
    }
    return led < share || unwanted;
  }

  /**
   * The workspace that this node gives away now: the last of those that it leads beyond its share.
   *
   * @param led those that it leads
   * @param workspaces of all nodes
   * @throws LedgerUnavailable if the ledger cannot be asked
   */
  Optional<String> surplus(Collection<String> led, Collection<String> workspaces) {
    Instant now = look(workspaces);
    List<String> counted = led.stream().filter(workspace -> !kept.contains(workspace)).toList();
    return counted.size() <= share(workspaces.size()) || now.isBefore(sameSince.plus(lease))
        ? Optional.empty()
        : counted.stream().max(Comparator.naturalOrder());
  }

  /** A workspace was given away. */
  void gave(String workspace) {
    freeSince.put(workspace, ledger.now());
  }

  /** A node that is not among the living delivers only where nobody else does. */
  private int share(int workspaces) {
    if (living.isEmpty()) {
      return workspaces;
    }
    return living.contains(node) ? (workspaces + living.size() - 1) / living.size() : 0;
  }

  /** Looks who lives and leads, unless that was done a moment ago. */
  private Instant look(Collection<String> workspaces) {
    Instant now = ledger.now();
    if (now.isBefore(lookAt)) {
      return now;
    }
    Roster roster = ledger.roster();
    List<String> names =
        roster.nodes().stream().filter(one -> one.alive(now)).map(NodeAccount::name).toList();
    if (!names.equals(living)) {
      living = names;
      sameSince = now;
      kept.clear();
    }
    freeSince.keySet().retainAll(workspaces);
    workspaces.forEach(workspace -> freeSince.putIfAbsent(workspace, now));
    for (Lease held : roster.leases()) {
      if (now.isBefore(held.until())) {
        freeSince.remove(held.workspace());
      }
    }
    lookAt = now.plus(LOOK);
    return now;
  }
}
