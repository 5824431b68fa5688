package dev.kiln;

import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.WaitReason;
import dev.kiln.simulate.Fault;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the status page is made of: its files, the live account, and orders. */
final class StatusPageTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) {
    kiln = new RunningKiln(folder);
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(kiln.http(path)).GET().build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> order(String name, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(kiln.http("/orders/" + name))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body));
    return client.send(
        headers.length == 0 ? request.build() : request.headers(headers).build(),
        BodyHandlers.ofString());
  }

  @Test
  @DisplayName("the page's files come with a strict policy, and nothing else is served")
  void files() throws Exception {
    kiln.start();
    for (String file : new String[] {"", "page/status.js", "page/status.css", "page/kiln.svg"}) {
      HttpResponse<String> answer = get("/" + file);
      assertThat(answer.statusCode()).as(file).isEqualTo(200);
      assertThat(answer.headers().firstValue("Content-Security-Policy").orElse(""))
          .contains("default-src 'none'", "script-src 'self'")
          .doesNotContain("unsafe");
    }
    for (String path : List.of("/", "/page/kiln.svg", "/health/live", "/health/ready", "/status")) {
      HttpResponse<String> head =
          client.send(
              HttpRequest.newBuilder(kiln.http(path))
                  .method("HEAD", BodyPublishers.noBody())
                  .build(),
              BodyHandlers.ofString());
      assertThat(head.statusCode()).as(path).isEqualTo(200);
      assertThat(head.body()).isEmpty();
      assertThat(get(path).statusCode()).as("the next request").isEqualTo(200);
    }
    assertThat(get("/page/uPlot.esm.js").body()).contains("uPlot");
    assertThat(get("/page/uPlot.min.css").statusCode()).isEqualTo(200);
    assertThat(get("/page/pom.xml").statusCode()).isEqualTo(404);
  }

  @Test
  @DisplayName("beyond loopback the files need no token; what they show and order does")
  void token() throws Exception {
    Path secrets = Files.createDirectories(kiln.places().secrets());
    Files.writeString(secrets.resolve("http-token"), "tell-nobody\n");
    kiln.set("kiln.http.token", "{{secret:http-token}}").start();
    assertThat(get("/").statusCode()).isEqualTo(200);
    assertThat(get("/status").statusCode()).isEqualTo(401);
    assertThat(get("/status/events").statusCode()).isEqualTo(401);
    assertThat(order("pause", "{\"table\":\"" + TECH + "\"}").statusCode()).isEqualTo(401);
    assertThat(
            order(
                    "pause",
                    "{\"table\":\"" + TECH + "\"}",
                    "Authorization",
                    "Bearer tell-nobody",
                    "Origin",
                    "https://evil.example")
                .statusCode())
        .isEqualTo(403);
    assertThat(kiln.app().ledger().orders().paused()).isEmpty();
  }

  @Test
  @DisplayName("the account has what waits and its cure, and an order lets it go on")
  void ordersAndAccount() throws Exception {
    kiln.clay().faults(Fault.status(422).withNext(1));
    kiln.start();
    kiln.drop("normal/one.csv", leads(1, 1, "Software"));
    kiln.reaches(TECH, LeadState.REFUSED, 1);
    assertThat(order("pause", "{\"table\":\"" + TECH + "\"}").statusCode()).isEqualTo(200);
    kiln.parked(TECH, WaitReason.TABLE_PAUSED);
    assertThat(order("retry", "{\"all\":true,\"state\":\"REFUSED\"}").body()).contains("1");
    kiln.reaches(TECH, LeadState.QUEUED, 1);
    JsonNode status = JSON.readTree(get("/status").body());
    assertThat(status.path("live").path("workspaces").path(0).path("allowed_per_second").asInt())
        .isEqualTo(200);
    assertThat(status.path("tables").toString()).contains("kiln resume table " + TECH);
    assertThat(order("resume", "{\"table\":\"" + TECH + "\"}").statusCode()).isEqualTo(200);
    kiln.reaches(TECH, LeadState.ACCEPTED, 1);
    assertThat(JSON.readTree(get("/status/leads").body()).path("leads")).isEmpty();

    assertThat(order("pause", "{\"table\":\"nowhere\"}").statusCode()).isEqualTo(400);
    assertThat(order("rate", "{\"workspace\":\"main\",\"rate\":0}").statusCode()).isEqualTo(400);
    assertThat(order("retry", "{\"al\":true}").body()).contains("did you mean");
    assertThat(order("retry", "{\"state\":\"DEAD\"}").statusCode()).isEqualTo(400);
    assertThat(order("retyr", "{}").statusCode()).isEqualTo(404);
  }

  @Test
  @DisplayName("the account has what came back, what is not in force, what an operator should know")
  void beyondTheLedger() throws Exception {
    Path clay = kiln.places().config().resolve("clay.yaml");
    kiln.set("kiln.alerts.look", "100ms")
        .inClayYaml(TECH + ":\n", TECH + ":\n    results: true\n")
        .inClayYaml("{{webhook:tech-1}}\" }", "{{webhook:tech-1}}\", used: 44000 }")
        .start();
    String good = Files.readString(clay);
    Files.writeString(clay, good + "budgets: { credits: { week: 5 } }\n");
    soon()
        .untilAsserted(
            () -> {
              JsonNode status = JSON.readTree(get("/status").body());
              JsonNode live = status.path("live");
              assertThat(live.path("reload").path("fault").asText())
                  .contains("clay.yaml:" + (good.lines().count() + 1), "week");
              assertThat(live.path("alerts").path(0).path("what").asText())
                  .contains("tech-1", "44,000 rows");
              assertThat(live.path("version").asText()).isNotEmpty();
              assertThat(status.path("results").path("tables").path(0).path("table").asText())
                  .isEqualTo(TECH);
              assertThat(status.path("not_ready")).isEmpty();
            });
    Files.writeString(clay, good);
    soon()
        .until(
            () ->
                JSON.readTree(get("/status").body())
                    .path("live")
                    .path("reload")
                    .path("fault")
                    .isNull());
  }

  @Test
  @DisplayName("the account has the nodes and which of them leads, and a route stops on one alone")
  void nodes() throws Exception {
    kiln.start();
    Ledger ledger = kiln.app().ledger();
    ledger.beat("silent", "0.1.0", ledger.now().minusSeconds(60), Duration.ZERO);
    ledger.beat("another", "0.1.0", ledger.now(), Duration.ofHours(1));
    soon()
        .untilAsserted(
            () -> {
              JsonNode status = JSON.readTree(get("/status").body());
              String here = status.path("live").path("node").asText();
              JsonNode workspace = status.path("workspaces").path(0);
              assertThat(here).isNotEmpty();
              assertThat(workspace.path("leader").asText()).isEqualTo(here);
              assertThat(Instant.parse(workspace.path("led_since").asText()))
                  .isBeforeOrEqualTo(ledger.now());
              assertThat(
                      status.path("live").path("workspaces").path(0).path("led_here").asBoolean())
                  .isTrue();
              assertThat(status.path("nodes").findValuesAsText("name"))
                  .contains("another", "silent");
            });
    JsonNode nodes = JSON.readTree(get("/status").body()).path("nodes");
    for (JsonNode node : nodes) {
      assertThat(node.path("alive").asBoolean())
          .isEqualTo(!node.path("name").asText().equals("silent"));
    }
    JsonNode stopped =
        JSON.readTree(order("stop-route", "{\"route\":\"table-inbound-leads\"}").body());
    assertThat(stopped.path("node").asText()).isNotEmpty();
    assertThat(stopped.path("other_nodes").asInt()).isEqualTo(1);
    assertThat(get("/health/ready").statusCode()).isEqualTo(200);
  }

  @Test
  @DisplayName("the stream says at once how it stands, and again when something changes")
  void stream() throws Exception {
    kiln.start();
    HttpResponse<java.io.InputStream> stream =
        client.send(
            HttpRequest.newBuilder(kiln.http("/status/events")).GET().build(),
            BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
      JsonNode first = next(lines);
      assertThat(first.path("runs")).isEmpty();
      kiln.drop("normal/one.csv", leads(1, 3, "Software"));
      soon()
          .until(
              () -> next(lines).path("runs").path(0).path("states").path("ACCEPTED").asInt() == 3);
    }
  }

  private static JsonNode next(BufferedReader lines) throws Exception {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.equals("event: status")) {
        return JSON.readTree(lines.readLine().substring("data: ".length()));
      }
    }
    throw new AssertionError("the stream ended");
  }
}
