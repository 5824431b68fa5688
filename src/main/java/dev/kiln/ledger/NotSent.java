package dev.kiln.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A lead was not begun and is still queued. No failure of Clay: circuit breakers must ignore it.
 * The message is for a person and names the cure. Carries no stack trace, since it is an ordinary
 * outcome.
 */
public final class NotSent extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final WaitReason reason;
  private final transient @Nullable Instant until;

  /**
   * An ordinary "not now".
   *
   * @param reason the kind of wait
   * @param message the reason and its cure, for a person
   * @param until when to look again at the earliest; null where only a change can help
   */
  public NotSent(WaitReason reason, String message, @Nullable Instant until) {
    super(message, null, false, false);
    this.reason = reason;
    this.until = until;
  }

  /** The kind of wait. */
  public WaitReason reason() {
    return reason;
  }

  /** When to look again at the earliest; null where only a change can help. */
  public @Nullable Instant until() {
    return until;
  }
}
