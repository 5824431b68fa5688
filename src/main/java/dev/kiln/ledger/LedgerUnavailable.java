package dev.kiln.ledger;

import org.jspecify.annotations.Nullable;

/**
 * The ledger could not be read or written. Nothing of the operation took effect; the message says
 * what is wrong and what to do. Neither it nor its cause tells what was to be written.
 */
public final class LedgerUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * A failure.
   *
   * @param message what to tell a person: what could not be done, why, and the cure
   * @param cause its innermost reason
   */
  LedgerUnavailable(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * A ledger that is not there to be asked.
   *
   * @param message what to tell a person
   */
  LedgerUnavailable(String message) {
    this(message, null);
  }
}
