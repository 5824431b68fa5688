package dev.kiln.ledger;

import dev.kiln.lead.LeadKey;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The SQL that finds a person's leads, what became of one lead, and what went through webhooks. */
final class FindRows {
  /** Leads with an address: by its key, or with a value that is the address, in any case. */
  static final String HAS_ADDRESS = "(dedupe_key = :key OR LOWER(payload) LIKE :quoted ESCAPE '!')";

  private FindRows() {}

  static String key(String email) {
    return LeadKey.ofEmail(email.strip());
  }

  static String quoted(String email) {
    return "%\"" + email.strip().toLowerCase(Locale.ROOT).replaceAll("[!%_]", "!$0") + "\"%";
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

  static List<Traffic> traffic(Handle handle) {
    return handle
        .createQuery(
            "WITH seen AS (SELECT webhook, COUNT(CASE WHEN outcome = 'UNKNOWN' THEN 1 END) AS doubts,"
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
                  webhook.used() - row.getLong("leads"),
                  row.getLong("doubts"),
                  row.getLong("open"));
            })
        .list();
  }
}
