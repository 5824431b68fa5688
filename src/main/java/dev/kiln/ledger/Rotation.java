package dev.kiln.ledger;

import java.time.Instant;
import java.util.List;

/**
 * The policy that picks a webhook. Called inside {@code begin}'s transaction, so it must be quick
 * and pure.
 */
@FunctionalInterface
public interface Rotation {
  /**
   * Picks the webhook for one lead.
   *
   * @param uses the ledger's current figures of every webhook of the table
   * @param now the ledger's time
   * @return one of {@code uses}
   * @throws NotSent if none can take a row now
   */
  WebhookUse choose(List<WebhookUse> uses, Instant now);
}
