package dev.kiln.ledger;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Up to 100 rows of one run: the unit of intake, checkpoint and commit.
 *
 * @param first its first record
 * @param last its last record: the run's new checkpoint
 * @param read rows of the run read so far, by the reader's own count
 * @param skipped blank, title and total lines of the run so far
 * @param leads one for each row read
 * @param message the key by which the message that they came in is known again; null without one
 */
public record Batch(
    long first, long last, long read, long skipped, List<NewLead> leads, @Nullable String message) {
  /** A batch that came in no message. */
  public Batch(long first, long last, long read, long skipped, List<NewLead> leads) {
    this(first, last, read, skipped, leads, null);
  }
}
