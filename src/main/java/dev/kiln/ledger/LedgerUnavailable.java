package dev.kiln.ledger;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The ledger could not be read or written. Nothing of the operation took effect; the message says
 * what is wrong and what to do. Neither it nor its cause tells what was to be written.
 */
public final class LedgerUnavailable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private LedgerUnavailable(String message, @Nullable Throwable cause) {
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

  /**
   * A failure with its innermost reason and the cure.
   *
   * @param what what could not be done
   * @param place the folder or file that was to be written or read
   * @param failure why
   */
  static LedgerUnavailable of(String what, Path place, Throwable failure) {
    if (failure instanceof LedgerUnavailable told) {
      return told;
    }
    Throwable root = SqliteFault.root(failure);
    return new LedgerUnavailable(
        what + ": " + SqliteFault.of(root).words(place, root.getMessage()) + ".", root);
  }
}
