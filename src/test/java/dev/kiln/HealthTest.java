package dev.kiln;

import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether Kiln lives and is ready, and who is told why not. */
final class HealthTest {
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

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(kiln.http(path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private JsonNode ready(int status) throws Exception {
    HttpResponse<String> answer = get("/health/ready");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return JSON.readTree(answer.body());
  }

  private String onlyReason(String check) throws Exception {
    JsonNode reasons = ready(503).path("reasons");
    assertThat(reasons).as("%s", reasons).hasSize(1);
    assertThat(reasons.get(0).path("check").asText()).isEqualTo(check);
    return reasons.get(0).path("reason").asText();
  }

  @Test
  @DisplayName("a missing folder, and a file in its place, show in readiness and not in liveness")
  void foldersShow() throws Exception {
    kiln.start();
    assertThat(ready(200).path("status").asText()).isEqualTo("ready");
    Path inbox = kiln.data().resolve("inbox/low");
    Files.delete(inbox);
    assertThat(onlyReason("folders")).contains(inbox.toString(), "is missing", "make it again");
    assertThat(get("/metrics").body()).contains("\nkiln_ready 0");
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    Files.createFile(inbox);
    assertThat(onlyReason("folders")).contains("is not a folder");
    Files.delete(inbox);
    Files.createDirectory(inbox);
    assertThat(ready(200).path("reasons")).isEmpty();
  }

  @Test
  @DisplayName("a stopped route that leads come in by is against readiness, with its cure")
  void stoppedIntakeShows() throws Exception {
    kiln.start();
    kiln.context().getRouteController().stopRoute("intake-http");
    assertThat(onlyReason("routes")).contains("kiln route start intake-http");
    assertThat(get("/metrics").body()).contains("\nkiln_ready 0");
    kiln.context().getRouteController().startRoute("intake-http");
    assertThat(ready(200).path("reasons")).isEmpty();
  }

  @Test
  @DisplayName("so is one that such a route calls, and one of the user's own that calls it")
  void theWholeWayInShows() throws Exception {
    kiln.inRoutes(
            "accept.camel.yaml",
            "- route:\n    id: accept\n",
            """
            - route:
                id: from-crm
                from:
                  uri: seda:crm
                  steps:
                    - to: direct:by-the-way
            - route:
                id: by-the-way
                from:
                  uri: direct:by-the-way
                  steps:
                    - to: direct:accept
            - route:
                id: accept
            """)
        .start();
    for (String route : List.of("from-crm", "by-the-way", "accept", "rows", "choose-table")) {
      kiln.context().getRouteController().stopRoute(route);
      assertThat(onlyReason("routes")).contains("kiln route start " + route);
      kiln.context().getRouteController().startRoute(route);
    }
  }

  @Test
  @DisplayName("stopped routes that no lead comes in by are told, and Kiln stays ready")
  void otherRoutesAreNoted() throws Exception {
    Path secrets = Files.createDirectories(kiln.places().secrets());
    Files.writeString(secrets.resolve("alerts-url"), "http://127.0.0.1:1/");
    kiln.inRoutes(
            "alerts.camel.yaml",
            "- routeTemplate:\n",
            """
            - templatedRoute:
                routeTemplateRef: alert
                routeId: alert
                prefixId: "alert-"
                parameters:
                  - name: url
                    value: alerts-url
            - route:
                id: heartbeat
                from:
                  uri: scheduler:heartbeat
                  steps:
                    - log: "beats"
            - routeTemplate:
            """)
        .start();
    List<String> routes =
        List.of("onward-files", "enriched-files", "results-watch", "preview", "alert", "heartbeat");
    for (String route : routes) {
      kiln.context().getRouteController().stopRoute(route);
    }
    assertThat(ready(200).path("notes")).hasSize(routes.size());
    assertThat(get("/metrics").body()).contains("\nkiln_ready 1");
  }

  @Test
  @DisplayName("a stopped route of a table is told, and leads still come in: over a reload too")
  void stoppedTablesAreNoted() throws Exception {
    kiln.ownRoutes().start();
    kiln.context().getRouteController().stopRoute("table-inbound-leads");
    kiln.drop("normal/inbound/waits.csv", RunningKiln.leads(1, 1, "Banking"));
    JsonNode answer = ready(200);
    assertThat(answer.path("reasons")).isEmpty();
    assertThat(answer.path("notes")).hasSize(1);
    assertThat(answer.path("notes").get(0).path("reason").asText())
        .contains("kiln route start table-inbound-leads");
    assertThat(get("/metrics").body()).contains("\nkiln_ready 1");
    soon()
        .untilAsserted(
            () ->
                assertThat(get("/metrics").body())
                    .contains(
                        "kiln_table_waiting{reason=\"route_stopped\",table=\"inbound-leads\"}"));
    kiln.takesUp("delivery.camel.yaml", "Sends one lead to table {{table}}:", "One lead:");
    assertThat(ready(200).path("notes")).hasSize(1);
    kiln.context().getRouteController().startRoute("table-inbound-leads");
    assertThat(ready(200).path("notes")).isEmpty();
  }

  @Test
  @DisplayName("a ledger that cannot be used shows with its cure, and liveness goes on")
  void theLedgerShows() throws Exception {
    kiln.start();
    Path ledger = kiln.data().resolve("kiln.db");
    byte[] garbage = "this is no ledger at all ".repeat(400).getBytes(StandardCharsets.UTF_8);
    Files.write(ledger, garbage);
    soon()
        .untilAsserted(
            () -> {
              JsonNode reasons = ready(503).path("reasons");
              assertThat(reasons.get(0).path("check").asText()).isEqualTo("ledger");
              assertThat(reasons.get(0).path("reason").asText()).contains(kiln.data().toString());
            });
    soon()
        .untilAsserted(
            () ->
                assertThat(get("/metrics").body())
                    .contains("\nkiln_ledger_usable 0")
                    .doesNotContain("\nkiln_leads{"));
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  @DisplayName("with a token, probes without it hear the state alone, and metrics are refused")
  void strangersHearNoDetails() throws Exception {
    Path secrets = Files.createDirectories(kiln.places().secrets());
    Files.writeString(secrets.resolve("http-token"), "open-sesame");
    kiln.set("kiln.http.token", "{{secret:http-token}}").start();
    Files.delete(kiln.data().resolve("inbox/low"));
    HttpResponse<String> stranger = get("/health/ready");
    assertThat(stranger.statusCode()).isEqualTo(503);
    assertThat(JSON.readTree(stranger.body()))
        .isEqualTo(JSON.readTree("{\"status\": \"not ready\"}"));
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    assertThat(get("/metrics").statusCode()).isEqualTo(401);
    String[] bearer = {"Authorization", "Bearer open-sesame"};
    assertThat(get("/health/ready", bearer).body()).contains("inbox/low");
    assertThat(get("/metrics", bearer).statusCode()).isEqualTo(200);
  }

  @Test
  @DisplayName("probes are answered while the token cannot be read, as those without it")
  void probesWithoutTheTokensFile() throws Exception {
    Path secrets = Files.createDirectories(kiln.places().secrets());
    Path token = Files.writeString(secrets.resolve("http-token"), "open-sesame");
    kiln.set("kiln.http.token", "{{secret:http-token}}").start();
    Files.delete(token);
    String[] bearer = {"Authorization", "Bearer open-sesame"};
    assertThat(get("/health/live", bearer).statusCode()).isEqualTo(200);
    assertThat(JSON.readTree(get("/health/ready", bearer).body()))
        .isEqualTo(JSON.readTree("{\"status\": \"ready\"}"));
    assertThat(get("/metrics", bearer).statusCode()).isEqualTo(503);
  }
}
