package dev.kiln.ledger;

import dev.kiln.lead.Notice;
import dev.kiln.lead.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One row as intake hands it to the ledger.
 *
 * @param record its number in the run, from 1
 * @param line the line of the file on which it begins
 * @param table the table that it was routed to
 * @param key its dedupe key; null where it has none
 * @param content what identifies its fields whatever their order; empty for a rejected row
 * @param payload its columns as a JSON object; of a rejected row what it was, as a JSON array
 * @param problem why the row is rejected; null for a good row
 * @param notices what a person should know of it
 * @param credits what one such lead costs at its table, thousandths
 */
public record NewLead(
    long record,
    long line,
    String table,
    @Nullable String key,
    String content,
    String payload,
    @Nullable Problem problem,
    List<Notice> notices,
    long credits) {
  /** Leaves the personal data out. */
  @Override
  public String toString() {
    return "NewLead[record=" + record + ", line=" + line + ", table=" + table + "]";
  }
}
