package dev.kiln.ledger;

/**
 * What went through a webhook, to be laid beside Clay's own counter.
 *
 * @param webhook the webhook, with {@code used}: all that was or may have been stored
 * @param brought rows that {@code used} counted already when Kiln first saw the webhook, or that
 *     were adopted since
 * @param inDoubt rows begun whose outcome is unknown: each may or may not be at Clay
 * @param onTheWire rows begun and not settled at this moment
 */
public record Traffic(WebhookUse webhook, long brought, long inDoubt, long onTheWire) {
  /** The least that Clay can have counted: all rows but those that nobody can be sure of. */
  public long least() {
    return Math.max(0, webhook.used() - inDoubt - onTheWire);
  }

  /** The most that Clay can have counted of what Kiln sent. */
  public long most() {
    return webhook.used();
  }
}
