package dev.kiln.ledger;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Stands before one open ledger: turns what the database refuses into words, and lets nobody in any
 * more once the database has said that it is damaged. Thread-safe.
 */
final class Guard {
  private final Path data;
  private volatile @Nullable String damage;

  Guard(Path data) {
    this.data = data;
  }

  /**
   * @throws LedgerUnavailable if the ledger was found damaged
   */
  void mustBeSound() {
    String told = damage;
    if (told != null) {
      throw new LedgerUnavailable(told);
    }
  }

  /** The database refused. */
  LedgerUnavailable refused(Throwable failure) {
    LedgerUnavailable told =
        LedgerUnavailable.of(
            "The ledger " + data.resolve(Ledger.FILE) + " cannot be used", data, failure);
    if (SqliteFault.of(failure) == SqliteFault.DAMAGED) {
      damage = told.getMessage();
    }
    return told;
  }
}
