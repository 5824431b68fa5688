package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.FreshLedger;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Store;
import dev.kiln.ledger.WaitReason;
import dev.kiln.ledger.Waiting;
import dev.kiln.plan.Preview;
import dev.kiln.simulate.Simulator;
import dev.kiln.simulate.SimulatorOptions;
import dev.kiln.simulate.StoredRow;
import dev.kiln.status.NotReady;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;

/**
 * A whole Kiln in the tests' own process: the shipped routes, a real ledger and a Clay simulator,
 * with waits so short that a test takes seconds. Change what you need, then {@link #start}.
 */
final class RunningKiln implements AutoCloseable {
  /** The names of the one Kiln in JMX: a test that reads them has the JVM to itself. */
  static final String MANAGED = "org.apache.camel:context=kiln";

  static final String TECH = "outbound-leads-tech";
  static final String FINANCE = "outbound-leads-finance";
  static final String INBOUND = "inbound-leads";
  static final String EVENTS = "event-attendees";

  /** The shipped tables, each with a webhook at the simulator. */
  private static final String CLAY_YAML =
      """
      workspaces:
        main:
          rate-per-second: 200
      tables:
        outbound-leads-tech:
          webhooks:
            - { name: tech-1, url: "{{webhook:tech-1}}" }
        outbound-leads-finance:
          webhooks:
            - { name: finance-1, url: "{{webhook:finance-1}}" }
        inbound-leads:
          webhooks:
            - { name: inbound-1, url: "{{webhook:inbound-1}}" }
        event-attendees:
          webhooks:
            - { name: events-1, url: "{{webhook:events-1}}" }
      """;

  private static final Path SHIPPED_CONFIG = Path.of("config");
  private static final Path SHIPPED_ROUTES = Path.of("routes");

  private final Path folder;
  private final Simulator clay =
      WarmClay.start(SimulatorOptions.defaults().withLimits(0, 1_000_000));
  private final Map<String, String> settings = new LinkedHashMap<>();
  private String clayYaml = CLAY_YAML;
  private Path routes = SHIPPED_ROUTES;
  private @Nullable Path secrets;
  private @Nullable App app;
  private @Nullable LedgerView view;

  RunningKiln(Path folder) {
    this.folder = folder;
    settings.put("kiln.intake.poll", "50ms");
    settings.put("kiln.intake.stability", "1ms");
    settings.put("kiln.intake.try-again", "1s");
    settings.put("kiln.delivery.poll", "100ms");
    settings.put("kiln.delivery.first-wait", "200ms");
    settings.put("kiln.delivery.longest-wait", "1s");
    settings.put("kiln.delivery.recovery", "2s");
    settings.put("kiln.breaker.open", "1s");
    settings.put("kiln.http.response-timeout", "6s");
    settings.put("kiln.http.listen", "127.0.0.1:0");
    settings.put("camel.component.seda.default-poll-timeout", "200");
  }

  // ---- While it runs ----

  /** Replaces a piece of a route file of its own, and waits until that is in force. */
  void takesUp(String file, String from, String to) {
    Instant before = app().reload().orElseThrow().inForce();
    inRoutes(file, from, to);
    soon().until(() -> app().reload().orElseThrow().inForce().isAfter(before));
  }

  // ---- Before the start ----

  /** Sets a key of application.properties. */
  RunningKiln set(String key, String value) {
    settings.put(key, value);
    return this;
  }

  /** Replaces a piece of clay.yaml, which must be there. */
  RunningKiln inClayYaml(String from, String to) {
    assertThat(clayYaml).contains(from);
    clayYaml = clayYaml.replace(from, to);
    return this;
  }

  /** Runs with secrets that are elsewhere than in the configuration. */
  RunningKiln secrets(Path elsewhere) {
    secrets = elsewhere;
    return this;
  }

  /** Sets the rate of the workspace, leads a second. */
  RunningKiln rate(double rate) {
    return inClayYaml("rate-per-second: 200", "rate-per-second: " + rate);
  }

  /** Runs with a copy of the shipped routes. */
  RunningKiln ownRoutes() {
    try {
      if (routes.equals(SHIPPED_ROUTES)) {
        routes = Files.createDirectories(folder.resolve("routes"));
        try (Stream<Path> shipped = Files.list(SHIPPED_ROUTES)) {
          for (Path route : shipped.toList()) {
            Files.copy(route, routes.resolve(route.getFileName()));
          }
        }
      }
      return this;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Replaces a piece of a route file, which must be there, in a copy of the shipped folder. */
  RunningKiln inRoutes(String file, String from, String to) {
    try {
      Path route = ownRoutes().routes.resolve(file);
      String yaml = Files.readString(route);
      assertThat(yaml).contains(from);
      Files.writeString(route, yaml.replace(from, to));
      return this;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Has the choice of a table fail at the third record, as a fault in an edited route does. */
  RunningKiln failsAtTheThirdRecord() {
    return inRoutes(
        "choose-table.camel.yaml",
        "        - choice:\n",
        """
                - filter:
                    id: break-the-batch
                    expression:
                      simple:
                        expression: "${body.record} == 3"
                    steps:
                      - throwException:
                          id: break
                          exceptionType: java.lang.IllegalStateException
                          message: "a fault in an edited route"
                - choice:
        """);
  }

  /** Takes that back. */
  RunningKiln failsNoMore() {
    return inRoutes("choose-table.camel.yaml", "${body.record} == 3", "${body.record} == 33");
  }

  /** The folders, with the configuration written. */
  Places places() {
    try {
      Path config = Files.createDirectories(folder.resolve("config"));
      for (String list :
          List.of("industries.csv", "personal-domains.txt", "disposable-domains.txt")) {
        Files.copy(
            SHIPPED_CONFIG.resolve(list),
            config.resolve(list),
            StandardCopyOption.REPLACE_EXISTING);
      }
      StringBuilder properties = new StringBuilder();
      settings.forEach((key, value) -> properties.append(key + " = " + value + "\n"));
      Files.writeString(config.resolve(Settings.FILE), properties);
      String yaml = clayYaml;
      for (String webhook :
          List.of("tech-1", "tech-2", "finance-1", "inbound-1", "events-1", "elsewhere")) {
        yaml = yaml.replace("{{webhook:" + webhook + "}}", clay.webhookUrl("hook-" + webhook) + "");
      }
      Files.writeString(config.resolve("clay.yaml"), yaml);
      return secrets == null
          ? new Places(config, routes, data())
          : new Places(config, routes, data(), secrets);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Starts it, or starts it again after {@link #stop}. */
  RunningKiln start(App.Mode mode) throws Exception {
    assertThat(app).as("it runs already").isNull();
    if (!settings.containsKey("kiln.ledger.url")) {
      FreshLedger.in(data());
    }
    app = App.start(places(), mode);
    return this;
  }

  RunningKiln start() throws Exception {
    return start(App.Mode.RUN);
  }

  /** Stops Kiln and leaves the simulator. */
  void stop() {
    if (view != null) {
      view.close();
      view = null;
    }
    if (app != null) {
      RouteCoverage.note(app.context());
      app.close();
      app = null;
    }
  }

  @Override
  public void close() {
    stop();
    clay.close();
  }

  // ---- Its parts ----

  /** Why the last change of the configuration was not taken up, if it was not. */
  Optional<String> refusal() {
    return app().reload().map(Reload::fault);
  }

  App app() {
    return Objects.requireNonNull(app, "start it first");
  }

  CamelContext context() {
    return app().context();
  }

  /** Where it listens for HTTP. */
  URI http(String path) {
    return URI.create(app().http().orElseThrow() + path);
  }

  /** The reasons why it is not ready. */
  List<String> notReady() {
    return app().notReady().stream().map(NotReady::reason).toList();
  }

  /** What its health notes though it is ready. */
  List<String> notes() {
    return app().notes().stream().map(NotReady::reason).toList();
  }

  Simulator clay() {
    return clay;
  }

  Path data() {
    return folder.resolve("data");
  }

  // ---- Files ----

  /** A file of good leads of one industry, numbered from {@code first}. */
  static String leads(int first, int count, String industry) {
    StringBuilder csv = new StringBuilder("email,first_name,company,industry\n");
    IntStream.range(first, first + count)
        .forEach(
            n ->
                csv.append("lead" + n + "@firm" + n + ".example,Ada,Firm " + n + "," + industry)
                    .append('\n'));
    return csv.toString();
  }

  /** Puts a whole file into the inbox: {@code normal/leads.csv}, {@code high/events/e.csv}. */
  void drop(String path, String content) {
    drop(path, content.getBytes(StandardCharsets.UTF_8));
  }

  /** The same with bytes. */
  void drop(String path, byte[] content) {
    try {
      Path target = data().resolve("inbox").resolve(path);
      Files.createDirectories(target.getParent());
      Path part = target.resolveSibling(target.getFileName() + ".part");
      Files.write(part, content);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The names of the files in a folder of the data folder, without claims. */
  List<String> files(String shelf) {
    try {
      return Trees.paths(data().resolve(shelf), Integer.MAX_VALUE).stream()
          .filter(Files::isRegularFile)
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.endsWith(".claim"))
          .sorted()
          .toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /**
   * What sending files would do, by a Kiln that runs nothing beside this one, or beside none.
   *
   * @param dedupe as {@code kiln preview --dedupe} has it
   */
  Preview preview(@Nullable DedupeMode dedupe, Path... files) throws Exception {
    Places places = places();
    Path scratch = Files.createTempDirectory(folder, "preview");
    try (App idle =
        App.start(new Places(places.config(), places.routes(), scratch), App.Mode.CHECK)) {
      try (LedgerView ledger =
          Files.exists(data().resolve(Ledger.FILE)) ? LedgerView.open(data()) : null) {
        return idle.previewWith(
            ledger, app == null, List.of(files), "", Priority.NORMAL, dedupe, rows -> {});
      } finally {
        RouteCoverage.note(idle.context());
      }
    }
  }

  // ---- The account ----

  private Store store() {
    return Settings.store(new Places(folder.resolve("config"), routes, data()));
  }

  /** A look at the ledger beside Kiln. While that runs all go through one view: opening is dear. */
  synchronized <T> T look(Function<LedgerView, T> look) {
    if (app == null) {
      try (LedgerView now = LedgerView.open(store())) {
        return look.apply(now);
      }
    }
    if (view == null) {
      view = LedgerView.open(store());
    }
    return look.apply(view);
  }

  Snapshot snapshot() {
    return look(LedgerView::snapshot);
  }

  /** Every lead of every run. */
  List<LeadLine> ledgerLines() {
    return look(ledger -> ledger.leads(null, null, false, 100_000));
  }

  /** The newest run of a file's name. */
  Optional<RunAccount> run(String file) {
    return snapshot().runs().stream().filter(run -> run.name().equals(file)).findFirst();
  }

  /** What a table waits for, if it does. */
  Optional<Waiting> waiting(String table) {
    return snapshot().tables().stream()
        .filter(account -> account.name().equals(table))
        .findFirst()
        .map(TableAccount::waiting);
  }

  /** Leads of a table in a state, over all runs. */
  long count(String table, LeadState state) {
    return snapshot().tables().stream()
        .filter(account -> account.name().equals(table))
        .mapToLong(account -> account.states().getOrDefault(state, 0L))
        .sum();
  }

  /** The bodies of the rows that a webhook stored. */
  List<String> stored(String webhook) {
    return clay.rows().stream()
        .filter(row -> row.webhook().equals("hook-" + webhook))
        .map(StoredRow::body)
        .map(String::valueOf)
        .toList();
  }

  /** Requests that a webhook got, whatever it answered. */
  long requests(String webhook) {
    return Optional.ofNullable(clay.statistics().webhooks().get("hook-" + webhook))
        .map(counts -> counts.requests())
        .orElse(0L);
  }

  // ---- Bounded waits ----

  /** What a log has so far, while others write to it. */
  static List<ILoggingEvent> logged(ListAppender<ILoggingEvent> log) {
    synchronized (log) {
      return List.copyOf(log.list);
    }
  }

  static ConditionFactory soon() {
    return await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(40))
        .atMost(Duration.ofMinutes(1));
  }

  /** For what stays as it is once it has come: a look at the account takes milliseconds. */
  private static ConditionFactory atEase() {
    return soon().pollInterval(Duration.ofMillis(100));
  }

  /** Waits until a file was read to its end and none of its leads is open. */
  RunAccount settled(String file) {
    return atEase()
        .alias(file + " is settled")
        .until(
            () ->
                run(file)
                    .filter(run -> !run.phase().equals("READING"))
                    .filter(run -> run.states().keySet().stream().noneMatch(LeadState::open)),
            Optional::isPresent)
        .orElseThrow();
  }

  /** Waits until a file was read to its end and what is open of its leads is held. */
  RunAccount idle(String file) {
    return atEase()
        .alias(file + " has nothing to send")
        .until(
            () ->
                run(file)
                    .filter(run -> !run.phase().equals("READING"))
                    .filter(
                        run ->
                            run.states().keySet().stream()
                                .noneMatch(state -> state.open() && state != LeadState.HELD)),
            Optional::isPresent)
        .orElseThrow();
  }

  /** Waits until a file was read to its end, or refused. */
  RunAccount read(String file) {
    return atEase()
        .alias(file + " is read")
        .until(() -> run(file).filter(run -> !run.phase().equals("READING")), Optional::isPresent)
        .orElseThrow();
  }

  /** Waits until a table has so many leads in a state. */
  void reaches(String table, LeadState state, long leads) {
    soon()
        .alias(leads + " leads of " + table + " are " + state)
        .untilAsserted(() -> assertThat(count(table, state)).isEqualTo(leads));
  }

  /** Waits until a table waits for a reason. */
  Waiting parked(String table, WaitReason reason) {
    return soon()
        .alias(table + " waits: " + reason)
        .until(
            () -> waiting(table).filter(waiting -> waiting.kind() == reason), Optional::isPresent)
        .orElseThrow();
  }
}
