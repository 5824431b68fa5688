package dev.kiln.ledger;

import dev.kiln.lead.Address;
import dev.kiln.lead.LeadKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The SQL that finds a person's leads, what became of one lead, and what went through webhooks. */
final class FindRows {
  /** Rows looked at in one statement, so that none holds the log of the ledger for long. */
  private static final int AT_ONCE = 1_000;

  /** What was noticed of a run by a name. */
  record Named(String run, String kind, String name) {}

  private FindRows() {}

  /** The leads of a person: by their key, by what was read of them, or by what came back. */
  static NavigableSet<Long> leads(Handle handle, Address address) {
    // A lead that is known by its key holds the address, whatever else was kept of it.
    NavigableSet<Long> leads =
        new TreeSet<>(
            holding(
                handle,
                "lead",
                "CASE WHEN dedupe_key = :key THEN :email ELSE payload END",
                Map.of("key", LeadKey.ofEmail(address.email()), "email", address.email()),
                address));
    for (long result : results(handle, address)) {
      handle
          .createQuery(
              "SELECT lead.id FROM result JOIN lead ON lead.run = result.run AND lead.record = result.record"
                  + " WHERE result.id = :result")
          .bind("result", result)
          .mapTo(Long.class)
          .findOne()
          .ifPresent(leads::add);
    }
    return leads;
  }

  /** The results that hold an address. */
  static List<Long> results(Handle handle, Address address) {
    return holding(handle, "result", "body", Map.of(), address);
  }

  /** The rows that are kept apart and hold an address. */
  static List<Long> strays(Handle handle, Address address) {
    return holding(handle, "quarantine", "body", Map.of(), address);
  }

  /** What was noticed by a name that holds an address. */
  static List<Named> notices(Handle handle, Address address) {
    return handle
        .createQuery("SELECT run, kind, name FROM noticed WHERE name LIKE '%@%'")
        .map(
            (row, context) ->
                new Named(row.getString("run"), row.getString("kind"), row.getString("name")))
        .filter(named -> address.isIn(named.name()))
        .list();
  }

  /** What is not ASCII is in whatever case, and a slash may stand behind a backslash. */
  private static String plain(String email) {
    return "%"
        + email
            .toLowerCase(Locale.ROOT)
            .replaceAll("[!%_]", "!$0")
            .replaceAll("[^\\x00-\\x7F]+|/", "%")
        + "%";
  }

  /**
   * The rows that hold an address. SQL finds what may hold it; whether it does, as a whole, the
   * address itself knows.
   *
   * @param text what of a row is looked through
   * @param values of the names in that
   */
  private static List<Long> holding(
      Handle handle, String table, String text, Map<String, String> values, Address address) {
    List<Long> ids = new ArrayList<>();
    long after = end(handle, "MIN", table) - 1;
    long last = end(handle, "MAX", table);
    for (; after < last; after += AT_ONCE) {
      handle
          .createQuery(
              "SELECT id, held FROM (SELECT id, "
                  + text
                  + " AS held FROM "
                  + table
                  + " WHERE id > :after AND id <= :upto) looked"
                  + " WHERE LOWER(held) LIKE :plain ESCAPE '!' OR LOWER(held) LIKE :escaped ESCAPE '!'")
          .bind("after", after)
          .bind("upto", after + AT_ONCE)
          .bind("plain", plain(address.email()))
          .bind("escaped", "%\\u%")
          .bindMap(values)
          .map((row, context) -> address.isIn(row.getString("held")) ? row.getLong("id") : 0L)
          .filter(id -> id > 0)
          .forEach(ids::add);
    }
    return ids;
  }

  private static long end(Handle handle, String which, String table) {
    return handle
        .createQuery("SELECT COALESCE(" + which + "(id), 0) FROM " + table)
        .mapTo(Long.class)
        .one();
  }

  static List<Attempt> attempts(Handle handle, LeadSelection lead) {
    return handle
        .createQuery(
            "SELECT a.number, w.name, a.begun_at, a.outcome, a.status, a.millis, a.bytes, a.note"
                + " FROM lead JOIN attempt a ON a.lead = lead.id LEFT JOIN webhook w ON w.id = a.webhook"
                + " WHERE lead.run = :run AND lead.record = :record ORDER BY a.number")
        .bind("run", lead.run())
        .bind("record", lead.record())
        .map(
            (row, context) ->
                new Attempt(
                    row.getInt("number"),
                    text(row.getString("name")),
                    Instant.ofEpochMilli(row.getLong("begun_at")),
                    text(row.getString("outcome")),
                    row.getInt("status"),
                    row.getLong("millis"),
                    row.getInt("bytes"),
                    text(row.getString("note"))))
        .list();
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }

  /**
   * Whether it is not known of an attempt whether its row is at Clay: nobody said that the lead
   * arrived by it, neither the operator nor a row that came back.
   */
  static final String IN_DOUBT =
      "outcome = 'UNKNOWN' AND NOT EXISTS (SELECT 1 FROM lead WHERE lead.id = attempt.lead"
          + " AND lead.sends = attempt.number AND lead.state IN "
          + LeadState.sql(LeadState.gotThrough())
          + ")";

  static List<Traffic> traffic(Handle handle) {
    return handle
        .createQuery(
            "WITH seen AS (SELECT webhook, COUNT(CASE WHEN "
                + IN_DOUBT
                + " THEN 1 END) AS doubts,"
                + " COUNT(CASE WHEN outcome IS NULL THEN 1 END) AS open"
                + " FROM attempt GROUP BY webhook),"
                + " sent AS (SELECT webhook, SUM(leads) AS leads FROM webhook_day GROUP BY webhook), w AS ("
                + WebhookRows.SELECT
                + " WHERE w.listed = 1 ORDER BY w.position)"
                + " SELECT w.*, COALESCE(sent.leads, 0) AS leads, COALESCE(seen.doubts, 0) + p.purged_doubts AS doubts,"
                + " COALESCE(seen.open, 0) AS open FROM w JOIN webhook p ON p.id = w.id"
                + " LEFT JOIN sent ON sent.webhook = w.id LEFT JOIN seen ON seen.webhook = w.id ORDER BY p.position")
        .map(
            (row, context) -> {
              WebhookUse webhook = WebhookRows.use(row);
              return new Traffic(
                  webhook,
                  Math.max(0, webhook.used() - row.getLong("leads")),
                  Math.max(0, row.getLong("doubts")),
                  row.getLong("open"));
            })
        .list();
  }
}
