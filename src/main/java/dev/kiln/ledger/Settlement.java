package dev.kiln.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of one sending, as the ledger books it.
 *
 * @param state the state that the answer means: ACCEPTED, QUEUED, UNKNOWN, REFUSED or DEAD
 * @param due when the lead is due again. With QUEUED: required. With UNKNOWN: null leaves it there,
 *     a time queues it again, marked as a possible duplicate
 * @param reason for a person; empty with ACCEPTED
 * @param costsAttempt whether it counts against the lead's attempts
 * @param stored whether Clay may have stored the row: if not, count and budget are given back
 * @param webhook what it says of the webhook
 * @param pauseUntil the time until which the whole workspace waits; null for no pause
 * @param status the HTTP status; 0 where no answer came
 * @param millis from request to answer
 * @param bytes size of the request's body
 */
public record Settlement(
    LeadState state,
    @Nullable Instant due,
    String reason,
    boolean costsAttempt,
    boolean stored,
    WebhookNews webhook,
    @Nullable Instant pauseUntil,
    int status,
    long millis,
    int bytes) {

  /** Whether Clay has the row and nothing else is to be booked. */
  boolean plain() {
    return state == LeadState.ACCEPTED
        && reason.isEmpty()
        && !costsAttempt
        && stored
        && (webhook == WebhookNews.WORKS || webhook == WebhookNews.NONE)
        && pauseUntil == null;
  }

  /** What an answer says of the webhook that gave it. */
  public enum WebhookNews {
    /** Nothing. */
    NONE,
    /** It takes rows: it is not refusing, or no longer. */
    WORKS,
    /** It refuses (token, URL): probe it later. */
    REFUSES,
    /** Clay says that its record limit is reached: for life. */
    EXHAUSTED
  }
}
