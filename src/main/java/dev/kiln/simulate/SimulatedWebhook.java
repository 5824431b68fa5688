package dev.kiln.simulate;

import org.jspecify.annotations.Nullable;

/**
 * The definition of one webhook. Defining an id again changes its settings and keeps its counts.
 *
 * @param id the last part of its URL: 1 to 100 letters, digits, {@code -} or {@code _}
 * @param workspace whose rate it shares
 * @param cap rows it accepts in its life, 0 or more
 * @param token what the header {@code x-clay-webhook-auth} must hold; null asks for none
 * @param table the table its rows land in, shared by every webhook that names it
 * @param tableRowCap rows that table holds, 0 or more; the last definition counts for all
 * @param deleted whether its source was deleted: then it answers 404
 * @param autoDelete whether rows vanish after their actions ran: lifts both caps
 */
public record SimulatedWebhook(
    String id,
    String workspace,
    int cap,
    @Nullable String token,
    String table,
    int tableRowCap,
    boolean deleted,
    boolean autoDelete) {

  /**
   * Checks the bounds.
   *
   * @throws IllegalArgumentException when the id cannot stand in a URL, a name is empty or a cap is
   *     negative
   */
  public SimulatedWebhook {
    if (!isId(id)) {
      throw new IllegalArgumentException("id: 1 to 100 letters, digits, - or _");
    }
    if (workspace.isEmpty() || table.isEmpty()) {
      throw new IllegalArgumentException("workspace and table: not empty");
    }
    if (cap < 0 || tableRowCap < 0) {
      throw new IllegalArgumentException("cap and tableRowCap: 0 or more");
    }
  }

  /**
   * A webhook of workspace {@code main} with Clay's caps, no token and a table of its own.
   *
   * @param id the last part of its URL
   * @return the webhook
   * @throws IllegalArgumentException when the id cannot stand in a URL
   */
  public static SimulatedWebhook of(String id) {
    return of(id, SimulatorOptions.Caps.CLAY);
  }

  static SimulatedWebhook of(String id, SimulatorOptions.Caps caps) {
    return new SimulatedWebhook(id, "main", caps.webhook(), null, id, caps.table(), false, false);
  }

  static boolean isId(String id) {
    if (id.isEmpty() || id.length() > 100) {
      return false;
    }
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
        return false;
      }
    }
    return true;
  }

  /**
   * This webhook in another workspace.
   *
   * @param changed the workspace
   * @return the changed copy
   * @throws IllegalArgumentException when it is empty
   */
  public SimulatedWebhook withWorkspace(String changed) {
    return new SimulatedWebhook(id, changed, cap, token, table, tableRowCap, deleted, autoDelete);
  }

  /**
   * This webhook with another cap.
   *
   * @param changed rows it accepts in its life
   * @return the changed copy
   * @throws IllegalArgumentException when it is negative
   */
  public SimulatedWebhook withCap(int changed) {
    return new SimulatedWebhook(
        id, workspace, changed, token, table, tableRowCap, deleted, autoDelete);
  }

  /**
   * This webhook with another token.
   *
   * @param changed the token, null for none
   * @return the changed copy
   */
  public SimulatedWebhook withToken(@Nullable String changed) {
    return new SimulatedWebhook(
        id, workspace, cap, changed, table, tableRowCap, deleted, autoDelete);
  }

  /**
   * This webhook on another table.
   *
   * @param changed the table
   * @param rowCap rows that table holds
   * @return the changed copy
   * @throws IllegalArgumentException when the name is empty or the cap negative
   */
  public SimulatedWebhook withTable(String changed, int rowCap) {
    return new SimulatedWebhook(id, workspace, cap, token, changed, rowCap, deleted, autoDelete);
  }

  /**
   * This webhook with its source deleted or there.
   *
   * @param changed whether it is deleted
   * @return the changed copy
   */
  public SimulatedWebhook withDeleted(boolean changed) {
    return new SimulatedWebhook(id, workspace, cap, token, table, tableRowCap, changed, autoDelete);
  }

  /**
   * This webhook with or without auto-delete.
   *
   * @param changed whether rows vanish after their actions ran
   * @return the changed copy
   */
  public SimulatedWebhook withAutoDelete(boolean changed) {
    return new SimulatedWebhook(id, workspace, cap, token, table, tableRowCap, deleted, changed);
  }
}
