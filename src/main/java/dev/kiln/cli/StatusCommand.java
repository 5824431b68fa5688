package dev.kiln.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.Places;
import dev.kiln.Settings;
import dev.kiln.clay.Catalogue;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.status.Cluster;
import dev.kiln.status.NotReady;
import dev.kiln.status.ReturnReport;
import dev.kiln.status.RunReport;
import dev.kiln.status.StatusJson;
import dev.kiln.status.StatusText;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
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
  /** To the upper left corner of a terminal, and nothing below it. */
  private static final String CLEAR = "\u001b[H\u001b[2J";

  @Mixin private PlacesOptions options;

  @Option(
      names = "--run",
      paramLabel = "RUN",
      description =
          "Only this run, with what it did not send and why, the columns that were blocked or damaged, and industries"
              + " without a sector.")
  private @Nullable String run;

  @Option(names = "--json", description = "Print JSON; with --watch a line at a time.")
  private boolean json;

  @Option(
      names = "--watch",
      arity = "0..1",
      fallbackValue = "2",
      paramLabel = "SECONDS",
      description = "Print it again every so many seconds, 2 by default, until Ctrl-C.")
  private @Nullable Integer watch;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    System.setProperty("kiln.log", "WARN");
    if (watch == null) {
      return run == null ? all() : one(run);
    }
    if (watch < 1) {
      throw new ParameterException(spec.commandLine(), "--watch is at least 1 second");
    }
    while (!spec.commandLine().getOut().checkError()) {
      if (!json) {
        spec.commandLine().getOut().println(Boolean.getBoolean("kiln.terminal") ? CLEAR : "");
        spec.commandLine().getOut().println(Instant.now().truncatedTo(ChronoUnit.SECONDS) + "\n");
      }
      int ended = run == null ? all() : one(run);
      if (ended != 0) {
        return ended;
      }
      TimeUnit.SECONDS.sleep(watch);
    }
    return 0;
  }

  private int all() {
    print(options.read(this::all, told(Snapshot.EMPTY, List.of(), "", Instant.now())));
    return 0;
  }

  private String all(LedgerView view) {
    Instant now = view.now();
    return told(
        present(view.snapshot(), options.places(), now),
        notReady(options.places()),
        json ? "" : ReturnReport.silent(view.returns()),
        now);
  }

  private String told(Snapshot snapshot, List<NotReady> notReady, String silent, Instant now) {
    return json
        ? json(StatusJson.node(snapshot, notReady, now))
        : StatusText.of(snapshot, now) + silent + StatusText.notReady(notReady);
  }

  private static Snapshot present(Snapshot snapshot, Places places, Instant now) {
    try {
      return Cluster.present(
          snapshot, Catalogue.readWithoutSecrets(places.clayYaml(), places.secrets()), now);
    } catch (InvalidConfiguration unknown) {
      return snapshot;
    }
  }

  private static List<NotReady> notReady(Places places) {
    List<Path> waiting = Settings.waiting(places);
    return NotReady.folders(places.data(), waiting.get(0), waiting.get(1));
  }

  private int one(String id) {
    RunReport report =
        options
            .read(
                view -> view.account(id).map(account -> new RunReport(account, view.findings(id))),
                Optional.<RunReport>empty())
            .orElseThrow(() -> new ParameterException(spec.commandLine(), Known.noRun(id)));
    print(json ? json(report.node()) : report.text());
    return 0;
  }

  private String json(ObjectNode node) {
    return watch == null ? node.toPrettyString() : node.toString();
  }

  private void print(String text) {
    spec.commandLine().getOut().println(text.stripTrailing());
  }
}
