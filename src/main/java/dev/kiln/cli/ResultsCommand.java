package dev.kiln.cli;

import dev.kiln.status.ReturnReport;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kiln results}: what came back from Clay, and how far it went on. */
@Command(
    name = "results",
    mixinStandardHelpOptions = true,
    description =
        "Says what came back from Clay, by table and field, and how far it went on to each target.")
final class ResultsCommand implements Callable<Integer> {
  private static final int NEWEST = 20;

  @Mixin private PlacesOptions options;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    System.setProperty("kiln.log", "WARN");
    ReturnReport report = options.read(view -> ReturnReport.of(view, NEWEST), ReturnReport.EMPTY);
    spec.commandLine().getOut().println(json ? report.json() : report.text().stripTrailing());
    return 0;
  }
}
