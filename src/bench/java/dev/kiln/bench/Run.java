package dev.kiln.bench;

import dev.kiln.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code src/bench/run}: measures Kiln, and prints a table. */
@Command(
    name = "src/bench/run",
    mixinStandardHelpOptions = true,
    description = {
      "Measures Kiln against a receiver on the same computer, and prints a table (Markdown) to"
          + " stdout. Run it on a quiet computer.",
      "Parts: paced, starts, unpaced, intake, ledger, growth, crash."
    })
final class Run implements Callable<Integer> {
  @Option(names = "--quick", description = "Smaller sizes: less time, and coarser figures.")
  private boolean quick;

  @Option(names = "--json", paramLabel = "FILE", description = "Writes all numbers there.")
  private @Nullable Path json;

  @Option(
      names = "--plot",
      paramLabel = "FILE",
      description = "Draws the time of a row there, by the size of the file (SVG).")
  private @Nullable Path plot;

  @Option(names = "--only", paramLabel = "PART", split = ",", description = "Only these parts.")
  private List<String> only = List.of();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A line for the application.properties of every Kiln that is measured.")
  private List<String> properties = List.of();

  @Spec private CommandSpec spec;

  private static Map<String, Measure> parts() {
    Map<String, Measure> parts = new LinkedHashMap<>();
    parts.put("paced", new Paced());
    parts.put("starts", new Starts());
    parts.put("unpaced", new Unpaced());
    parts.put("intake", new IntakeSpeed());
    parts.put("ledger", new LedgerSpeed());
    parts.put("growth", new Growth());
    parts.put("crash", new Crash());
    return parts;
  }

  @Override
  public Integer call() throws Exception {
    Map<String, Measure> parts = parts();
    if (!parts.keySet().containsAll(only)) {
      throw new ParameterException(
          spec.commandLine(), "--only: the parts are " + String.join(", ", parts.keySet()));
    }
    if (!only.isEmpty()) {
      parts.keySet().retainAll(Set.copyOf(only));
    }
    Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "bench-");
    try {
      Figures figures = new Figures(Machine.describe(folder));
      Scale scale =
          new Scale(folder.toAbsolutePath(), new Leads(folder), quick, List.copyOf(properties));
      for (Map.Entry<String, Measure> part : parts.entrySet()) {
        System.err.println(part.getKey());
        part.getValue().take(scale, figures);
      }
      System.out.print(figures.table());
      keep(figures);
      return 0;
    } finally {
      Trees.delete(folder);
    }
  }

  private void keep(Figures figures) throws IOException {
    if (json != null) {
      figures.write(json);
    }
    if (plot != null) {
      Files.writeString(plot, Plot.of(figures));
    }
  }

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Run()).execute(arguments));
  }
}
