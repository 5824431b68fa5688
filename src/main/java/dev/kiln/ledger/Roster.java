package dev.kiln.ledger;

import java.util.List;

/**
 * Who runs on the ledger and who leads, at one moment.
 *
 * @param nodes by name, living ones and dead ones
 * @param leases as they were taken or renewed last, by workspace; one that is given back ended long
 *     ago
 */
public record Roster(List<LedgerView.NodeAccount> nodes, List<Lease> leases) {
  /** Makes copies. */
  public Roster {
    nodes = List.copyOf(nodes);
    leases = List.copyOf(leases);
  }
}
