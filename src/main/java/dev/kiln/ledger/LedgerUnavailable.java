package dev.kiln.ledger;

/**
 * The ledger could not be read or written. Nothing of the operation took effect; the message says
 * what to look at.
 */
public final class LedgerUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LedgerUnavailable(String message, Throwable cause) {
    super(message, cause);
  }
}
