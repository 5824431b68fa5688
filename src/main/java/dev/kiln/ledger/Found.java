package dev.kiln.ledger;

import dev.kiln.lead.Notice;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What intake finds in rows, gathered row by row. */
final class Found {
  /** Names of one kind that are counted one by one; the others are counted together. */
  static final int NAMES = 100;

  private static final int LONGEST_NAME = 100;

  private record Reason(LeadState state, String kind) {}

  private final Map<Reason, Findings.Unsent> unsent = new HashMap<>();
  private final Map<Notice, Long> noticed = new HashMap<>();

  /**
   * Adds a row.
   *
   * @param state what becomes of it
   * @param kind with REJECTED and DUPLICATE: why, in a few words
   */
  void add(NewLead lead, LeadState state, String kind) {
    if (state == LeadState.REJECTED || state == LeadState.DUPLICATE) {
      unsent.merge(
          new Reason(state, kind),
          new Findings.Unsent(state, kind, 1, lead.credits()),
          Findings.Unsent::plus);
    }
    lead.notices().forEach(notice -> noticed.merge(notice, 1L, Long::sum));
  }

  /** The rows that are not sent, by reason. */
  List<Findings.Unsent> unsent() {
    return List.copyOf(unsent.values());
  }

  /** Whether there is anything to notice. */
  boolean noticedSome() {
    return !noticed.isEmpty();
  }

  /**
   * What was noticed; of each kind the first {@link #NAMES} names, then none.
   *
   * @param names those that are counted already, by kind; those counted here are added
   */
  Map<Notice, Long> noticed(Map<Notice.Kind, Set<String>> names) {
    Map<Notice, Long> kept = new HashMap<>();
    noticed.forEach(
        (notice, leads) -> {
          Set<String> known = names.computeIfAbsent(notice.kind(), kind -> new HashSet<>());
          String name = notice.name().substring(0, Math.min(LONGEST_NAME, notice.name().length()));
          boolean counted = known.contains(name) || (known.size() < NAMES && known.add(name));
          kept.merge(new Notice(notice.kind(), counted ? name : ""), leads, Long::sum);
        });
    return kept;
  }
}
