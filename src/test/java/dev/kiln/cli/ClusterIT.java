package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kiln.Arrivals;
import dev.kiln.Lateness;
import dev.kiln.Proof;
import dev.kiln.Signal;
import dev.kiln.WarmClay;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.ledger.PostgresServer;
import dev.kiln.ledger.Store;
import dev.kiln.simulate.Delay;
import dev.kiln.simulate.Simulator;
import dev.kiln.simulate.SimulatorOptions;
import dev.kiln.simulate.StoredRow;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Three real Kilns with a data folder each on one real PostgreSQL, which deliver for three
 * workspaces while their leaders are killed and frozen and the database is started again.
 */
@Execution(ExecutionMode.CONCURRENT)
final class ClusterIT {
  private static final Duration LONG = Duration.ofMinutes(Proof.of(3, 30));

  /** What a node had in flight arrives within this time of its death. */
  private static final Duration IN_FLIGHT = Duration.ofMillis(700);

  private static final Duration FAILOVER = Duration.ofSeconds(Proof.of(60, 15));

  private static final double RATE = Proof.of(10, 25);
  private static final int LEADS = Proof.of(200, 6_700);

  /** How often something happens, while there is work. */
  private static final int MOST_TURNS = Proof.of(3, 1_000);

  /** The workspaces, each with its table. */
  private static final Map<String, String> TABLES =
      new TreeMap<>(
          Map.of(
              "main", "outbound-leads-tech",
              "banks", "outbound-leads-finance",
              "events", "event-attendees"));

  private static final Map<String, String> INDUSTRIES =
      Map.of("main", "Computer Software", "banks", "Banking");

  private final Simulator clay =
      WarmClay.start(
          SimulatorOptions.defaults()
              .withLimits(0, 1_000_000)
              .withKeepBodies(true)
              .withLatency(new Delay(Duration.ofMillis(50), Duration.ofMillis(250))));
  private final Map<String, KilnProcess> nodes = new HashMap<>();
  private final List<KilnProcess> started = new ArrayList<>();
  private Path folder;
  private EmbeddedPostgres server;
  private int port;
  private SharedLedger ledger;

  @BeforeEach
  void open(@TempDir Path temporary) throws IOException {
    folder = temporary;
    server = PostgresServer.start(folder.resolve("postgres"), 0);
    port = server.getPort();
    ledger =
        new SharedLedger(
            Store.postgres("jdbc:postgresql://localhost:" + port + "/postgres", "postgres", null));
    configure();
  }

  @AfterEach
  void close() throws IOException {
    started.forEach(KilnProcess::close);
    clay.close();
    PostgresServer.stop(server, folder.resolve("postgres"));
  }

  // ---- The site ----

  private void write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void configure() throws IOException {
    for (String list :
        List.of("industries.csv", "personal-domains.txt", "disposable-domains.txt")) {
      write("config/" + list, Files.readString(KilnProcess.PROJECT.resolve("config/" + list)));
    }
    StringBuilder yaml = new StringBuilder("workspaces:\n");
    TABLES.keySet().forEach(w -> yaml.append("  " + w + ": { rate-per-second: " + RATE + " }\n"));
    yaml.append("tables:\n");
    TABLES.forEach((workspace, table) -> yaml.append(table(workspace, table)));
    yaml.append(table("main", "inbound-leads"));
    write("config/clay.yaml", yaml.toString());
    write(
        "config/application.properties",
        """
        %s
        kiln.http.listen = 127.0.0.1:0
        kiln.http.response-timeout = 3s
        kiln.intake.poll = 100ms
        kiln.intake.stability = 200ms
        kiln.delivery.lease = %ds
        """
            .formatted(String.join("\n", ledger.properties()), Proof.of(4, 10)));
    Rehearsal.routes(
        folder,
        (name, text) -> {
          String changed = text;
          for (Map.Entry<String, String> home : TABLES.entrySet()) {
            changed =
                changed.replaceAll(
                    "(value: " + home.getValue() + "\\n *- name: workspace\\n *value: )main",
                    "$1" + home.getKey());
          }
          return name.equals("delivery.camel.yaml")
              ? changed + routesOf("banks") + routesOf("events")
              : changed;
        });
  }

  private String table(String workspace, String table) {
    return "  %s:\n    workspace: %s\n    webhooks:\n      - { name: %s-1, url: \"%s\" }\n"
        .formatted(table, workspace, table, clay.webhookUrl(table));
  }

  private static String routesOf(String workspace) {
    return Stream.of("deliver", "window", "pace")
        .map(
            template ->
                """

                - templatedRoute:
                    routeTemplateRef: %1$s
                    routeId: %1$s-%2$s
                    prefixId: "%2$s-"
                    parameters:
                      - name: workspace
                        value: %2$s
                """
                    .formatted(template, workspace))
        .collect(Collectors.joining());
  }

  /** A file of a workspace's leads, for the inbox of a node. */
  private void drop(String node, String workspace) throws IOException {
    String industry = INDUSTRIES.getOrDefault(workspace, "");
    write(
        "ready-" + workspace,
        IntStream.rangeClosed(1, LEADS)
            .mapToObj(i -> workspace + i + "@example.com,Ada," + industry + "\n")
            .collect(Collectors.joining("", "email,first name,industry\n", "")));
    Path inbox = folder.resolve("data-" + node + "/inbox/normal");
    Path target = workspace.equals("events") ? inbox.resolve("events") : inbox;
    Files.createDirectories(target);
    Files.move(folder.resolve("ready-" + workspace), target.resolve(workspace + ".csv"));
  }

  private void start(String node) {
    KilnProcess kiln =
        KilnProcess.start(
            folder,
            List.of("run", "--config", "config", "--routes", "routes", "--data", "data-" + node),
            "-Xmx160m");
    nodes.put(node, kiln);
    started.add(kiln);
  }

  private KilnProcess node(String name) {
    return Objects.requireNonNull(nodes.get(name));
  }

  // ---- What is seen ----

  private static ConditionFactory soon() {
    return await().atMost(LONG).pollInterval(Duration.ofMillis(100)).ignoreExceptions();
  }

  /** The node whose process leads a workspace, once one does. */
  private String leader(String workspace) {
    return soon()
        .until(() -> leading(ledger.leaders().get(workspace)), Optional::isPresent)
        .orElseThrow();
  }

  private Optional<String> leading(@Nullable String name) {
    return nodes.entrySet().stream()
        .filter(node -> name != null && node.getValue().is(name))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** Waits until each node leads one of the workspaces. */
  private void awaitSpread() {
    soon().until(() -> Set.copyOf(ledger.leaders().values()).size() == TABLES.size());
  }

  private List<StoredRow> rows(String workspace) {
    return clay.rows().stream().filter(row -> row.webhook().equals(TABLES.get(workspace))).toList();
  }

  private boolean busy(String workspace) {
    return rows(workspace).size() < LEADS - 3 * RATE;
  }

  /** How long after a leader's end the first row of the next one came. */
  private Duration failover(String workspace, Instant end) {
    Predicate<StoredRow> later = row -> row.arrival().isAfter(end.plus(IN_FLIGHT));
    soon().until(() -> rows(workspace).stream().anyMatch(later));
    return Duration.between(
        end, rows(workspace).stream().filter(later).findFirst().orElseThrow().arrival());
  }

  // ---- What happens ----

  private Duration kill(String workspace) {
    String node = leader(workspace);
    Instant end = Instant.now();
    node(node).kill();
    start(node);
    Duration failover = failover(workspace, end);
    // A start while the database is away is refused.
    node(node).awaitOut("Kiln is running");
    return failover;
  }

  private Duration freeze(String workspace) {
    String node = leader(workspace);
    Instant end = Instant.now();
    node(node).signal(Signal.STOP);
    Duration failover = failover(workspace, end);
    node(node).signal(Signal.CONT);
    return failover;
  }

  private static void tell(String what, String workspace, Duration failover) {
    System.out.printf(
        "cluster: %s of the leader of %s: first row of the next one after %.1f s%n",
        what, workspace, failover.toMillis() / 1e3);
    assertThat(failover).isLessThan(FAILOVER);
  }

  @Test
  void leadersMayDieAndFreezeAndTheDatabaseMayStartAgain() throws Exception {
    try (Lateness lateness = new Lateness()) {
      List.of("a", "b", "c").forEach(this::start);
      nodes.values().forEach(node -> node.awaitOut("Kiln is running"));
      drop("a", "main");
      drop("b", "banks");
      drop("c", "events");
      awaitSpread();

      List<String> workspaces = List.copyOf(TABLES.keySet());
      for (int turn = 0; turn < MOST_TURNS && busy(workspaces.get(turn % 3)); turn++) {
        String workspace = workspaces.get(turn % 3);
        switch (turn % 3) {
          case 0 -> tell("kill -9", workspace, kill(workspace));
          case 1 -> tell("SIGSTOP", workspace, freeze(workspace));
          default -> {
            PostgresServer.stop(server, folder.resolve("postgres"));
            server = PostgresServer.start(folder.resolve("postgres"), port);
            Instant back = Instant.now();
            System.out.printf(
                "cluster: restart of the database: first row after %.1f s%n",
                failover(workspace, back).toMillis() / 1e3);
          }
        }
        if (Proof.LONG) {
          awaitSpread();
        }
      }
      int all = TABLES.size() * LEADS;
      soon().until(() -> ledger.count(LeadState.ACCEPTED) == all);
      assertThat(nodes.values()).allMatch(KilnProcess::isAlive);
      mustBeRight(lateness.worst());
      nodes.values().forEach(KilnProcess::terminate);
      assertThat(ledger.snapshot().nodes().stream().filter(node -> node.alive(Instant.now())))
          .isEmpty();
      assertThat(ledger.leaders()).isEmpty();
    }
  }

  /** None is lost, what came twice is marked, and no workspace was sent to too fast. */
  private void mustBeRight(double late) {
    Set<String> known =
        ledger.leads(false).stream().map(LeadLine::leadId).collect(Collectors.toSet());
    Set<String> marked =
        ledger.leads(true).stream().map(LeadLine::leadId).collect(Collectors.toSet());
    Map<String, List<StoredRow>> arrivals =
        clay.rows().stream().collect(Collectors.groupingBy(row -> String.valueOf(row.leadId())));
    assertThat(arrivals.keySet()).isEqualTo(known).hasSize(TABLES.size() * LEADS);
    Set<String> repeated = new TreeSet<>();
    arrivals.forEach(
        (lead, rows) -> {
          if (rows.size() > 1) {
            repeated.add(lead);
            assertThat(rows)
                .as("one that came twice says so")
                .anyMatch(
                    row -> String.valueOf(row.body()).contains("\"possible_duplicate\":true"));
          }
        });
    System.out.printf(
        "cluster: %d leads arrived, %d of them twice; %d are marked as possible duplicates%n",
        arrivals.size(), repeated.size(), marked.size());
    assertThat(marked).containsAll(repeated);
    for (String workspace : TABLES.keySet()) {
      Arrivals pace = Arrivals.of(RATE, rows(workspace));
      System.out.println("cluster: " + workspace + " " + pace);
      pace.mustKeepThePace(late);
    }
  }
}
