package dev.kiln.status;

import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.RunAccount;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When runs will have been sent: leads go by priority, then age, and all tables of a workspace
 * share its rate.
 */
final class Eta {
  /**
   * Where the leads of a table go, if they can go.
   *
   * @param workspace its workspace
   * @param workspaceRate leads a second that the workspace gets through; 0 while it gets nothing
   *     through
   * @param rate leads a second that the table may send; 0 as the workspace
   */
  record Way(String workspace, double workspaceRate, double rate) {}

  private Eta() {}

  /** Leads that are to be sent and are not held. */
  static long open(Map<LeadState, Long> states) {
    return states.getOrDefault(LeadState.QUEUED, 0L) + states.getOrDefault(LeadState.SENDING, 0L);
  }

  /**
   * Seconds until each run's leads are sent that can go.
   *
   * @param runs the newest first
   * @param ways the tables that do not wait
   * @return by run; without those that have nothing to send or of which nobody can tell
   */
  static Map<String, Double> seconds(List<RunAccount> runs, Map<String, Way> ways) {
    List<RunAccount> order = new ArrayList<>(runs);
    Collections.reverse(order);
    order.sort(Comparator.comparing(RunAccount::priority));
    Map<String, Long> inWorkspace = new HashMap<>();
    Map<String, Long> inTable = new HashMap<>();
    Map<String, Double> seconds = new HashMap<>();
    for (RunAccount run : order) {
      Map<String, Way> passed = new HashMap<>();
      run.tables()
          .forEach(
              (table, states) -> {
                Way way = ways.get(table);
                long leads = open(states);
                if (way != null && leads > 0) {
                  inWorkspace.merge(way.workspace, leads, Long::sum);
                  inTable.merge(table, leads, Long::sum);
                  passed.put(table, way);
                }
              });
      double longest = 0;
      for (Map.Entry<String, Way> one : passed.entrySet()) {
        Way way = one.getValue();
        longest = Math.max(longest, time(inWorkspace.get(way.workspace), way.workspaceRate));
        if (way.rate > 0) {
          longest = Math.max(longest, time(inTable.get(one.getKey()), way.rate));
        }
      }
      if (longest > 0 && longest < Double.POSITIVE_INFINITY) {
        seconds.put(run.id(), longest);
      }
    }
    return seconds;
  }

  private static double time(@Nullable Long leads, double rate) {
    return leads == null ? 0 : leads / rate;
  }
}
