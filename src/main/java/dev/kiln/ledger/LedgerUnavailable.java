package dev.kiln.ledger;

/**
 * The ledger could not be read or written. Nothing of the operation took effect; the message says
 * what to look at.
 */
public final class LedgerUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * A failure with its innermost reason.
   *
   * @param what what could not be done
   * @param failure why; of a chain of causes the last one is told
   * @param cure what to do; empty where the reason says it
   */
  LedgerUnavailable(String what, Throwable failure, String cure) {
    super(what + ": " + innermost(failure) + cure, failure);
  }

  /**
   * A ledger that is not there to be asked.
   *
   * @param message what to tell a person
   */
  LedgerUnavailable(String message) {
    super(message);
  }

  private static String innermost(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }
}
