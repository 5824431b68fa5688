package dev.kiln.ledger;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/** The SQL of webhooks and of the Clay tables behind them. */
final class WebhookRows {
  /**
   * The first wait before a refusing webhook is probed; it doubles up to {@link
   * #LONGEST_PROBE_WAIT}.
   */
  private static final long FIRST_PROBE_WAIT = 60_000;

  private static final long LONGEST_PROBE_WAIT = 900_000;

  static final String SELECT =
      "SELECT w.id, w.name, w.table_name, w.clay_table, w.cap, w.used, c.used AS clay_table_used, c.cap AS row_cap, w.state,"
          + " w.probe_at, w.reason FROM webhook w LEFT JOIN clay_table c ON c.name = w.clay_table";

  private static final String OF_TABLE =
      SELECT + " WHERE w.table_name = ? AND w.listed = 1 ORDER BY w.position";

  /** The rows of all webhooks of a row of {@code clay_table}. */
  private static final String OF_WEBHOOKS =
      "(SELECT COALESCE(SUM(webhook.used), 0) FROM webhook WHERE webhook.clay_table = clay_table.name)";

  /** What a webhook was called before, and its Clay table. */
  private record Called(String name, String clayTable) {}

  private WebhookRows() {}

  static void register(Handle handle, List<ListedWebhook> webhooks) {
    Map<String, Called> before = called(handle);
    Map<String, Long> beyond = beyondWebhooks(handle);
    handle.execute("UPDATE webhook SET listed = 0");
    for (int position = 0; position < webhooks.size(); position++) {
      ListedWebhook webhook = webhooks.get(position);
      boolean known =
          handle
                  .createUpdate(
                      "UPDATE webhook SET name = :name, table_name = :table, clay_table = :clayTable, cap = :cap,"
                          + " position = :position, listed = 1 WHERE id = :id")
                  .bindMethods(webhook)
                  .bind("position", position)
                  .execute()
              == 1;
      if (!known) {
        handle
            .createUpdate(
                "INSERT INTO webhook (id, name, table_name, clay_table, position, cap, used)"
                    + " VALUES (:id, :name, :table, :clayTable, :position, :cap, :used)")
            .bindMethods(webhook)
            .bind("position", position)
            .execute();
        useClayTable(handle, webhook.clayTable(), webhook.used());
      }
    }
    Map<String, String> renamed = renamed(before, webhooks);
    follow(handle, before, renamed, webhooks);
    webhooks.forEach(webhook -> keepClayTable(handle, webhook));
    renamed.forEach(
        (old, clayTable) ->
            useClayTable(handle, clayTable, Math.max(0, beyond.getOrDefault(old, 0L))));
  }

  /** What each webhook is called, by its id. */
  private static Map<String, Called> called(Handle handle) {
    Map<String, Called> called = new HashMap<>();
    handle
        .createQuery("SELECT id, name, clay_table FROM webhook")
        .map(
            (row, context) ->
                called.put(row.getString(1), new Called(row.getString(2), row.getString(3))))
        .list();
    return called;
  }

  /** How many rows Clay tables have beyond those of their webhooks: of some that left them. */
  private static Map<String, Long> beyondWebhooks(Handle handle) {
    Map<String, Long> beyond = new HashMap<>();
    handle
        .createQuery("SELECT name, used - " + OF_WEBHOOKS + " FROM clay_table")
        .map((row, context) -> beyond.put(row.getString(1), row.getLong(2)))
        .list();
    return beyond;
  }

  /**
   * Clay tables that have another name now, each with it: a webhook's URL leads to the same one for
   * ever, so a webhook that names another one renames it, unless one that stays says that both are
   * there.
   */
  private static Map<String, String> renamed(
      Map<String, Called> before, List<ListedWebhook> webhooks) {
    Map<String, String> renamed = new TreeMap<>();
    for (ListedWebhook webhook : webhooks) {
      Called old = before.get(webhook.id());
      if (old != null && !old.clayTable.equals(webhook.clayTable())) {
        renamed.putIfAbsent(old.clayTable, webhook.clayTable());
      }
    }
    for (ListedWebhook webhook : webhooks) {
      Called old = before.get(webhook.id());
      if (old != null && old.clayTable.equals(webhook.clayTable())) {
        renamed.remove(old.clayTable);
      }
    }
    return renamed;
  }

  /**
   * Webhooks that are listed no more go along with their Clay table; its old name counts anew. One
   * whose place another took stays behind when that one is given a Clay table: by its name alone it
   * was taken for one of the same.
   */
  private static void follow(
      Handle handle,
      Map<String, Called> before,
      Map<String, String> renamed,
      List<ListedWebhook> webhooks) {
    before.forEach(
        (id, old) -> {
          if (renamed.containsKey(old.clayTable) && !tookPlace(old, before, webhooks)) {
            handle
                .createUpdate(
                    "UPDATE webhook SET clay_table = :clayTable WHERE id = :id AND listed = 0")
                .bind("clayTable", renamed.get(old.clayTable))
                .bind("id", id)
                .execute();
          }
        });
    for (String old : renamed.keySet()) {
      handle
          .createUpdate("UPDATE clay_table SET used = " + OF_WEBHOOKS + " WHERE name = :name")
          .bind("name", old)
          .execute();
    }
  }

  /** Whether a webhook that is listed has the name of one that is not, as it had before. */
  private static boolean tookPlace(
      Called gone, Map<String, Called> before, List<ListedWebhook> webhooks) {
    return webhooks.stream()
        .anyMatch(
            webhook -> webhook.name().equals(gone.name) && gone.equals(before.get(webhook.id())));
  }

  /** Notes the cap of a webhook's Clay table, which has at least the rows of its webhooks. */
  private static void keepClayTable(Handle handle, ListedWebhook webhook) {
    handle
        .createUpdate(
            "INSERT INTO clay_table (name, used) VALUES (:name, 0) ON CONFLICT (name) DO NOTHING")
        .bind("name", webhook.clayTable())
        .execute();
    handle
        .createUpdate(
            "UPDATE clay_table SET cap = :cap, used = CASE WHEN used < "
                + OF_WEBHOOKS
                + " THEN "
                + OF_WEBHOOKS
                + " ELSE used END WHERE name = :name")
        .bind("name", webhook.clayTable())
        .bind("cap", webhook.rowCap())
        .execute();
  }

  static List<WebhookUse> ofTable(Handle handle, String table) {
    return handle.createQuery(OF_TABLE).bind(0, table).map((row, context) -> use(row)).list();
  }

  /** The same, for each commit that begins leads. */
  static List<WebhookUse> ofTable(Statements statements, String table) {
    return statements.all(OF_TABLE, WebhookRows::use, table);
  }

  static WebhookUse use(ResultSet row) throws SQLException {
    WebhookUse.State state = WebhookUse.State.valueOf(row.getString("state"));
    return new WebhookUse(
        row.getString("id"),
        row.getString("name"),
        row.getString("table_name"),
        row.getString("clay_table"),
        row.getLong("cap"),
        row.getLong("used"),
        row.getLong("clay_table_used"),
        row.getLong("row_cap"),
        state,
        state == WebhookUse.State.REFUSING ? Instant.ofEpochMilli(row.getLong("probe_at")) : null,
        row.getString("reason"));
  }

  /**
   * Books rows on a webhook and its Clay table; a negative number gives back.
   *
   * @param at when the rows were begun
   */
  static void use(Transaction transaction, String id, String clayTable, long rows, Instant at) {
    transaction.use(id, clayTable, day(at), rows);
  }

  /** Books rows on a webhook alone. */
  static void use(Handle handle, String id, long rows) {
    handle
        .createUpdate("UPDATE webhook SET used = used + :rows WHERE id = :id")
        .bind("id", id)
        .bind("rows", rows)
        .execute();
  }

  /**
   * Takes Clay's count for ours; what Kiln sent by day stays. What was in doubt is in it, or is
   * not: it is in doubt no more.
   */
  static void adopt(Handle handle, WebhookUse webhook, long rows) {
    handle
        .createUpdate(
            "UPDATE webhook SET purged_doubts = -(SELECT COUNT(*) FROM attempt WHERE webhook = webhook.id AND "
                + FindRows.IN_DOUBT
                + ") WHERE id = :id")
        .bind("id", webhook.id())
        .execute();
    use(handle, webhook.id(), rows - webhook.used());
    useClayTable(handle, webhook.clayTable(), rows - webhook.used());
  }

  private static long day(Instant at) {
    return LocalDate.ofInstant(at, ZoneOffset.UTC).toEpochDay();
  }

  /** What went through the webhooks within the last seven days, by the webhook's id. */
  static Map<String, RecentUse> recentUse(Handle handle, Instant now) {
    Map<String, RecentUse> recent = new HashMap<>();
    handle
        .createQuery(
            "SELECT webhook, SUM(leads) AS leads, MIN(day) AS first FROM webhook_day"
                + " WHERE day > :week_ago AND leads > 0 GROUP BY webhook")
        .bind("week_ago", day(now) - 7)
        .map(
            (row, context) ->
                recent.put(
                    row.getString("webhook"),
                    new RecentUse(row.getLong("leads"), day(now) - row.getLong("first") + 1)))
        .list();
    return recent;
  }

  /** Books rows on a Clay table alone. */
  static void useClayTable(Handle handle, String clayTable, long rows) {
    handle
        .createUpdate(
            "INSERT INTO clay_table (name, used) VALUES (:name, :rows)"
                + " ON CONFLICT (name) DO UPDATE SET used = clay_table.used + excluded.used")
        .bind("name", clayTable)
        .bind("rows", rows)
        .execute();
  }

  /**
   * Reserves a refusing webhook for one probe: no other lead tries it until the first wait is over.
   */
  static void probe(Handle handle, String id, long now) {
    handle
        .createUpdate("UPDATE webhook SET probe_at = :at WHERE id = :id AND state = 'REFUSING'")
        .bind("id", id)
        .bind("at", now + FIRST_PROBE_WAIT)
        .execute();
  }

  /** Ends the wait of those that refuse. */
  static void tryAgain(Handle handle, Set<String> ids, long now) {
    handle
        .createUpdate(
            "UPDATE webhook SET probe_at = :now"
                + " WHERE state = 'REFUSING' AND probe_at > :now AND id IN (<ids>)")
        .bind("now", now)
        .bindList("ids", List.copyOf(ids))
        .execute();
  }

  static void works(Handle handle, String id) {
    handle
        .createUpdate(
            "UPDATE webhook SET state = 'OPEN', reason = '', refusals = 0 WHERE id = :id AND state = 'REFUSING'")
        .bind("id", id)
        .execute();
  }

  /**
   * Notes a refusal. Rows that were on the wire together with the one that was refused first do not
   * lengthen the wait: only a row begun after that does.
   */
  static void refuses(Handle handle, String id, String reason, long begunAt, long now) {
    handle
        .createUpdate(
            "UPDATE webhook SET state = 'REFUSING', reason = :reason, refusals = refusals + 1, refused_at = :now,"
                + " probe_at = :now + CASE WHEN refusals < 4 THEN :first * (1 << refusals) ELSE :longest END"
                + " WHERE id = :id AND (state = 'OPEN' OR (state = 'REFUSING' AND refused_at < :begun))")
        .bind("id", id)
        .bind("reason", reason)
        .bind("now", now)
        .bind("begun", begunAt)
        .bind("first", FIRST_PROBE_WAIT)
        .bind("longest", LONGEST_PROBE_WAIT)
        .execute();
  }

  static void exhausted(Handle handle, String id, String reason) {
    handle
        .createUpdate("UPDATE webhook SET state = 'EXHAUSTED', reason = :reason WHERE id = :id")
        .bind("id", id)
        .bind("reason", reason)
        .execute();
  }
}
