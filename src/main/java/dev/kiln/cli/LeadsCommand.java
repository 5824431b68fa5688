package dev.kiln.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.status.TextTable;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln leads}: single leads with their state and reason, without their data. */
@Command(
    name = "leads",
    mixinStandardHelpOptions = true,
    description =
        "Lists single leads with their state and the reason for it. Shows no personal data.",
    subcommands = FindCommand.class)
final class LeadsCommand implements Callable<Integer> {
  static final String NONE =
      "No such lead. Leads that ended longer ago than kiln.retention.leads are deleted.";

  @Mixin private PlacesOptions options;

  @Option(names = "--run", paramLabel = "RUN", description = "Only leads of this run.")
  private @Nullable String run;

  @Option(
      names = "--state",
      paramLabel = "STATE",
      description = "Only leads in this state: ${COMPLETION-CANDIDATES}.")
  private @Nullable LeadState state;

  @Option(
      names = "--possible-duplicates",
      description = "Only leads that may have arrived at Clay twice.")
  private boolean possibleDuplicates;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "100",
      description = "How many at most (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Option(names = "--json", description = "Print JSON, one lead a line.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    System.setProperty("kiln.log", "WARN");
    mustBeLimit(limit, spec);
    PrintWriter out = spec.commandLine().getOut();
    List<LeadLine> leads =
        listed(
            options,
            run,
            limit,
            spec,
            (view, most) -> view.leads(run, state, possibleDuplicates, most));
    if (json) {
      leads.forEach(lead -> out.println(json(lead)));
    } else {
      out.print(leads.isEmpty() ? NONE + System.lineSeparator() : table(leads));
    }
    return 0;
  }

  /**
   * The leads that are to be shown; says where the limit leaves some out.
   *
   * @param run the run that they are looked for in; null for all
   * @param look finds leads, up to a number
   * @throws ParameterException if there is no such run
   */
  static <T> List<T> listed(
      PlacesOptions options,
      @Nullable String run,
      int limit,
      CommandSpec spec,
      BiFunction<LedgerView, Integer, List<T>> look) {
    // One more than are shown tells whether there are more.
    int most = limit == Integer.MAX_VALUE ? limit : limit + 1;
    List<T> leads =
        options
            .read(
                view ->
                    run == null || view.account(run).isPresent()
                        ? Optional.of(look.apply(view, most))
                        : Optional.<List<T>>empty(),
                run == null ? Optional.of(List.<T>of()) : Optional.<List<T>>empty())
            .orElseThrow(
                () -> new ParameterException(spec.commandLine(), Known.noRun(String.valueOf(run))));
    if (leads.size() <= limit) {
      return leads;
    }
    spec.commandLine()
        .getErr()
        .println(
            "There are more leads than the "
                + limit
                + (limit == 1 ? " that is" : " that are")
                + " shown; --limit N shows more.");
    return leads.subList(0, limit);
  }

  static void mustBeLimit(int limit, CommandSpec spec) {
    if (limit < 1) {
      throw new ParameterException(spec.commandLine(), "--limit is at least 1");
    }
  }

  static TextTable table(List<LeadLine> leads) {
    TextTable table =
        new TextTable(
            "lead_id",
            "line",
            "table",
            "state",
            "attempts",
            "possible duplicate",
            "reason",
            "note");
    for (LeadLine lead : leads) {
      table.row(
          lead.leadId(),
          lead.line(),
          lead.table(),
          lead.state(),
          lead.attempts(),
          lead.possibleDuplicate() ? "yes" : "no",
          new TextTable.Said(lead.reason()),
          new TextTable.Said(lead.note()));
    }
    return table;
  }

  static ObjectNode json(LeadLine lead) {
    ObjectNode node = new ObjectMapper().createObjectNode();
    return node.put("lead_id", lead.leadId())
        .put("line", lead.line())
        .put("table", lead.table())
        .put("state", lead.state().name())
        .put("attempts", lead.attempts())
        .put("possible_duplicate", lead.possibleDuplicate())
        .put("reason", lead.reason())
        .put("note", lead.note());
  }
}
