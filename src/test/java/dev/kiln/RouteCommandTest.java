package dev.kiln;

import static dev.kiln.RunningKiln.FINANCE;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.cli.Main;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.WaitReason;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.camel.ServiceStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code kiln route} beside a running Kiln. */
@ResourceLock(RunningKiln.MANAGED)
final class RouteCommandTest {
  private static final String TABLE = "table-" + FINANCE;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) {
    kiln = new RunningKiln(folder).ownRoutes();
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  /** Runs {@code kiln route ...} and returns its exit code. */
  private int route(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    List<String> all = new ArrayList<>(List.of("route"));
    all.addAll(List.of(arguments));
    Places places = kiln.places();
    all.addAll(List.of("--config", places.config().toString(), "--data", places.data().toString()));
    return Main.commands()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .setExecutionExceptionHandler(
            (failure, line, result) -> {
              line.getErr().println(failure.getMessage());
              return 2;
            })
        .execute(all.toArray(String[]::new));
  }

  private JsonNode listed(String id) throws Exception {
    assertThat(route("list", "--json")).as("%s", err).isZero();
    return StreamSupport.stream(
            new ObjectMapper().readTree(out.toString()).path("routes").spliterator(), false)
        .filter(route -> route.path("id").asText().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private ServiceStatus status(String id) {
    return kiln.context().getRouteController().getRouteStatus(id);
  }

  @Test
  @DisplayName("every route is listed with its state, file and counts, and nothing secret")
  void list() throws Exception {
    Instant before = Instant.now();
    kiln.start();
    kiln.drop("normal/finance.csv", leads(1, 3, "Banking"));
    kiln.settled("finance.csv");
    JsonNode table = listed(TABLE);
    assertThat(table.path("state").asText()).isEqualTo("started");
    assertThat(table.path("from").asText()).isEqualTo("direct://" + TABLE);
    assertThat(table.path("file").asText()).isEqualTo("tables.camel.yaml");
    assertThat(table.path("line").asInt()).isPositive();
    assertThat(Instant.parse(table.path("since").asText()))
        .isBetween(before.minusSeconds(2), Instant.now());
    assertThat(table.path("failed").asInt()).isZero();
    soon().until(() -> listed(TABLE).path("completed").asInt() == 3);
    soon().until(() -> listed(TABLE).path("in_flight").asInt() == 0);
    assertThat(listed("intake-files-high").path("from").asText())
        .startsWith("file:")
        .endsWith("/inbox/high")
        .doesNotContain("?");

    assertThat(route("list")).isZero();
    assertThat(out.toString())
        .contains("in flight", "completed", TABLE, "tables.camel.yaml:", "started")
        .doesNotContain(kiln.clay().uri().toString(), "hook-");
  }

  @Test
  @DisplayName("a wrong setting, which the running Kiln has not taken up, hinders nobody")
  void listedBesideAWrongSetting() throws Exception {
    kiln.start();
    kiln.set("kiln.breaker.opne", "1s");
    assertThat(route("list")).as("%s", err).isZero();
    assertThat(out.toString()).contains(TABLE);
  }

  @ParameterizedTest
  @CsvSource({
    "direct://accept, direct://accept",
    "scheduler://deliver-main?delay=5&greedy=true, scheduler://deliver-main",
    "https://api.clay.example/v3/sources/webhook/secret?token=x, https://api.clay.example/...",
    "netty-http:http:0.0.0.0:8080/hush, netty-http:http:0.0.0.0:8080/...",
    "ftp://ada:hush@files.example/in?password=hush, ftp://files.example/in"
  })
  @DisplayName("an address is shown without what may be secret")
  void redacted(String uri, String shown) {
    assertThat(RouteBoard.shown(uri)).isEqualTo(shown);
  }

  @Test
  @DisplayName("a stopped table's leads wait with the cure, over a reload too; started they go")
  void stopAndStart() throws Exception {
    kiln.start();
    assertThat(route("stop", TABLE)).as("%s", err).isZero();
    assertThat(out.toString())
        .contains(TABLE + " is stopped on this node", "kiln route start " + TABLE)
        .doesNotContain("others", "another");
    assertThat(status(TABLE)).isEqualTo(ServiceStatus.Stopped);
    kiln.drop("normal/finance.csv", leads(1, 3, "Banking"));
    kiln.drop("normal/tech.csv", leads(10, 3, "Computer Software"));
    kiln.settled("tech.csv");
    assertThat(kiln.parked(FINANCE, WaitReason.ROUTE_STOPPED).reason())
        .contains("kiln route start " + TABLE);
    assertThat(kiln.count(FINANCE, LeadState.QUEUED)).isEqualTo(3);
    String since = listed(TABLE).path("since").asText();
    assertThat(listed(TABLE).path("state").asText()).isEqualTo("stopped");
    assertThat(Instant.parse(since)).isBefore(Instant.now());

    kiln.takesUp("delivery.camel.yaml", "Sends one lead to table {{table}}:", "One lead:");
    assertThat(listed(TABLE).path("state").asText()).isEqualTo("stopped");
    assertThat(listed(TABLE).path("since").asText()).isEqualTo(since);
    assertThat(route("stop", TABLE, "--json")).isZero();
    assertThat(out.toString()).contains("\"ran\":false", "\"state\":\"stopped\"");
    assertThat(kiln.count(FINANCE, LeadState.QUEUED)).isEqualTo(3);

    kiln.app().ledger().beat("another", "0.1.0", kiln.app().ledger().now(), Duration.ofHours(1));
    assertThat(route("start", TABLE)).isZero();
    assertThat(out.toString())
        .contains("Route " + TABLE + " is started.", "on this node alone (")
        .contains("another one is as it was", "kiln pause");
    kiln.settled("finance.csv");
    assertThat(route("start", TABLE)).isZero();
    assertThat(out.toString()).contains("runs already");
  }

  @Test
  @DisplayName("several routes at once, by id or pattern; a wrong one changes nothing")
  void severalAndWrongOnes() throws Exception {
    kiln.start();
    assertThat(route("stop", "table-*", "intake-files-l?w")).isZero();
    assertThat(out.toString().lines()).hasSize(5);
    assertThat(status(TABLE)).isEqualTo(ServiceStatus.Stopped);
    assertThat(status("intake-files-low")).isEqualTo(ServiceStatus.Stopped);
    assertThat(status("intake-files-high")).isEqualTo(ServiceStatus.Started);
    assertThat(route("start", "intake-files-low", "tabel-event-attendees")).isEqualTo(2);
    assertThat(err.toString()).contains("did you mean \"table-event-attendees\"?");
    assertThat(status("intake-files-low")).isEqualTo(ServiceStatus.Stopped);
    assertThat(route("start", "nothing-*")).isEqualTo(2);
    assertThat(err.toString()).contains("no route like nothing-*", "valid: ");
    assertThat(route("start", "*")).isZero();
    assertThat(status(TABLE)).isEqualTo(ServiceStatus.Started);
    assertThat(route("start")).isEqualTo(2);
  }

  @Test
  @DisplayName("without a Kiln, or with one that does not listen or asks for a token, it says so")
  void whoToAsk() throws Exception {
    assertThat(route("list")).isEqualTo(2);
    assertThat(err.toString()).contains("has no Kiln that runs", "kiln run");
    kiln.set("kiln.http.listen", "off").start();
    assertThat(route("list")).isEqualTo(2);
    assertThat(err.toString()).contains("does not listen", "kiln.http.listen");
    kiln.stop();
    Path secrets = Files.createDirectories(kiln.places().secrets());
    Files.writeString(secrets.resolve("http-token"), "open-sesame");
    kiln.set("kiln.http.listen", "0.0.0.0:0").set("kiln.http.token", "{{secret:http-token}}");
    kiln.start();
    assertThat(route("list")).as("%s", err).isZero();
    assertThat(out.toString()).contains(TABLE);
  }
}
