package dev.kiln;

import static dev.kiln.RunningKiln.MANAGED;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.lead.InvalidConfiguration;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** JMX over HTTP: what Hawtio asks for works, and nothing else does. */
@Isolated("the names in JMX are those of the one Kiln in the JVM")
final class JolokiaTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CONTEXT = MANAGED + ",type=context,name=\"kiln\"";
  private static final String TABLE = "dev.kiln:context=kiln,type=table,name=\"inbound-leads\"";
  private static final String ROUTE = MANAGED + ",type=routes,name=\"table-inbound-leads\"";

  private final HttpClient client = HttpClient.newHttpClient();
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) {
    kiln = new RunningKiln(folder).set("kiln.jolokia.listen", "127.0.0.1:0");
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  private URI root() {
    return kiln.app().jolokia().orElseThrow();
  }

  private JsonNode ask(ObjectNode request, String... headers) throws Exception {
    HttpRequest.Builder post =
        HttpRequest.newBuilder(root())
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(request.toString()));
    if (headers.length > 0) {
      post.headers(headers);
    }
    return JSON.readTree(client.send(post.build(), BodyHandlers.ofString()).body());
  }

  private static ObjectNode request(String type) {
    return JSON.createObjectNode().put("type", type);
  }

  private static ObjectNode read(String mbean, String attribute) {
    return request("read").put("mbean", mbean).put("attribute", attribute);
  }

  private static ObjectNode exec(String mbean, String operation, Object... arguments) {
    ObjectNode exec = request("exec").put("mbean", mbean).put("operation", operation);
    for (Object argument : arguments) {
      exec.withArray("arguments").addPOJO(argument);
    }
    return exec;
  }

  private JsonNode done(ObjectNode request) throws Exception {
    JsonNode answer = ask(request);
    assertThat(answer.path("status").asInt()).as("%s: %s", request, answer).isEqualTo(200);
    return answer.path("value");
  }

  private void refused(ObjectNode request, String... headers) throws Exception {
    JsonNode answer = ask(request, headers);
    assertThat(answer.path("status").asInt()).as("%s: %s", request, answer).isEqualTo(403);
    assertThat(answer.path("error").asText().contains("Origin"))
        .as("%s: %s", request, answer)
        .isEqualTo(headers.length > 0);
  }

  @Test
  @DisplayName("what Hawtio's Camel plugin asks for: version, list, search, routes, start and stop")
  void hawtioWorks() throws Exception {
    kiln.start();
    assertThat(done(request("version")).path("agent").asText()).startsWith("2.");
    JsonNode domains =
        done(request("list").set("config", JSON.createObjectNode().put("maxDepth", 9)));
    assertThat(domains.has("org.apache.camel")).isTrue();
    assertThat(domains.has("dev.kiln")).isTrue();
    assertThat(done(request("search").put("mbean", "org.apache.camel:type=routes,*")).toString())
        .contains("table-inbound-leads", "pace-main");
    assertThat(done(exec(CONTEXT, "dumpRoutesAsXml()")).asText()).contains("table-inbound-leads");
    assertThat(done(exec(CONTEXT, "dumpRoutesStatsAsXml", true, true)).asText())
        .contains("table-inbound-leads");
    assertThat(done(exec(ROUTE, "dumpRouteAsXml()")).asText()).contains("table-inbound-leads");
    assertThat(done(request("read").put("mbean", ROUTE)).path("State").asText())
        .isEqualTo("Started");
    done(exec(ROUTE, "stop()"));
    assertThat(done(read(ROUTE, "State")).asText()).isEqualTo("Stopped");
    done(exec(ROUTE, "start()"));
    assertThat(done(read(ROUTE, "State")).asText()).isEqualTo("Started");
    assertThat(done(read("java.lang:type=Memory", "HeapMemoryUsage")).path("used").asLong())
        .isPositive();
  }

  @Test
  @DisplayName("Kiln's own: the rate, pause and resume, what webhooks and budgets have left")
  void kilnsOwnWork() throws Exception {
    kiln.start();
    String kilns = "dev.kiln:context=kiln,";
    String workspace = kilns + "type=workspace,name=\"main\"";
    done(request("write").put("mbean", workspace).put("attribute", "RateSet").put("value", 5.0));
    soon().until(() -> done(read(workspace, "RateNow")).asDouble() == 5.0);
    assertThat(done(read(workspace, "LedHere")).asBoolean()).isTrue();
    assertThat(done(read(workspace, "Leader")).asText()).isNotEmpty();
    assertThat(Instant.parse(done(read(workspace, "LedSince")).asText())).isBefore(Instant.now());
    done(exec(TABLE, "pause"));
    assertThat(done(read(TABLE, "Paused")).asBoolean()).isTrue();
    done(exec(TABLE, "resume"));
    assertThat(done(read(TABLE, "Paused")).asBoolean()).isFalse();
    assertThat(done(read(kilns + "type=webhook,name=\"tech-1\"", "Left")).asLong())
        .isEqualTo(45_000);
    assertThat(done(read(kilns + "type=budget,name=\"credits-day\"", "Left")).asDouble())
        .isEqualTo(-1.0);
  }

  @Test
  @DisplayName(
      "the JVM's diagnostics, and what shows, sends or changes messages and routes, is refused")
  void theRestIsRefused() throws Exception {
    kiln.start();
    String diagnostics = "com.sun.management:type=DiagnosticCommand";
    refused(exec(diagnostics, "vmSystemProperties"));
    refused(exec(diagnostics, "compilerDirectivesAdd", "x"));
    refused(exec("com.sun.management:type=HotSpotDiagnostic", "dumpHeap", "/nowhere", true));
    refused(exec("java.lang:type=Memory", "gc"));
    refused(exec("java.lang:type=Threading", "dumpAllThreads(boolean,boolean)", true, true));
    refused(read("java.lang:type=Runtime", "SystemProperties"));
    refused(read("java.lang:type=Runtime", "InputArguments"));
    refused(read("java.util.logging:type=Logging", "LoggerNames"));
    refused(exec(CONTEXT, "stop"));
    refused(exec(CONTEXT, "sendStringBody", "direct:accept", "x"));
    refused(exec(CONTEXT, "requestBody", "direct:accept", "x"));
    refused(exec(CONTEXT, "addOrUpdateRoutesFromXml", "<routes/>"));
    refused(exec(CONTEXT, "createEndpoint", "file:x"));
    refused(exec(ROUTE, "remove"));
    refused(exec(ROUTE, "updateRouteFromXml", "<route/>"));
    refused(exec(ROUTE, "stop(long)", 1));
    String window = MANAGED + ",type=endpoints,name=\"seda://window-main\\\\?size=32\"";
    refused(exec(window, "browseAllMessagesAsXml(java.lang.Boolean)", true));
    refused(exec(MANAGED + ",type=tracer,name=BacklogTracer", "dumpAllTracedMessagesAsXml"));
    refused(
        exec(MANAGED + ",type=tracer,name=BacklogDebugger", "evaluateExpressionAtBreakpoint", "x"));
    refused(request("write").put("mbean", ROUTE).put("attribute", "Tracing").put("value", true));
  }

  @Test
  @DisplayName("a GET, and a page of another site, are refused")
  void pagesAreRefused() throws Exception {
    kiln.start();
    refused(request("version"), "Origin", "https://evil.example");
    for (String path :
        List.of("/list", "/read/java.lang:type=Memory", "/exec/" + TABLE + "/pause")) {
      String answer =
          client
              .send(
                  HttpRequest.newBuilder(URI.create(root() + path.replace("\"", "%22"))).build(),
                  BodyHandlers.ofString())
              .body();
      assertThat(JSON.readTree(answer).path("status").asInt()).as(answer).isEqualTo(403);
    }
    assertThat(ask(request("version"), "Origin", "http://localhost:8080").path("status").asInt())
        .isEqualTo(200);
  }

  @Test
  @DisplayName("it is off by default, and an address that others reach is refused")
  void loopbackOnly() throws Exception {
    kiln.set("kiln.jolokia.listen", "0.0.0.0:8778");
    assertThatThrownBy(kiln::start)
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("kiln.jolokia.listen")
        .hasMessageContaining("SSH tunnel");
    kiln.set("kiln.jolokia.listen", "off").start();
    assertThat(kiln.app().jolokia()).isEmpty();
  }
}
