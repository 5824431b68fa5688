package dev.kiln.cli;

import dev.kiln.SourceName;
import dev.kiln.lead.Shown;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.Priority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/**
 * Files of leads, and how they are to be read: common to what sends them and what previews them.
 */
final class FilesOptions {
  @Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description = "Files of leads; they stay where they are.")
  private List<Path> files;

  @Option(
      names = "--priority",
      paramLabel = "P",
      defaultValue = "normal",
      description = "high, normal or low (default: ${DEFAULT-VALUE}).")
  private Priority priority;

  @Option(
      names = "--source",
      paramLabel = "S",
      defaultValue = "",
      description =
          "Where the leads come from, as routes know it: inbound, events, ... (default: none).")
  private String source;

  @Option(
      names = "--dedupe",
      paramLabel = "MODE",
      description =
          "What becomes of leads that their table knows already: skip, changed (send those with other fields) or force"
              + " (send them). Reads files that were read before once more (default: kiln.dedupe.mode).")
  private @Nullable DedupeMode dedupe;

  List<Path> files() {
    return files;
  }

  Priority priority() {
    return priority;
  }

  @Nullable DedupeMode dedupe() {
    return dedupe;
  }

  /** The source as routes know it; what cannot be one is a fault in what was typed. */
  String source(CommandSpec spec) {
    return SourceName.of(source)
        .orElseThrow(
            () -> new ParameterException(spec.commandLine(), "--source " + SourceName.RULE));
  }

  /** Whether every file can be read; says of the first that cannot why. */
  boolean canBeRead(CommandSpec spec) {
    for (Path file : files) {
      String problem = problem(file);
      if (problem != null) {
        spec.commandLine().getErr().println(Shown.said(file.toString()) + " " + problem);
        return false;
      }
    }
    return true;
  }

  private static @Nullable String problem(Path file) {
    if (Files.isDirectory(file)) {
      return "is a folder: name the files in it";
    }
    if (!Files.exists(file)) {
      return "does not exist";
    }
    return Files.isRegularFile(file) && Files.isReadable(file)
        ? null
        : "is not a file that can be read";
  }
}
