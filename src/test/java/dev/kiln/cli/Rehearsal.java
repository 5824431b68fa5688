package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.FreePort;
import dev.kiln.cli.KilnProcess.Ended;
import dev.kiln.ledger.FreshLedger;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A Kiln of its own in a folder of its own, against a {@code kiln simulate} of its own within the
 * tests' process. Closing it ends every process that it started.
 */
final class Rehearsal implements AutoCloseable {
  /** A file in the folder, in contrast to a table, a run or an option. */
  private static final Pattern FILE = Pattern.compile("[\\w-]+\\.\\w+");

  /** Every table of the shipped routes, with the webhooks that a rehearsal gives it by default. */
  private static final Map<String, String> TABLES =
      Map.of(
          "outbound-leads-tech", "tech-1",
          "outbound-leads-finance", "finance-1",
          "inbound-leads", "inbound-1",
          "event-attendees", "events-1");

  /** Any free port, since many rehearsals run at once. */
  private static final String LISTEN = "kiln.http.listen = 127.0.0.1:0\n";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Deque<KilnProcess> started = new ArrayDeque<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private final CommandHere clay;
  private final URI simulated;
  private String expecting = "";
  private int returnPort;

  /** The name of a webhook and its cap. */
  record Hook(String name, int cap) {}

  /**
   * Starts a simulator and writes a configuration for 10 rows a second.
   *
   * @param folder an empty folder
   * @param options of {@code kiln simulate}
   */
  Rehearsal(Path folder, String... options) {
    this.folder = folder;
    List<String> command = new ArrayList<>(List.of("simulate", "--port", "0", "--json"));
    command.addAll(Arrays.asList(options));
    clay = CommandHere.start(command);
    simulated = URI.create(parse(clay.awaitLine()).path("listening").asText());
    for (String list :
        List.of("industries.csv", "personal-domains.txt", "disposable-domains.txt")) {
      write("config/" + list, read(KilnProcess.PROJECT.resolve("config").resolve(list)));
    }
    configure(10);
    write("config/application.properties", LISTEN);
  }

  // ---- Files ----

  Path folder() {
    return folder;
  }

  Path data() {
    return folder.resolve("data");
  }

  /** Writes a file within the folder. */
  Path write(String name, String text) {
    Path file = folder.resolve(name);
    try {
      Files.createDirectories(file.getParent());
      return Files.writeString(file, text);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** A CSV of good leads for the table outbound-leads-tech, all of them different. */
  static String leads(String prefix, int rows) {
    return IntStream.rangeClosed(1, rows)
        .mapToObj(i -> prefix + i + "@example.com,Ada,Software\n")
        .collect(Collectors.joining("", "email,first name,industry\n", ""));
  }

  /**
   * Puts a file into the inbox at one go, as {@code mv} does; {@code inbound/name} for a source.
   */
  void drop(String name, String text) {
    drop(name, write("ready-" + name.replace('/', '-'), text));
  }

  /** The same with a file of this folder. */
  void drop(String name, Path ready) {
    Path target = data().resolve("inbox/normal").resolve(name);
    try {
      Files.createDirectories(target.getParent());
      Files.move(ready, target);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The folder's clay.yaml, for a rate and the webhooks of outbound-leads-tech. */
  void configure(double rate, Hook... tech) {
    StringBuilder yaml =
        new StringBuilder("workspaces:\n  main: { rate-per-second: " + rate + " }\ntables:\n");
    new TreeMap<>(TABLES)
        .forEach(
            (table, webhook) -> {
              yaml.append("  ").append(table).append(":\n");
              yaml.append(expecting).append("    webhooks:\n");
              boolean given = table.equals("outbound-leads-tech") && tech.length > 0;
              List<Hook> hooks = given ? List.of(tech) : List.of(new Hook(webhook, 45_000));
              hooks.forEach(
                  hook ->
                      yaml.append(
                          "      - { name: %s, url: \"%s\", cap: %d }%n"
                              .formatted(hook.name, url(hook.name), hook.cap)));
            });
    write("config/clay.yaml", yaml.toString());
  }

  /**
   * Lets rows come back to a free port: they bear a token, and one that does not come within a time
   * is missing. Call it before {@link #configure}.
   *
   * @param missingAfter that time, as in clay.yaml
   * @return the lines of application.properties for it
   */
  String[] returning(String missingAfter) {
    expecting = "    results: true\n    missing-after: " + missingAfter + "\n";
    write("config/secrets/results-token", "shibboleth");
    returnPort = FreePort.find();
    return new String[] {
      "kiln.results.listen = 127.0.0.1:" + returnPort,
      "kiln.results.token = {{secret:results-token}}",
      "kiln.results.check = 200ms"
    };
  }

  /**
   * Has the simulator send rows back.
   *
   * @param column more of its HTTP API column, such as {@code "share": 0.9}
   */
  void sendBack(String column) {
    order(
        "callbacks",
        """
        {"url": "http://127.0.0.1:%d/results/outbound-leads-tech",
         "headers": {"Authorization": "Bearer shibboleth"}, %s}
        """
            .formatted(returnPort, column));
  }

  /** The rows that the simulator has sent back, each with {@code lead_id} and {@code status}. */
  List<JsonNode> sentBack() {
    return send(HttpRequest.newBuilder(simulated.resolve("/control/callbacks")).GET())
        .body()
        .lines()
        .map(Rehearsal::parse)
        .toList();
  }

  /** The folder's application.properties: quick looks at the inbox, and the given lines. */
  void properties(String... lines) {
    write(
        "config/application.properties",
        "kiln.intake.poll = 100ms\nkiln.intake.stability = 200ms\n"
            + String.join("\n", lines)
            + "\n"
            + LISTEN);
  }

  /**
   * Writes the shipped routes into the folder {@code routes} of another.
   *
   * @param changed a file as it shall be, by its name and its text
   */
  static void routes(Path folder, BinaryOperator<String> changed) {
    try (Stream<Path> shipped = Files.list(KilnProcess.PROJECT.resolve("routes"))) {
      Path routes = Files.createDirectories(folder.resolve("routes"));
      for (Path route : shipped.toList()) {
        String name = route.getFileName().toString();
        Files.writeString(routes.resolve(name), changed.apply(name, read(route)));
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private URI url(String webhook) {
    return simulated.resolve("/v3/sources/webhook/pull-in-data-from-a-webhook-" + webhook);
  }

  // ---- Commands ----

  private KilnProcess start(List<String> arguments, String... javaOptions) {
    return start(List.of(), arguments, javaOptions);
  }

  private KilnProcess start(List<String> way, List<String> arguments, String... javaOptions) {
    KilnProcess process = KilnProcess.start(folder, way, arguments, javaOptions);
    started.push(process);
    return process;
  }

  /** Starts a command on this rehearsal's folders. */
  KilnProcess start(String command, String... arguments) {
    List<String> all = new ArrayList<>(List.of(command, "--config", "config", "--data", "data"));
    all.addAll(Arrays.asList(arguments));
    return start(all);
  }

  /** Starts a command with all its options. */
  KilnProcess command(String... command) {
    return start(List.of(command));
  }

  /** {@code kiln run} with so much heap, such as {@code 256m}; it ends at once without enough. */
  KilnProcess runWithin(String heap) {
    return run("-Xmx" + heap, "-XX:+ExitOnOutOfMemoryError");
  }

  /** Runs a command on this rehearsal's folders to its end. */
  Ended kiln(String command, String... arguments) {
    return start(command, arguments).end();
  }

  /** Runs a command to its end by way of another, such as {@code prlimit --fsize=1}. */
  Ended kilnBy(List<String> way, String command, String... arguments) {
    List<String> all = new ArrayList<>(List.of(command, "--config", "config", "--data", "data"));
    all.addAll(List.of(arguments));
    return start(way, all).end();
  }

  /** {@code kiln run}, ready. */
  KilnProcess run(String... javaOptions) {
    return runOn("data", javaOptions);
  }

  /** {@code kiln run} on another data folder, ready. */
  KilnProcess runOn(String data, String... javaOptions) {
    if (!read(folder.resolve("config/application.properties")).contains("kiln.ledger.url")) {
      FreshLedger.in(folder.resolve(data));
    }
    KilnProcess kiln = start(List.of("run", "--config", "config", "--data", data), javaOptions);
    kiln.awaitOut("Kiln is running");
    return kiln;
  }

  /** What {@code kiln status --json} prints, after a look that the account agrees. */
  JsonNode status() {
    JsonNode json = parse(CommandHere.output(inFolder("status", "--json")));
    for (JsonNode run : json.path("runs")) {
      long sum = 0;
      for (JsonNode leads : run.path("states")) {
        sum += leads.asLong();
      }
      assertThat(sum).as("sum of the states of %s", run).isEqualTo(run.path("read").asLong());
    }
    return json;
  }

  /** How many leads of all runs are in a state. */
  static long count(JsonNode status, String state) {
    long sum = 0;
    for (JsonNode run : status.path("runs")) {
      sum += run.path("states").path(state).asLong();
    }
    return sum;
  }

  /** One element of an array of {@code kiln status --json}. */
  static JsonNode named(JsonNode array, String key, String name) {
    return StreamSupport.stream(array.spliterator(), false)
        .filter(element -> element.path(key).asText().equals(name))
        .findAny()
        .orElseThrow(() -> new AssertionError("no " + name + " in " + array));
  }

  /** What {@code kiln leads --json} prints. */
  List<JsonNode> leads(String... options) {
    List<String> all = new ArrayList<>(List.of("--json", "--limit", "100000"));
    all.addAll(Arrays.asList(options));
    return CommandHere.output(inFolder("leads", all.toArray(String[]::new)))
        .lines()
        .map(Rehearsal::parse)
        .toList();
  }

  /**
   * Runs a command on this rehearsal's folders to its end within the tests' own process, which
   * takes a tenth of the time. Files are named as from its folder. What it logs is not in its
   * output, so where that must be exact it is to be a process.
   */
  Ended here(String command, String... arguments) {
    Ended ended = CommandHere.end(inFolder(command, arguments));
    String root = folder + "/";
    return new Ended(ended.exit(), ended.out().replace(root, ""), ended.err().replace(root, ""));
  }

  private List<String> inFolder(String command, String... arguments) {
    String root = folder + "/";
    List<String> all =
        new ArrayList<>(List.of(command, "--config", root + "config", "--data", root + "data"));
    for (String argument : arguments) {
      all.add(FILE.matcher(argument).matches() ? root + argument : argument);
    }
    return all;
  }

  /** Waits for something in the ledger, which is looked at beside the Kiln that writes it. */
  void awaitLedger(String what, Predicate<Snapshot> wanted) {
    awaitLedger(what, KilnProcess.LONGEST, wanted);
  }

  /** {@link #awaitLedger(String, Predicate)}, so long at most. */
  void awaitLedger(String what, Duration atMost, Predicate<Snapshot> wanted) {
    await(what).atMost(KilnProcess.LONGEST).until(() -> Files.exists(data().resolve("kiln.db")));
    try (LedgerView view = LedgerView.open(data())) {
      await(what)
          .atMost(atMost)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(100))
          .ignoreExceptions()
          .until(() -> wanted.test(view.snapshot()));
    }
  }

  // ---- The simulator ----

  /** Orders something from the simulator. */
  void order(String call, String json) {
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(simulated.resolve("/control/" + call))
                .POST(BodyPublishers.ofString(json)));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  /** What the simulator has received, all webhooks together. */
  JsonNode received() {
    return statistics().path("total");
  }

  /** Rows that a webhook of the simulator has stored. */
  long stored(String webhook) {
    return statistics().path("webhooks").path(webhook).path("accepted").asLong();
  }

  /** What the simulator has counted. */
  JsonNode statistics() {
    return parse(
        send(HttpRequest.newBuilder(simulated.resolve("/control/statistics")).GET()).body());
  }

  /** How often each lead arrived, by its id. */
  Map<String, Integer> arrivals() {
    Map<String, Integer> arrivals = new TreeMap<>();
    rows().forEach(row -> arrivals.merge(row.path("lead_id").asText(), 1, Integer::sum));
    return arrivals;
  }

  /**
   * What arrived and was stored, in order: with {@code lead_id}, {@code body}, {@code arrivalMs}.
   */
  List<JsonNode> rows() {
    return send(HttpRequest.newBuilder(simulated.resolve("/control/rows")).GET())
        .body()
        .lines()
        .map(Rehearsal::parse)
        .toList();
  }

  /** Waits until the simulator has stored a number of different leads. */
  void awaitDistinct(long leads) {
    await(leads + " different leads")
        .atMost(KilnProcess.LONGEST)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> received().path("distinct").asLong() >= leads);
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return http.send(request.timeout(KilnProcess.LONGEST).build(), BodyHandlers.ofString());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException failure) {
      throw new UncheckedIOException("not JSON: " + json, failure);
    }
  }

  String simulatorPort() {
    return String.valueOf(simulated.getPort());
  }

  @Override
  public void close() {
    started.forEach(KilnProcess::close);
    clay.close();
  }
}
