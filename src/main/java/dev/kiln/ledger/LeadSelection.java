package dev.kiln.ledger;

import org.jspecify.annotations.Nullable;

/**
 * Which leads an operator means. What is null does not narrow.
 *
 * @param run of this run
 * @param table of this table
 * @param record with this number in the run; needs {@code run}
 */
public record LeadSelection(@Nullable String run, @Nullable String table, @Nullable Long record) {
  /**
   * One lead by the id that travels to Clay.
   *
   * @param leadId {@code <run>-<record>}
   * @throws IllegalArgumentException if it is no such id
   */
  public static LeadSelection ofLead(String leadId) {
    int dash = leadId.lastIndexOf('-');
    try {
      return new LeadSelection(
          leadId.substring(0, Math.max(0, dash)), null, Long.valueOf(leadId.substring(dash + 1)));
    } catch (NumberFormatException notAnId) {
      throw new IllegalArgumentException(
          "\"" + leadId + "\" is no lead_id: it is <run>-<row>, such as 20261125-k3f9zq-17");
    }
  }
}
