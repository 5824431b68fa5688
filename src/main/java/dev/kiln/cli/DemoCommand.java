package dev.kiln.cli;

import dev.kiln.App;
import dev.kiln.Places;
import dev.kiln.Trees;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.simulate.Delay;
import dev.kiln.simulate.Fault;
import dev.kiln.simulate.Simulator;
import dev.kiln.simulate.SimulatorOptions;
import dev.kiln.simulate.SimulatorStatistics;
import dev.kiln.status.StatusText;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kiln demo}: the main job in one go, against the simulator. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Shows Kiln at work in under a minute, against a Clay simulator on this computer.",
      "It sends about 1,000 invented leads, with a few faults on the way. Needs no account, sends nothing anywhere else"
          + " and leaves nothing behind."
    })
final class DemoCommand implements Callable<Integer> {
  private static final int RATE = 50;
  private static final Pattern WEBHOOK = Pattern.compile("\\{\\{webhook:([a-z0-9-]+)}}");

  /** Where each sample goes within the inbox. */
  private static final Map<String, String> SAMPLES = samples();

  @Option(names = "--keep", description = "Keep the demo's folder to look at, and say where it is.")
  private boolean keep;

  @Spec private CommandSpec spec;

  private static Map<String, String> samples() {
    Map<String, String> samples = new LinkedHashMap<>();
    samples.put("leads.csv", "normal");
    samples.put("inbound.csv", "high/inbound");
    samples.put("events.csv", "low/events");
    return samples;
  }

  @Override
  public Integer call() throws Exception {
    System.setProperty("kiln.log", "ERROR");
    Path folder = Files.createTempDirectory("kiln-demo");
    try (Simulator clay =
        Simulator.start(
            SimulatorOptions.defaults()
                .withAddress("127.0.0.1", 0)
                .withLimits(RATE, 20)
                .withLatency(new Delay(Duration.ofMillis(150), Duration.ofMillis(250))))) {
      return demo(folder, clay);
    } finally {
      if (!keep) {
        Trees.delete(folder);
      }
    }
  }

  private int demo(Path folder, Simulator clay) throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Places places = prepare(folder, clay);
    out.println(
        "A Clay simulator listens at " + clay.uri() + ", Kiln's data is in " + folder + ".");
    out.println(
        "To keep this short, both limits are raised to "
            + RATE
            + " leads a second (Clay allows 10, Kiln sends 8 by default).");
    try (App app = App.start(places, App.Mode.RUN)) {
      Thread stop = new Thread(app::close, "kiln-stop");
      Runtime.getRuntime().addShutdownHook(stop);
      for (Map.Entry<String, String> sample : SAMPLES.entrySet()) {
        drop(sample.getKey(), places.data().resolve("inbox").resolve(sample.getValue()));
      }
      out.println("Three files are in the inbox: " + String.join(", ", SAMPLES.keySet()) + ".");
      Thread faults = new Thread(() -> injectFaults(clay), "kiln-demo-faults");
      faults.setDaemon(true);
      faults.start();
      LedgerView view = app.ledger().view();
      Following.End end =
          new Following(view, spec.commandLine().getErr(), () -> true).follow(runs(view));
      faults.interrupt();
      boolean agrees = tell(out, end, view.snapshot(), clay.statistics());
      if (keep) {
        out.println(
            "Kept in "
                + folder
                + ": try kiln status"
                + PlacesOptions.option("data", places.data()));
      }
      if (archivesClasses()) {
        spec.commandLine()
            .getErr()
            .println("Keeping Kiln's classes ready for faster starts: a few seconds more.");
      }
      return agrees ? 0 : 1;
    }
  }

  /** Whether this Java writes an archive of its classes as it ends, as the launcher has it do. */
  private static boolean archivesClasses() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .anyMatch(argument -> argument.startsWith("-XX:ArchiveClassesAtExit="));
  }

  /** Writes what the demo runs with: Kiln's own, whatever stands beside the launcher. */
  static Places prepare(Path folder, Simulator clay) throws IOException {
    Path config = Files.createDirectories(folder.resolve("config"));
    Path routes = Files.createDirectories(folder.resolve("routes"));
    for (String file : InitCommand.FILES) {
      if (file.equals("config/industries.csv") || file.startsWith("routes/")) {
        try (InputStream content = InitCommand.shipped(file)) {
          Files.copy(content, folder.resolve(file));
        }
      }
    }
    Files.writeString(
        config.resolve("application.properties"),
        """
        kiln.intake.stability = 200ms
        kiln.intake.poll = 100ms
        kiln.delivery.first-wait = 1s
        kiln.delivery.recovery = 20s
        kiln.http.listen = off
        """);
    try (InputStream template = DemoCommand.class.getResourceAsStream("/demo/clay.yaml")) {
      if (template == null) {
        throw new IllegalStateException("The demo's clay.yaml is missing from the jar.");
      }
      String yaml =
          WEBHOOK
              .matcher(new String(template.readAllBytes(), StandardCharsets.UTF_8))
              .replaceAll(webhook -> clay.webhookUrl(webhook.group(1)).toString());
      Files.writeString(config.resolve("clay.yaml"), yaml);
    }
    return new Places(config, routes, folder.resolve("data"));
  }

  private static void drop(String sample, Path into) throws IOException {
    Files.createDirectories(into);
    try (InputStream content = DemoCommand.class.getResourceAsStream("/demo/" + sample)) {
      if (content == null) {
        throw new IllegalStateException("The demo's " + sample + " is missing from the jar.");
      }
      Files.copy(content, into.resolve(sample));
    }
  }

  private static Set<String> runs(LedgerView view) throws InterruptedException {
    while (true) {
      Set<String> runs =
          view.snapshot().runs().stream().map(RunAccount::id).collect(Collectors.toSet());
      if (runs.size() == SAMPLES.size()) {
        return runs;
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  /** A 503 now and then, and one burst of 429s on the way. */
  private static void injectFaults(Simulator clay) {
    Fault hiccups = Fault.status(503).withShare(0.02);
    clay.faults(hiccups);
    try {
      while (clay.statistics().total().accepted() < 200) {
        TimeUnit.MILLISECONDS.sleep(50);
      }
    } catch (InterruptedException early) {
      return;
    }
    clay.faults(Fault.status(429).withNext(3).withRetryAfter("1"), hiccups);
  }

  private boolean tell(
      PrintWriter out, Following.End end, Snapshot snapshot, SimulatorStatistics statistics) {
    SimulatorStatistics.Counts received = statistics.total();
    long read = end.runs().stream().mapToLong(RunAccount::read).sum();
    Map<LeadState, Long> states =
        end.runs().stream()
            .flatMap(run -> run.states().entrySet().stream())
            .collect(
                Collectors.groupingBy(
                    Map.Entry::getKey, Collectors.summingLong(Map.Entry::getValue)));
    long sum = states.values().stream().mapToLong(Long::longValue).sum();
    long accepted = states.getOrDefault(LeadState.ACCEPTED, 0L);

    out.println();
    out.println("Where every lead went (rows read = sum of the states)");
    out.print(
        keep
            ? StatusText.runs(end.runs())
            : StatusText.runs(
                end.runs(),
                run -> "in a file that is deleted now: \"kiln demo --keep\" keeps its folder"));
    out.println();
    out.print(StatusText.tables(snapshot.tables(), Instant.now()));
    out.println();
    out.println("The webhooks were filled in order, each to its cap");
    out.print(StatusText.webhooks(snapshot.webhooks()));
    out.println();
    out.printf(
        Locale.ROOT,
        "Rows read %,d, accounted for %,d. Accepted %,d; the simulator stored %,d different leads, %,d of them twice.%n",
        read,
        sum,
        accepted,
        received.distinct(),
        received.repeats());
    out.printf(
        Locale.ROOT,
        "On the way it answered 429 %,d times and 503 %,d times; no lead was lost to it. Most in any second: %,d.%n",
        received.statuses().getOrDefault(429, 0L),
        received.statuses().getOrDefault(503, 0L),
        received.mostRequestsInOneSecond());
    boolean agrees =
        read == sum
            && accepted == received.distinct()
            && received.repeats() == 0
            && end.parked().isEmpty();
    if (!agrees) {
      out.println("This does not agree, and it should: please report it.");
    }
    out.println();
    out.println("What to try next");
    out.println(
        "  kiln check            once config/clay.yaml and config/secrets name your webhooks");
    out.println("  kiln run              and drop a file into data/inbox/normal");
    out.println("  kiln status           where every lead is, what waits and why");
    out.println("  kiln simulate         a Clay of your own to rehearse against");
    return agrees;
  }
}
