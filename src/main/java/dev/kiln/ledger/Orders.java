package dev.kiln.ledger;

import java.util.Map;
import java.util.Set;

/**
 * What the operator has ordered beyond the configuration: it holds over restarts and on every node.
 *
 * @param paused what is paused, by name
 * @param rates leads a second of workspaces whose rate he has set, by name
 */
public record Orders(Map<Pausable, Set<String>> paused, Map<String, Double> rates) {
  /** Whether something is paused. */
  public boolean paused(Pausable kind, String name) {
    return paused.getOrDefault(kind, Set.of()).contains(name);
  }
}
