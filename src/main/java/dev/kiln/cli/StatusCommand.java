package dev.kiln.cli;

import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.status.StatusJson;
import dev.kiln.status.StatusText;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kiln status}: the account, beside a running Kiln or without one. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Says where every lead is: by run, table and webhook, what waits and why.")
final class StatusCommand implements Callable<Integer> {
  @Mixin private PlacesOptions options;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    System.setProperty("kiln.log", "WARN");
    Snapshot snapshot = options.read(LedgerView::snapshot, Snapshot.EMPTY);
    spec.commandLine()
        .getOut()
        .println(
            json
                ? StatusJson.of(snapshot, Instant.now())
                : StatusText.of(snapshot, Instant.now()).stripTrailing());
    return 0;
  }
}
