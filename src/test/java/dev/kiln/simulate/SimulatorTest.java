package dev.kiln.simulate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.simulate.SimulatorOptions.Answers;
import dev.kiln.simulate.SimulatorOptions.Limits;
import dev.kiln.simulate.SimulatorOptions.SuccessBody;
import dev.kiln.simulate.SimulatorStatistics.Counts;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SimulatorTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final ObjectMapper mapper = new ObjectMapper();
  private Simulator simulator;

  @BeforeEach
  void start() {
    simulator = Simulator.start(SimulatorOptions.defaults());
  }

  @AfterEach
  void close() {
    simulator.close();
  }

  @Test
  void storesAnObjectAsOneRow() throws Exception {
    HttpResponse<String> answer = post("a", lead("1"));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"success\":true}");
    assertThat(simulator.rows())
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.sequence()).isEqualTo(1);
              assertThat(row.webhook()).isEqualTo("a");
              assertThat(row.workspace()).isEqualTo("main");
              assertThat(row.leadId()).isEqualTo("1");
              assertThat(row.body()).isEqualTo(lead("1"));
            });
  }

  @Test
  void storesAnArrayAsOneRow() throws Exception {
    assertThat(post("a", "[" + lead("1") + "," + lead("2") + "]").statusCode()).isEqualTo(200);

    assertThat(simulator.rows()).singleElement().extracting(StoredRow::leadId).isNull();
    assertThat(simulator.statistics("a").accepted()).isEqualTo(1);
    assertThat(simulator.statistics("a").distinct()).isZero();
  }

  @Test
  void findsOnlyATopLevelLeadId() throws Exception {
    post("a", "{\"deep\":{\"lead_id\":\"no\"},\"list\":[{\"lead_id\":\"no\"}],\"lead_id\":42}");
    post("a", "{\"lead_id\":null}");
    post("a", "{\"lead_id\":{\"lead_id\":\"no\"}}");

    assertThat(simulator.rows()).extracting(StoredRow::leadId).containsExactly("42", null, null);
  }

  @Test
  void answersWithTheSuccessThatWasChosen() throws Exception {
    simulator.options(
        SimulatorOptions.defaults()
            .withAnswers(new Answers(202, SuccessBody.TEXT, 400, 403, "full")));
    HttpResponse<String> text = post("a", "{}");
    assertThat(text.statusCode()).isEqualTo(202);
    assertThat(text.body()).isEqualTo("OK");

    simulator.options(
        SimulatorOptions.defaults()
            .withAnswers(new Answers(200, SuccessBody.ALTERNATING, 400, 403, "full")));
    assertThat(List.of(post("a", "{}").body(), post("a", "{}").body()))
        .containsExactlyInAnyOrder("{\"success\":true}", "OK");
  }

  @Test
  void dropsBodiesWhenAsked() throws Exception {
    simulator.options(SimulatorOptions.defaults().withKeepBodies(false));
    post("a", lead("1"));

    assertThat(simulator.rows()).singleElement().extracting(StoredRow::body).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{\"a\":}",
        "{\"a\":1} x",
        "{}{}",
        "[1,",
        "\"text\"",
        "17",
        "null",
        "{a:1}"
      })
  void refusesWhatIsNotOneObjectOrArray(String body) throws Exception {
    assertThat(post("a", body).statusCode()).isEqualTo(400);
    assertThat(simulator.rows()).isEmpty();
  }

  @Test
  void insistsOnTheContentType() throws Exception {
    assertThat(send(to("a", "{}")).statusCode()).isEqualTo(400);
    assertThat(send(to("a", "{}").header("Content-Type", "text/plain")).statusCode())
        .isEqualTo(400);
    assertThat(
            send(to("a", "{}").header("Content-Type", "Application/JSON; charset=utf-8"))
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void takesExactlyAHundredThousandBytes() throws Exception {
    String largest = "{\"a\":\"" + "x".repeat(100_000 - 8) + "\"}";

    assertThat(post("a", largest).statusCode()).isEqualTo(200);
    assertThat(simulator.rows()).singleElement().extracting(StoredRow::body).isEqualTo(largest);
    assertThat(post("a", largest + " ").statusCode()).isEqualTo(400);

    simulator.options(
        SimulatorOptions.defaults()
            .withAnswers(new Answers(200, SuccessBody.JSON, 413, 403, "full")));
    assertThat(post("a", largest + " ").statusCode()).isEqualTo(413);
    assertThat(simulator.rows()).hasSize(1);
  }

  @Test
  void checksTheToken() throws Exception {
    simulator.define(SimulatedWebhook.of("a").withToken("secret"));

    assertThat(post("a", "{}").statusCode()).isEqualTo(401);
    assertThat(send(json("a", "{}").header("x-clay-webhook-auth", "Bearer secret")).statusCode())
        .isEqualTo(401);
    assertThat(send(json("a", "{}").header("X-Clay-Webhook-Auth", "secret")).statusCode())
        .isEqualTo(200);
  }

  @Test
  void doesNotKnowWhatIsDeletedOrWasNeverThere() throws Exception {
    post("a", "{}");
    simulator.define(SimulatedWebhook.of("a").withDeleted(true));
    assertThat(post("a", "{}").statusCode()).isEqualTo(404);

    simulator.options(SimulatorOptions.defaults().withAutoCreate(false));
    assertThat(post("b", "{}").statusCode()).isEqualTo(404);
    assertThat(send(HttpRequest.newBuilder(simulator.webhookUrl("a"))).statusCode()).isEqualTo(404);
    assertThat(simulator.statistics().webhooks()).containsOnlyKeys("a");
    assertThat(simulator.statistics().total().requests()).isEqualTo(4);
  }

  @Test
  void holdsTheRateOfAWorkspaceOverAllItsWebhooks() throws Exception {
    simulator.define(SimulatedWebhook.of("elsewhere").withWorkspace("other"));
    slowToOneIn(Duration.ofMinutes(10));
    for (int i = 0; i < 20; i++) {
      assertThat(post("w" + i % 2, "{}").statusCode()).isEqualTo(200);
    }

    HttpResponse<String> refusal = post("w0", "{}");
    assertThat(refusal.statusCode()).isEqualTo(429);
    assertThat(refusal.headers().firstValue("Retry-After")).hasValue("1");
    assertThat(mapper.readTree(refusal.body()).path("type").asText()).isEqualTo("TooManyRequests");
    assertThat(post("elsewhere", "{}").statusCode()).isEqualTo(200);
    Counts main = requireNonNull(simulator.statistics().workspaces().get("main"));
    assertThat(main.accepted()).isEqualTo(20);
    assertThat(main.rateLimited()).isEqualTo(1);
    assertThat(main.injected()).isEmpty();
  }

  @Test
  void allowsTenASecondAfterABurstOfTwenty() throws Exception {
    long start = System.nanoTime();
    while (System.nanoTime() - start < Duration.ofSeconds(2).toNanos()) {
      post("a", "{}");
    }
    double seconds = Duration.ofNanos(System.nanoTime() - start).toMillis() / 1000.0;

    Counts counts = simulator.statistics("a");
    assertThat((double) counts.accepted())
        .isBetween((double) Math.min(20, counts.requests()), 21 + 10 * seconds);
    assertThat(counts.mostAcceptedInOneSecond()).isLessThanOrEqualTo(31);
    assertThat(counts.rateLimited()).isEqualTo(counts.requests() - counts.accepted());
  }

  @Test
  void givesOneWorkspaceALimitOfItsOwn() throws Exception {
    simulator.limits("main", new Limits(0.01, 2));

    assertThat(post("a", "{}").statusCode()).isEqualTo(200);
    assertThat(post("a", "{}").statusCode()).isEqualTo(200);
    assertThat(post("a", "{}").statusCode()).isEqualTo(429);
  }

  @Test
  void stopsForLifeAtTheCap() throws Exception {
    simulator.define(SimulatedWebhook.of("a").withCap(1));
    post("a", "{}");

    HttpResponse<String> refusal = post("a", "{}");
    assertThat(refusal.statusCode()).isEqualTo(403);
    assertThat(refusal.body()).isEqualTo("Record limit reached for webhook");
    simulator.define(SimulatedWebhook.of("a").withCap(2));
    assertThat(post("a", "{}").statusCode()).isEqualTo(200);
    assertThat(post("a", "{}").statusCode()).isEqualTo(403);
  }

  @Test
  void sharesTheRowCapOfATable() throws Exception {
    simulator.define(
        SimulatedWebhook.of("a").withTable("t", 2), SimulatedWebhook.of("b").withTable("t", 2));
    post("a", "{}");
    post("b", "{}");

    HttpResponse<String> refusal = post("a", "{}");
    assertThat(refusal.statusCode()).isEqualTo(403);
    assertThat(refusal.body()).isEqualTo("Table row limit reached");
    simulator.options(
        SimulatorOptions.defaults()
            .withAnswers(new Answers(200, SuccessBody.JSON, 400, 422, "no room")));
    assertThat(post("b", "{}").statusCode()).isEqualTo(422);
  }

  @Test
  void autoDeleteLiftsBothCaps() throws Exception {
    simulator.define(SimulatedWebhook.of("a").withCap(1).withTable("t", 1).withAutoDelete(true));
    post("a", "{}");

    assertThat(post("a", "{}").statusCode()).isEqualTo(200);
  }

  /** Each request has every later flaw too, so the status tells which check came first. */
  @Test
  void checksInTheOrderOfAGateway() throws Exception {
    String large = "{".repeat(100_001);
    SimulatedWebhook full = SimulatedWebhook.of("a").withCap(0).withTable("t", 0);
    simulator.limits("empty", new Limits(0.001, 1));
    simulator.define(SimulatedWebhook.of("drain").withWorkspace("empty"));
    post("drain", "{}");

    simulator.define(full.withWorkspace("empty").withToken("x").withDeleted(true));
    assertThat(send(to("a", large)).statusCode()).isEqualTo(404);
    simulator.define(full.withWorkspace("empty").withToken("x"));
    assertThat(send(to("a", large)).statusCode()).isEqualTo(401);
    simulator.define(full.withWorkspace("empty"));
    assertThat(send(to("a", large)).statusCode()).isEqualTo(429);
    simulator.define(full);
    assertThat(send(to("a", large)).body()).contains("Content-Type");
    assertThat(post("a", large).body()).contains("100 KB");
    assertThat(post("a", "{").body()).contains("JSON");
    assertThat(post("a", "{}").body()).contains("Record limit");
    simulator.define(full.withCap(1));
    assertThat(post("a", "{}").body()).contains("Table row limit");
    assertThat(simulator.rows()).hasSize(1);
  }

  @Test
  void countsRepeats() throws Exception {
    post("a", lead("1"));
    post("a", lead("1"));
    post("b", lead("1"));
    post("b", lead("2"));

    assertThat(simulator.statistics("a").repeats()).isEqualTo(1);
    assertThat(simulator.statistics("b").repeats()).isZero();
    Counts total = simulator.statistics().total();
    assertThat(total.accepted()).isEqualTo(4);
    assertThat(total.distinct()).isEqualTo(2);
    assertThat(total.repeats()).isEqualTo(2);
    assertThat(total.firstArrival()).isBeforeOrEqualTo(total.lastArrival());
    assertThat(simulator.statistics().connections()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {403, 429, 500, 502, 503, 504, 520})
  void answersAStatusOnDemandAndStoresNothing(int status) throws Exception {
    simulator.faults(Fault.status(status).withRetryAfter("soon").withBody("no").withNext(1));

    HttpResponse<String> answer = post("a", lead("1"));
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.headers().firstValue("Retry-After")).hasValue("soon");
    assertThat(answer.body()).isEqualTo("no");
    assertThat(simulator.rows()).isEmpty();
    assertThat(post("a", lead("1")).statusCode()).isEqualTo(200);
    Counts counts = simulator.statistics("a");
    assertThat(counts.injected()).containsExactlyEntriesOf(Map.of("status-" + status, 1L));
    assertThat(counts.statuses()).containsEntry(status, 1L);
    assertThat(counts.rateLimited()).isZero();
  }

  @Test
  void redirectsOnDemand() throws Exception {
    simulator.faults(Fault.status(301).withLocation("https://example.com/"));

    HttpResponse<String> answer = post("a", "{}");
    assertThat(answer.statusCode()).isEqualTo(301);
    assertThat(answer.headers().firstValue("Location")).hasValue("https://example.com/");
  }

  @Test
  void strikesOnlyTheWebhookOrWorkspaceThatIsMeant() throws Exception {
    simulator.define(SimulatedWebhook.of("c").withWorkspace("other"));
    simulator.faults(Fault.status(500).withWebhook("a"), Fault.status(503).withWorkspace("other"));

    assertThat(post("a", "{}").statusCode()).isEqualTo(500);
    assertThat(post("b", "{}").statusCode()).isEqualTo(200);
    assertThat(post("c", "{}").statusCode()).isEqualTo(503);
  }

  @Test
  void strikesTheSameRequestsForTheSameSeed() throws Exception {
    simulator.options(SimulatorOptions.defaults().withLimits(0, 1));
    Fault some = Fault.status(500).withShare(0.3);
    simulator.faults(some);
    List<Integer> once = statuses(100);
    simulator.faults(some);
    List<Integer> again = statuses(100);

    assertThat(again).isEqualTo(once);
    assertThat(once.stream().filter(s -> s == 500).count()).isBetween(15L, 45L);
    simulator.options(simulator.options().withSeed(2));
    assertThat(statuses(100)).isNotEqualTo(once);
  }

  @Test
  void hangsOnDemand() {
    simulator.faults(Fault.of(Fault.Kind.HANG));

    CompletableFuture<HttpResponse<String>> answer =
        client.sendAsync(json("a", "{}").build(), text());

    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(simulator.statistics().total().injected()).containsEntry("hang", 1L));
    assertThatThrownBy(() -> answer.get(1, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
    assertThat(simulator.rows()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.Kind.class,
      names = {"RESET_BEFORE_READ", "RESET_BEFORE_STORE", "RESET_AFTER_STORE"})
  void resetsOnDemand(Fault.Kind kind) throws Exception {
    simulator.faults(Fault.of(kind).withNext(1));

    assertThatThrownBy(() -> postOverASocket("a", lead("1")))
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
    assertThat(simulator.rows()).hasSize(kind == Fault.Kind.RESET_AFTER_STORE ? 1 : 0);
    assertThat(simulator.statistics("a").injected()).containsEntry(kind.word(), 1L);
    assertThat(simulator.statistics("a").statuses()).isEmpty();
  }

  @Test
  void resetsBeforeTheBodyIsThere() throws Exception {
    simulator.faults(Fault.of(Fault.Kind.RESET_BEFORE_READ));
    try (Socket socket = connect()) {
      socket.getOutputStream().write(head("a", 1000).getBytes(UTF_8));

      assertThatThrownBy(() -> socket.getInputStream().read())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
  }

  @Test
  void aRetryAfterAStoredButUnansweredRowIsARepeat() throws Exception {
    simulator.faults(Fault.of(Fault.Kind.CLOSE_AFTER_STORE).withNext(1));

    assertThat(postOverASocket("a", lead("1"))).isEmpty();
    assertThat(post("a", lead("1")).statusCode()).isEqualTo(200);
    Counts counts = simulator.statistics("a");
    assertThat(counts.accepted()).isEqualTo(2);
    assertThat(counts.distinct()).isEqualTo(1);
    assertThat(counts.repeats()).isEqualTo(1);
  }

  @Test
  void anAnswerThatIsCutOffIsThatOfAStoredRow() throws Exception {
    simulator.faults(Fault.of(Fault.Kind.CUT_ANSWER).withNext(1));

    assertThatThrownBy(() -> post("a", lead("1"))).isInstanceOf(IOException.class);
    Counts counts = simulator.statistics("a");
    assertThat(counts.accepted()).isEqualTo(1);
    assertThat(counts.statuses()).isEqualTo(Map.of(200, 1L));
  }

  @Test
  void storesFirstAndAnswersLate() throws Exception {
    simulator.faults(Fault.delayAfterStore(Delay.of(Duration.ofMinutes(10))));
    CompletableFuture<HttpResponse<String>> answer =
        client.sendAsync(json("a", "{}").build(), text());

    await().atMost(PATIENCE).untilAsserted(() -> assertThat(simulator.rows()).hasSize(1));
    assertThat(answer).isNotDone();
  }

  @Test
  void looksAtARequestLateEvenWhenItsSenderHasGone() throws Exception {
    simulator.faults(Fault.delayBeforeStore(Delay.of(Duration.ofSeconds(2))));
    try (Socket gone = connect()) {
      gone.getOutputStream().write((head("a", 2) + "{}").getBytes(UTF_8));
    }

    await().atMost(PATIENCE).untilAsserted(() -> assertThat(simulator.rows()).hasSize(1));
  }

  @Test
  void takesItsTime() throws Exception {
    simulator.options(
        SimulatorOptions.defaults()
            .withLatency(new Delay(Duration.ofMillis(150), Duration.ofMillis(250))));
    long start = System.nanoTime();
    post("a", "{}");

    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(Duration.ofMillis(145), Duration.ofSeconds(30));
  }

  @Test
  void anOutageResetsEveryConnection() throws Exception {
    try (Socket idle = connect()) {
      idle.getOutputStream().write((head("a", 2) + "{}").getBytes(UTF_8));
      assertThat(idle.getInputStream().read()).isEqualTo('H');
      simulator.outage(true);

      assertThatThrownBy(() -> idle.getInputStream().readAllBytes())
          .isInstanceOf(SocketException.class);
    }
    assertThatThrownBy(() -> postOverASocket("a", "{}")).isInstanceOf(SocketException.class);
    simulator.outage(false);
    assertThat(post("a", "{}").statusCode()).isEqualTo(200);
    assertThat(simulator.rows()).hasSize(2);
    assertThat(simulator.statistics("a").injected()).containsEntry("outage", 1L);
  }

  @Test
  void canBeDrivenOverHttp() throws Exception {
    control(
        "webhooks",
        """
        [{"id":"a","workspace":"w","cap":7,"token":"t","table":"x","tableRowCap":3},
         {"id":"b","workspace":"w","deleted":true},
         {"id":"c","workspace":"w","autoDelete":true}]""");
    assertThat(post("a", "{}").statusCode()).isEqualTo(401);
    assertThat(post("b", "{}").statusCode()).isEqualTo(404);
    assertThat(post("c", lead("1")).statusCode()).isEqualTo(200);

    control("options", "{\"successStatus\":202,\"successBody\":\"text\",\"latencyMinMs\":1}");
    assertThat(post("c", lead("2")).body()).isEqualTo("OK");

    control(
        "faults", "{\"kind\":\"status\",\"status\":503,\"retryAfter\":\"9\",\"webhook\":\"c\"}");
    assertThat(post("c", lead("3")).headers().firstValue("Retry-After")).hasValue("9");
    control("faults", "{}");
    assertThat(post("c", lead("3")).statusCode()).isEqualTo(202);

    control("outage", "{\"on\":true}");
    assertThatThrownBy(() -> postOverASocket("c", "{}")).isInstanceOf(SocketException.class);
    control("outage", "{\"on\":false}");

    control("limits", "{\"workspace\":\"w\",\"ratePerSecond\":0.01,\"burst\":1}");
    assertThat(post("c", lead("4")).statusCode()).isEqualTo(202);
    assertThat(post("c", lead("5")).statusCode()).isEqualTo(429);

    JsonNode statistics = mapper.readTree(fetch("statistics"));
    JsonNode workspace = statistics.path("workspaces").path("w");
    assertThat(workspace.path("accepted").asInt()).isEqualTo(4);
    assertThat(workspace.path("statuses").path("401").asInt()).isEqualTo(1);
    assertThat(workspace.path("injected").path("status-503").asInt()).isEqualTo(1);
    assertThat(workspace.path("rateLimited").asInt()).isEqualTo(1);
    assertThat(statistics.path("total").path("distinct").asInt()).isEqualTo(4);
    assertThat(statistics.path("elapsedMs").asLong()).isPositive();

    List<String> rows = fetch("rows?webhook=c").lines().toList();
    assertThat(rows).hasSize(4);
    JsonNode first = mapper.readTree(rows.get(0));
    assertThat(first.path("lead_id").asText()).isEqualTo("1");
    assertThat(first.path("body").asText()).isEqualTo(lead("1"));
    assertThat(fetch("rows?webhook=a")).isEmpty();

    control("reset", "");
    assertThat(simulator.statistics().total().requests()).isZero();
    assertThat(simulator.rows()).isEmpty();
    assertThat(post("c", lead("1")).statusCode()).isEqualTo(200);
  }

  @Test
  void sendsManyRowsInPieces() throws Exception {
    simulator.options(SimulatorOptions.defaults().withLimits(0, 1));
    String body = "{\"a\":\"" + "x".repeat(50_000) + "\"}";
    for (int i = 0; i < 100; i++) {
      post("a", body);
    }

    assertThat(fetch("rows").lines().count()).isEqualTo(100);
  }

  @Test
  void saysWhatIsValid() throws Exception {
    assertThat(refused("webhooks", "{\"idd\":\"a\"}")).contains("idd").contains("tableRowCap");
    assertThat(refused("webhooks", "{}")).contains("id: missing");
    assertThat(refused("webhooks", "{\"id\":\"a\",\"cap\":\"7\"}")).contains("a whole number");
    assertThat(refused("webhooks", "{\"id\":\"a b\"}")).contains("letters, digits");
    assertThat(refused("webhooks", "[{\"id\":\"a\"},7]")).contains("expected a JSON object");
    assertThat(refused("faults", "{\"kind\":\"explode\"}")).contains("reset-after-store");
    assertThat(refused("faults", "{\"share\":1}")).contains("reset-after-store");
    assertThat(refused("faults", "{\"kind\":\"status\"}")).contains("200 to 599");
    assertThat(refused("faults", "{\"kind\":\"hang\",\"share\":2}")).contains("over 0 to 1");
    assertThat(refused("faults", "{\"kind\":\"hang\",\"status\":500}")).contains("belong to kind");
    assertThat(refused("faults", "{\"kind\":\"delay-after-store\"}")).contains("minMs");
    assertThat(refused("limits", "{\"ratePerSecond\":-1}")).contains("0 for no limit");
    assertThat(refused("limits", "{\"burst\":0}")).contains("1 to 1000000");
    assertThat(refused("options", "{\"successBody\":\"xml\"}")).contains("alternating");
    assertThat(refused("options", "{\"latencyMinMs\":9,\"latencyMaxMs\":3}"))
        .contains("min <= max");
    assertThat(refused("outage", "{\"on\":\"yes\"}")).contains("true or false");
    assertThat(refused("outage", "nonsense")).contains("not JSON");
    assertThat(send(control("restart", BodyPublishers.noBody())).body())
        .contains("POST /control/faults");
    assertThat(simulator.statistics().webhooks()).isEmpty();
  }

  @Test
  void saysSoWhenThePortIsBusy() {
    SimulatorOptions same = SimulatorOptions.defaults().withAddress("127.0.0.1", simulator.port());

    assertThatThrownBy(() -> Simulator.start(same))
        .hasCauseInstanceOf(BindException.class)
        .hasMessageContaining("127.0.0.1:" + simulator.port());
  }

  @Test
  void remembersAfterItWasClosed() throws Exception {
    post("a", lead("1"));
    simulator.close();
    simulator.close();

    assertThat(simulator.rows()).hasSize(1);
    assertThat(simulator.statistics("a").accepted()).isEqualTo(1);
  }

  private void slowToOneIn(Duration interval) {
    simulator.options(SimulatorOptions.defaults().withLimits(1.0 / interval.toSeconds(), 20));
  }

  private List<Integer> statuses(int requests) throws Exception {
    List<Integer> statuses = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      statuses.add(post("a", "{}").statusCode());
    }
    return statuses;
  }

  private static String lead(String id) {
    return "{\"lead_id\":\"" + id + "\",\"name\":\"Zoë\"}";
  }

  private HttpResponse<String> post(String webhook, String body) throws Exception {
    return send(json(webhook, body));
  }

  private HttpRequest.Builder json(String webhook, String body) {
    return to(webhook, body).header("Content-Type", "application/json");
  }

  private HttpRequest.Builder to(String webhook, String body) {
    return HttpRequest.newBuilder(simulator.webhookUrl(webhook))
        .timeout(PATIENCE)
        .POST(BodyPublishers.ofString(body));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), text());
  }

  private static HttpResponse.BodyHandler<String> text() {
    return BodyHandlers.ofString();
  }

  private HttpRequest.Builder control(String call, HttpRequest.BodyPublisher body) {
    return HttpRequest.newBuilder(URI.create(simulator.uri() + "/control/" + call))
        .timeout(PATIENCE)
        .POST(body);
  }

  private void control(String call, String body) throws Exception {
    HttpResponse<String> answer = send(control(call, BodyPublishers.ofString(body)));
    assertThat(answer.body()).isEqualTo("{\"ok\":true}");
  }

  private String refused(String call, String body) throws Exception {
    HttpResponse<String> answer = send(control(call, BodyPublishers.ofString(body)));
    assertThat(answer.statusCode()).isEqualTo(400);
    return mapper.readTree(answer.body()).path("message").asText();
  }

  private String fetch(String call) throws Exception {
    return send(HttpRequest.newBuilder(URI.create(simulator.uri() + "/control/" + call))).body();
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), simulator.port());
    socket.setSoTimeout((int) PATIENCE.toMillis());
    return socket;
  }

  private String head(String webhook, int length) {
    return "POST "
        + simulator.webhookUrl(webhook).getPath()
        + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
        + length
        + "\r\n\r\n";
  }

  /** All that comes back over a connection of its own, which shows how it ended. */
  private String postOverASocket(String webhook, String body) throws IOException {
    try (Socket socket = connect()) {
      byte[] bytes = body.getBytes(UTF_8);
      socket.getOutputStream().write((head(webhook, bytes.length) + body).getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }
}
