package dev.kiln.plan;

import dev.kiln.clay.RowSizes;
import dev.kiln.ledger.DryRun;
import dev.kiln.ledger.Findings;
import dev.kiln.ledger.LeadState;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What sending some files would do. Immutable.
 *
 * @param files the files, in order
 * @param tables what becomes of their rows, by table; only tables that get rows
 * @param findings what was found in the rows
 * @param webhooks of these tables, in order of filling
 * @param workspaces those of these tables
 * @param covers the caps of the day and the month of now
 * @param held leads that budgets would hold, by file and table
 * @param notes what else to know, as sentences
 */
public record Preview(
    List<FilePreview> files,
    List<TablePreview> tables,
    Findings findings,
    List<WebhookPreview> webhooks,
    List<WorkspacePreview> workspaces,
    List<DryRun.Cover> covers,
    List<DryRun.Held> held,
    List<String> notes) {
  /**
   * One file.
   *
   * @param name its name
   * @param read rows read, those that a run has read before included
   * @param skipped blank, title and total lines
   * @param note what is unusual about it; else empty
   * @param refused why it would be refused; null where it would not
   */
  public record FilePreview(
      String name, long read, long skipped, String note, @Nullable String refused) {}

  /**
   * The rows of one table.
   *
   * @param name the table
   * @param states rows by what becomes of them: QUEUED, HELD for a budget or by an operator's order
   *     for their run, CANCELLED by one, REFUSED since they are too large, DUPLICATE, REJECTED
   * @param rows how large those are that pass intake, and the first of them
   * @param waits leads for which its webhooks have no room
   * @param credits Data Credits of those that are sent
   * @param actions Actions of those that are sent
   */
  public record TablePreview(
      String name,
      Map<LeadState, Long> states,
      RowSizes rows,
      long waits,
      BigDecimal credits,
      BigDecimal actions) {
    /** Rows in a state. */
    public long count(LeadState state) {
      return states.getOrDefault(state, 0L);
    }

    /** Leads that are sent, as soon as it is their turn. */
    public long sent() {
      return count(LeadState.QUEUED);
    }
  }

  /**
   * One webhook.
   *
   * @param name the webhook
   * @param table its table
   * @param cap rows that it takes; 0 for no cap
   * @param used rows that it has taken
   * @param ahead rows that it takes of leads ahead in the queue
   * @param leads rows that it takes of these files
   */
  public record WebhookPreview(
      String name, String table, long cap, long used, long ahead, long leads) {
    /** Rows that it has taken then. */
    public long then() {
      return used + ahead + leads;
    }
  }

  /**
   * One workspace.
   *
   * @param name the workspace
   * @param ratePerSecond its present rate, leads a second
   * @param ahead leads ahead in the queue that its webhooks have room for
   * @param leads leads of these files that they have room for
   * @param hours until all of them are sent
   */
  public record WorkspacePreview(
      String name, double ratePerSecond, long ahead, long leads, double hours) {}

  /** Whether a file would be refused. */
  public boolean refusesSome() {
    return files.stream().anyMatch(file -> file.refused() != null);
  }
}
