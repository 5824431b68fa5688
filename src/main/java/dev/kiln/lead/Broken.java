package dev.kiln.lead;

/**
 * A record that cannot be taken apart into the columns of its file. It counts as read.
 *
 * @param record its number, from 1, among the data records of the file
 * @param line the line where the fault begins, from 1: of an unclosed quote the line of the quote
 * @param reason what is wrong, for a person; holds no value of the record
 * @param original the start of the record as it stands in the file, bounded by {@link
 *     Limits#excerptChars}; personal data
 */
public record Broken(long record, long line, String reason, String original) {
  /** Leaves the personal data out. */
  @Override
  public String toString() {
    return "Broken[record=" + record + ", line=" + line + ", reason=" + reason + "]";
  }
}
