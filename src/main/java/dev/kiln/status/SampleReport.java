package dev.kiln.status;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Table;
import dev.kiln.lead.Shown;
import dev.kiln.ledger.Amount;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.plan.Numbers;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * What became of the first leads of a run, and what those cost that are held behind them.
 *
 * @param run the run's account
 * @param spent what it has spent
 * @param catalogue what a lead of each table costs; may be without secrets
 * @param again what the commands named here have to be given beside the run; mostly empty
 */
public record SampleReport(RunAccount run, Amount spent, Catalogue catalogue, String again) {
  /** The report for people. */
  public String text() {
    Set<LeadState> states = EnumSet.noneOf(LeadState.class);
    states.addAll(run.states().keySet());
    List<String> heading = new ArrayList<>(List.of("table"));
    states.forEach(state -> heading.add(state.name()));
    TextTable tables = new TextTable(heading.toArray(String[]::new));
    run.tables()
        .forEach(
            (table, counts) -> {
              List<Object> row = new ArrayList<>(List.of(table));
              states.forEach(state -> row.add(counts.getOrDefault(state, 0L)));
              tables.row(row.toArray());
            });
    StringBuilder text =
        new StringBuilder("\nSample of ")
            .append(Shown.of(run.name()))
            .append(", run ")
            .append(run.id())
            .append('\n')
            .append(tables)
            .append(
                "  spent so far: %s Data Credits, %s Actions%n"
                    .formatted(amount(spent.credits()), amount(spent.actions())));
    if (held() == 0) {
      return text.append("  nothing is held: no more rows passed intake than were to be sent\n")
          .toString();
    }
    return text.append(
            "  held: %s leads; sending them takes %s Data Credits and %s Actions%n"
                .formatted(
                    Numbers.of(held()),
                    Numbers.of(rest(Table::creditsPerLead)),
                    Numbers.of(rest(Table::actionsPerLead))))
        .append("  to send them:     ")
        .append(command("release"))
        .append("\n  to withdraw them: ")
        .append(command("cancel"))
        .append('\n')
        .toString();
  }

  /**
   * An account for programs, with {@code samples} where there are some.
   *
   * @param account the account
   * @param samples the reports
   */
  public static String json(ObjectNode account, List<SampleReport> samples) {
    if (!samples.isEmpty()) {
      ArrayNode array = account.putArray("samples");
      samples.forEach(sample -> sample.into(array.addObject()));
    }
    return account.toPrettyString();
  }

  private void into(ObjectNode node) {
    node.put("run", run.id());
    ObjectNode tables = node.putObject("tables");
    run.tables().forEach((table, states) -> StatusJson.states(tables.putObject(table), states));
    node.putObject("spent")
        .put("data_credits", Numbers.ofThousandths(spent.credits()))
        .put("actions", Numbers.ofThousandths(spent.actions()));
    node.put("held", held())
        .putObject("rest")
        .put("data_credits", PlanJson.plain(rest(Table::creditsPerLead)))
        .put("actions", PlanJson.plain(rest(Table::actionsPerLead)));
    node.put("release", command("release")).put("cancel", command("cancel"));
  }

  private String command(String verb) {
    return "kiln " + verb + " " + run.id() + again;
  }

  private long held() {
    return run.states().getOrDefault(LeadState.HELD, 0L);
  }

  private BigDecimal rest(Function<Table, BigDecimal> costs) {
    BigDecimal sum = BigDecimal.ZERO;
    for (Map.Entry<String, Map<LeadState, Long>> table : run.tables().entrySet()) {
      BigDecimal leads = BigDecimal.valueOf(table.getValue().getOrDefault(LeadState.HELD, 0L));
      sum =
          sum.add(
              catalogue.table(table.getKey()).map(costs).orElse(BigDecimal.ZERO).multiply(leads));
    }
    return sum;
  }

  private static String amount(long thousandths) {
    return Numbers.of(BigDecimal.valueOf(thousandths, 3));
  }
}
