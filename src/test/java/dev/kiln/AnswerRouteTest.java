package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kiln.ledger.FreshLedger;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.ledger.LedgerView.WorkspaceAccount;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.WebhookUse;
import dev.kiln.ledger.Wish;
import dev.kiln.simulate.Fault;
import dev.kiln.simulate.Fault.Kind;
import dev.kiln.simulate.SimulatedWebhook;
import dev.kiln.simulate.Simulator;
import dev.kiln.simulate.SimulatorOptions;
import dev.kiln.simulate.SimulatorStatistics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each of Clay's answers does to a lead, on its whole way through the shipped routes. */
@ResourceLock(value = RunningKiln.MANAGED, mode = ResourceAccessMode.READ)
@Execution(ExecutionMode.CONCURRENT)
class AnswerRouteTest {
  private static final Duration LONGEST = Duration.ofSeconds(60);

  private Path folder;
  private Simulator clay;

  @BeforeEach
  void startClay(@TempDir Path temporary) {
    folder = temporary;
    clay = Simulator.start(SimulatorOptions.defaults().withLimits(0, 20));
  }

  @AfterEach
  void endClay() {
    clay.close();
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  /** A lead is sent again only when each has been sent once, and so met one fault. */
  private static final String NOT_SOON = "kiln.delivery.first-wait = 6s";

  /** A Kiln that sends to tech-1, then tech-2 and so on, and has read a few leads. */
  private final class Kiln implements AutoCloseable {
    private final App app;
    private final LedgerView view;

    /** One lead, two webhooks. */
    Kiln(String... properties) throws Exception {
      this(1, 2, properties);
    }

    Kiln(int leads, int webhooks, String... properties) throws Exception {
      Path config = folder.resolve("config");
      String listed =
          IntStream.rangeClosed(1, webhooks)
              .mapToObj(i -> "tech-" + i)
              .map(name -> "{ name: %s, url: \"%s\" }".formatted(name, clay.webhookUrl(name)))
              .collect(Collectors.joining(", "));
      write(
          config.resolve("clay.yaml"),
          """
          workspaces:
            main: { rate-per-second: 50 }
          tables:
            outbound-leads-tech: { webhooks: [ %s ] }
            outbound-leads-finance: { webhooks: [] }
            inbound-leads: { webhooks: [] }
            event-attendees: { webhooks: [] }
          """
              .formatted(listed));
      write(
          config.resolve("application.properties"),
          "kiln.delivery.first-wait = 300ms\nkiln.http.response-timeout = 4s\n"
              + "kiln.breaker.open = 1s\n"
              + String.join("\n", properties));
      write(
          config.resolve("industries.csv"), Files.readString(Path.of("config", "industries.csv")));
      write(
          folder.resolve("leads.csv"),
          IntStream.rangeClosed(1, leads)
              .mapToObj(i -> "lead" + i + "@example.com,Software\n")
              .collect(Collectors.joining("", "email,industry\n", "")));
      FreshLedger.in(folder.resolve("data"));
      app = App.start(new Places(config, Path.of("routes"), folder.resolve("data")), App.Mode.SEND);
      view = app.ledger().view();
      app.read(folder.resolve("leads.csv"), "", Priority.NORMAL, Wish.NONE);
    }

    List<LeadLine> awaitLeads(Predicate<LeadLine> wanted) {
      await()
          .atMost(LONGEST)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> leads().stream().allMatch(wanted));
      return leads();
    }

    private List<LeadLine> leads() {
      return view.leads(null, null, false, 100);
    }

    List<LeadLine> awaitLeads(LeadState state) {
      return awaitLeads(lead -> lead.state() == state);
    }

    LeadLine awaitLead(LeadState state) {
      return awaitLeads(state).get(0);
    }

    WebhookUse webhook(String name) {
      return view.snapshot().webhooks().stream()
          .filter(webhook -> webhook.name().equals(name))
          .findAny()
          .orElseThrow();
    }

    WorkspaceAccount workspace() {
      return view.snapshot().workspaces().get(0);
    }

    long used() {
      return view.snapshot().webhooks().stream().mapToLong(WebhookUse::used).sum();
    }

    @Override
    public void close() {
      RouteCoverage.note(app.context());
      app.close();
    }
  }

  private SimulatorStatistics.Counts received() {
    return clay.statistics().total();
  }

  /** Each lead arrived once, with no more than that charged. */
  private void arrivedOnce(Kiln kiln, int leads) {
    assertThat(received().accepted()).isEqualTo(leads);
    assertThat(received().distinct()).isEqualTo(leads);
    assertThat(kiln.used()).isEqualTo(leads);
  }

  private static void has(LeadLine lead, int attempts, boolean possibleDuplicate) {
    assertThat(lead.attempts()).as("attempts").isEqualTo(attempts);
    assertThat(lead.possibleDuplicate()).as("possible duplicate").isEqualTo(possibleDuplicate);
  }

  /** A fault for each status that strikes once, so that each strikes another lead. */
  private static Fault[] once(int... statuses) {
    return IntStream.of(statuses)
        .mapToObj(status -> Fault.status(status).withNext(1).withBody("no good " + "x".repeat(300)))
        .toArray(Fault[]::new);
  }

  @Test
  void anyTwoHundredIsAcceptedWhateverItsBodySays() throws Exception {
    clay.faults(once(200, 201, 202, 204));
    try (Kiln kiln = new Kiln(4, 1)) {
      kiln.awaitLeads(LeadState.ACCEPTED).forEach(lead -> has(lead, 0, false));
      assertThat(kiln.used()).isEqualTo(4);
      assertThat(received().requests()).isEqualTo(4);
    }
  }

  @Test
  void theRowsOwnFaultIsRefusedWithWhatClaySaid() throws Exception {
    clay.faults(once(400, 413, 422));
    try (Kiln kiln = new Kiln(3, 1)) {
      for (LeadLine lead : kiln.awaitLeads(LeadState.REFUSED)) {
        has(lead, 0, false);
        assertThat(lead.reason()).matches("HTTP 4\\d\\d no good x{192}");
      }
      assertThat(kiln.used()).isZero();
      assertThat(kiln.webhook("tech-1").state()).isEqualTo(WebhookUse.State.OPEN);
      assertThat(received().requests()).isEqualTo(3);
    }
  }

  @Test
  void aWebhookThatRefusesIsLeftAloneAndTheNextServes() throws Exception {
    int[] statuses = {401, 403, 404, 301, 302, 307};
    clay.faults(
        IntStream.range(0, statuses.length)
            .mapToObj(
                i ->
                    Fault.status(statuses[i])
                        .withWebhook("tech-" + (i + 1))
                        .withLocation(clay.webhookUrl("elsewhere").toString()))
            .toArray(Fault[]::new));
    try (Kiln kiln = new Kiln(1, 7)) {
      has(kiln.awaitLead(LeadState.ACCEPTED), 0, false);
      for (int i = 0; i < statuses.length; i++) {
        WebhookUse refusing = kiln.webhook("tech-" + (i + 1));
        assertThat(refusing.state()).isEqualTo(WebhookUse.State.REFUSING);
        assertThat(refusing.reason()).startsWith("HTTP " + statuses[i]);
        assertThat(refusing.used()).isZero();
        assertThat(refusing.probeAt())
            .isBetween(Instant.now().plusSeconds(30), Instant.now().plusSeconds(60));
      }
      arrivedOnce(kiln, 1);
      assertThat(clay.statistics().webhooks()).doesNotContainKey("elsewhere");
    }
  }

  @Test
  void aFullWebhookIsExhaustedForGoodAndTheNextServesAtOnce() throws Exception {
    clay.define(SimulatedWebhook.of("tech-1").withCap(0));
    try (Kiln kiln = new Kiln()) {
      has(kiln.awaitLead(LeadState.ACCEPTED), 0, false);
      assertThat(kiln.webhook("tech-1").used()).isZero();
      arrivedOnce(kiln, 1);
    }
    try (Kiln again = new Kiln()) {
      assertThat(again.webhook("tech-1").state()).isEqualTo(WebhookUse.State.EXHAUSTED);
    }
  }

  @Test
  void theLimitsTextCountsWhereverItStands() throws Exception {
    clay.faults(
        Fault.status(403)
            .withNext(1)
            .withBody("<!-- " + "x".repeat(3_000) + " --> Record limit reached"));
    try (Kiln kiln = new Kiln()) {
      kiln.awaitLead(LeadState.ACCEPTED);
      assertThat(kiln.webhook("tech-1").state()).isEqualTo(WebhookUse.State.EXHAUSTED);
      assertThat(kiln.webhook("tech-1").reason()).hasSizeLessThan(220);
    }
  }

  @ParameterizedTest
  @CsvSource({"0,1", "2,2", "soon,1"})
  void a429LetsTheWholeWorkspaceWaitAndCostsNothing(String retryAfter, int seconds)
      throws Exception {
    clay.faults(Fault.status(429).withNext(1).withRetryAfter(retryAfter));
    try (Kiln kiln = new Kiln(3, 1)) {
      kiln.awaitLeads(LeadState.ACCEPTED).forEach(lead -> has(lead, 0, false));
      SimulatorStatistics.Counts received = received();
      assertThat(Duration.between(received.firstArrival(), received.lastArrival()))
          .isBetween(Duration.ofSeconds(seconds), Duration.ofSeconds(seconds + 10));
      assertThat(Duration.between(received.firstArrival(), kiln.workspace().pauseUntil()))
          .isBetween(Duration.ofSeconds(seconds), Duration.ofSeconds(seconds + 10));
      arrivedOnce(kiln, 3);
    }
  }

  @Test
  void aFailureCostsAnAttemptAndIsTriedAgain() throws Exception {
    clay.faults(once(500, 503, 408, 505));
    try (Kiln kiln = new Kiln(4, 1, NOT_SOON)) {
      kiln.awaitLeads(LeadState.ACCEPTED).forEach(lead -> has(lead, 1, false));
      arrivedOnce(kiln, 4);
    }
  }

  @Test
  void retryAfterIsTheLeastDelayOfAFailure() throws Exception {
    clay.faults(Fault.status(503).withNext(1).withRetryAfter("2"));
    try (Kiln kiln = new Kiln()) {
      has(kiln.awaitLead(LeadState.ACCEPTED), 1, false);
      assertThat(Duration.between(received().firstArrival(), received().lastArrival()))
          .isGreaterThanOrEqualTo(Duration.ofSeconds(2));
    }
  }

  @Test
  void aLeadThatFailedOftenEnoughIsDead() throws Exception {
    clay.faults(Fault.status(500));
    try (Kiln kiln = new Kiln("kiln.delivery.attempts = 3")) {
      LeadLine lead = kiln.awaitLead(LeadState.DEAD);
      has(lead, 3, false);
      assertThat(lead.reason()).startsWith("HTTP 500");
      assertThat(received().requests()).isEqualTo(3);
      assertThat(kiln.used()).isZero();
    }
  }

  @Test
  void aGatewaysWordLeavesADoubtThatIsMarked() throws Exception {
    clay.faults(once(502, 504, 520, 522));
    try (Kiln kiln = new Kiln(4, 1, NOT_SOON)) {
      kiln.awaitLeads(LeadState.ACCEPTED).forEach(lead -> has(lead, 1, true));
      assertThat(kiln.used()).as("charged for both, since either may be stored").isEqualTo(8);
      assertThat(received().distinct()).isEqualTo(4);
    }
  }

  @Test
  void noAnswerAfterTheRequestLeftIsADoubtToo() throws Exception {
    clay.faults(
        Stream.of(
                Kind.RESET_BEFORE_READ,
                Kind.HANG,
                Kind.RESET_BEFORE_STORE,
                Kind.RESET_AFTER_STORE,
                Kind.CLOSE_AFTER_STORE)
            .map(kind -> Fault.of(kind).withNext(1))
            .toArray(Fault[]::new));
    try (Kiln kiln = new Kiln(5, 1, NOT_SOON)) {
      kiln.awaitLeads(LeadState.ACCEPTED).forEach(lead -> has(lead, 1, true));
      assertThat(kiln.used()).isEqualTo(10);
      assertThat(received().distinct()).isEqualTo(5);
      assertThat(received().repeats()).as("those that had been stored").isEqualTo(2);
    }
  }

  @Test
  void aLeadInDoubtStaysUnknownWherePolicyHoldsIt() throws Exception {
    clay.faults(Fault.of(Kind.RESET_AFTER_STORE).withNext(1));
    try (Kiln kiln = new Kiln("kiln.delivery.unknown = hold")) {
      has(kiln.awaitLead(LeadState.UNKNOWN), 1, false);
      arrivedOnce(kiln, 1);
    }
  }

  @Test
  void aLeadInDoubtIsNeverDead() throws Exception {
    clay.faults(Fault.of(Kind.RESET_AFTER_STORE));
    try (Kiln kiln = new Kiln("kiln.delivery.attempts = 2")) {
      has(kiln.awaitLead(LeadState.UNKNOWN), 2, true);
      assertThat(received().requests()).isEqualTo(2);
    }
  }

  @Test
  void aRefusedConnectionCostsNothingAndIsTriedUntilClayIsBack() throws Exception {
    SimulatorOptions same =
        SimulatorOptions.defaults().withAddress("127.0.0.1", clay.port()).withLimits(0, 20);
    clay.close();
    try (Kiln kiln = new Kiln()) {
      kiln.awaitLeads(lead -> lead.reason().contains("Connect"));
      has(kiln.leads().get(0), 0, false);
      assertThat(kiln.used()).isZero();
      clay = Simulator.start(same);
      has(kiln.awaitLead(LeadState.ACCEPTED), 0, false);
      arrivedOnce(kiln, 1);
    }
  }
}
