package dev.kiln.ledger;

import org.jspecify.annotations.Nullable;

/**
 * The ledger could not be read or written. Nothing of the operation took effect; the message says
 * what is wrong and what to do. Neither it nor its cause tells what was to be written.
 */
public final class LedgerUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean ofContent;
  private final boolean forNow;

  /**
   * A failure.
   *
   * @param message what to tell a person: what could not be done, why, and the cure
   * @param cause its innermost reason
   * @param ofContent whether what was to be written is at fault
   * @param forNow whether it may work a little later though nobody changes how Kiln is set up
   */
  LedgerUnavailable(String message, @Nullable Throwable cause, boolean ofContent, boolean forNow) {
    super(message, cause);
    this.ofContent = ofContent;
    this.forNow = forNow;
  }

  /**
   * A ledger that is not there to be asked.
   *
   * @param message what to tell a person
   */
  LedgerUnavailable(String message) {
    this(message, null, false, false);
  }

  /** Whether the database is well and will never take what was to be written. */
  public boolean ofContent() {
    return ofContent;
  }

  /** Whether it may work a little later, though nobody changes how Kiln is set up. */
  public boolean isForNow() {
    return forNow;
  }
}
