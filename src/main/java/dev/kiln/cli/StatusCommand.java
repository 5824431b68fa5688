package dev.kiln.cli;

import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.status.RunReport;
import dev.kiln.status.StatusJson;
import dev.kiln.status.StatusText;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln status}: the account, beside a running Kiln or without one. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Says where every lead is: by run, table and webhook, what waits and why.")
final class StatusCommand implements Callable<Integer> {
  @Mixin private PlacesOptions options;

  @Option(
      names = "--run",
      paramLabel = "RUN",
      description =
          "Only this run, with what it did not send and why, the columns that were blocked or damaged, and industries"
              + " without a sector.")
  private @Nullable String run;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    System.setProperty("kiln.log", "WARN");
    if (run != null) {
      return one(run);
    }
    Snapshot snapshot = options.read(LedgerView::snapshot, Snapshot.EMPTY);
    spec.commandLine()
        .getOut()
        .println(
            json
                ? StatusJson.of(snapshot, Instant.now())
                : StatusText.of(snapshot, Instant.now()).stripTrailing());
    return 0;
  }

  private int one(String id) {
    RunReport report =
        options
            .read(
                view -> view.account(id).map(account -> new RunReport(account, view.findings(id))),
                Optional.<RunReport>empty())
            .orElseThrow(
                () ->
                    new ParameterException(
                        spec.commandLine(),
                        "There is no run " + id + "; \"kiln status\" lists them"));
    spec.commandLine().getOut().println(json ? report.json() : report.text().stripTrailing());
    return 0;
  }
}
