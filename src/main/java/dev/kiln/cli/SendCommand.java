package dev.kiln.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.App;
import dev.kiln.Belongings;
import dev.kiln.Claims;
import dev.kiln.DataLock;
import dev.kiln.FileNames;
import dev.kiln.InboxName;
import dev.kiln.Intake;
import dev.kiln.Places;
import dev.kiln.ReadingStopped;
import dev.kiln.Settings;
import dev.kiln.clay.Catalogue;
import dev.kiln.lead.ContentHash;
import dev.kiln.lead.Shown;
import dev.kiln.ledger.Findings.Named;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.Run;
import dev.kiln.ledger.Store;
import dev.kiln.ledger.Wish;
import dev.kiln.status.NotReady;
import dev.kiln.status.SampleReport;
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
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.Stack;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln send}: hands files to a running Kiln, or delivers them itself. */
@Command(
    name = "send",
    mixinStandardHelpOptions = true,
    description = {
      "Sends files of leads, through the running Kiln or without one.",
      "With a Kiln running on the same data it goes through that one; without one it delivers these files itself and"
          + " nothing else, until every lead is settled or all that is left is parked or held. Where Kilns with other"
          + " data run on the same ledger, it reads the files and those deliver them."
    })
final class SendCommand implements Callable<Integer> {
  private static final Duration LOOK = Duration.ofMillis(200);

  /** How long a file may stay unread before that is said. */
  private static final Duration UNREAD = Duration.ofSeconds(5);

  @Mixin private PlacesOptions options;

  @Mixin private FilesOptions given;

  @Option(
      names = "--sample",
      paramLabel = "N",
      description =
          "Sends the first N rows of each file that pass intake, holds the rest, waits for the end and says what became of"
              + " them and what the rest will cost; then \"kiln release RUN\" or \"kiln cancel RUN\".")
  private @Nullable Long sample;

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

  private String source = "";

  @Override
  public Integer call() throws Exception {
    // The account says what was refused and why: a warning would only say it twice.
    System.setProperty("kiln.log", "ERROR");
    source = given.source(spec);
    if (sample != null && sample < 1) {
      throw new ParameterException(spec.commandLine(), "--sample is a number of rows, at least 1");
    }
    if (!given.canBeRead(spec)) {
      return Main.USAGE;
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

  private int throughTheRunning(Places places) throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    Settings settings = Settings.read(places.config());
    if (wait != null || sample != null) {
      try (LedgerView view = LedgerView.open(Settings.store(places))) {
        Set<String> before = new HashSet<>();
        Map<Path, String> handed =
            handOver(places, settings, hash -> before.addAll(view.refused(hash, source)));
        Set<String> runs = new LinkedHashSet<>();
        for (Map.Entry<Path, String> file : handed.entrySet()) {
          awaitRun(places, view, file.getKey(), file.getValue(), before).ifPresent(runs::add);
        }
        return follow(places, view, runs, () -> DataLock.held(places.data()));
      }
    }
    Set<Path> handed = handOver(places, settings, hash -> {}).keySet();
    if (json) {
      List<String> inbox = handed.stream().map(Path::toString).toList();
      out.println(new ObjectMapper().writeValueAsString(Map.of("handed", inbox)));
    } else {
      handed.forEach(
          file ->
              out.println(
                  "Handed to the running Kiln: "
                      + Shown.said(file.toString())
                      + "; \"kiln status\" tells how far it is."));
    }
    return 0;
  }

  /**
   * Waits for the run that reads a content, or has read it; says once that it waits long.
   *
   * @param before runs that had refused it before it was handed over, which are not meant
   * @return its id; empty where Kiln has ended before there was one
   */
  private Optional<String> awaitRun(
      Places places, LedgerView view, Path file, String hash, Set<String> before)
      throws InterruptedException {
    long since = System.nanoTime();
    boolean told = false;
    while (true) {
      boolean alive = DataLock.held(places.data());
      // In this order, since a run that was asked for may be opened and refused meanwhile.
      boolean asked = view.asked(hash, source);
      Optional<String> read = view.run(hash, source).map(Run::id);
      Optional<String> run =
          view.refused(hash, source).stream()
              .filter(id -> !before.contains(id))
              .findFirst()
              .or(() -> read);
      if ((run.isPresent() && !asked) || !alive) {
        return run;
      }
      if (!told && System.nanoTime() - since > UNREAD.toNanos()) {
        told = true;
        spec.commandLine()
            .getErr()
            .println(
                Shown.said(file.toString())
                    + " has not been read yet. If that lasts, \"kiln route list\" tells whether the route that reads it"
                    + " is stopped; Ctrl-C ends this command and leaves the file where it is.");
      }
      TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
    }
  }

  /**
   * Puts copies of the files into the inbox, once all are copied and the ledger knows how they are
   * to be read. What counts is the content of the copy: a file may still be written.
   *
   * @param look is given the hash of each content before anybody can read it
   * @return where each is now, with the hash of its content
   */
  private Map<Path, String> handOver(Places places, Settings settings, Consumer<String> look)
      throws IOException {
    Path inbox = settings.inbox(places.data());
    Path priority = inbox.resolve(given.priority().word());
    Path folder = priority.resolve(source);
    for (Path level : List.of(priority, folder)) {
      if (!Files.isDirectory(level)) {
        Files.createDirectories(level);
        Belongings.give(level, inbox);
      }
    }
    Map<Path, String> parts = new LinkedHashMap<>();
    Map<Path, String> handed = new LinkedHashMap<>();
    Collection<String> asked = List.of();
    try (Claims claims =
        new Claims(places.data(), settings.claimLease(), Clock.systemUTC(), System::nanoTime)) {
      for (Path file : given.files()) {
        Path part = Files.createTempFile(folder, ".sending-", ".part");
        parts.put(part, "");
        Files.copy(file, part, StandardCopyOption.REPLACE_EXISTING);
        Belongings.give(part, folder);
        parts.put(part, ContentHash.of(part));
      }
      asked = parts.values();
      asked.forEach(look);
      Wish wish = new Wish(given.dedupe(), sample);
      if (wish.equals(Wish.NONE)) {
        takeBack(places, asked);
      } else {
        ask(places, asked, wish);
      }
      Iterator<Path> names = given.files().iterator();
      for (Map.Entry<Path, String> part : parts.entrySet()) {
        String name = InboxName.of(names.next().getFileName().toString());
        handed.put(moveToFreeName(claims, part.getKey(), folder, name), part.getValue());
      }
      return handed;
    } catch (IOException | RuntimeException failure) {
      try {
        for (Path part : parts.keySet()) {
          Files.deleteIfExists(part);
        }
        Set<String> left = new HashSet<>(asked);
        left.removeAll(handed.values());
        ask(places, left, Wish.NONE);
      } catch (IOException | RuntimeException another) {
        failure.addSuppressed(another);
      }
      throw failure;
    }
  }

  /**
   * Takes back what a command that was broken off has left. A ledger that is away keeps nobody from
   * handing over a file.
   */
  private void takeBack(Places places, Collection<String> contents) {
    try {
      ask(places, contents, Wish.NONE);
    } catch (LedgerUnavailable away) {
      spec.commandLine()
          .getErr()
          .println(
              away.getMessage()
                  + " If a \"kiln send\" of the same content was broken off before, what it asked for with --dedupe or"
                  + " --sample still counts.");
    }
  }

  /**
   * Notes how contents are to be read, before anybody can read them. No wish takes back what a
   * command that was broken off has left.
   */
  private void ask(Places places, Collection<String> contents, Wish wish) {
    Store store = Settings.store(places);
    if (wish.equals(Wish.NONE) && !Ledger.exists(store)) {
      return;
    }
    try (Ledger ledger = Ledger.openBeside(store)) {
      for (String content : contents) {
        // A ledger that can only be read at present keeps nobody from handing over a file.
        if (!wish.equals(Wish.NONE) || ledger.view().asked(content, source)) {
          ledger.ask(content, source, wish);
        }
        ledger.view().run(content, source).ifPresent(run -> tellIfWithdrawn(ledger.view(), run));
      }
    }
  }

  /**
   * The name is claimed for the running Kiln: another one that shares the inbox leaves it alone.
   */
  private static Path moveToFreeName(Claims claims, Path part, Path folder, String name)
      throws IOException {
    Path free = folder.resolve(name);
    for (int i = 2; !claims.reserve(free); i++) {
      free = folder.resolve(FileNames.fitting("", name, "-" + i));
    }
    return Files.move(part, free);
  }

  private void tellIfWithdrawn(LedgerView view, Run run) {
    if (!run.finished() && view.cancelled(run.id())) {
      spec.commandLine().getErr().println(Intake.withdrawn(run.id()));
    }
  }

  private int alone(Places places) throws Exception {
    PrintWriter progress = spec.commandLine().getErr();
    try (App app = App.start(places, App.Mode.SEND)) {
      Thread stop = new Thread(app::close, "kiln-stop");
      Runtime.getRuntime().addShutdownHook(stop);
      Set<String> runs = new LinkedHashSet<>();
      Set<String> contents = new HashSet<>();
      for (Path file : given.files()) {
        String content = ContentHash.of(file);
        Wish wish = contents.add(content) ? new Wish(given.dedupe(), sample) : Wish.NONE;
        Run run;
        try {
          run = app.read(file, source, given.priority(), wish);
        } catch (ReadingStopped stopped) {
          progress.println(
              content.equals(ContentHash.of(file))
                  ? stopped.getMessage()
                  : Shown.said(file.toString())
                      + " changed while it was read: send it once it stands still");
          return Main.USAGE;
        }
        tellIfWithdrawn(app.ledger().view(), run);
        if (run.finished()) {
          progress.println(
              Shown.said(file.toString())
                  + ": the same content was read before as run "
                  + run.id()
                  + "; nothing is sent again");
        }
        runs.add(run.id());
      }
      Ledger ledger = app.ledger();
      return follow(places, ledger.view(), runs, () -> delivers(app));
    }
  }

  private static boolean delivers(App app) {
    try {
      app.deliverIfNobodyElseDoes();
      return true;
    } catch (Exception failure) {
      throw new IllegalStateException(failure);
    }
  }

  private int follow(Places places, LedgerView view, Set<String> runs, BooleanSupplier alive)
      throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    Following.End end =
        new Following(
                view, spec.commandLine().getErr(), alive, wait == Wait.ENRICHED, sample != null)
            .follow(runs);
    List<SampleReport> samples = samples(places, view, end.runs());
    if (json) {
      Snapshot now = view.snapshot();
      ObjectNode account = StatusJson.node(now.of(end.runs()), Instant.now());
      NotReady.put(List.of(), account.putArray("not_ready"));
      out.println(SampleReport.json(account, samples));
    } else {
      out.print(StatusText.runs(end.runs()));
      samples.forEach(report -> out.print(report.text()));
    }
    for (RunAccount run : end.runs()) {
      List<Named> blocked = view.findings(run.id()).blocked();
      if (!blocked.isEmpty()) {
        spec.commandLine()
            .getErr()
            .println(
                Shown.of(run.name())
                    + ": columns that never leave (kiln.intake.blocked) were left out: "
                    + blocked.stream()
                        .map(Named::name)
                        .map(Shown::of)
                        .collect(Collectors.joining(", ")));
      }
    }
    end.parked()
        .forEach(
            (table, reason) ->
                spec.commandLine().getErr().println(table + " waits: " + Shown.said(reason)));
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

  private List<SampleReport> samples(Places places, LedgerView view, List<RunAccount> runs) {
    if (sample == null) {
      return List.of();
    }
    Catalogue catalogue = Catalogue.readWithoutSecrets(places.clayYaml(), places.secrets());
    return runs.stream()
        .map(run -> new SampleReport(run, view.spent(run.id()), catalogue, options.again()))
        .toList();
  }
}
