package dev.kiln.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the ledger knows of one webhook.
 *
 * @param id SHA-256 of its URL in lower-case hexadecimal: its identity
 * @param name its name in the catalogue
 * @param table the table that it serves
 * @param clayTable the Clay table behind it
 * @param cap rows that Kiln sends through it at most; 0 for no cap
 * @param used rows begun through it that were or may have been stored; by Clay's rule it only grows
 * @param clayTableUsed the same over all webhooks of the Clay table
 * @param rowCap rows that the Clay table takes; 0 for no cap
 * @param state whether it can be used
 * @param probeAt with REFUSING: when one lead may try it again; else null
 * @param reason with REFUSING and EXHAUSTED: what Clay said; else empty
 */
public record WebhookUse(
    String id,
    String name,
    String table,
    String clayTable,
    long cap,
    long used,
    long clayTableUsed,
    long rowCap,
    State state,
    @Nullable Instant probeAt,
    String reason) {

  /** The same after more rows through it, and through its Clay table. */
  WebhookUse plus(long rows, long clayTableRows) {
    return new WebhookUse(
        id,
        name,
        table,
        clayTable,
        cap,
        used + rows,
        clayTableUsed + clayTableRows,
        rowCap,
        state,
        probeAt,
        reason);
  }

  /** Rows that it still takes by its cap, where it has one: none once it is exhausted. */
  public long left() {
    return state == State.EXHAUSTED ? 0 : Math.max(0, cap - used);
  }

  /** Whether it has reached its cap. */
  public boolean full() {
    return cap > 0 && used >= cap;
  }

  /** Whether it has taken eight ninths of its cap, 40,000 of 45,000, and is not full. */
  public boolean nearlyFull() {
    return cap > 0 && used >= cap - cap / 9 && !full();
  }

  /** Whether the Clay table behind it has reached its own. */
  public boolean tableFull() {
    return rowCap > 0 && clayTableUsed >= rowCap;
  }

  /** Whether a webhook can be used, as far as Clay's answers tell. */
  public enum State {
    /** It takes rows. */
    OPEN,
    /** Token or URL were refused; it is probed with one lead at a time. */
    REFUSING,
    /** Clay's record limit is reached. Terminal. */
    EXHAUSTED
  }
}
