package dev.kiln.ledger;

/**
 * A queued lead whose time has come.
 *
 * @param id the ledger's own key of the lead; ascending with age
 * @param run the run that it came with
 * @param record its number in the run
 * @param source the run's source; empty where none was given
 * @param table the table to send it to
 * @param priority the run's priority
 * @param payload its columns as a JSON object
 * @param possibleDuplicate whether it may have arrived at Clay before
 * @param sends how often it was begun
 * @param attempts the attempts that counted
 */
public record Due(
    long id,
    String run,
    long record,
    String source,
    String table,
    Priority priority,
    String payload,
    boolean possibleDuplicate,
    int sends,
    int attempts) {
  /** The id that travels to Clay: stable over every retry. */
  public String leadId() {
    return run + "-" + record;
  }

  /** Leaves the personal data out. */
  @Override
  public String toString() {
    return "Due[" + leadId() + ", table=" + table + "]";
  }
}
