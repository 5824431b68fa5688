package dev.kiln.lead;

import java.util.List;

/**
 * Records of one file that follow one another. Immutable.
 *
 * @param first the number of its first record, broken or not; from 1
 * @param last the number of its last record, broken or not
 * @param text the good records as RFC 4180 text: {@code ,} between cells, {@code \n} after each
 *     record, every record as wide as the header; empty when all are broken
 * @param records the record number of each good record: the i-th of {@code text} is {@code
 *     records.get(i)}
 * @param lines the line, from 1, where each good record begins, in the same order
 * @param broken the records left out of {@code text}
 * @param readTotal data records of the file up to and including this batch; equals {@code last}
 * @param skippedTotal blank, title and total lines before the record that follows this batch, or
 *     before the end of the file
 */
public record RecordBatch(
    long first,
    long last,
    String text,
    List<Long> records,
    List<Long> lines,
    List<Broken> broken,
    long readTotal,
    long skippedTotal) {
  /** Copies the lists. */
  public RecordBatch {
    records = List.copyOf(records);
    lines = List.copyOf(lines);
    broken = List.copyOf(broken);
  }

  /** Records in this batch, the broken ones included. */
  public int size() {
    return records.size() + broken.size();
  }

  /**
   * The same records as they follow others in a run that has no file: each is counted on from
   * there, and its line is its number.
   *
   * @param read records of the run before
   * @param skipped lines skipped before
   */
  public RecordBatch behind(long read, long skipped) {
    List<Long> numbers = records.stream().map(number -> number + read).toList();
    return new RecordBatch(
        first + read,
        last + read,
        text,
        numbers,
        numbers,
        broken.stream()
            .map(
                record ->
                    new Broken(
                        record.record() + read,
                        record.record() + read,
                        record.reason(),
                        record.original()))
            .toList(),
        readTotal + read,
        skippedTotal + skipped);
  }

  /** Leaves the personal data out. */
  @Override
  public String toString() {
    return "RecordBatch[first="
        + first
        + ", last="
        + last
        + ", good="
        + records.size()
        + ", broken="
        + broken.size()
        + "]";
  }
}
