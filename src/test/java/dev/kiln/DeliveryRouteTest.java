package dev.kiln;

import static dev.kiln.RunningKiln.EVENTS;
import static dev.kiln.RunningKiln.FINANCE;
import static dev.kiln.RunningKiln.INBOUND;
import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.WaitReason;
import dev.kiln.ledger.WebhookUse;
import dev.kiln.simulate.Delay;
import dev.kiln.simulate.Fault;
import dev.kiln.simulate.SimulatedWebhook;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.camel.processor.TotalRequestsThrottler;
import org.apache.camel.support.service.ServiceHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The way out, through the shipped routes: from the ledger to Clay, with Clay at its worst. */
@ResourceLock(RunningKiln.MANAGED)
final class DeliveryRouteTest {
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) {
    kiln = new RunningKiln(folder);
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  // ---- Webhooks ----

  @Test
  @DisplayName("what posts to Clay starts with Kiln, not under the first leads to come")
  void clayStartsFirst() throws Exception {
    kiln.start();
    assertThat(ServiceHelper.isStarted(kiln.context().hasComponent("clay"))).isTrue();
  }

  @Test
  @DisplayName("webhooks fill in order; used up, a table parks with the cure and the others go on")
  void rotatesThenParks() throws Exception {
    kiln.inClayYaml(
        "{ name: tech-1, url: \"{{webhook:tech-1}}\" }",
        "{ name: tech-1, url: \"{{webhook:tech-1}}\", cap: 3 }\n"
            + "      - { name: tech-2, url: \"{{webhook:tech-2}}\", cap: 2 }");
    kiln.start();
    kiln.drop("high/tech.csv", leads(1, 8, "Computer Software"));
    String reason = kiln.parked(TECH, WaitReason.EXHAUSTED).reason();
    assertThat(reason)
        .contains(TECH, "tech-1 3/3", "tech-2 2/2", "duplicate the Clay table", "clay.yaml");
    kiln.reaches(TECH, LeadState.QUEUED, 3);
    kiln.reaches(TECH, LeadState.ACCEPTED, 5);
    assertThat(kiln.stored("tech-1")).hasSize(3);
    assertThat(kiln.stored("tech-2")).hasSize(2);

    kiln.drop("low/finance.csv", leads(20, 5, "Banking"));
    assertThat(kiln.settled("finance.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 5L));
    assertThat(kiln.count(TECH, LeadState.QUEUED)).isEqualTo(3);
    assertThat(kiln.requests("tech-1") + kiln.requests("tech-2")).isEqualTo(5);

    kiln.stop();
    kiln.inClayYaml("cap: 2 }", "cap: 20 }").start();
    kiln.reaches(TECH, LeadState.ACCEPTED, 8);
    assertThat(kiln.stored("tech-2")).hasSize(5);
  }

  @Test
  @DisplayName("Clay's record limit moves the leads to the next webhook, for good and at no cost")
  void recordLimitRotates() throws Exception {
    kiln.inClayYaml(
        "{ name: tech-1, url: \"{{webhook:tech-1}}\" }",
        "{ name: tech-1, url: \"{{webhook:tech-1}}\" }\n"
            + "      - { name: tech-2, url: \"{{webhook:tech-2}}\" }");
    kiln.clay().define(SimulatedWebhook.of("hook-tech-1").withCap(2));
    kiln.start();
    kiln.drop("normal/tech.csv", leads(1, 6, "Computer Software"));
    assertThat(kiln.settled("tech.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 6L));
    assertThat(kiln.stored("tech-1")).hasSize(2);
    assertThat(kiln.stored("tech-2")).hasSize(4);
    assertThat(kiln.ledgerLines()).allSatisfy(line -> assertThat(line.attempts()).isZero());
    assertThat(kiln.snapshot().webhooks())
        .filteredOn(use -> use.name().equals("tech-1"))
        .singleElement()
        .satisfies(
            use -> {
              assertThat(use.state()).isEqualTo(WebhookUse.State.EXHAUSTED);
              assertThat(use.used()).isEqualTo(2);
            });
  }

  @Test
  @DisplayName("the token travels as x-clay-webhook-auth; a refused one parks with the cure")
  void tokenTravels() throws Exception {
    kiln.inClayYaml("{{webhook:tech-1}}\" }", "{{webhook:tech-1}}\", token: right }")
        .inClayYaml("{{webhook:finance-1}}\" }", "{{webhook:finance-1}}\", token: wrong }");
    kiln.clay().define(SimulatedWebhook.of("hook-tech-1").withToken("right"));
    kiln.clay().define(SimulatedWebhook.of("hook-finance-1").withToken("right"));
    kiln.start();
    kiln.drop("normal/finance.csv", leads(1, 4, "Banking"));
    assertThat(kiln.parked(FINANCE, WaitReason.REFUSING).reason())
        .contains("finance-1", "401", "config/secrets")
        .doesNotContain("wrong");
    kiln.drop("normal/tech.csv", leads(10, 3, "Computer Software"));
    assertThat(kiln.settled("tech.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 3L));
    kiln.reaches(FINANCE, LeadState.QUEUED, 4);
    assertThat(kiln.ledgerLines()).allSatisfy(line -> assertThat(line.attempts()).isZero());
  }

  // ---- Stopped tables ----

  @Test
  @DisplayName("T5: a stopped table route parks that table at once, a start drains it")
  void stoppedRouteParks() throws Exception {
    kiln.start();
    kiln.context().getRouteController().stopRoute("table-" + TECH);
    kiln.drop("high/tech.csv", leads(1, 4, "Computer Software"));
    kiln.drop("low/finance.csv", leads(10, 40, "Banking"));
    assertThat(kiln.parked(TECH, WaitReason.ROUTE_STOPPED).reason())
        .contains("table-" + TECH, "start");
    assertThat(kiln.settled("finance.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 40L));
    kiln.reaches(TECH, LeadState.QUEUED, 4);
    assertThat(kiln.requests("tech-1")).isZero();

    kiln.context().getRouteController().startRoute("table-" + TECH);
    assertThat(kiln.settled("tech.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 4L));
    assertThat(kiln.waiting(TECH)).isEmpty();
  }

  @ParameterizedTest
  @DisplayName("a stopped route of a workspace says so for each of its tables until it is started")
  @ValueSource(strings = {"deliver-", "window-", "pace-"})
  void stoppedWorkspaceSaysWhy(String prefix) throws Exception {
    kiln.start();
    String route = prefix + "main";
    kiln.context().getRouteController().stopRoute(route);
    kiln.drop("high/tech.csv", leads(1, 4, "Computer Software"));
    kiln.drop("low/finance.csv", leads(10, 4, "Banking"));
    for (String table : List.of(TECH, FINANCE)) {
      assertThat(kiln.parked(table, WaitReason.ROUTE_STOPPED).reason())
          .contains("Route " + route + " is stopped", "kiln route start " + route);
    }
    assertThat(kiln.requests("tech-1")).isZero();

    kiln.context().getRouteController().startRoute(route);
    for (String table : List.of(TECH, FINANCE)) {
      kiln.reaches(table, LeadState.ACCEPTED, 4);
      assertThat(kiln.waiting(table)).isEmpty();
    }
    assertThat(kiln.ledgerLines()).allSatisfy(line -> assertThat(line.attempts()).isZero());
  }

  @Test
  @DisplayName("a table whose route calls one that does not run waits, and says which")
  void missingRouteSaysWhy() throws Exception {
    kiln.inRoutes(
            "delivery.camel.yaml",
            "          - circuitBreaker:\n",
            """
                      - toD:
                          id: to-own
                          uri: "direct:own-${body.table}?block=false"
                      - circuitBreaker:
            """)
        .start();
    kiln.drop("high/tech.csv", leads(1, 4, "Computer Software"));
    assertThat(kiln.parked(TECH, WaitReason.ROUTE_FAILED).reason())
        .contains("calls direct:own-" + TECH, "kiln route start", "mend the name under routes/");
    assertThat(kiln.requests("tech-1")).isZero();
  }

  @Test
  @DisplayName("T5: a table route stopped over JMX while its leads wait costs nobody 30 seconds")
  void stoppedOverJmxParks() throws Exception {
    kiln.rate(40).start();
    kiln.drop("low/finance.csv", leads(1, 40, "Banking"));
    kiln.drop("high/tech.csv", leads(100, 250, "Computer Software"));
    soon().until(() -> kiln.requests("tech-1") >= 10);
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    ObjectName route =
        new ObjectName("org.apache.camel:context=kiln,type=routes,name=\"table-" + TECH + "\"");
    Instant stopped = Instant.now();
    server.invoke(route, "stop", null, null);
    kiln.parked(TECH, WaitReason.ROUTE_STOPPED);
    assertThat(kiln.settled("finance.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 40L));
    assertThat(Duration.between(stopped, Instant.now())).isLessThan(Duration.ofSeconds(25));
    assertThat(kiln.count(TECH, LeadState.QUEUED)).isGreaterThan(50);

    server.invoke(route, "start", null, null);
    kiln.reaches(TECH, LeadState.ACCEPTED, 250);
    assertThat(kiln.ledgerLines()).allSatisfy(line -> assertThat(line.attempts()).isZero());
    assertThat(kiln.clay().statistics().total().repeats()).isZero();
  }

  // ---- Failures ----

  @Test
  @DisplayName("T6: an open breaker swallows no lead and burns no attempt, and recovers by itself")
  void openBreakerWaits() throws Exception {
    kiln.rate(40).set("kiln.delivery.first-wait", "3s").set("kiln.delivery.longest-wait", "3s");
    kiln.clay().faults(Fault.status(503).withWebhook("hook-tech-1"));
    kiln.start();
    kiln.drop("normal/tech.csv", leads(1, 150, "Computer Software"));
    assertThat(kiln.parked(TECH, WaitReason.BREAKER_OPEN).reason()).contains(TECH, "by itself");
    kiln.drop("normal/finance.csv", leads(500, 20, "Banking"));
    assertThat(kiln.settled("finance.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 20L));
    assertThat(kiln.requests("tech-1"))
        .as("five calls open it; in-flight ones and a few probes come on top")
        .isLessThan(100);
    kiln.reaches(TECH, LeadState.QUEUED, 150);
    assertThat(kiln.ledgerLines().stream().mapToInt(LeadLine::attempts).sum())
        .as("attempts that counted: one for each request but the probes")
        .isLessThanOrEqualTo((int) kiln.requests("tech-1"));

    kiln.clay().faults();
    assertThat(kiln.settled("tech.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 150L));
    assertThat(kiln.clay().statistics().total().repeats()).isZero();
    assertThat(kiln.waiting(TECH)).isEmpty();
  }

  @Test
  @DisplayName("T6: an outage costs no lead that is alone on its table either")
  void outageOfALoneLead() throws Exception {
    kiln.set("kiln.delivery.first-wait", "50ms")
        .set("kiln.delivery.longest-wait", "100ms")
        .set("kiln.breaker.open", "200ms");
    kiln.clay().faults(Fault.status(503));
    kiln.start();
    kiln.drop("normal/tech.csv", leads(1, 1, "Computer Software"));
    soon().until(() -> kiln.requests("tech-1") >= 12);

    kiln.clay().faults();
    assertThat(kiln.settled("tech.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 1L));
    assertThat(kiln.ledgerLines().get(0).attempts()).isLessThan(8);
  }

  @ParameterizedTest
  @MethodSource("oddProbes")
  @DisplayName("T6: a half-open breaker whose probes end oddly lets the leads go on by itself")
  void oddProbesDoNotStickTheBreaker(Fault odd) throws Exception {
    kiln.rate(40)
        .set("kiln.delivery.first-wait", "500ms")
        .set("kiln.http.response-timeout", "1s")
        .inClayYaml(
            "{{webhook:tech-1}}\" }",
            "{{webhook:tech-1}}\" }\n      - { name: tech-2, url: \"{{webhook:tech-2}}\" }");
    kiln.clay().faults(Fault.status(503));
    kiln.start();
    kiln.drop("normal/tech.csv", leads(1, 20, "Computer Software"));
    kiln.parked(TECH, WaitReason.BREAKER_OPEN);
    kiln.clay().faults(odd.withNext(3));
    assertThat(kiln.settled("tech.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 20L));
    assertThat(kiln.waiting(TECH)).isEmpty();
  }

  static Stream<Fault> oddProbes() {
    return Stream.of(
        Fault.of(Fault.Kind.HANG),
        Fault.of(Fault.Kind.RESET_BEFORE_READ),
        Fault.of(Fault.Kind.RESET_AFTER_STORE),
        Fault.status(401).withWebhook("hook-tech-1"),
        Fault.status(403).withBody("Record limit reached for webhook").withWebhook("hook-tech-1"),
        Fault.status(429).withRetryAfter("1"));
  }

  @Test
  @DisplayName("a fault in an edited route parks its table for seconds and does not spin")
  void faultInAnEditedRouteDoesNotSpin() throws Exception {
    kiln.inRoutes(
        "delivery.camel.yaml",
        "          - to:\n              id: to-pace\n",
        """
        - filter:
            id: break-one-table
            expression:
              simple:
                expression: "${exchangeProperty.lead.table} == 'outbound-leads-tech'"
            steps:
              - throwException:
                  id: break
                  exceptionType: java.lang.IllegalArgumentException
                  message: "a fault in an edited route"
        - to:
            id: to-pace
        """
            .indent(10));
    kiln.start();
    kiln.drop("high/tech.csv", leads(1, 50, "Computer Software"));
    kiln.drop("low/finance.csv", leads(100, 50, "Banking"));
    assertThat(kiln.parked(TECH, WaitReason.ROUTE_FAILED).reason())
        .contains(TECH, "IllegalArgumentException", "log");
    assertThat(kiln.settled("finance.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 50L));
    assertThat(kiln.count(TECH, LeadState.QUEUED)).isEqualTo(50);
    assertThat(exchanges("table-" + TECH)).isBetween(1L, 300L);
  }

  @Test
  @DisplayName("a route that ends before begin parks its table for seconds and does not spin")
  void routeThatEndsDoesNotSpin() throws Exception {
    kiln.inRoutes(
        "delivery.camel.yaml",
        "          - circuitBreaker:\n              id: circuit-breaker\n",
        """
        - filter:
            id: end-one-table
            expression:
              simple:
                expression: "${exchangeProperty.lead.table} == 'outbound-leads-tech'"
            steps:
              - stop:
                  id: end
        - circuitBreaker:
            id: circuit-breaker
        """
            .indent(10));
    kiln.start();
    kiln.drop("high/tech.csv", leads(1, 5, "Computer Software"));
    kiln.drop("low/finance.csv", leads(100, 50, "Banking"));
    assertThat(kiln.parked(TECH, WaitReason.ROUTE_FAILED).reason())
        .contains(TECH, "ends before the step begin");
    assertThat(kiln.settled("finance.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 50L));
    Instant seen = Instant.now();
    soon().until(() -> Instant.now().isAfter(seen.plusSeconds(2)));
    assertThat(kiln.count(TECH, LeadState.QUEUED)).isEqualTo(5);
    assertThat(exchanges("table-" + TECH)).isBetween(1L, 30L);
  }

  private static long exchanges(String route) throws Exception {
    return (Long)
        ManagementFactory.getPlatformMBeanServer()
            .getAttribute(
                new ObjectName("org.apache.camel:context=kiln,type=routes,name=\"" + route + "\""),
                "ExchangesTotal");
  }

  @Test
  @DisplayName("T7: one request per attempt for 429 and 503, and redirects are not followed")
  void oneRequestPerAttempt() throws Exception {
    kiln.set("kiln.delivery.first-wait", "60s").set("kiln.delivery.longest-wait", "60s");
    kiln.clay()
        .faults(
            Fault.status(503).withWebhook("hook-tech-1"),
            Fault.status(307)
                .withWebhook("hook-finance-1")
                .withLocation(kiln.clay().webhookUrl("hook-elsewhere").toString()),
            Fault.status(429).withWebhook("hook-events-1").withRetryAfter("60"));
    kiln.start();
    kiln.drop("normal/tech.csv", leads(1, 1, "Computer Software"));
    soon().until(() -> attempts("tech.csv") == 1);
    kiln.drop("normal/finance.csv", leads(10, 1, "Banking"));
    kiln.parked(FINANCE, WaitReason.REFUSING);
    kiln.drop("normal/events/fair.csv", leads(20, 1, "Banking"));
    soon().until(() -> kiln.clay().statistics().total().statuses().containsKey(429));
    // A second later, when the HTTP client's own strategy would have repeated them.
    Instant seen = Instant.now();
    soon().until(() -> Instant.now().isAfter(seen.plusMillis(1500)));

    assertThat(kiln.requests("tech-1")).isEqualTo(1);
    assertThat(kiln.requests("finance-1")).isEqualTo(1);
    assertThat(kiln.requests("events-1")).isEqualTo(1);
    assertThat(kiln.requests("elsewhere")).isZero();
    assertThat(attempts("fair.csv")).isZero();
    assertThat(attempts("finance.csv")).isZero();
  }

  private int attempts(String file) {
    return kiln.run(file)
        .map(RunAccount::id)
        .map(
            id ->
                kiln.ledgerLines().stream()
                    .filter(line -> line.leadId().startsWith(id))
                    .mapToInt(LeadLine::attempts)
                    .sum())
        .orElse(0);
  }

  @Test
  @DisplayName("T7: a request that left and got no answer is UNKNOWN, and its resend is marked")
  void noAnswerIsUnknown() throws Exception {
    kiln.clay().faults(Fault.of(Fault.Kind.RESET_AFTER_STORE).withNext(1));
    kiln.start();
    kiln.drop("normal/tech.csv", leads(1, 1, "Computer Software"));
    RunAccount run = kiln.settled("tech.csv");
    assertThat(run.states()).isEqualTo(Map.of(LeadState.ACCEPTED, 1L));
    assertThat(run.possibleDuplicates()).isEqualTo(1);
    assertThat(kiln.clay().statistics().total().repeats()).isEqualTo(1);
    assertThat(kiln.stored("tech-1"))
        .satisfiesExactly(
            first -> assertThat(first).contains("\"possible_duplicate\":false"),
            again -> assertThat(again).contains("\"possible_duplicate\":true"));
    assertThat(kiln.clay().rows().get(1).leadId())
        .isEqualTo(kiln.clay().rows().get(0).leadId())
        .isEqualTo(run.id() + "-1");
  }

  // ---- Pace ----

  @Test
  @DisplayName("T1: the tables of a workspace share one pace")
  void tablesShareThePace() throws Exception {
    kiln.rate(40).start();
    try (Lateness lateness = new Lateness()) {
      kiln.drop("normal/tech.csv", leads(1, 40, "Computer Software"));
      kiln.drop("normal/finance.csv", leads(100, 40, "Banking"));
      kiln.drop("normal/inbound/came.csv", leads(200, 40, "Banking"));
      kiln.settled("tech.csv");
      kiln.settled("finance.csv");
      kiln.settled("came.csv");
      assertThat(kiln.count(INBOUND, LeadState.ACCEPTED)).isEqualTo(40);
      Arrivals.of(40, kiln.clay().rows()).mustKeepThePace(lateness.worst());
    }
  }

  @Test
  @DisplayName("T2: a fractional rate is kept, and a change of it holds from the next lead on")
  void throttleChangesLive() throws Exception {
    kiln.rate(12.5).set("kiln.delivery.recovery", "1s").start();
    kiln.drop("normal/tech.csv", leads(1, 1, "Computer Software"));
    kiln.settled("tech.csv");
    TotalRequestsThrottler throttler =
        Objects.requireNonNull(
            kiln.context().getProcessor("main-throttle", TotalRequestsThrottler.class));
    // Leads that a busy machine lets pass late are made up for by a shorter period, down to half.
    assertThat(throttler.getTimePeriodMillis()).isCloseTo(80, within(40L));

    kiln.clay().faults(Fault.status(429).withNext(1).withRetryAfter("5"));
    kiln.drop("normal/more.csv", leads(10, 25, "Computer Software"));
    soon()
        .untilAsserted(
            () -> assertThat(throttler.getTimePeriodMillis()).as("slower").isGreaterThan(100));
    assertThat(kiln.settled("more.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 25L));
    soon().until(() -> kiln.app().rate("main") == 12.5);
    kiln.drop("normal/last.csv", leads(50, 5, "Computer Software"));
    kiln.settled("last.csv");
    assertThat(throttler.getTimePeriodMillis()).as("and back").isCloseTo(80, within(40L));
  }

  @Test
  @DisplayName("T3: the window stays full across batches at a latency far above the pace")
  void windowStaysFull() throws Exception {
    kiln.rate(40).set("kiln.intake.batch-rows", "10");
    kiln.clay().options(kiln.clay().options().withLatency(Delay.of(Duration.ofMillis(600))));
    kiln.start();
    kiln.drop("normal/tech.csv", leads(1, 120, "Computer Software"));
    kiln.settled("tech.csv");
    assertThat(Arrivals.of(40, kiln.clay().rows()).mostWithin(0.6))
        .as("on the wire at once, of batches of 10")
        .isGreaterThan(12);
  }

  @Test
  @DisplayName("high priority overtakes what waits")
  void highPriorityOvertakes() throws Exception {
    kiln.rate(20).start();
    kiln.drop("low/slow.csv", leads(1, 600, "Banking"));
    soon().until(() -> kiln.requests("finance-1") >= 2);
    kiln.drop("high/events/urgent.csv", leads(1000, 5, "Banking"));
    kiln.settled("urgent.csv");
    assertThat(kiln.count(FINANCE, LeadState.QUEUED)).isGreaterThan(10);
    assertThat(kiln.count(EVENTS, LeadState.ACCEPTED)).isEqualTo(5);
  }

  // ---- Stopping ----

  @Test
  @DisplayName("T16: a stop turns back what waits at the throttle and settles what is on the wire")
  void stopsSoon() throws Exception {
    kiln.rate(5);
    kiln.clay().options(kiln.clay().options().withLatency(Delay.of(Duration.ofMillis(800))));
    kiln.start();
    kiln.drop("normal/tech.csv", leads(1, 40, "Computer Software"));
    soon().until(() -> kiln.requests("tech-1") >= 3);
    Instant stop = Instant.now();
    kiln.stop();
    assertThat(Duration.between(stop, Instant.now())).isLessThan(Duration.ofSeconds(25));
    RunAccount run = kiln.run("tech.csv").orElseThrow();
    assertThat(run.states()).containsOnlyKeys(LeadState.ACCEPTED, LeadState.QUEUED);
    assertThat(run.states()).containsEntry(LeadState.ACCEPTED, kiln.requests("tech-1"));
    assertThat(run.possibleDuplicates()).isZero();

    kiln.inClayYaml("rate-per-second: 5.0", "rate-per-second: 200").start();
    assertThat(kiln.settled("tech.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 40L));
    assertThat(kiln.clay().statistics().total().repeats()).isZero();
  }
}
