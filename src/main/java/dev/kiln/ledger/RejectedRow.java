package dev.kiln.ledger;

/**
 * A rejected row of a run; personal data.
 *
 * @param record its number in the run, from 1
 * @param line the line of the file on which it begins
 * @param reason why it was rejected
 * @param note what else a person should know of it; mostly empty
 * @param payload what it was, as a JSON array
 */
public record RejectedRow(long record, long line, String reason, String note, String payload) {
  /** Leaves the personal data out. */
  @Override
  public String toString() {
    return "RejectedRow[record=" + record + ", line=" + line + ", reason=" + reason + "]";
  }
}
