package dev.kiln.status;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.ledger.Findings;
import dev.kiln.ledger.Findings.Named;
import dev.kiln.ledger.Findings.Unsent;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.plan.Numbers;
import java.util.List;

/**
 * One run in full: its account, what it saved by not sending rows, and what intake noticed.
 *
 * @param run its account
 * @param findings what intake found
 */
public record RunReport(RunAccount run, Findings findings) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The report for people. */
  public String text() {
    return "Run " + run.id() + '\n' + StatusText.runs(List.of(run)) + text(findings);
  }

  /** What intake found, each as a table below its title; empty where it found nothing. */
  static String text(Findings findings) {
    StringBuilder text = new StringBuilder();
    if (!findings.unsent().isEmpty()) {
      TextTable table = new TextTable("state", "reason", "rows", "credits");
      long rows = 0;
      long credits = 0;
      for (Unsent unsent : findings.unsent()) {
        table.row(unsent.state(), unsent.kind(), unsent.leads(), credits(unsent.credits()));
        rows += unsent.leads();
        credits += unsent.credits();
      }
      table.row("total", "", rows, credits(credits));
      text.append("\nNot sent, and the credits not spent\n").append(table);
    }
    named(text, "Blocked columns: nothing of them was stored", "column", findings.blocked());
    named(
        text,
        "Numbers of which a spreadsheet threw digits away: they travel as they are",
        "column",
        findings.damaged());
    named(
        text,
        "Industries without a sector: add them to config/industries.csv",
        "industry",
        findings.unmapped());
    return text.toString();
  }

  private static void named(StringBuilder text, String title, String heading, List<Named> names) {
    if (!names.isEmpty()) {
      TextTable table = new TextTable(heading, "rows");
      names.forEach(
          named -> table.row(named.name().isEmpty() ? "(others)" : named.name(), named.leads()));
      text.append('\n').append(title).append('\n').append(table);
    }
  }

  /**
   * The report for programs: a run as in the account, with {@code unsent}, {@code blocked}, {@code
   * damaged} and {@code unmapped}.
   */
  public ObjectNode node() {
    ObjectNode json = JSON.createObjectNode();
    json.setAll(StatusJson.of(run));
    into(json, findings);
    return json;
  }

  /** Adds what intake found to an object. */
  static void into(ObjectNode json, Findings findings) {
    ArrayNode unsent = json.putArray("unsent");
    findings
        .unsent()
        .forEach(
            rows ->
                unsent
                    .addObject()
                    .put("state", rows.state().name())
                    .put("reason", rows.kind())
                    .put("rows", rows.leads())
                    .put("credits", Numbers.ofThousandths(rows.credits())));
    named(json.putArray("blocked"), findings.blocked());
    named(json.putArray("damaged"), findings.damaged());
    named(json.putArray("unmapped"), findings.unmapped());
  }

  private static void named(ArrayNode array, List<Named> names) {
    names.forEach(named -> array.addObject().put("name", named.name()).put("rows", named.leads()));
  }

  private static String credits(long thousandths) {
    return Numbers.ofThousandths(thousandths).toPlainString();
  }
}
