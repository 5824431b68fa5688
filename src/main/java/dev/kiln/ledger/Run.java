package dev.kiln.ledger;

/**
 * One file or one submission on its way in.
 *
 * @param id the run's id, sortable by day, for example {@code 20261125-k3f9zq}
 * @param source the source folder or parameter; empty where none was given
 * @param priority its priority
 * @param checkpoint the last record stored, 0 at the start: reading goes on behind it
 * @param read rows read so far, by the reader's own count
 * @param skipped blank, title and total lines so far
 * @param resumed whether an earlier attempt to read the same content goes on here
 * @param dedupe what becomes of leads that are known already
 * @param finished whether the same content was read to its end before: there is nothing left to do
 */
public record Run(
    String id,
    String source,
    Priority priority,
    long checkpoint,
    long read,
    long skipped,
    boolean resumed,
    DedupeMode dedupe,
    boolean finished) {
  /** This run behind a batch that was stored. */
  public Run behind(Batch batch) {
    return new Run(
        id, source, priority, batch.last(), batch.read(), batch.skipped(), true, dedupe, finished);
  }

  /** This run, treating known leads otherwise from now on. */
  public Run with(DedupeMode mode) {
    return new Run(id, source, priority, checkpoint, read, skipped, resumed, mode, finished);
  }
}
