package dev.kiln.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.Places;
import dev.kiln.lead.NearestWord;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.Traffic;
import dev.kiln.plan.Numbers;
import dev.kiln.status.Reconciliation;
import dev.kiln.status.TextTable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kiln reconcile}: Clay's counters beside ours. */
@Command(
    name = "reconcile",
    description = {
      "Lays Clay's counter of a webhook's rows beside Kiln's and explains the difference.",
      "Clay shows its counter at the table's webhook source; there is no way to ask for it by program. Without counters the"
          + " command says what Clay's should be."
    })
final class ReconcileCommand extends LedgerCommand {
  @Parameters(
      arity = "0..*",
      paramLabel = "WEBHOOK=ROWS",
      description = "What Clay shows for a webhook, such as tech-1=12040.")
  private Map<String, String> given = new LinkedHashMap<>();

  @Option(
      names = "--adopt",
      description =
          "Take Clay's counters for Kiln's from now on, where they do not agree: other systems that post to the webhook fill it"
              + " too.")
  private boolean adopt;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  int change(Places places, Ledger ledger, PrintWriter out) {
    List<Traffic> traffic = ledger.view().traffic();
    Map<String, Long> clay = counters(traffic);
    if (adopt && clay.isEmpty()) {
      throw usage("--adopt needs Clay's counters, such as \"kiln reconcile tech-1=12040 --adopt\"");
    }
    List<Reconciliation> all = new ArrayList<>();
    for (Traffic one : traffic) {
      Long rows = clay.get(one.webhook().name());
      if (clay.isEmpty() || rows != null) {
        all.add(new Reconciliation(one, rows));
      }
    }
    out.print(json ? json(all) + System.lineSeparator() : text(all));
    if (adopt) {
      for (Reconciliation one : all) {
        if (one.clay() != null && !one.exact()) {
          ledger.adopt(one.traffic().webhook(), one.clay());
          out.println(
              json
                  ? ""
                  : "Kiln now counts " + Numbers.of(one.clay()) + " rows for " + one.name() + ".");
        }
      }
    }
    return adopt || all.stream().allMatch(Reconciliation::agrees) ? 0 : 1;
  }

  /** What Clay shows, by webhook. */
  private Map<String, Long> counters(List<Traffic> traffic) {
    List<String> names = traffic.stream().map(one -> one.webhook().name()).toList();
    Map<String, Long> counters = new LinkedHashMap<>();
    for (Map.Entry<String, String> one : given.entrySet()) {
      if (!names.contains(one.getKey())) {
        throw usage(
            "There is no webhook \"" + one.getKey() + "\"" + NearestWord.hint(one.getKey(), names));
      }
      counters.put(one.getKey(), counter(one.getValue()));
    }
    return counters;
  }

  private long counter(String text) {
    try {
      long rows = Long.parseLong(text);
      if (rows >= 0) {
        return rows;
      }
    } catch (NumberFormatException notANumber) {
      // told below
    }
    throw usage("A counter is a number, 0 or more, not \"" + text + "\"");
  }

  private static String text(List<Reconciliation> all) {
    TextTable table = new TextTable("webhook", "Clay's counter", "Kiln counts", "what it means");
    for (Reconciliation one : all) {
      table.row(
          one.name(), one.clay() == null ? "?" : Numbers.of(one.clay()), one.ours(), one.words());
    }
    return table.isEmpty() ? "No webhook is known yet.\n" : table.toString();
  }

  private static String json(List<Reconciliation> all) {
    ArrayNode array = new ObjectMapper().createArrayNode();
    for (Reconciliation one : all) {
      ObjectNode node =
          array
              .addObject()
              .put("webhook", one.name())
              .put("clay", one.clay())
              .put("least", one.traffic().least())
              .put("most", one.traffic().most())
              .put("brought", one.traffic().brought())
              .put("in_doubt", one.traffic().inDoubt())
              .put("on_the_wire", one.traffic().onTheWire());
      node.put("agrees", one.agrees()).put("words", one.words());
    }
    return array.toString();
  }
}
