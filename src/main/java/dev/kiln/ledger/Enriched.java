package dev.kiln.ledger;

import java.time.Instant;

/**
 * A stored row that came back.
 *
 * @param id its place in the order of arrival
 * @param run the run of its lead
 * @param record the number of its lead in the run
 * @param table the lead's table
 * @param body what came; personal data
 * @param receivedAt when
 */
public record Enriched(
    long id, String run, long record, String table, String body, Instant receivedAt) {
  /** The lead's id, as it travelled to Clay. */
  public String leadId() {
    return run + "-" + record;
  }

  /** Leaves the data out. */
  @Override
  public String toString() {
    return "Enriched[" + id + ", " + leadId() + "]";
  }
}
