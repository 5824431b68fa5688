package dev.kiln.ledger;

/** What is wrong with a database when it refuses. */
sealed interface Fault permits SqliteFault, PostgresFault {
  /** Whether the database is well and the operation is at fault. */
  boolean ofOperation();

  /** Whether that is what the operation was to write: it is of no use to try again. */
  boolean ofContent();

  /** Whether it may end though nobody changes how Kiln is set up. */
  boolean forNow();

  /** Whether nothing of the ledger may be used any more. */
  boolean damage();
}
