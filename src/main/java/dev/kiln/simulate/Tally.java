package dev.kiln.simulate;

import java.time.Instant;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The running counts of one webhook, one workspace, or all. Not thread-safe. */
final class Tally {
  private final SlidingSecond requestsInOneSecond = new SlidingSecond();
  private final SlidingSecond acceptedInOneSecond = new SlidingSecond();
  private final Set<String> leads = new HashSet<>();
  private final long[] statuses = new long[600];
  private final Map<String, Long> injected = new TreeMap<>();
  private long requests;
  private long accepted;
  private long repeats;
  private long rateLimited;
  private long firstMillis;
  private long lastMillis;

  void arrived(long nowNanos, long nowMillis) {
    if (requests == 0) {
      firstMillis = nowMillis;
    }
    lastMillis = nowMillis;
    requests++;
    requestsInOneSecond.add(nowNanos);
  }

  void stored(@Nullable String leadId, long nowNanos) {
    accepted++;
    acceptedInOneSecond.add(nowNanos);
    if (leadId != null && !leads.add(leadId)) {
      repeats++;
    }
  }

  void answered(int status) {
    statuses[status]++;
  }

  void rateLimited() {
    rateLimited++;
  }

  void injected(String word) {
    injected.merge(word, 1L, Long::sum);
  }

  SimulatorStatistics.Counts counts() {
    SortedMap<Integer, Long> byStatus = new TreeMap<>();
    for (int status = 0; status < statuses.length; status++) {
      if (statuses[status] > 0) {
        byStatus.put(status, statuses[status]);
      }
    }
    return new SimulatorStatistics.Counts(
        requests,
        accepted,
        leads.size(),
        repeats,
        rateLimited,
        Collections.unmodifiableMap(byStatus),
        Collections.unmodifiableMap(new TreeMap<>(injected)),
        requestsInOneSecond.most(),
        acceptedInOneSecond.most(),
        requests == 0 ? null : Instant.ofEpochMilli(firstMillis),
        requests == 0 ? null : Instant.ofEpochMilli(lastMillis));
  }
}
