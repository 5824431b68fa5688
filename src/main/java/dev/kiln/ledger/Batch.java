package dev.kiln.ledger;

import java.util.List;

/**
 * Up to 100 rows of one run: the unit of intake, checkpoint and commit.
 *
 * @param first its first record
 * @param last its last record: the run's new checkpoint
 * @param read rows of the run read so far, by the reader's own count
 * @param skipped blank, title and total lines of the run so far
 * @param leads one for each row read
 */
public record Batch(long first, long last, long read, long skipped, List<NewLead> leads) {}
