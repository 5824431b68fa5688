package dev.kiln.ledger;

import org.jspecify.annotations.Nullable;

/**
 * How a person wants the next run of a content to be read.
 *
 * @param dedupe what becomes of leads that are known already, and that it is read anew even where
 *     it was read before; null leaves both as they are
 * @param sample how many rows that pass intake are queued, at least 1; those behind them are held.
 *     Null queues all
 */
public record Wish(@Nullable DedupeMode dedupe, @Nullable Long sample) {
  /** As any file is read. */
  public static final Wish NONE = new Wish(null, null);
}
