package dev.kiln.ledger;

/** What is spent, and what is queued and so will be. */
interface Books {
  /** What an account has spent. */
  Amount spent(String account);

  /** Queued leads of a table. */
  long queued(String table);

  /** Queued leads of a run at a table. */
  long queued(String run, String table);
}
