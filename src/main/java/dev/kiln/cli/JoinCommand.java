package dev.kiln.cli;

import dev.kiln.Join;
import dev.kiln.ledger.LedgerView;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln join}: a run as a file, with what became of each row and what came back. */
@Command(
    name = "join",
    mixinStandardHelpOptions = true,
    description =
        "Writes a run row by row, with state, reason, table and times of each, and what came back from Clay.")
final class JoinCommand implements Callable<Integer> {
  @Mixin private PlacesOptions options;

  @Parameters(paramLabel = "RUN", description = "The run; \"kiln status\" lists them.")
  private String run;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description =
          "The file to write; its name ends with .csv or .ndjson. One that is there is replaced.")
  private Path file;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    System.setProperty("kiln.log", "WARN");
    String name = file.toString().toLowerCase(Locale.ROOT);
    if (!name.endsWith(".csv") && !name.endsWith(".ndjson")) {
      throw new ParameterException(
          spec.commandLine(), "-o names a file that ends with .csv or .ndjson");
    }
    NewFile.mustFit(file);
    try (LedgerView view = LedgerView.open(options.ledger())) {
      if (view.account(run).isEmpty()) {
        throw new ParameterException(spec.commandLine(), Known.noRun(run));
      }
      Join join = new Join(view, run);
      long rows = name.endsWith(".csv") ? join.csv(file) : join.ndjson(file);
      spec.commandLine().getOut().println("Rows written to " + file + ": " + rows + ".");
    }
    return 0;
  }
}
