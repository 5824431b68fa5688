package dev.kiln.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A row of a run, with what became of it and what came back.
 *
 * @param record its number in the run
 * @param line the line of its file
 * @param leadId the id that travels to Clay
 * @param table its table
 * @param state its state
 * @param reason why, where there is a reason
 * @param possibleDuplicate whether it may have arrived twice
 * @param readAt when it was read
 * @param sentAt when it was last sent; null where it was not
 * @param returnedAt when it last came back; null where it did not
 * @param payload its fields, as {@link dev.kiln.lead.Lead#json()} wrote them; personal data
 * @param enriched what came back last; null where nothing did; personal data
 */
public record JoinedRow(
    long record,
    long line,
    String leadId,
    String table,
    LeadState state,
    String reason,
    boolean possibleDuplicate,
    Instant readAt,
    @Nullable Instant sentAt,
    @Nullable Instant returnedAt,
    String payload,
    @Nullable String enriched) {
  /** Leaves the data out. */
  @Override
  public String toString() {
    return "JoinedRow[" + leadId + ", " + state + "]";
  }
}
