package dev.kiln.status;

import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.RecentUse;
import dev.kiln.ledger.WebhookUse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a table can still take through the webhooks that it has.
 *
 * @param table the table
 * @param left rows; null where nothing limits it
 * @param leadsPerDay what it took a day on average within the last week
 */
record Capacity(String table, @Nullable Long left, double leadsPerDay) {
  /** Every table that has webhooks, in their order. */
  static List<Capacity> of(Snapshot snapshot) {
    Map<String, List<WebhookUse>> webhooks = new LinkedHashMap<>();
    snapshot
        .webhooks()
        .forEach(
            webhook ->
                webhooks.computeIfAbsent(webhook.table(), table -> new ArrayList<>()).add(webhook));
    List<Capacity> capacities = new ArrayList<>();
    webhooks.forEach(
        (table, uses) ->
            capacities.add(
                new Capacity(
                    table,
                    left(uses),
                    uses.stream()
                        .map(use -> snapshot.recentUse().getOrDefault(use.id(), RecentUse.NONE))
                        .filter(use -> use.leads() > 0)
                        .reduce(RecentUse::plus)
                        .map(RecentUse::leadsPerDay)
                        .orElse(0.0))));
    return capacities;
  }

  /** Rows left in all webhooks of a table, none of a Clay table counted beyond that table's own. */
  private static @Nullable Long left(List<WebhookUse> uses) {
    Map<String, List<WebhookUse>> byClayTable =
        uses.stream()
            .filter(use -> use.state() != WebhookUse.State.EXHAUSTED)
            .collect(Collectors.groupingBy(WebhookUse::clayTable));
    long left = 0;
    for (List<WebhookUse> behind : byClayTable.values()) {
      if (behind.stream().anyMatch(use -> use.cap() == 0)) {
        return null;
      }
      WebhookUse any = behind.get(0);
      long rows = any.rowCap() == 0 ? Long.MAX_VALUE : any.rowCap() - any.clayTableUsed();
      long submissions = behind.stream().mapToLong(WebhookUse::left).sum();
      left += Math.max(0, Math.min(rows, submissions));
    }
    return left;
  }

  /** For how many days that lasts; null where nothing limits it, or nothing was sent lately. */
  @Nullable Double runwayDays() {
    return left == null || leadsPerDay == 0 ? null : left / leadsPerDay;
  }
}
