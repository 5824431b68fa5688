package dev.kiln.ledger;

import org.jspecify.annotations.Nullable;

/**
 * Stands before one open ledger: turns what the database refuses into words, and lets nobody in any
 * more once the database has said that it is damaged. Thread-safe.
 */
final class Guard {
  private final Store store;
  private volatile @Nullable String damage;

  Guard(Store store) {
    this.store = store;
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
        store.unavailable(
            "The ledger "
                + store
                + (store.fault(failure).ofContent()
                    ? " does not take what is to be written"
                    : " cannot be used"),
            failure);
    if (store.fault(failure).damage()) {
      damage = told.getMessage();
    }
    return told;
  }
}
