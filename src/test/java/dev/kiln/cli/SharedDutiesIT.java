package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.kiln.cli.KilnProcess.Ended;
import dev.kiln.cli.Rehearsal.Hook;
import dev.kiln.ledger.PostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Two Kilns on one PostgreSQL, of which one polls a source and tells alerts for both until it is
 * killed; and {@code kiln send} where none is left, until one comes.
 */
@Execution(ExecutionMode.CONCURRENT)
final class SharedDutiesIT {
  private static final Duration LEASE = Duration.ofSeconds(3);

  /** Another node has a dead one's duty within this time, and asks within a moment. */
  private static final Duration DUTY = LEASE.multipliedBy(3);

  private static final Duration MOMENT = Duration.ofSeconds(60);

  /** Rows of which most are still to be sent when a node has started. */
  private static final int SENT = 300;

  /** What the shipped examples of routes become here. */
  private static final Map<String, String> CHANGES =
      Map.of("inbound", "crm", ": 5m", ": 200ms", ": /paging/cursor", ": link");

  /** A page of the source, and the path of the next one; empty for none. */
  private record Page(String body, String next) {}

  /** A request of a node for a page. */
  private record Asked(String node, String path, long nanos) {}

  /** An alert that a node told. */
  private record Told(String node, String text) {
    boolean begins(String webhook) {
      return text.contains("Webhook " + webhook + " of table") && text.contains("has taken");
    }
  }

  private final SharedLedger ledger = new SharedLedger(PostgresServer.ledger());
  private final Map<String, Page> pages = new ConcurrentHashMap<>();
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final List<Told> told = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private Rehearsal rehearsal;

  @BeforeEach
  void open(@TempDir Path folder) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/leads", this::answer);
    server.createContext("/alerts/", this::take);
    server.start();
    rehearsal = new Rehearsal(folder, "--rate", "0");
    rehearsal.configure(
        100, new Hook("tech-1", 90), new Hook("tech-2", 90), new Hook("tech-3", 45_000));
    rehearsal.properties(
        ledger.properties(
            "kiln.intake.spool = " + Files.createDirectories(folder.resolve("spool")),
            "kiln.intake.claim-lease = 5s",
            "kiln.delivery.lease = " + LEASE.toSeconds() + "s",
            "kiln.http.response-timeout = 5s",
            "kiln.alerts.look = 200ms",
            "kiln.alerts.runway = 1s"));
    Rehearsal.routes(
        folder,
        (name, text) ->
            name.matches("(alerts|intake-poll).camel.yaml") ? text + example(text) : text);
  }

  /** The route that stands as an example in the comment of a file, as the test needs it. */
  private static String example(String text) {
    String route =
        text.lines()
            .filter(line -> line.startsWith("#   "))
            .map(line -> line.substring(4) + "\n")
            .collect(Collectors.joining());
    for (Map.Entry<String, String> change : CHANGES.entrySet()) {
      route = route.replace(change.getKey(), change.getValue());
    }
    return route;
  }

  @AfterEach
  void close() {
    rehearsal.close();
    server.stop(0);
  }

  // ---- The source and the chat ----

  /** The page that is asked for; no answer while there is none. */
  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String node = exchange.getRequestHeaders().getFirst("Authorization");
    asked.add(new Asked(node, path, System.nanoTime()));
    Page page = pages.get(path);
    if (page == null) {
      return;
    }
    try (exchange) {
      String etag = "\"" + page.hashCode() + "\"";
      if (etag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
        exchange.sendResponseHeaders(304, -1);
        return;
      }
      exchange.getResponseHeaders().set("ETag", etag);
      if (!page.next.isEmpty()) {
        exchange.getResponseHeaders().set("Link", "<" + page.next + ">; rel=next");
      }
      byte[] body = page.body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      String node = exchange.getRequestURI().getPath().replaceFirst(".*/", "");
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      told.add(new Told(node, Rehearsal.parse(body).path("text").asText()));
      exchange.sendResponseHeaders(204, -1);
    }
  }

  private void publish(String path, String leads, int rows, String next) {
    pages.put(path, new Page(Rehearsal.leads(leads, rows), next));
  }

  private Asked firstOf(String node) {
    return asked.stream().filter(request -> request.node.equals(node)).findFirst().orElseThrow();
  }

  private List<String> paths(String node) {
    return asked.stream().filter(request -> request.node.equals(node)).map(Asked::path).toList();
  }

  private List<String> tellersOf(String webhook) {
    return told.stream().filter(alert -> alert.begins(webhook)).map(Told::node).toList();
  }

  // ---- The nodes ----

  /** Starts a command of a node, whose secrets tell the test's server which one it is. */
  private KilnProcess start(String command, String node, String... files) {
    String secrets = "secrets-" + node;
    String root = "http://127.0.0.1:" + server.getAddress().getPort();
    rehearsal.write(secrets + "/crm-url", root + "/leads");
    rehearsal.write(secrets + "/crm-token", node);
    rehearsal.write(secrets + "/alerts-url", root + "/alerts/" + node);
    return rehearsal.command(
        Stream.concat(
                Stream.of(
                    command,
                    "--config",
                    "config",
                    "--routes",
                    "routes",
                    "--secrets",
                    secrets,
                    "--data",
                    node),
                Stream.of(files))
            .toArray(String[]::new));
  }

  private KilnProcess run(String node) {
    KilnProcess kiln = start("run", node);
    kiln.awaitOut("Kiln is running");
    return kiln;
  }

  /** Whether a node knows of an alert, whoever tells it. */
  private static boolean knows(KilnProcess node, String webhook) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(node.http().resolve("/metrics"))
                .timeout(KilnProcess.LONGEST)
                .build(),
            BodyHandlers.ofString())
        .body()
        .lines()
        .anyMatch(line -> line.startsWith("kiln_alert{") && line.contains(webhook));
  }

  private boolean leads(KilnProcess node) {
    return node.is(ledger.leaders().getOrDefault("main", ""));
  }

  private static void awaitThat(String what, Callable<Boolean> wanted) {
    await(what).atMost(KilnProcess.LONGEST).pollInterval(Duration.ofMillis(100)).until(wanted);
  }

  @Test
  @DisplayName(
      "one polls and tells for both, another one goes on; send delivers where none is left")
  void oneDoesItForAll() throws Exception {
    pages.put("/leads", new Page("", ""));
    KilnProcess one = run("one");
    awaitThat("a poll", () -> !asked.isEmpty());
    KilnProcess two = run("two");

    publish("/leads", "first", 82, "");
    awaitThat("an alert", () -> !tellersOf("tech-1").isEmpty() && knows(two, "tech-1"));
    publish("/leads/2", "third", 2, "/leads/3");
    publish("/leads", "second", 2, "/leads/2");
    awaitThat("a page under way", () -> paths("one").contains("/leads/3"));
    awaitThat("the pages before", () -> ledger.delivered(86));
    assertThat(asked).extracting(Asked::node).as("polled by one of them").containsOnly("one");
    assertThat(told).extracting(Told::node).as("told by one of them").containsExactly("one");

    one.kill();
    final long killed = System.nanoTime();
    publish("/leads/3", "fourth", 86, "");
    awaitThat("the other node's round", () -> paths("two").contains("/leads"));
    assertThat(paths("two").get(0)).as("where the first one stood").isEqualTo("/leads/3");
    assertThat(Duration.ofNanos(firstOf("two").nanos - killed)).isLessThan(DUTY.plus(MOMENT));
    awaitThat("the next alert", () -> !tellersOf("tech-2").isEmpty());
    awaitThat("all pages", () -> ledger.delivered(172));
    assertThat(tellersOf("tech-2")).containsExactly("two");
    assertThat(tellersOf("tech-1")).as("twice at worst").startsWith("one").hasSizeBetween(1, 2);
    ledger.mustHaveEachRowOnce(4, 172);

    ledger.rate("main", "1");
    rehearsal.write("sent.csv", Rehearsal.leads("sent", SENT));
    KilnProcess send = start("send", "guest", "sent.csv");
    awaitThat("a row by the node", () -> rehearsal.arrivals().size() > 172);
    assertThat(leads(send)).as("whoever sends leaves delivery to the node").isFalse();
    Instant last = Instant.now();
    two.kill();
    awaitThat("delivery by the one that sends", () -> leads(send));
    assertThat(ledger.snapshot().workspaces())
        .singleElement()
        .satisfies(main -> assertThat(main.ledSince()).isAfter(last.plus(LEASE)));
    int before = rehearsal.arrivals().size();
    awaitThat("a row by the one that sends", () -> rehearsal.arrivals().size() > before);
    KilnProcess three = run("three");
    awaitThat("delivery by the node that came", () -> leads(three));
    assertThat(send.isAlive()).isTrue();
    ledger.rate("main", "300");
    Ended sent = send.end();
    assertThat(sent.exit()).as(sent.err()).isZero();
    ledger.mustHaveEachRowOnce(5, 172 + SENT);
    Map<String, Integer> arrivals = rehearsal.arrivals();
    assertThat(arrivals).hasSize(172 + SENT);
    ledger.mustHaveMarkedRepeats(arrivals);
  }
}
