package dev.kiln.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a table waits for.
 *
 * @param kind the kind of wait
 * @param reason the reason and its cure, for a person; empty with {@link #NOT}
 * @param since since when; null where the ledger is to say
 */
public record Waiting(WaitReason kind, String reason, @Nullable Instant since) {
  /** A table that does not wait. */
  public static final Waiting NOT = new Waiting(WaitReason.NOT_DUE, "", null);
}
