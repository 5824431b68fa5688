package dev.kiln.ledger;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which leads an operator means. What is null does not narrow.
 *
 * @param run of this run
 * @param table of this table
 * @param record with this number in the run; needs {@code run}
 */
public record LeadSelection(@Nullable String run, @Nullable String table, @Nullable Long record) {
  /** Whether whole runs are meant, with all that they still bring. */
  boolean wholeRuns() {
    return table == null && record == null;
  }

  private static final Pattern LEAD_ID = Pattern.compile("(?<run>.+-.+)-(?<record>[0-9]{1,18})");

  /**
   * One lead by the id that travels to Clay.
   *
   * @param leadId {@code <run>-<record>}
   * @throws IllegalArgumentException if it is no such id
   */
  public static LeadSelection ofLead(String leadId) {
    Matcher id = LEAD_ID.matcher(leadId);
    if (!id.matches()) {
      throw new IllegalArgumentException(
          "\"" + leadId + "\" is no lead_id: it is <run>-<row>, such as 20261125-k3f9zq-17");
    }
    return new LeadSelection(id.group("run"), null, Long.valueOf(id.group("record")));
  }
}
