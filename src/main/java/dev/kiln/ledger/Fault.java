package dev.kiln.ledger;

/** What is wrong with a database when it refuses. */
sealed interface Fault permits SqliteFault, PostgresFault {
  /** Whether the database is well and the operation is at fault. */
  boolean ofOperation();

  /** Whether nothing of the ledger may be used any more. */
  boolean damage();
}
