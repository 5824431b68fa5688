package dev.kiln.clay;

import dev.kiln.ledger.ListedWebhook;
import dev.kiln.ledger.NotSent;
import dev.kiln.ledger.WaitReason;
import dev.kiln.ledger.WebhookUse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** The rotation over the webhooks of a table: filled in order, each to its cap. Pure. */
public final class Webhooks {
  private Webhooks() {}

  /** All webhooks of a catalogue as the ledger wants to know them. */
  public static List<ListedWebhook> listed(Catalogue catalogue) {
    List<ListedWebhook> listed = new ArrayList<>();
    for (Table table : catalogue.tables().values()) {
      for (Webhook webhook : table.webhooks()) {
        listed.add(
            new ListedWebhook(
                webhook.id(),
                webhook.name(),
                table.name(),
                webhook.clayTable(),
                table.autoDelete() ? 0 : webhook.cap(),
                table.autoDelete() ? 0 : table.rowCap(),
                webhook.used()));
      }
    }
    return listed;
  }

  /**
   * Picks the webhook for one lead: the first in order that can take a row. A refusing webhook
   * whose time has come is tried again with this lead.
   *
   * @param table the table as the catalogue describes it
   * @param uses the ledger's current figures, in order of filling
   * @param now the ledger's time
   * @throws NotSent naming the cure if none can
   */
  public static WebhookUse choose(Table table, List<WebhookUse> uses, Instant now) {
    for (WebhookUse use : uses) {
      boolean usable =
          switch (use.state()) {
            case OPEN -> true;
            case REFUSING -> !now.isBefore(Objects.requireNonNull(use.probeAt()));
            case EXHAUSTED -> false;
          };
      if (usable && hasRoom(use)) {
        return use;
      }
    }
    throw none(table, uses);
  }

  private static boolean hasRoom(WebhookUse use) {
    return !use.full() && !use.tableFull();
  }

  private static NotSent none(Table table, List<WebhookUse> uses) {
    if (uses.isEmpty()) {
      return new NotSent(
          WaitReason.NO_WEBHOOK,
          "Table " + table.name() + " has no webhook: add one to its stanza in config/clay.yaml",
          null);
    }
    List<WebhookUse> refusing =
        uses.stream()
            .filter(use -> use.state() == WebhookUse.State.REFUSING && hasRoom(use))
            .toList();
    if (!refusing.isEmpty()) {
      Instant probe =
          refusing.stream()
              .map(use -> Objects.requireNonNull(use.probeAt()))
              .min(Instant::compareTo)
              .orElseThrow();
      return new NotSent(
          WaitReason.REFUSING,
          "Clay refuses webhook "
              + names(refusing)
              + " ("
              + refusing.get(0).reason()
              + "): check its URL and token in config/secrets; it is tried again with one lead at "
              + probe,
          probe);
    }
    List<WebhookUse> behindFullTable =
        uses.stream()
            .filter(use -> use.state() == WebhookUse.State.OPEN && !use.full() && use.tableFull())
            .toList();
    if (!behindFullTable.isEmpty()) {
      WebhookUse first = behindFullTable.get(0);
      return new NotSent(
          WaitReason.TABLE_FULL,
          "Clay table "
              + first.clayTable()
              + " holds its "
              + first.rowCap()
              + " rows: duplicate it in Clay and add the copy's webhook, with a name of its own, to table "
              + table.name()
              + " in config/clay.yaml"
              + (first.used() < first.clayTableUsed()
                  ? "; if webhook "
                      + first.name()
                      + " leads to another Clay table than what had its place before, give it a clay-table"
                  : ""),
          null);
    }
    return new NotSent(
        WaitReason.EXHAUSTED,
        "Every webhook of table "
            + table.name()
            + " is used up ("
            + uses.stream()
                .map(use -> use.name() + " " + use.used() + "/" + use.cap())
                .collect(Collectors.joining(", "))
            + "): duplicate the Clay table and add the copy's webhook, with a name of its own, to config/clay.yaml",
        null);
  }

  private static String names(List<WebhookUse> uses) {
    return uses.stream().map(WebhookUse::name).collect(Collectors.joining(", "));
  }
}
