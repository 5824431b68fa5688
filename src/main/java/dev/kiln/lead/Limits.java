package dev.kiln.lead;

/**
 * Bounds of reading one file: together they bound the heap that reading takes, whatever the file
 * holds. All counts are of characters (UTF-16 units), rows, lines or columns, and at least 1.
 *
 * @param batchRows records in one batch at most, the broken ones included; 100
 * @param maxBatchChars a batch that has reached this length ends early; 4,000,000
 * @param maxRecordChars a longer record is broken; 1,000,000
 * @param maxRecordLines a record over more lines is broken, as by an unclosed quote; 2,000
 * @param maxColumns a header with more columns is refused, {@link Columns#REJECTS} aside; 1,000
 * @param excerptChars how much of a broken record is kept; 4,000
 */
public record Limits(
    int batchRows,
    int maxBatchChars,
    int maxRecordChars,
    int maxRecordLines,
    int maxColumns,
    int excerptChars) {

  /** Refuses bounds below 1 with an {@link IllegalArgumentException}. */
  public Limits {
    if (batchRows < 1
        || maxBatchChars < 1
        || maxRecordChars < 1
        || maxRecordLines < 1
        || maxColumns < 1
        || excerptChars < 1) {
      throw new IllegalArgumentException("every limit is at least 1");
    }
  }

  /** The bounds named above. */
  public static Limits defaults() {
    return new Limits(100, 4_000_000, 1_000_000, 2_000, 1_000, 4_000);
  }

  /** These bounds with room for Kiln's own columns beside those of a file. */
  Limits withOwnColumns() {
    return new Limits(
        batchRows,
        maxBatchChars,
        maxRecordChars,
        maxRecordLines,
        maxColumns + Columns.REJECTS.size(),
        excerptChars);
  }

  /** These bounds with another batch size. */
  public Limits withBatchRows(int rows) {
    return new Limits(
        rows, maxBatchChars, maxRecordChars, maxRecordLines, maxColumns, excerptChars);
  }
}
