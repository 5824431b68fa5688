package dev.kiln;

import dev.kiln.ledger.Lease;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView.WorkspaceAccount;
import dev.kiln.ledger.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leases that a Kiln takes before it does anything with a ledger that no lock of a data folder
 * guards: while another Kiln renews one, this one does not start. One that was killed renews none,
 * so its leases are waited for.
 */
final class FirstLeases {
  private static final Logger LOG = LoggerFactory.getLogger(FirstLeases.class);
  private static final Duration LOOK = Duration.ofMillis(200);

  private final Ledger ledger;
  private final Store store;
  private final String node;
  private final Duration duration;

  FirstLeases(Ledger ledger, Store store, String node, Duration duration) {
    this.ledger = ledger;
    this.store = store;
    this.node = node;
    this.duration = duration;
  }

  /**
   * Takes the leases of some workspaces, once nobody holds one of any workspace of the ledger.
   *
   * @throws AlreadyRunning if another Kiln holds one and renews it
   */
  List<Lease> take(Collection<String> workspaces) throws InterruptedException {
    Map<String, Instant> seen = new HashMap<>();
    while (true) {
      List<Lease> leases = new ArrayList<>();
      for (String workspace : workspaces) {
        ledger.lead(workspace, node, duration, false).ifPresent(leases::add);
      }
      List<WorkspaceAccount> others = others();
      if (others.isEmpty() && leases.size() == workspaces.size()) {
        return leases;
      }
      for (WorkspaceAccount other : others) {
        Instant until = seen.putIfAbsent(other.leader(), other.leaseUntil());
        if (until == null) {
          LOG.info(
              "Node {} may still run on the ledger {}: its lease ends at {}",
              other.leader(),
              store,
              other.leaseUntil());
        } else if (!until.equals(other.leaseUntil())) {
          leases.forEach(ledger::resign);
          throw new AlreadyRunning(
              "Kiln is already running on the ledger " + store + " (node " + other.leader() + ").");
        }
      }
      boolean unused = new CountDownLatch(1).await(LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private List<WorkspaceAccount> others() {
    Instant now = ledger.now();
    return ledger.view().snapshot().workspaces().stream()
        .filter(workspace -> !workspace.leader().equals(node))
        .filter(workspace -> workspace.leaseUntil().isAfter(now))
        .toList();
  }
}
