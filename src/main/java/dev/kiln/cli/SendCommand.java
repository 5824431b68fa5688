package dev.kiln.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.App;
import dev.kiln.Claims;
import dev.kiln.DataLock;
import dev.kiln.Places;
import dev.kiln.Settings;
import dev.kiln.SourceName;
import dev.kiln.lead.ContentHash;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.Findings.Named;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Run;
import dev.kiln.status.StatusJson;
import dev.kiln.status.StatusText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.Stack;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln send}: hands files to a running Kiln, or delivers them itself. */
@Command(
    name = "send",
    mixinStandardHelpOptions = true,
    description = {
      "Sends files of leads, through the running Kiln or without one.",
      "With a Kiln running on the same data it goes through that one; without one it delivers these files itself and"
          + " nothing else, until every lead is settled or all that is left is parked or held."
    })
final class SendCommand implements Callable<Integer> {
  private static final Duration LOOK = Duration.ofMillis(200);

  @Mixin private PlacesOptions options;

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

  /** What {@code --wait} waits for. */
  enum Wait {
    /** Until every lead is settled. */
    ACCEPTED,
    /** Until every lead came back that is to, or is missing. */
    ENRICHED
  }

  @Option(
      names = "--wait",
      arity = "0..1",
      paramLabel = "enriched",
      parameterConsumer = WaitConsumer.class,
      description =
          "With a running Kiln: wait for the end as without one, and tell how it went; with \"enriched\" until the rows"
              + " came back, or are missing.")
  private @Nullable Wait wait;

  /** Takes the word behind {@code --wait} only where it is one: it may be a file. */
  static final class WaitConsumer implements IParameterConsumer {
    @Override
    public void consumeParameters(Stack<String> args, ArgSpec option, CommandSpec command) {
      boolean enriched = !args.isEmpty() && args.peek().equalsIgnoreCase("enriched");
      if (enriched) {
        args.pop();
      }
      option.setValue(enriched ? Wait.ENRICHED : Wait.ACCEPTED);
    }
  }

  @Option(names = "--json", description = "Print the account as JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    // The account says what was refused and why: a warning would only say it twice.
    System.setProperty("kiln.log", "ERROR");
    source =
        SourceName.of(source)
            .orElseThrow(
                () ->
                    new picocli.CommandLine.ParameterException(
                        spec.commandLine(), "--source " + SourceName.RULE));
    for (Path file : files) {
      String problem = problem(file);
      if (problem != null) {
        spec.commandLine().getErr().println(file + " " + problem);
        return Main.USAGE;
      }
    }
    Places places = options.places();
    if (DataLock.held(places.data())) {
      return throughTheRunning(places);
    }
    if (wait == Wait.ENRICHED) {
      spec.commandLine()
          .getErr()
          .println(
              "No Kiln runs on "
                  + places.data()
                  + ", and rows come back to a running one only: start it with \"kiln run\"");
      return Main.USAGE;
    }
    return alone(places);
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

  private int throughTheRunning(Places places) throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    Settings settings = Settings.read(places.config());
    Path folder = settings.inbox(places.data()).resolve(priority.word()).resolve(source);
    Files.createDirectories(folder);
    List<String> inbox = new ArrayList<>();
    if (dedupe != null) {
      try (Ledger ledger = Ledger.openBeside(places.data(), Clock.systemUTC())) {
        ask(ledger, dedupe);
      }
    }
    try (Claims claims = new Claims(places.data(), settings.claimLease(), Clock.systemUTC())) {
      for (Path file : files) {
        Path part = Files.createTempFile(folder, ".sending-", ".part");
        Files.copy(file, part, StandardCopyOption.REPLACE_EXISTING);
        Path handed = moveToFreeName(claims, part, folder, file.getFileName().toString());
        inbox.add(handed.toString());
      }
    }
    if (wait == null && json) {
      out.println(new ObjectMapper().writeValueAsString(Map.of("handed", inbox)));
    } else if (wait == null) {
      inbox.forEach(
          handed ->
              out.println(
                  "Handed to the running Kiln: "
                      + handed
                      + "; \"kiln status\" tells how far it is."));
    }
    if (wait == null) {
      return 0;
    }
    try (LedgerView view = LedgerView.open(places.data())) {
      Set<String> runs = new LinkedHashSet<>();
      for (Path file : files) {
        String hash = ContentHash.of(file);
        Optional<Run> run = view.run(hash, source);
        while ((run.isEmpty() || view.asked(hash, source))
            && DataLock.held(places.data())
            && view.refused(hash, source).isEmpty()) {
          TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
          run = view.run(hash, source);
        }
        run.map(Run::id).or(() -> view.refused(hash, source)).ifPresent(runs::add);
      }
      return follow(view, runs, () -> DataLock.held(places.data()));
    }
  }

  /** Notes how the files are to be read, before anybody can read them. */
  private void ask(Ledger ledger, DedupeMode mode) throws IOException {
    for (Path file : files) {
      ledger.ask(ContentHash.of(file), source, mode);
    }
  }

  /**
   * The name is claimed for the running Kiln: another one that shares the inbox leaves it alone.
   */
  private static Path moveToFreeName(Claims claims, Path part, Path folder, String name)
      throws IOException {
    int dot = name.lastIndexOf('.');
    String stem = dot > 0 ? name.substring(0, dot) : name;
    String ending = dot > 0 ? name.substring(dot) : "";
    Path free = folder.resolve(name);
    for (int i = 2; !claims.reserve(free); i++) {
      free = folder.resolve(stem + "-" + i + ending);
    }
    return Files.move(part, free);
  }

  private int alone(Places places) throws Exception {
    PrintWriter progress = spec.commandLine().getErr();
    try (App app = App.start(places, App.Mode.SEND)) {
      Thread stop = new Thread(app::close, "kiln-stop");
      Runtime.getRuntime().addShutdownHook(stop);
      if (dedupe != null) {
        ask(app.ledger(), dedupe);
      }
      Set<String> runs = new LinkedHashSet<>();
      for (Path file : files) {
        Run run = app.read(file, source, priority);
        if (run.finished()) {
          progress.println(
              file
                  + ": the same content was read before as run "
                  + run.id()
                  + "; nothing is sent again");
        }
        runs.add(run.id());
      }
      Ledger ledger = app.ledger();
      return follow(ledger.view(), runs, () -> true);
    }
  }

  private int follow(LedgerView view, Set<String> runs, BooleanSupplier alive)
      throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    Set<String> returning = wait == Wait.ENRICHED ? view.expecting() : Set.of();
    Following.End end =
        new Following(view, spec.commandLine().getErr(), alive, returning).follow(runs);
    if (json) {
      Snapshot now = view.snapshot();
      out.println(StatusJson.of(now.of(end.runs()), List.of(), Instant.now()));
    } else {
      out.print(StatusText.runs(end.runs()));
    }
    for (RunAccount run : end.runs()) {
      List<Named> blocked = view.findings(run.id()).blocked();
      if (!blocked.isEmpty()) {
        spec.commandLine()
            .getErr()
            .println(
                run.name()
                    + ": columns that never leave (kiln.intake.blocked) were left out: "
                    + blocked.stream().map(Named::name).collect(Collectors.joining(", ")));
      }
    }
    end.parked()
        .forEach(
            (table, reason) -> spec.commandLine().getErr().println(table + " waits: " + reason));
    out.flush();
    end.lost()
        .forEach(
            (run, states) ->
                spec.commandLine()
                    .getErr()
                    .println(
                        states + ": \"kiln leads --run " + run + " --state STATE\" tells why"));
    return end.allThrough() ? 0 : 1;
  }
}
