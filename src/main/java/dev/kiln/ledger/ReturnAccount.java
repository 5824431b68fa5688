package dev.kiln.ledger;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came back to a table.
 *
 * @param table its name
 * @param expecting whether its rows are to come back
 * @param silentSince since when it takes rows and none comes back; null while they do
 * @param enriched leads that are ENRICHED
 * @param awaited leads that Clay accepted since it is expecting, and that are neither back nor
 *     missing nor forgotten
 * @param missing leads that are MISSING
 * @param lastAt when the last row came back; null before the first
 * @param counted leads that came back and that the fields are counted of
 * @param filled by field, in how many of these it was filled
 */
public record ReturnAccount(
    String table,
    boolean expecting,
    @Nullable Instant silentSince,
    long enriched,
    long awaited,
    long missing,
    @Nullable Instant lastAt,
    long counted,
    Map<String, Long> filled) {
  /** The share of the leads that Clay accepted which came back, 0 to 1; 0 where there is none. */
  public double hitRate() {
    long all = enriched + awaited + missing;
    return all == 0 ? 0 : (double) enriched / all;
  }
}
