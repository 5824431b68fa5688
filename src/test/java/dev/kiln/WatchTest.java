package dev.kiln;

import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.kiln.ledger.LeadState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What watches over a running Kiln: health, alerts, and JMX over HTTP. */
@ResourceLock(RunningKiln.MANAGED)
final class WatchTest {
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

  // ---- Health ----

  @Test
  @DisplayName("ready is a Kiln that can take leads in and send them; live one that answers")
  void readyAndLive() throws Exception {
    kiln.start();
    assertThat(JSON.readTree(get("/health/ready").body()).toString())
        .isEqualTo("{\"status\":\"ready\",\"reasons\":[]}");
    assertThat(JSON.readTree(get("/health/live").body()).toString())
        .isEqualTo("{\"status\":\"live\"}");
    assertThat(get("/health/ready?x=1").statusCode()).isEqualTo(400);

    Files.delete(kiln.data().resolve("inbox/low"));
    kiln.context().getRouteController().stopRoute("table-" + TECH);
    soon().until(() -> get("/health/ready").statusCode() == 503);
    JsonNode reasons = JSON.readTree(get("/health/ready").body()).path("reasons");
    assertThat(reasons.findValuesAsText("check")).containsExactlyInAnyOrder("folders", "routes");
    assertThat(reasons.toString()).contains("inbox/low is missing", "table-" + TECH, "kiln pause");
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  @DisplayName("whoever does not bear the token hears the state alone, and no metrics")
  void tokens() throws Exception {
    Path secrets = Files.createDirectories(kiln.places().secrets());
    Files.writeString(secrets.resolve("http-token"), "a-token");
    kiln.set("kiln.http.token", "{{secret:http-token}}").start();
    assertThat(JSON.readTree(get("/health/ready").body()).toString())
        .isEqualTo("{\"status\":\"ready\"}");
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    assertThat(get("/metrics").statusCode()).isEqualTo(401);
    String[] bearer = {"Authorization", "Bearer a-token"};
    assertThat(get("/health/ready", bearer).body()).contains("reasons");
    assertThat(get("/metrics", bearer).statusCode()).isEqualTo(200);
  }

  // ---- Alerts ----

  private static final String ROUTE =
      """
      - templatedRoute:
          routeTemplateRef: alert
          routeId: alert
          prefixId: "alert-"
          parameters:
            - name: url
              value: alerts-url
      """;

  /** An endpoint that first refuses, and keeps what it then took. */
  private static HttpServer chat(List<String> took, AtomicInteger refusing) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          boolean refused = refusing.getAndDecrement() > 0;
          if (!refused) {
            took.add(body);
          }
          exchange.sendResponseHeaders(refused ? 500 : 200, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  @Test
  @DisplayName("an alert is posted once when it begins and once when it ends, in spite of refusals")
  void posted() throws Exception {
    List<String> took = new CopyOnWriteArrayList<>();
    HttpServer chat = chat(took, new AtomicInteger(3));
    try {
      Path secrets = Files.createDirectories(kiln.places().secrets());
      Files.writeString(
          secrets.resolve("alerts-url"),
          "http://127.0.0.1:" + chat.getAddress().getPort() + "/hook");
      kiln.set("kiln.alerts.look", "50ms")
          .inRoutes("alerts.camel.yaml", "- routeTemplate:\n", ROUTE + "- routeTemplate:\n")
          .inClayYaml("{{webhook:tech-1}}\" }", "{{webhook:tech-1}}\", cap: 900, used: 895 }")
          .start();
      kiln.drop("normal/tech.csv", leads(1, 10, "Computer Software"));
      soon().until(() -> took.stream().anyMatch(text -> text.contains("is used up")));
      assertThat(took).allMatch(text -> text.startsWith("{\"text\":\"Kiln: "));
      assertThat(took.stream().filter(text -> text.contains("is used up"))).hasSize(1);
      assertThat(took.toString()).contains("config/clay.yaml").doesNotContain("firm", "hook-tech");

      kiln.inClayYaml("cap: 900, used: 895", "cap: 2000, used: 895").places();
      soon()
          .until(() -> took.stream().anyMatch(text -> text.contains("over, capacity of " + TECH)));
      kiln.reaches(TECH, LeadState.ACCEPTED, 10);
    } finally {
      chat.stop(0);
    }
  }

  @Test
  @DisplayName("an endpoint that does not answer holds up neither leads nor the stop")
  void deadEndpoint() throws Exception {
    HttpServer silent =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    try {
      Path secrets = Files.createDirectories(kiln.places().secrets());
      Files.writeString(
          secrets.resolve("alerts-url"), "http://127.0.0.1:" + silent.getAddress().getPort());
      kiln.set("kiln.alerts.look", "50ms")
          .inRoutes("alerts.camel.yaml", "- routeTemplate:\n", ROUTE + "- routeTemplate:\n")
          .inClayYaml("{{webhook:tech-1}}\" }", "{{webhook:tech-1}}\", cap: 900, used: 890 }")
          .start();
      kiln.drop("normal/tech.csv", leads(1, 10, "Computer Software"));
      assertThat(kiln.settled("tech.csv").states()).containsOnlyKeys(LeadState.ACCEPTED);
    } finally {
      silent.stop(0);
    }
  }

  // ---- Jolokia ----

  private JsonNode jolokia(String request) {
    URI uri = kiln.app().jolokia().orElseThrow();
    try {
      return JSON.readTree(
          client
              .send(
                  HttpRequest.newBuilder(uri)
                      .header("Origin", "http://localhost:8080")
                      .POST(BodyPublishers.ofString(request))
                      .build(),
                  BodyHandlers.ofString())
              .body());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  private static String exec(String bean, String operation, String arguments) {
    return "{\"type\":\"exec\",\"mbean\":\"%s\",\"operation\":\"%s\",\"arguments\":[%s]}"
        .formatted(bean.replace("\"", "\\\""), operation, arguments);
  }

  private static String read(String bean, String attribute) {
    return "{\"type\":\"read\",\"mbean\":\"%s\",\"attribute\":\"%s\"}"
        .formatted(bean.replace("\"", "\\\""), attribute);
  }

  @Test
  @DisplayName("what Hawtio asks for is answered, and what could hurt is refused")
  void hawtio() throws Exception {
    kiln.set("kiln.jolokia.listen", "127.0.0.1:0").start();
    String route = "org.apache.camel:context=kiln,type=routes,name=\"intake-files-low\"";
    String context = "org.apache.camel:context=kiln,type=context,name=\"kiln\"";
    assertThat(jolokia("{\"type\":\"version\"}").path("status").asInt()).isEqualTo(200);
    assertThat(jolokia("{\"type\":\"list\"}").path("value").has("org.apache.camel")).isTrue();
    assertThat(
            jolokia("{\"type\":\"search\",\"mbean\":\"org.apache.camel:type=routes,*\"}")
                .path("value")
                .size())
        .isGreaterThan(5);
    assertThat(jolokia(read(route, "State")).path("value").asText()).isEqualTo("Started");
    assertThat(jolokia(exec(route, "stop()", "")).path("status").asInt()).isEqualTo(200);
    assertThat(jolokia(read(route, "State")).path("value").asText()).isEqualTo("Stopped");
    assertThat(jolokia(exec(route, "start()", "")).path("status").asInt()).isEqualTo(200);
    assertThat(jolokia(exec(context, "dumpRoutesAsXml()", "")).path("status").asInt())
        .isEqualTo(200);
    assertThat(jolokia(read("java.lang:type=Memory", "HeapMemoryUsage")).path("status").asInt())
        .isEqualTo(200);
    String workspace = "dev.kiln:context=kiln,type=workspace,name=\"main\"";
    assertThat(jolokia(exec(workspace, "pause()", "")).path("status").asInt()).isEqualTo(200);
    assertThat(jolokia(read(workspace, "Paused")).path("value").asBoolean()).isTrue();

    for (String forbidden :
        List.of(
            exec("com.sun.management:type=DiagnosticCommand", "vmSystemProperties", ""),
            exec("java.lang:type=Memory", "gc", ""),
            read("java.lang:type=Runtime", "SystemProperties"),
            read("java.lang:type=Runtime", "InputArguments"),
            exec(
                context, "sendStringBody(java.lang.String,java.lang.String)", "\"direct:x\",\"y\""),
            exec(context, "stop()", ""),
            exec(route, "remove()", ""),
            exec(route, "updateRouteFromXml(java.lang.String)", "\"<x/>\""))) {
      assertThat(jolokia(forbidden).path("status").asInt()).as(forbidden).isEqualTo(403);
    }
    HttpResponse<String> byGet =
        client.send(
            HttpRequest.newBuilder(
                    URI.create(kiln.app().jolokia().orElseThrow() + "/read/java.lang:type=Memory"))
                .build(),
            BodyHandlers.ofString());
    assertThat(JSON.readTree(byGet.body()).path("status").asInt()).isNotEqualTo(200);
  }
}
