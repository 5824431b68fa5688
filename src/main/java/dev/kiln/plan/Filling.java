package dev.kiln.plan;

import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Table;
import dev.kiln.clay.Webhook;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.WebhookUse;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How far the webhooks of a catalogue are filled, by the ledger's count, else by clay.yaml's {@code
 * used}; and what else they take. A refusing webhook counts as one that takes rows again. Not
 * thread-safe.
 */
final class Filling {
  private final Snapshot ledger;

  /** Rows taken by webhook, by its name; what is exhausted is full whatever it says here. */
  private final Map<String, Long> used = new HashMap<>();

  private final Map<String, Long> usedOfClayTables = new HashMap<>();

  Filling(Catalogue catalogue, Snapshot ledger) {
    this.ledger = ledger;
    Map<String, Long> known = new HashMap<>();
    for (Table table : catalogue.tables().values()) {
      for (Webhook webhook : table.webhooks()) {
        Optional<WebhookUse> use = use(webhook);
        used.put(webhook.name(), use.map(WebhookUse::used).orElse((long) webhook.used()));
        if (use.isPresent()) {
          known.put(webhook.clayTable(), use.get().clayTableUsed());
        } else {
          usedOfClayTables.merge(webhook.clayTable(), (long) webhook.used(), Long::sum);
        }
      }
    }
    known.forEach((clayTable, rows) -> usedOfClayTables.merge(clayTable, rows, Long::sum));
  }

  /** What the ledger knows of a webhook. */
  Optional<WebhookUse> use(Webhook webhook) {
    return ledger.webhooks().stream()
        .filter(use -> use.name().equals(webhook.name()) && use.table().equals(webhook.table()))
        .findFirst();
  }

  /** Rows that a webhook has taken. */
  long used(Webhook webhook) {
    return used.getOrDefault(webhook.name(), 0L);
  }

  /**
   * Rows that the webhooks of a table still take, by their own caps and their Clay tables'; means
   * nothing where its rows leave by themselves.
   */
  long left(Table table) {
    return sum(fill(table, Long.MAX_VALUE, new HashMap<>(usedOfClayTables)));
  }

  /**
   * Gives rows to the webhooks of a table, in order of filling.
   *
   * @return rows by webhook; together fewer where not all found room
   */
  Map<String, Long> take(Table table, long rows) {
    Map<String, Long> taken =
        table.autoDelete() ? anywhere(table, rows) : fill(table, rows, usedOfClayTables);
    taken.forEach((webhook, some) -> used.merge(webhook, some, Long::sum));
    return taken;
  }

  static long sum(Map<String, Long> rows) {
    return rows.values().stream().mapToLong(Long::longValue).sum();
  }

  private Map<String, Long> anywhere(Table table, long rows) {
    return table.webhooks().stream()
        .filter(webhook -> !exhausted(webhook))
        .findFirst()
        .map(webhook -> Map.of(webhook.name(), rows))
        .orElse(Map.of());
  }

  private Map<String, Long> fill(Table table, long rows, Map<String, Long> clayTables) {
    Map<String, Long> filled = new LinkedHashMap<>();
    long left = rows;
    for (Webhook webhook : table.webhooks()) {
      long ofClayTable = clayTables.getOrDefault(webhook.clayTable(), 0L);
      long room = Math.min(webhook.cap() - used(webhook), table.rowCap() - ofClayTable);
      long some = exhausted(webhook) ? 0 : Math.max(0, Math.min(left, room));
      filled.put(webhook.name(), some);
      clayTables.merge(webhook.clayTable(), some, Long::sum);
      left -= some;
    }
    return filled;
  }

  private boolean exhausted(Webhook webhook) {
    return use(webhook).filter(use -> use.state() == WebhookUse.State.EXHAUSTED).isPresent();
  }
}
