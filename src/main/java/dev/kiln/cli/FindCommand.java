package dev.kiln.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.ledger.Attempt;
import dev.kiln.ledger.LeadSelection;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.status.TextTable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln leads find}: some leads, each with every request that was made for it. */
@Command(
    name = "find",
    mixinStandardHelpOptions = true,
    description =
        "Finds leads by e-mail address, lead_id or run, each with its requests: when, through which webhook, Clay's answer,"
            + " how long it took and how large it was.")
final class FindCommand implements Callable<Integer> {
  @Mixin private PlacesOptions options;

  @ArgGroup(multiplicity = "1")
  private @Nullable Which which;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "How many leads at most (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Option(names = "--json", description = "Print JSON, one lead a line.")
  private boolean json;

  @Spec private CommandSpec spec;

  /** Which leads are meant. */
  static final class Which {
    @Option(
        names = "--email",
        paramLabel = "ADDRESS",
        description = "Leads with this e-mail address, in whichever column.")
    private @Nullable String email;

    @Option(names = "--lead", paramLabel = "LEAD_ID", description = "The lead of this lead_id.")
    private @Nullable String lead;

    @Option(names = "--run", paramLabel = "RUN", description = "Leads of this run.")
    private @Nullable String run;
  }

  private record Found(LeadLine lead, List<Attempt> attempts) {}

  @Override
  public Integer call() {
    System.setProperty("kiln.log", "WARN");
    LeadsCommand.mustBeLimit(limit, spec);
    PrintWriter out = spec.commandLine().getOut();
    String run = which == null ? null : which.run;
    List<Found> all = LeadsCommand.listed(options, run, limit, spec, this::find);
    if (json) {
      all.forEach(found -> out.println(json(found)));
    } else if (all.isEmpty()) {
      out.println(LeadsCommand.NONE);
    } else {
      out.print(LeadsCommand.table(all.stream().map(Found::lead).toList()));
      all.forEach(found -> print(out, found));
    }
    return 0;
  }

  private List<Found> find(LedgerView view, int most) {
    List<LeadLine> leads = leads(view, most);
    List<Found> all = new ArrayList<>();
    for (LeadLine lead : leads) {
      all.add(new Found(lead, view.attempts(LeadSelection.ofLead(lead.leadId()))));
    }
    return all;
  }

  private List<LeadLine> leads(LedgerView view, int most) {
    if (which == null) {
      throw new IllegalStateException("picocli requires a selection");
    }
    if (which.email != null) {
      return view.leadsOf(which.email, most);
    }
    if (which.run != null) {
      return view.leads(which.run, null, false, most);
    }
    try {
      return view.lead(LeadSelection.ofLead(String.valueOf(which.lead))).stream().toList();
    } catch (IllegalArgumentException notAnId) {
      throw new ParameterException(spec.commandLine(), String.valueOf(notAnId.getMessage()));
    }
  }

  private static void print(PrintWriter out, Found found) {
    out.println();
    if (found.attempts().isEmpty()) {
      out.println(found.lead().leadId() + " was never sent.");
      return;
    }
    out.println("Requests for " + found.lead().leadId());
    TextTable table =
        new TextTable("request", "begun", "webhook", "outcome", "status", "ms", "bytes", "why");
    for (Attempt attempt : found.attempts()) {
      table.row(
          attempt.number(),
          attempt.begunAt(),
          attempt.webhook(),
          attempt.outcome().isEmpty() ? "none yet" : attempt.outcome(),
          attempt.status() == 0 ? "-" : String.valueOf(attempt.status()),
          attempt.millis(),
          attempt.bytes(),
          new TextTable.Said(attempt.note()));
    }
    out.print(table);
  }

  private static String json(Found found) {
    ObjectNode lead = LeadsCommand.json(found.lead());
    ArrayNode requests = lead.putArray("requests");
    for (Attempt attempt : found.attempts()) {
      requests
          .addObject()
          .put("number", attempt.number())
          .put("begun_at", attempt.begunAt().toString())
          .put("webhook", attempt.webhook())
          .put("outcome", attempt.outcome())
          .put("status", attempt.status())
          .put("millis", attempt.millis())
          .put("bytes", attempt.bytes())
          .put("why", attempt.note());
    }
    return lead.toString();
  }
}
