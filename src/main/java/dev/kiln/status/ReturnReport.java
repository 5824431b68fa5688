package dev.kiln.status;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.lead.EnrichedRow;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.Onward;
import dev.kiln.ledger.Quarantined;
import dev.kiln.ledger.ReturnAccount;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What came back from Clay, and how far it went on.
 *
 * @param returns by table
 * @param onward by target
 * @param quarantined how many rows belong to no lead that was sent
 * @param newest the newest of these
 */
public record ReturnReport(
    List<ReturnAccount> returns, List<Onward> onward, long quarantined, List<Quarantined> newest) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Nothing. */
  public static final ReturnReport EMPTY = new ReturnReport(List.of(), List.of(), 0, List.of());

  /**
   * The report of a ledger.
   *
   * @param view reads it
   * @param newest how many of the rows that belong to no lead
   */
  public static ReturnReport of(LedgerView view, int newest) {
    return new ReturnReport(
        view.returns(),
        view.onward(),
        view.quarantined(),
        newest == 0 ? List.of() : view.quarantined(newest));
  }

  /** The report for people. */
  public String text() {
    StringBuilder text = new StringBuilder();
    if (returns.isEmpty()) {
      text.append(
          "No table expects rows to come back (results: true in clay.yaml), and none came.\n");
    } else {
      TextTable table =
          new TextTable("table", "came back", "awaited", "missing", "hit rate", "last");
      for (ReturnAccount account : returns) {
        table.row(
            account.table(),
            account.enriched(),
            account.expecting() ? account.awaited() : "-",
            account.missing(),
            percent(account.hitRate()),
            time(account.lastAt()));
      }
      text.append("Leads that came back\n").append(table).append(silent(returns));
      for (ReturnAccount account : returns) {
        if (account.counted() > 0) {
          TextTable fields = new TextTable("field", "filled", "of 100");
          account
              .filled()
              .forEach(
                  (field, leads) ->
                      fields.row(field, leads, percent((double) leads / account.counted())));
          text.append("\nFields of ").append(account.table()).append('\n').append(fields);
        }
      }
    }
    if (!onward.isEmpty()) {
      TextTable table = new TextTable("target", "waiting rows", "dead letters", "waits");
      onward.forEach(
          one ->
              table.row(
                  one.target(),
                  one.behind(),
                  one.dead(),
                  one.reason().isEmpty() ? "-" : new TextTable.Said(one.reason())));
      text.append("\nOnward\n").append(table);
    }
    if (quarantined > 0) {
      TextTable table = new TextTable("came", "table", "lead_id", "reason");
      newest.forEach(
          row ->
              table.row(
                  row.receivedAt(),
                  row.table(),
                  shown(row.leadId()),
                  new TextTable.Said(row.reason())));
      text.append("\nKept apart: ")
          .append(quarantined)
          .append(" rows of no lead that was sent; the newest\n")
          .append(table);
    }
    return text.toString();
  }

  private static String shown(String leadId) {
    return EnrichedRow.mayBeLeadId(leadId) ? leadId : leadId.isEmpty() ? "-" : "(not shown)";
  }

  /** A line for each table that takes rows and gets none back. */
  public static String silent(List<ReturnAccount> returns) {
    StringBuilder lines = new StringBuilder();
    for (ReturnAccount account : returns) {
      if (account.silentSince() != null) {
        lines
            .append("  ")
            .append(account.table())
            .append(" takes rows, and none comes back (noticed ")
            .append(time(account.silentSince()))
            .append(
                "): look at its HTTP API column in Clay, and whether it reaches kiln.results.listen\n");
      }
    }
    return lines.toString();
  }

  private static String time(@Nullable Instant at) {
    return at == null ? "-" : at.toString().replaceAll("\\.\\d+Z$", "Z");
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  /** The report for programs. */
  public String json() {
    return node().toPrettyString();
  }

  /** The same as a node. */
  ObjectNode node() {
    ObjectNode json = JSON.createObjectNode();
    ArrayNode tables = json.putArray("tables");
    for (ReturnAccount account : returns) {
      ObjectNode node =
          tables
              .addObject()
              .put("table", account.table())
              .put("expecting", account.expecting())
              .put("enriched", account.enriched())
              .put("awaited", account.awaited())
              .put("missing", account.missing())
              .put("hit_rate", account.hitRate())
              .put("last", account.lastAt() == null ? null : account.lastAt().toString())
              .put(
                  "silent_since",
                  account.silentSince() == null ? null : account.silentSince().toString())
              .put("counted", account.counted());
      ObjectNode fields = node.putObject("filled");
      account.filled().forEach(fields::put);
    }
    ArrayNode targets = json.putArray("onward");
    onward.forEach(
        one ->
            targets
                .addObject()
                .put("target", one.target())
                .put("waiting", one.behind())
                .put("dead", one.dead())
                .put("reason", one.reason()));
    return json.put("quarantined", quarantined);
  }
}
