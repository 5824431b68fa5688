package dev.kiln.clay;

import static dev.kiln.clay.DeliveryFixture.LEAST;
import static dev.kiln.clay.DeliveryFixture.MOST;
import static dev.kiln.clay.DeliveryFixture.POLICY;
import static dev.kiln.clay.DeliveryFixture.WORKSPACE;
import static dev.kiln.clay.DeliveryFixture.answered;
import static dev.kiln.clay.DeliveryFixture.ended;
import static dev.kiln.clay.DeliveryFixture.priced;
import static dev.kiln.clay.DeliveryFixture.table;
import static dev.kiln.clay.DeliveryFixture.webhook;
import static dev.kiln.ledger.LedgerFixture.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.kiln.ledger.Due;
import dev.kiln.ledger.LeadSelection;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Lease;
import dev.kiln.ledger.LedgerFixture;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.NotSent;
import dev.kiln.ledger.Pausable;
import dev.kiln.ledger.Run;
import dev.kiln.ledger.Sending;
import dev.kiln.ledger.Together;
import dev.kiln.ledger.WaitReason;
import dev.kiln.ledger.Waiting;
import dev.kiln.ledger.WebhookUse;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules of delivery over a real ledger: the design's table of answers, end to end. */
final class DeliveryTest {
  /** What is put on offer at 8 leads a second: half a second of it. */
  private static final int ROOM = 4;

  /** After this an offer that nobody released is taken for lost. */
  private static final Duration OFFERS_LAST = Duration.ofMinutes(3);

  private static final Budgets CAPPED =
      new Budgets(
          ZoneId.of("UTC"),
          1,
          new Caps(
              BigDecimal.ZERO,
              new BigDecimal("12"),
              BigDecimal.ZERO,
              BigDecimal.ZERO,
              BigDecimal.ZERO,
              BigDecimal.ZERO),
          Map.of());

  private Path data;
  private DeliveryFixture fixture;
  private LedgerFixture books;

  @BeforeEach
  void open(@TempDir Path folder) {
    data = folder;
    fixture =
        new DeliveryFixture(
            folder,
            Budgets.none(),
            table("tech", webhook("tech-1", 45_000)),
            table("finance", webhook("finance-1", 45_000)));
    books = fixture.books;
  }

  /** Starts anew with another catalogue. */
  private void with(Budgets budgets, Table... tables) throws IOException {
    fixture.close();
    fixture = new DeliveryFixture(Files.createDirectory(data.resolve("anew")), budgets, tables);
    books = fixture.books;
  }

  @AfterEach
  void balanced() {
    fixture.close();
  }

  private void passes(Duration time) {
    books.clock().advance(time);
  }

  private NotSent refusal(Due lead) {
    return books.refusesAndChangesNothing(() -> fixture.delivery().begin(lead));
  }

  private @Nullable Waiting waiting(String table) {
    return books.snapshot().tables().stream()
        .filter(account -> account.name().equals(table))
        .findFirst()
        .orElseThrow()
        .waiting();
  }

  // ---- What an answer leads to ----

  /**
   * A row of the design's table of answers.
   *
   * @param reply what came
   * @param state where the lead goes
   * @param waits seconds until it is due again; -1 where it never is
   * @param attempts what it costs
   * @param breaker whether the breaker learns of a failure
   * @param stored whether count and budget stay charged
   * @param webhook what becomes of the webhook
   * @param pause seconds that the workspace waits
   */
  record Expected(
      Reply reply,
      LeadState state,
      int waits,
      int attempts,
      boolean breaker,
      boolean stored,
      WebhookUse.State webhook,
      int pause) {}

  private static Expected expected(
      Reply reply, LeadState state, int waits, int attempts, boolean breaker, boolean stored) {
    return new Expected(reply, state, waits, attempts, breaker, stored, WebhookUse.State.OPEN, 0);
  }

  static Stream<Expected> answers() {
    Reply full =
        new Reply(Reply.Kind.ANSWERED, 403, null, "Record limit reached for webhook", 1, 1);
    WebhookUse.State refusing = WebhookUse.State.REFUSING;
    return Stream.of(
        expected(answered(200), LeadState.ACCEPTED, -1, 0, false, true),
        expected(answered(202), LeadState.ACCEPTED, -1, 0, false, true),
        expected(answered(400), LeadState.REFUSED, -1, 0, false, false),
        expected(answered(413), LeadState.REFUSED, -1, 0, false, false),
        expected(answered(422), LeadState.REFUSED, -1, 0, false, false),
        expected(ended(Reply.Kind.TOO_LARGE), LeadState.REFUSED, -1, 0, false, false),
        new Expected(answered(401), LeadState.QUEUED, 0, 0, false, false, refusing, 0),
        new Expected(answered(403), LeadState.QUEUED, 0, 0, false, false, refusing, 0),
        new Expected(answered(404), LeadState.QUEUED, 0, 0, false, false, refusing, 0),
        new Expected(answered(302), LeadState.QUEUED, 0, 0, false, false, refusing, 0),
        new Expected(full, LeadState.QUEUED, 0, 0, false, false, WebhookUse.State.EXHAUSTED, 0),
        new Expected(answered(429), LeadState.QUEUED, 1, 0, false, false, WebhookUse.State.OPEN, 1),
        new Expected(
            answered(429, "7"), LeadState.QUEUED, 7, 0, false, false, WebhookUse.State.OPEN, 7),
        new Expected(
            answered(429, "0"), LeadState.QUEUED, 1, 0, false, false, WebhookUse.State.OPEN, 1),
        expected(ended(Reply.Kind.NOT_SENT), LeadState.QUEUED, 5, 0, true, false),
        expected(answered(500), LeadState.QUEUED, 5, 1, true, false),
        expected(answered(503), LeadState.QUEUED, 5, 1, true, false),
        expected(answered(408), LeadState.QUEUED, 5, 1, true, false),
        expected(answered(503, "60"), LeadState.QUEUED, 60, 1, true, false),
        expected(answered(503, "2"), LeadState.QUEUED, 5, 1, true, false),
        expected(answered(502), LeadState.QUEUED, 5, 1, true, true),
        expected(answered(504), LeadState.QUEUED, 5, 1, true, true),
        expected(answered(524), LeadState.QUEUED, 5, 1, true, true),
        expected(ended(Reply.Kind.NO_ANSWER), LeadState.QUEUED, 5, 1, true, true));
  }

  @ParameterizedTest
  @MethodSource("answers")
  void anAnswerLeadsToWhatTheDesignSays(Expected expected) {
    books.stored("leads", "tech", 1);
    Sending sending = fixture.begin();
    Throwable thrown = catchThrowable(() -> fixture.settle(sending, expected.reply));
    if (expected.breaker) {
      assertThat(thrown).isInstanceOf(ClayFailed.class);
    } else {
      assertThat(thrown).isNull();
    }
    LedgerView.LeadLine line = books.line(sending.lead().leadId());
    assertThat(line.state()).isEqualTo(expected.state);
    assertThat(line.attempts()).isEqualTo(expected.attempts);
    boolean inDoubt = expected.stored && expected.state == LeadState.QUEUED;
    assertThat(line.possibleDuplicate()).isEqualTo(inDoubt);
    assertThat(books.webhook("tech-1").state()).isEqualTo(expected.webhook);
    assertThat(books.webhook("tech-1").used()).isEqualTo(expected.stored ? 1 : 0);
    assertThat(books.spent("day 2026-11-25"))
        .isEqualTo(expected.stored ? List.of(6_000L, 4_000L) : List.of(0L, 0L));
    Instant pause = books.snapshot().workspaces().get(0).pauseUntil();
    assertThat(pause)
        .isEqualTo(expected.pause == 0 ? Instant.EPOCH : START.plusSeconds(expected.pause));
    assertThat(line.reason())
        .isEqualTo(
            expected.state == LeadState.ACCEPTED
                ? ""
                : expected.reply.status() == 0
                    ? expected.reply.text()
                    : "HTTP " + expected.reply.status() + " " + expected.reply.text());
    mustBeDueAfter(expected.waits);
  }

  private void mustBeDueAfter(int seconds) {
    if (seconds < 0) {
      passes(Duration.ofDays(30));
      assertThat(books.due("tech")).isEmpty();
      return;
    }
    if (seconds > 0) {
      books.clock().set(START.plusSeconds(seconds).minusMillis(1));
      assertThat(books.due("tech")).isEmpty();
    }
    books.clock().set(START.plusSeconds(seconds));
    assertThat(books.due("tech")).hasSize(1);
  }

  private Sending settleAndWait(Reply reply) {
    Sending sending = fixture.begin();
    assertThat(catchThrowable(() -> fixture.settle(sending, reply))).isInstanceOf(ClayFailed.class);
    passes(Duration.ofMinutes(15));
    return sending;
  }

  @Test
  void aLeadDiesAfterEightFailedAttempts() {
    books.stored("leads", "tech", 1);
    for (int attempt = 1; attempt < 8; attempt++) {
      Sending sending = settleAndWait(answered(500));
      assertThat(books.line(sending.lead().leadId()).state()).isEqualTo(LeadState.QUEUED);
    }
    Sending last = settleAndWait(answered(500));
    assertThat(books.line(last.lead().leadId()).state()).isEqualTo(LeadState.DEAD);
    assertThat(books.line(last.lead().leadId()).attempts()).isEqualTo(8);
    assertThat(books.webhook("tech-1").used()).isZero();
  }

  @Test
  void aLeadInDoubtOutOfAttemptsStaysUnknownAndIsNeverDead() {
    books.stored("leads", "tech", 1);
    for (int attempt = 1; attempt < 8; attempt++) {
      settleAndWait(answered(504));
    }
    Sending last = settleAndWait(answered(504));
    assertThat(books.line(last.lead().leadId()).state()).isEqualTo(LeadState.UNKNOWN);
    assertThat(books.webhook("tech-1").used()).isEqualTo(8);
    assertThat(fixture.due()).isEmpty();
  }

  @Test
  void aLeadThatMayHaveArrivedOnceIsUnknownAndNotDeadWhenItsLastAttemptFails() {
    books.stored("leads", "tech", 1);
    settleAndWait(answered(504));
    for (int attempt = 2; attempt < 8; attempt++) {
      settleAndWait(answered(500));
    }
    Sending last = settleAndWait(answered(500));
    assertThat(last.lead().possibleDuplicate()).isTrue();
    assertThat(books.line(last.lead().leadId()).state()).isEqualTo(LeadState.UNKNOWN);
    assertThat(books.ledger().view().traffic().get(0))
        .as("what was surely not stored is in no doubt")
        .satisfies(traffic -> assertThat(traffic.inDoubt()).isEqualTo(1))
        .satisfies(traffic -> assertThat(traffic.least()).isZero());
    assertThat(fixture.due()).isEmpty();
  }

  @Test
  void withThePolicyHoldALeadInDoubtStaysUnknown() {
    fixture.delivery(
        new DeliveryPolicy(
            32,
            8,
            POLICY.firstWait(),
            POLICY.longestWait(),
            false,
            POLICY.recovery(),
            POLICY.lease(),
            POLICY.answerBy()),
        LEAST,
        "node",
        true);
    books.stored("leads", "tech", 1);
    Sending sending = settleAndWait(answered(504));
    assertThat(books.line(sending.lead().leadId()).state()).isEqualTo(LeadState.UNKNOWN);
    assertThat(fixture.due()).isEmpty();
  }

  @Test
  void aHalfOpenProbeThatFailsCostsNoAttempt() {
    books.stored("leads", "tech", 1);
    Sending sending = fixture.begin();
    fixture.breakers.of("tech").transitionToOpenState();
    fixture.breakers.of("tech").transitionToHalfOpenState();
    assertThat(catchThrowable(() -> fixture.settle(sending, answered(500))))
        .isInstanceOf(ClayFailed.class);
    assertThat(books.line(sending.lead().leadId()).state()).isEqualTo(LeadState.QUEUED);
    assertThat(books.line(sending.lead().leadId()).attempts()).isZero();
  }

  @Test
  void aProbeThatFailsEndsNoLeadThoughFewerAttemptsAreAllowedNow() {
    books.stored("leads", "tech", 1);
    settleAndWait(answered(500));
    settleAndWait(answered(500));
    fixture.delivery(
        new DeliveryPolicy(
            32,
            2,
            POLICY.firstWait(),
            POLICY.longestWait(),
            true,
            POLICY.recovery(),
            POLICY.lease(),
            POLICY.answerBy()),
        LEAST,
        "node",
        true);
    fixture.breakers.of("tech").transitionToOpenState();
    fixture.breakers.of("tech").transitionToHalfOpenState();
    Sending probe = settleAndWait(answered(500));
    assertThat(books.line(probe).state()).isEqualTo(LeadState.QUEUED);
  }

  /** Every way in which Clay can be gone: no connection, a failure, and no answer. */
  static Stream<Reply> outages() {
    return Stream.of(
        ended(Reply.Kind.NOT_SENT), answered(503), answered(504), ended(Reply.Kind.NO_ANSWER));
  }

  @ParameterizedTest
  @MethodSource("outages")
  void anHourOfOutageCostsNoLead(Reply reply) {
    books.stored("leads", "tech", 100);
    CircuitBreaker breaker = fixture.breakers.of("tech");
    // A few calls open the breaker; from then on it probes every 30 seconds.
    List<Due> first = fixture.due();
    first.forEach(lead -> fail(fixture.delivery().begin(lead), reply));
    breaker.transitionToOpenState();
    int sent = first.size();
    for (Instant end = books.ledger().now().plus(Duration.ofHours(1));
        books.ledger().now().isBefore(end);
        passes(Duration.ofSeconds(30))) {
      assertThat(fixture.due()).as("nothing is offered while it is open").isEmpty();
      breaker.transitionToHalfOpenState();
      List<Due> probes = fixture.due();
      assertThat(probes).hasSizeLessThanOrEqualTo(Breakers.PROBES);
      probes.forEach(lead -> fail(fixture.delivery().begin(lead), reply));
      sent += probes.size();
      breaker.transitionToOpenState();
    }
    assertThat(sent).isGreaterThan(100);
    assertThat(books.snapshot().runs().get(0).states()).isEqualTo(Map.of(LeadState.QUEUED, 100L));
    assertThat(books.ledger().view().leads(null, null, false, 1000))
        .allSatisfy(line -> assertThat(line.attempts()).isLessThan(POLICY.attempts()));

    breaker.transitionToClosedState();
    passes(POLICY.longestWait());
    for (List<Due> due = fixture.due(); !due.isEmpty(); due = fixture.due()) {
      due.forEach(lead -> fixture.settle(fixture.delivery().begin(lead), answered(200)));
    }
    assertThat(books.snapshot().runs().get(0).states()).isEqualTo(Map.of(LeadState.ACCEPTED, 100L));
  }

  private void fail(Sending sending, Reply reply) {
    assertThat(catchThrowable(() -> fixture.settle(sending, reply))).isInstanceOf(ClayFailed.class);
  }

  @Test
  void aFailedConnectionCostsNoAttemptHoweverOftenItFails() {
    books.stored("leads", "tech", 1);
    for (int i = 0; i < 12; i++) {
      settleAndWait(ended(Reply.Kind.NOT_SENT));
    }
    Sending sending = fixture.begin();
    assertThat(sending.lead().attempts()).isZero();
    fixture.settle(sending, answered(200));
  }

  @Test
  void theWaitDoublesFromFiveSecondsToAQuarterOfAnHour() {
    int[] seconds = {5, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900};
    for (int attempts = 0; attempts < seconds.length; attempts++) {
      assertThat(POLICY.waitAfter(attempts)).isEqualTo(Duration.ofSeconds(seconds[attempts]));
    }
    assertThat(POLICY.waitAfter(Integer.MAX_VALUE)).isEqualTo(Duration.ofMinutes(15));
  }

  @ParameterizedTest
  @CsvSource({"503,, 6", "503, 100, 120", "429,, 1.2", "429, 100, 120", "429, 900, 900"})
  void jitterLengthensAWaitByAFifthAtMostAndAPauseNeverBeyondAQuarterOfAnHour(
      int status, @Nullable String retryAfter, double mostSeconds) {
    books.stored("leads", "tech", 1);
    fixture.delivery(POLICY, MOST, "node", true);
    Sending sending = fixture.begin();
    assertThat(catchThrowable(() -> fixture.settle(sending, answered(status, retryAfter))))
        .satisfiesAnyOf(
            thrown -> assertThat(thrown).isNull(),
            thrown -> assertThat(thrown).isInstanceOf(ClayFailed.class));
    Instant latest = START.plusMillis((long) (1000 * mostSeconds));
    books.clock().set(latest.minusMillis(2));
    assertThat(books.due("tech")).isEmpty();
    books.clock().set(latest);
    assertThat(books.due("tech")).hasSize(1);
  }

  // ---- What is put on offer ----

  @Test
  void halfASecondOfThePaceIsOnOfferAtMostAndNothingTwice() {
    books.stored("leads", "tech", 10);
    List<Due> offered = fixture.due();
    assertThat(offered).hasSize(ROOM);
    assertThat(fixture.due()).isEmpty();
    Sending sending = fixture.delivery().begin(offered.get(0));
    List<Due> more = fixture.due();
    assertThat(more).hasSize(1).doesNotContainAnyElementsOf(offered);
    fixture.settle(sending, answered(200));
    assertThat(fixture.due()).as("a lead on the wire takes no room").isEmpty();
    fixture.delivery().release(offered.get(1));
    assertThat(fixture.due()).containsExactly(offered.get(1));
  }

  @Test
  void roomIsNoticedWhileDeliveryWaitsForIt() {
    books.stored("leads", "tech", ROOM + 1);
    List<Due> offered = fixture.due();
    List<Integer> found =
        Together.run(
            2,
            number -> {
              if (number == 0) {
                fixture.delivery().begin(offered.get(0));
                return 0;
              }
              return Stream.generate(fixture::due)
                  .limit(50)
                  .mapToInt(List::size)
                  .filter(size -> size > 0)
                  .findFirst()
                  .orElse(0);
            });
    assertThat(found).containsExactly(0, 1);
  }

  @Test
  void anOfferThatWasLostWithItsWindowIsRepeatedAfterTwoMinutes() {
    books.stored("leads", "tech", ROOM);
    List<Due> offered = fixture.due();
    passes(Duration.ofMinutes(2));
    assertThat(fixture.due()).isEmpty();
    passes(Duration.ofMillis(1));
    assertThat(fixture.due()).isEqualTo(offered);
  }

  @Test
  void onlyTheLeadsOfTheRunThatIsAskedForAreDelivered() {
    books.stored("other", "tech", 3);
    String run = books.stored("mine", "tech", 2).id();
    fixture.delivery().only(Set.of(run));
    assertThat(fixture.due()).hasSize(2).allMatch(lead -> lead.run().equals(run));
  }

  @Test
  void aTableWithARateOfItsOwnOffersOneLeadAtATime() throws IOException {
    with(Budgets.none(), table("tech", 2, 50_000, false, webhook("tech-1", 45_000)));
    books.stored("leads", "tech", 10);
    assertThat(fixture.due()).hasSize(1);
    passes(Duration.ofMillis(499));
    assertThat(fixture.due()).isEmpty();
    passes(Duration.ofMillis(1));
    assertThat(fixture.due()).hasSize(1);
  }

  @Test
  void aTableKeepsItsRateThoughItsLeadsGoOnOfferLate() throws IOException {
    with(Budgets.none(), table("tech", 2, 50_000, false, webhook("tech-1", 45_000)));
    books.stored("leads", "tech", 10);
    assertThat(fixture.due()).hasSize(1);
    passes(Duration.ofMillis(600));
    assertThat(fixture.due()).hasSize(1);
    passes(Duration.ofMillis(399));
    assertThat(fixture.due()).isEmpty();
    passes(Duration.ofMillis(1));
    assertThat(fixture.due()).hasSize(1);
  }

  @Test
  void theTurnOfATableIsWaitedForWhereNothingElseIsDue() throws IOException {
    with(Budgets.none(), table("tech", 20, 50_000, false, webhook("tech-1", 45_000)));
    books.stored("leads", "tech", 10);
    assertThat(fixture.due()).hasSize(1);
    fixture.onLook = () -> passes(Duration.ofMillis(50));
    assertThat(fixture.due()).hasSize(1);
  }

  @Test
  void probesKeepToTheRateOfTheirTable() throws IOException {
    with(Budgets.none(), table("tech", 2, 50_000, false, webhook("tech-1", 45_000)));
    books.stored("leads", "tech", 10);
    fixture.breakers.of("tech").transitionToOpenState();
    fixture.breakers.of("tech").transitionToHalfOpenState();
    for (int i = 0; i < Breakers.PROBES; i++) {
      assertThat(fixture.due()).hasSize(1);
      assertThat(fixture.due()).isEmpty();
      passes(Duration.ofMillis(500));
    }
    assertThat(fixture.due()).as("all probes are on offer").isEmpty();
  }

  @Test
  void anUnknownWorkspaceIsAMistake() {
    assertThat(catchThrowable(() -> fixture.delivery().due("elsewhere")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("elsewhere");
  }

  // ---- What waits, and goes on by itself ----

  private void mustDeliverOnly(String table) {
    List<Due> due = fixture.due();
    assertThat(due).hasSize(ROOM).allMatch(lead -> lead.table().equals(table));
    due.forEach(fixture.delivery()::release);
  }

  private void storeBoth() {
    books.stored("tech leads", "tech", 10);
    books.stored("finance leads", "finance", 10);
  }

  @Test
  void aStoppedRouteParksItsTableAndSaysSo() {
    storeBoth();
    fixture.stoppedRoutes.put("tech", "Route table-tech is stopped: start it");
    mustDeliverOnly("finance");
    assertThat(waiting("tech"))
        .isEqualTo(
            new Waiting(WaitReason.ROUTE_STOPPED, "Route table-tech is stopped: start it", START));
    assertThat(waiting("finance")).isNull();
    fixture.stoppedRoutes.clear();
    mustDeliverOnly("tech");
    assertThat(waiting("tech")).isNull();
  }

  @Test
  void aPausedTableParksUntilItIsResumedAndTheOthersGoOn() {
    storeBoth();
    Due offered = fixture.due().get(0);
    fixture.delivery().release(offered);
    books.ledger().pause(Pausable.TABLE, "tech", true);
    assertThat(refusal(offered).reason()).isEqualTo(WaitReason.TABLE_PAUSED);
    passes(OFFERS_LAST);
    mustDeliverOnly("finance");
    assertThat(waiting("tech"))
        .satisfies(
            note -> {
              assertThat(note.kind()).isEqualTo(WaitReason.TABLE_PAUSED);
              assertThat(note.reason()).contains("\"kiln resume table tech\"");
            });
    assertThat(waiting("finance")).isNull();
    books.ledger().pause(Pausable.TABLE, "tech", false);
    mustDeliverOnly("tech");
    assertThat(waiting("tech")).isNull();
  }

  @Test
  void aPausedWorkspaceOffersNothingUntilItIsResumed() {
    storeBoth();
    Due offered = fixture.due().get(0);
    books.ledger().pause(Pausable.WORKSPACE, WORKSPACE, true);
    assertThat(refusal(offered).reason()).isEqualTo(WaitReason.WORKSPACE_PAUSED);
    passes(OFFERS_LAST);
    assertThat(fixture.due()).isEmpty();
    for (String table : List.of("tech", "finance")) {
      assertThat(waiting(table))
          .satisfies(
              note -> {
                assertThat(note.kind()).isEqualTo(WaitReason.WORKSPACE_PAUSED);
                assertThat(note.reason()).contains("\"kiln resume workspace main\"");
              });
    }
    books.ledger().pause(Pausable.WORKSPACE, WORKSPACE, false);
    mustDeliverOnly("tech");
    assertThat(waiting("tech")).isNull();
    assertThat(waiting("finance")).isNull();
  }

  @Test
  void whileTheWorkspaceWaitsForClayItsTablesTellWhatHoldsAndNothingThatIsOver() {
    storeBoth();
    books.ledger().pause(Pausable.TABLE, "tech", true);
    List<Due> due = fixture.due();
    assertThat(waiting("tech")).extracting(Waiting::kind).isEqualTo(WaitReason.TABLE_PAUSED);
    fixture.settle(fixture.delivery().begin(due.get(0)), answered(429, "60"));
    assertThat(refusal(due.get(1)).reason()).isEqualTo(WaitReason.PAUSED);
    books.ledger().pause(Pausable.TABLE, "tech", false);
    fixture.breakers.of("finance").transitionToOpenState();
    due.forEach(fixture.delivery()::release);
    assertThat(fixture.due()).isEmpty();
    assertThat(waiting("tech")).isNull();
    assertThat(waiting("finance")).extracting(Waiting::kind).isEqualTo(WaitReason.BREAKER_OPEN);
  }

  @Test
  void anOpenBreakerParksItsTableAndAHalfOpenOneLetsThreeLeadsTry() {
    storeBoth();
    fixture.breakers.of("tech").transitionToOpenState();
    mustDeliverOnly("finance");
    fixture.breakers.of("tech").transitionToHalfOpenState();
    List<Due> due = fixture.due();
    assertThat(due.stream().filter(lead -> lead.table().equals("tech"))).hasSize(Breakers.PROBES);
    assertThat(due).hasSize(ROOM);
    Sending probe = fixture.delivery().begin(due.get(0));
    assertThat(fixture.due())
        .as("a begun probe is one of the three")
        .allMatch(lead -> lead.table().equals("finance"));
    fixture.settle(probe, answered(200));
  }

  @Test
  void theBreakerIgnoresWhatWasNotSentAndOpensAtHalfOfItsCallsFailed() {
    var breaker = fixture.breakers.of("tech");
    for (int i = 0; i < 40; i++) {
      breaker.onError(0, TimeUnit.MILLISECONDS, new NotSent(WaitReason.PAUSED, "", null));
    }
    assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.CLOSED);
    for (int i = 0; i < 5; i++) {
      breaker.onSuccess(0, TimeUnit.MILLISECONDS);
      breaker.onError(0, TimeUnit.MILLISECONDS, new ClayFailed("HTTP 500"));
    }
    assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.OPEN);
  }

  @Test
  void theBreakerOpensAtFiveFailuresInARowHoweverManyCallsWentWellBefore() {
    CircuitBreaker breaker = fixture.breakers.of("tech");
    for (int i = 0; i < 20; i++) {
      breaker.onSuccess(0, TimeUnit.MILLISECONDS);
    }
    failInARow(breaker, 4);
    breaker.onSuccess(0, TimeUnit.MILLISECONDS);
    failInARow(breaker, 4);
    assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.CLOSED);
    failInARow(breaker, 1);
    assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.OPEN);
  }

  private static void failInARow(CircuitBreaker breaker, int calls) {
    for (int i = 0; i < calls; i++) {
      breaker.onError(0, TimeUnit.MILLISECONDS, new ClayFailed("HTTP 500"));
    }
  }

  @Test
  void aTableWhoseWebhooksAreUsedUpIsParkedUntilAnotherIsAdded() throws IOException {
    with(
        Budgets.none(),
        table("tech", webhook("tech-1", 1)),
        table("finance", webhook("finance-1", 45_000)));
    storeBoth();
    List<Due> due = fixture.due();
    fixture.settle(fixture.delivery().begin(due.get(0)), answered(200));
    assertThat(refusal(due.get(1)).reason()).isEqualTo(WaitReason.EXHAUSTED);
    due.forEach(fixture.delivery()::release);
    mustDeliverOnly("finance");
    assertThat(waiting("tech")).extracting(Waiting::kind).isEqualTo(WaitReason.EXHAUSTED);
    passes(Duration.ofDays(1));
    mustDeliverOnly("finance");

    books
        .ledger()
        .register(
            List.of(
                LedgerFixture.webhook("tech-1", "tech", 1),
                LedgerFixture.webhook("tech-2", "tech", 100),
                LedgerFixture.webhook("finance-1", "finance", 100)));
    passes(Duration.ofSeconds(1));
    mustDeliverOnly("tech");
    assertThat(waiting("tech")).isNull();
  }

  @Test
  void twoWebhooksOfOneClayTableShareItsRows() throws IOException {
    with(
        Budgets.none(),
        table("tech", 0, 3, false, webhook("tech-1", 2, "sheet"), webhook("tech-2", 9, "sheet")));
    books.stored("leads", "tech", 8);
    List<Due> due = fixture.due();
    List<String> through =
        Stream.of(0, 1, 2).map(i -> fixture.delivery().begin(due.get(i)).webhook().name()).toList();
    assertThat(through).containsExactly("tech-1", "tech-1", "tech-2");
    assertThat(refusal(due.get(3)).reason()).isEqualTo(WaitReason.TABLE_FULL);
  }

  @Test
  void ofManyThatWantTheLastRowsOfACapExactlySoManyGetThem() throws IOException {
    with(Budgets.none(), table("tech", webhook("tech-1", 3), webhook("tech-2", 2)));
    books.stored("leads", "tech", 16);
    fixture.due();
    List<Due> leads = books.due("tech");
    List<Boolean> begun =
        Together.run(
            8,
            number -> {
              try {
                fixture.delivery().begin(leads.get(number));
                return true;
              } catch (NotSent full) {
                return false;
              }
            });
    assertThat(begun).filteredOn(each -> each).hasSize(5);
    assertThat(books.webhook("tech-1").used()).isEqualTo(3);
    assertThat(books.webhook("tech-2").used()).isEqualTo(2);
  }

  @Test
  void aRefusingWebhookIsProbedAfterAMinuteWithOneLead() {
    storeBoth();
    fixture.settle(fixture.begin(), answered(401));
    List<Due> due = fixture.due();
    assertThat(refusal(due.get(0)).reason()).isEqualTo(WaitReason.REFUSING);
    due.forEach(fixture.delivery()::release);
    mustDeliverOnly("finance");
    passes(Duration.ofMinutes(1));
    due = fixture.due();
    Sending probe = fixture.delivery().begin(due.get(0));
    assertThat(probe.lead().table()).isEqualTo("tech");
    assertThat(refusal(due.get(1)).reason()).isEqualTo(WaitReason.REFUSING);
    fixture.settle(probe, answered(200));
    due.forEach(fixture.delivery()::release);
    assertThat(books.webhook("tech-1").state()).isEqualTo(WebhookUse.State.OPEN);
  }

  @Test
  void aWebhookThatGetsAnotherTokenIsTriedAtOnce() throws IOException {
    Webhook refused = webhook("tech-1", 45_000);
    Table finance = table("finance", webhook("finance-1", 45_000));
    with(Budgets.none(), table("tech", refused), finance);
    storeBoth();
    fixture.settle(fixture.begin(), answered(401));
    List<Due> due = fixture.due();
    assertThat(refusal(due.get(0)).reason()).isEqualTo(WaitReason.REFUSING);
    due.forEach(fixture.delivery()::release);
    mustDeliverOnly("finance");
    fixture
        .delivery()
        .apply(DeliveryFixture.catalogue(Budgets.none(), table("tech", refused), finance));
    mustDeliverOnly("finance");
    Webhook mended =
        new Webhook(
            refused.name(),
            refused.table(),
            refused.id(),
            refused.url(),
            new Secret("another token"),
            refused.cap(),
            refused.used(),
            refused.clayTable());
    fixture
        .delivery()
        .apply(DeliveryFixture.catalogue(Budgets.none(), table("tech", mended), finance));
    Sending probe = fixture.begin();
    assertThat(probe.lead().table()).isEqualTo("tech");
    fixture.settle(probe, answered(200));
    assertThat(books.webhook("tech-1").state()).isEqualTo(WebhookUse.State.OPEN);
  }

  private void has(Run run, LeadState state, long leads) {
    assertThat(books.account(run).states().getOrDefault(state, 0L))
        .as("%s", state)
        .isEqualTo(leads);
  }

  @Test
  void whatDoesNotFitIntoTheDayIsHeldAtIntakeAndGoesByItselfWhenItTurns() throws IOException {
    with(CAPPED, table("tech", webhook("tech-1", 45_000)));
    Run run = books.stored("leads", "tech", 4);
    has(run, LeadState.QUEUED, 2);
    has(run, LeadState.HELD, 2);
    fixture.settle(fixture.begin(), answered(200));
    fixture.settle(fixture.begin(), answered(200));
    assertThat(fixture.due()).isEmpty();
    assertThat(waiting("tech")).as("a table of which leads are held does not wait").isNull();
    assertThat(books.line(run.id() + "-4").reason())
        .contains("day 2026-11-25", "12 Data Credits", "turns at 2026-11-26T00:00:00Z");
    books.clock().set(Instant.parse("2026-11-26T00:00:00Z"));
    List<Due> due = fixture.due();
    assertThat(due).extracting(Due::record).containsExactly(3L, 4L);
    fixture.settle(fixture.delivery().begin(due.get(0)), answered(200));
    assertThat(books.spent("day 2026-11-25")).isEqualTo(List.of(12_000L, 8_000L));
    assertThat(books.spent("day 2026-11-26")).isEqualTo(List.of(6_000L, 4_000L));
  }

  @Test
  void aRefusalHoldsTheRestOfItsTableAndNotTheCheaperOnes() throws IOException {
    Table free = priced("free", "0", webhook("free-1", 45_000));
    with(Budgets.none(), table("tech", webhook("tech-1", 45_000)), free);
    Run tech = books.stored("tech", "tech", 3);
    Run other = books.stored("free", "free", 3);
    List<Due> due = fixture.due();
    fixture
        .delivery()
        .apply(DeliveryFixture.catalogue(CAPPED, table("tech", webhook("tech-1", 45_000)), free));
    fixture.settle(fixture.delivery().begin(due.get(0)), answered(200));
    fixture.settle(fixture.delivery().begin(due.get(1)), answered(200));
    assertThat(refusal(due.get(2)).reason()).isEqualTo(WaitReason.BUDGET);
    due.forEach(fixture.delivery()::release);
    assertThat(fixture.due()).extracting(Due::table).containsOnly("free").hasSize(3);
    has(tech, LeadState.HELD, 1);
    has(other, LeadState.QUEUED, 3);
  }

  @Test
  void whatClayRefusesMakesRoomForAHeldLead() throws IOException {
    with(CAPPED, table("tech", webhook("tech-1", 45_000)));
    Run run = books.stored("leads", "tech", 4);
    fixture.settle(fixture.begin(), answered(400));
    fixture.due().forEach(fixture.delivery()::release);
    passes(Duration.ofSeconds(1));
    assertThat(fixture.due()).extracting(Due::record).containsExactly(2L, 3L);
    has(run, LeadState.HELD, 1);
  }

  @Test
  void onlyTheRunsThatAreDeliveredLeaveTheLine() throws IOException {
    with(CAPPED, table("tech", webhook("tech-1", 45_000)));
    Run before = books.stored("before", "tech", 4);
    books.clock().set(Instant.parse("2026-11-26T00:00:00Z"));
    books.ledger().cancel(new LeadSelection(before.id(), null, 1L));
    books.ledger().cancel(new LeadSelection(before.id(), null, 2L));
    Run run = books.run("leads");
    fixture.delivery().only(Set.of(run.id()));
    books.store(run, "tech", 3);
    has(run, LeadState.QUEUED, 2);
    fixture.delivery().balance();
    has(before, LeadState.HELD, 2);
    assertThat(fixture.due()).extracting(Due::run).containsOnly(run.id()).hasSize(2);
  }

  @Test
  void a429PausesTheWholeWorkspaceAndHalvesItsPaceOnce() {
    storeBoth();
    assertThat(fixture.delivery().throttle(WORKSPACE).permits()).isEqualTo(1);
    assertThat(fixture.delivery().throttle(WORKSPACE).periodMillis()).isEqualTo(125);
    List<Due> due = fixture.due();
    Sending first = fixture.delivery().begin(due.get(0));
    Sending second = fixture.delivery().begin(due.get(1));
    fixture.settle(first, answered(429, "5"));
    fixture.settle(second, answered(429, "5"));
    assertThat(fixture.delivery().throttle(WORKSPACE).periodMillis()).isEqualTo(250);
    NotSent paused = refusal(due.get(2));
    assertThat(paused.reason()).isEqualTo(WaitReason.PAUSED);
    assertThat(paused.until()).isEqualTo(START.plusSeconds(5));
    due.forEach(fixture.delivery()::release);
    assertThat(fixture.due()).isEmpty();
    assertThat(waiting("tech")).as("a short pause is no news").isNull();
    passes(Duration.ofSeconds(5));
    fixture.delivery().begin(fixture.due().get(0));
    passes(Duration.ofMinutes(2));
    assertThat(fixture.delivery().throttle(WORKSPACE).periodMillis()).isCloseTo(166, within(1L));
    passes(Duration.ofMinutes(2));
    assertThat(fixture.delivery().throttle(WORKSPACE).periodMillis()).isEqualTo(125);
  }

  @Test
  void aLeadThatSomebodyElseMovedHindersNothing() {
    storeBoth();
    List<Due> due = fixture.due();
    fixture.settle(fixture.delivery().begin(due.get(0)), answered(200));
    assertThat(refusal(due.get(0)).reason()).isEqualTo(WaitReason.NOT_DUE);
    due.forEach(fixture.delivery()::release);
    mustDeliverOnly("tech");
  }

  @Test
  void whatARouteHadWhenItFailedIsQueuedAgainButForWhatTheWindowTook() {
    storeBoth();
    List<Due> due = fixture.due();
    assertThat(fixture.delivery().take(due.get(0))).isTrue();
    assertThat(fixture.delivery().take(due.get(0))).as("taken twice").isFalse();
    fails(null);
    assertThat(fixture.delivery().take(due.get(1))).as("taken though it went back").isFalse();
    for (String table : List.of("tech", "finance")) {
      assertThat(waiting(table))
          .isNotNull()
          .satisfies(
              waits -> {
                assertThat(waits.kind()).isEqualTo(WaitReason.ROUTE_FAILED);
                assertThat(waits.reason())
                    .contains("Route deliver-main fails (IllegalStateException)", "see the log");
              });
    }
    fixture.delivery().begin(due.get(0));
    passes(Duration.ofMillis(4_999));
    assertThat(fixture.due()).isEmpty();
    passes(Duration.ofMillis(1));
    assertThat(fixture.due()).hasSize(ROOM).contains(due.get(1)).doesNotContain(due.get(0));
    assertThat(waiting("tech")).isNull();
  }

  @Test
  void aRouteThatFailsForOneLeadHoldsUpNoOtherTable() {
    storeBoth();
    List<Due> due = fixture.due();
    fails(due.get(0));
    assertThat(fixture.delivery().take(due.get(0))).isFalse();
    assertThat(fixture.delivery().take(due.get(1))).isTrue();
    due.forEach(fixture.delivery()::release);
    mustDeliverOnly("finance");
    assertThat(waiting("tech")).extracting(Waiting::kind).isEqualTo(WaitReason.ROUTE_FAILED);
  }

  private void fails(@Nullable Due lead) {
    fixture
        .delivery()
        .failed(WORKSPACE, "deliver-main", lead, new IllegalStateException("an edited route"));
  }

  @Test
  void whereARouteEndsBeforeBeginItsTableWaitsFiveSeconds() {
    storeBoth();
    List<Due> due = fixture.due();
    fixture.settle(fixture.delivery().begin(due.get(0)), answered(200));
    fixture.delivery().ended(due.get(0));
    due.forEach(fixture.delivery()::release);
    mustDeliverOnly("tech");
    Due offered = fixture.due().get(0);
    fixture.delivery().ended(offered);
    fixture.delivery().release(offered);
    passes(Duration.ofMillis(4_999));
    fixture.due().forEach(fixture.delivery()::release);
    assertThat(waiting("tech"))
        .isNotNull()
        .satisfies(
            waits -> {
              assertThat(waits.kind()).isEqualTo(WaitReason.ROUTE_FAILED);
              assertThat(waits.reason()).contains("tech", "ends before the step begin");
            });
  }

  @Test
  void afterAFailureOnTheWayItsTableWaitsFiveSeconds() {
    storeBoth();
    List<Due> due = fixture.due();
    fixture.delivery().notSent(due.get(0), new IllegalStateException("an edited route"));
    due.forEach(fixture.delivery()::release);
    passes(Duration.ofMillis(4_999));
    mustDeliverOnly("finance");
    assertThat(waiting("tech"))
        .isNotNull()
        .satisfies(
            waits -> {
              assertThat(waits.kind()).isEqualTo(WaitReason.ROUTE_FAILED);
              assertThat(waits.reason()).contains("IllegalStateException", "tech");
            });
    passes(Duration.ofMillis(1));
    mustDeliverOnly("tech");
  }

  // ---- Stopping and leading ----

  @Test
  void afterStopNothingBeginsAndWhatIsOnTheWireIsSettled() {
    books.stored("leads", "tech", 3);
    List<Due> due = fixture.due();
    Sending onTheWire = fixture.delivery().begin(due.get(0));
    fixture.delivery().stop();
    assertThat(fixture.due()).isEmpty();
    assertThat(refusal(due.get(1)).reason()).isEqualTo(WaitReason.STOPPING);
    fixture.settle(onTheWire, answered(200));
    assertThat(books.line(onTheWire.lead().leadId()).state()).isEqualTo(LeadState.ACCEPTED);
    fixture.delivery().resign();
    assertThat(books.snapshot().workspaces().get(0).leaseUntil()).isEqualTo(Instant.EPOCH);
  }

  @Test
  void aNodeThatDoesNotLeadDeliversNothing() {
    books.stored("leads", "tech", 3);
    Due lead = fixture.due().get(0);
    Delivery other = fixture.delivery(POLICY, LEAST, "other node", false);
    assertThat(fixture.due()).isEmpty();
    assertThat(catchThrowableOfType(NotSent.class, () -> other.begin(lead)).reason())
        .isEqualTo(WaitReason.NOT_LEADER);
    passes(POLICY.lease());
    assertThat(fixture.due()).as("silent for a second").isEmpty();
    passes(Duration.ofSeconds(1));
    assertThat(fixture.due()).hasSize(3);
  }

  @Test
  void aLeaderRenewsItsLeaseBeforeItEnds() {
    books.stored("leads", "tech", 3);
    for (int i = 0; i < 10; i++) {
      fixture.due().forEach(fixture.delivery()::release);
      passes(POLICY.lease().dividedBy(3));
    }
    assertThat(fixture.due()).hasSize(3);
    assertThat(books.snapshot().workspaces().get(0).epoch()).isEqualTo(1);
  }

  @Test
  void anOfferOutlastsTheWaitForItsTurnAtALowRate() {
    // A lead in 124 seconds: the second one on offer waits longer than an offer lasts otherwise.
    fixture
        .delivery()
        .apply(
            DeliveryFixture.catalogue(
                new Workspace(WORKSPACE, 8, 29),
                Budgets.none(),
                table("tech", webhook("tech-1", 45_000))));
    assertThat(fixture.due()).isEmpty();
    books.stored("leads", "tech", 10);
    List<Due> offered = fixture.due();
    assertThat(offered).hasSize(2);
    passes(OFFERS_LAST);
    assertThat(fixture.due()).as("neither is offered twice").isEmpty();
    passes(Duration.ofMinutes(6));
    assertThat(fixture.due()).as("both were lost").isEqualTo(offered);
  }

  @Test
  void aLeadOnTheWireOutlastsTheEndOfAnotherOfferOfIt() {
    books.stored("leads", "tech", 1);
    Due frozen = fixture.due().get(0);
    assertThat(fixture.delivery().take(frozen)).isTrue();
    passes(OFFERS_LAST);
    Due again = fixture.due().get(0);
    assertThat(fixture.delivery().take(again)).isTrue();
    Sending sending = fixture.delivery().begin(frozen);
    assertThat(refusal(again).reason()).isEqualTo(WaitReason.NOT_DUE);
    fixture.release(again);
    assertThat(fixture.due()).isEmpty();
    fixture.delivery().post(sending);
    fixture.settle(sending, answered(200));
    assertThat(books.line(sending).state()).isEqualTo(LeadState.ACCEPTED);
    assertThat(books.line(sending).possibleDuplicate()).isFalse();
  }

  @Test
  void anOfferThatWasTakenForLostIsNotTakenInTheNameOfAnother() {
    books.stored("leads", "tech", 1);
    Due late = fixture.due().get(0);
    passes(OFFERS_LAST);
    Due again = fixture.due().get(0);
    assertThat(fixture.delivery().take(late)).isFalse();
    fixture.release(late);
    assertThat(fixture.delivery().take(again)).isTrue();
  }

  @Test
  void whatWaitsForATimeFarAwaySinceTheClockWasSetBackGoesOnAfterAStart() {
    storeBoth();
    List<Due> due = fixture.due();
    Sending failed = fixture.delivery().begin(due.get(0));
    Sending refused = fixture.delivery().begin(due.get(1));
    fixture.settle(failed, answered(429, "60"));
    fixture.settle(refused, answered(401));
    books.clock().set(START.minus(Duration.ofHours(3)));
    fixture.delivery(POLICY, LEAST, "next process", true);
    assertThat(fixture.due()).as("silent for a second").isEmpty();
    passes(Duration.ofSeconds(1));
    assertThat(fixture.begin().lead().leadId()).isEqualTo(failed.lead().leadId());
  }

  @Test
  void whatWasOnTheWireForAnotherWorkspaceIsSettledOnceNoAnswerCanCome() {
    books.stored("leads", "tech", 1);
    Due lead = fixture.due().get(0);
    fixture.delivery().release(lead);
    Lease elsewhere =
        books.ledger().lead("elsewhere", "dead node", POLICY.lease(), true).orElseThrow();
    Table table = table("tech", webhook("tech-1", 45_000));
    Sending sending =
        books
            .ledger()
            .begin(
                lead,
                elsewhere,
                (uses, now) -> Webhooks.choose(table, uses, now),
                fixture.delivery()::budget);
    passes(POLICY.answerBy().minusMillis(1));
    fixture.delivery().recoverMoved();
    assertThat(books.line(sending).state()).isEqualTo(LeadState.SENDING);
    passes(Duration.ofMillis(1));
    fixture.delivery().recoverMoved();
    assertThat(books.line(sending).state()).isEqualTo(LeadState.QUEUED);
    assertThat(books.line(sending).possibleDuplicate()).isTrue();
  }

  @Test
  void aWaitOutlastsAStart() {
    books.stored("leads", "tech", 1);
    fixture.settle(fixture.begin(), answered(429, "60"));
    fixture.delivery(POLICY, LEAST, "next process", true);
    assertThat(fixture.due()).as("silent for a second").isEmpty();
    passes(Duration.ofSeconds(59));
    assertThat(fixture.due()).isEmpty();
    passes(Duration.ofSeconds(1));
    assertThat(fixture.due()).hasSize(1);
  }

  @Test
  void aLeaderThatLostItsLeaseBeginsNothing() {
    books.stored("leads", "tech", 3);
    List<Due> due = fixture.due();
    books.lead("another node");
    assertThat(refusal(due.get(0)).reason()).isEqualTo(WaitReason.NOT_LEADER);
  }

  @Test
  void theNextLeaderSendsWhatWasOnTheWireAgainAsAPossibleDuplicate() {
    books.stored("leads", "tech", 1);
    Sending lost = fixture.begin();
    fixture.delivery(POLICY, LEAST, "next process", true);
    assertThat(fixture.due()).as("silent for a second").isEmpty();
    passes(Duration.ofSeconds(1));
    Sending again = fixture.begin();
    assertThat(again.lead().leadId()).isEqualTo(lost.lead().leadId());
    assertThat(again.number()).isEqualTo(2);
    assertThat(books.line(again.lead().leadId()).possibleDuplicate()).isTrue();
  }

  @Test
  void whereAnotherNodeMayLiveItsLeadsAreGivenTheTimeOfTheirAnswers() {
    books.stored("leads", "tech", 2);
    Sending others = fixture.begin();
    passes(POLICY.lease());
    fixture.delivery(POLICY, LEAST, "another node", false);
    fixture.due();
    assertThat(books.line(others.lead().leadId()).state()).isEqualTo(LeadState.SENDING);
    books.stored("more", "tech", 1);
    for (Duration waited = Duration.ZERO;
        waited.compareTo(POLICY.answerBy()) < 0;
        waited = waited.plus(POLICY.lease().dividedBy(3))) {
      assertThat(books.line(others.lead().leadId()).state()).isEqualTo(LeadState.SENDING);
      passes(POLICY.lease().dividedBy(3));
      fixture.due();
    }
    passes(POLICY.lease().dividedBy(3));
    fixture.due();
    assertThat(books.line(others.lead().leadId()))
        .satisfies(
            line -> {
              assertThat(line.state()).isEqualTo(LeadState.QUEUED);
              assertThat(line.possibleDuplicate()).isTrue();
            });
  }

  @Test
  void aNodeThatWasFrozenSendsNothingThatItHadBegunAndItIsNoDuplicate() {
    Delivery node = fixture.delivery(POLICY, LEAST, "node", false);
    books.stored("leads", "tech", 2);
    List<Due> due = fixture.due();
    Sending first = node.begin(due.get(0));
    Sending second = node.begin(due.get(1));
    passes(POLICY.lease().minusMillis(1));
    assertThat(node.mayLeave(first)).isTrue();
    passes(Duration.ofMillis(1));
    assertThat(node.mayLeave(first)).as("another node may lead by now").isFalse();
    node.due(WORKSPACE);
    assertThat(node.mayLeave(first)).as("none did").isTrue();

    passes(POLICY.lease());
    Delivery other = fixture.delivery(POLICY, LEAST, "other node", false);
    other.due(WORKSPACE);
    node.due(WORKSPACE);
    assertThat(node.mayLeave(first)).isFalse();
    passes(POLICY.lease());
    node.due(WORKSPACE);
    assertThat(node.mayLeave(first)).as("begun under an older lease").isFalse();
    for (Sending sending : List.of(first, second)) {
      node.settle(sending, ended(Reply.Kind.TURNED_BACK));
      fixture.release(sending.lead());
      assertThat(books.line(sending.lead().leadId()))
          .satisfies(
              line -> {
                assertThat(line.state()).isEqualTo(LeadState.QUEUED);
                assertThat(line.attempts()).isZero();
                assertThat(line.possibleDuplicate()).isFalse();
              });
    }
    assertThat(books.ledger().webhooks("tech").get(0).used()).isZero();
    assertThat(fixture.breakers.of("tech").getMetrics().getNumberOfFailedCalls()).isZero();
  }

  @Test
  void aNodeWhoseRouteIsStoppedGivesItsWorkspaceUp() {
    Delivery node = fixture.delivery(POLICY, LEAST, "node", false);
    node.beat();
    books.stored("leads", "tech", 1);
    node.release(node.due(WORKSPACE).get(0));
    fixture.stoppedRoutes.put(WORKSPACE, "stopped");
    node.beat();
    assertThat(books.ledger().roster().leases())
        .singleElement()
        .satisfies(lease -> assertThat(lease.until()).isEqualTo(Instant.EPOCH));
    assertThat(waiting("tech"))
        .as("until another one leads")
        .extracting(Waiting::reason)
        .isEqualTo("stopped");
    passes(Duration.ofMinutes(1));
    assertThat(node.due(WORKSPACE)).isEmpty();
    fixture.stoppedRoutes.clear();
    node.beat();
    assertThat(node.due(WORKSPACE)).hasSize(1);
    assertThat(waiting("tech")).isNull();
  }

  @Test
  void whereNothingIsPutOnOfferEveryTableSaysWhyUntilItIs() {
    storeBoth();
    fixture.stoppedRoutes.put(WORKSPACE, "Route deliver-main is stopped: start it");
    fixture.delivery().start();
    fixture.delivery().beat();
    for (String table : List.of("tech", "finance")) {
      assertThat(waiting(table))
          .isEqualTo(
              new Waiting(
                  WaitReason.ROUTE_STOPPED, "Route deliver-main is stopped: start it", START));
    }
    fixture.stoppedRoutes.clear();
    fixture.delivery().beat();
    assertThat(fixture.due()).hasSize(ROOM);
    assertThat(waiting("tech")).isNull();
    assertThat(waiting("finance")).isNull();
  }

  @Test
  void aNodeThatOwesOutcomesGivesNoWorkspaceUp() {
    Delivery node = fixture.delivery(POLICY, LEAST, "node", false);
    node.beat();
    books.stored("leads", "tech", 1);
    Sending sending = fixture.begin();
    books.breakDown();
    fixture.settle(sending, answered(200));
    books.mend();
    fixture.stoppedRoutes.put(WORKSPACE, "stopped");
    node.beat();
    assertThat(books.ledger().roster().leases())
        .singleElement()
        .satisfies(lease -> assertThat(lease.until()).isAfter(books.clock().instant()));
    assertThat(books.line(sending).state()).isEqualTo(LeadState.SENDING);
    fixture.due();
    assertThat(books.line(sending).state()).isEqualTo(LeadState.ACCEPTED);
    node.beat();
    assertThat(books.ledger().roster().leases())
        .singleElement()
        .satisfies(lease -> assertThat(lease.until()).isEqualTo(Instant.EPOCH));
  }

  @Test
  void theLeadersNoteOfATableCountsWhateverAnotherNodeNotes() {
    Delivery node = fixture.delivery(POLICY, LEAST, "node", false);
    fixture.due();
    books
        .ledger()
        .waiting(Map.of("tech", new Waiting(WaitReason.NO_TABLE, "not in clay.yaml", null)));
    passes(POLICY.lease().dividedBy(3));
    node.due(WORKSPACE);
    assertThat(books.ledger().waiting()).isEmpty();
  }

  @Test
  void aNodeThatLeadsNothingGoesOnTooWhenTheLedgerCanBeUsedAgain() {
    fixture.due();
    Delivery other = fixture.delivery(POLICY, LEAST, "other node", false);
    assertThat(other.due(WORKSPACE)).isEmpty();
    books.breakDown();
    other.standStill(
        catchThrowableOfType(
            LedgerUnavailable.class,
            () -> books.ledger().lead(WORKSPACE, "x", POLICY.lease(), true)));
    books.mend();
    assertThat(other.standsStill()).isTrue();
    passes(Duration.ofSeconds(6));
    assertThat(other.due(WORKSPACE)).isEmpty();
    assertThat(other.standsStill()).isFalse();
  }

  // ---- A ledger that cannot be written ----

  @Test
  void anAnswerThatCannotBeBookedIsBookedLaterAndTheLeadNotSentAgain() {
    books.stored("leads", "tech", 3);
    Sending sending = fixture.begin();
    books.breakDown();
    fixture.settle(sending, answered(200));
    assertThat(fixture.due()).isEmpty();
    assertThat(fixture.delivery().standsStill()).isTrue();
    for (int i = 0; i < 5; i++) {
      passes(Duration.ofSeconds(6));
      assertThat(fixture.due()).isEmpty();
      assertThat(books.line(sending).state()).isEqualTo(LeadState.SENDING);
    }
    books.mend();
    assertThat(fixture.due()).as("looked at again only after a while").isEmpty();
    passes(Duration.ofSeconds(6));
    assertThat(fixture.due()).extracting(Due::leadId).doesNotContain(sending.lead().leadId());
    assertThat(books.line(sending).state()).isEqualTo(LeadState.ACCEPTED);
    assertThat(books.line(sending).possibleDuplicate()).isFalse();
    assertThat(fixture.delivery().standsStill()).isFalse();
  }

  @Test
  void aLeadThatCannotBeBegunStaysQueuedAndCostsNothing() {
    books.stored("leads", "tech", 3);
    List<Due> due = fixture.due();
    books.breakDown();
    refusal(due.get(0));
    assertThat(fixture.delivery().standsStill()).isTrue();
    books.mend();
    assertThat(refusal(due.get(1)).getMessage())
        .as("nothing is tried for a while")
        .contains("silent");
    due.forEach(fixture.delivery()::release);
    passes(Duration.ofSeconds(6));
    List<Due> again = fixture.due();
    assertThat(again).hasSize(3);
    assertThat(fixture.delivery().begin(again.get(0)).number()).isEqualTo(1);
  }

  @Test
  void anOutcomeAtWhichADriverStumbledIsHandedInOnceMore() {
    books.stored("leads", "tech", 1);
    Sending sending = fixture.begin();
    books.clock().surprise(new AssertionError("getAutoCommit() should not throw"));
    fixture.delivery().settle(sending, answered(200));
    fixture.delivery().release(sending.lead());
    await()
        .untilAsserted(
            () -> {
              assertThat(fixture.due()).isEmpty();
              assertThat(books.line(sending).state()).isEqualTo(LeadState.ACCEPTED);
            });
  }

  @Test
  void anOutcomeThatNothingCanBookHoldsNobodyUpAndIsInDoubtFromTheNextStartOn() {
    books.stored("leads", "tech", 1);
    Sending sending = fixture.begin();
    books.clock().surprise(new AssertionError("once"));
    books.clock().surprise(new AssertionError("and again"));
    fixture.delivery().settle(sending, answered(200));
    fixture.delivery().release(sending.lead());
    fixture.delivery().resign();
    assertThat(books.line(sending).state()).isEqualTo(LeadState.SENDING);
    assertThat(fixture.delivery(POLICY, LEAST, "the next start", true).due(WORKSPACE)).isEmpty();
    assertThat(books.line(sending).state()).isEqualTo(LeadState.QUEUED);
    assertThat(books.line(sending).possibleDuplicate()).isTrue();
  }

  @Test
  void whatIsOwedIsBookedBeforeKilnStops() {
    books.stored("leads", "tech", 1);
    Sending sending = fixture.begin();
    books.breakDown();
    fixture.settle(sending, answered(200));
    assertThat(catchThrowable(() -> fixture.delivery().resign()))
        .isInstanceOf(LedgerUnavailable.class);
    books.mend();
    fixture.delivery().resign();
    assertThat(books.line(sending).state()).isEqualTo(LeadState.ACCEPTED);
  }

  // ---- What the routes ask ----

  @Test
  void theRecipientNamesTheWebhookAndNeverItsUrl() {
    books.stored("leads", "tech", 1);
    Sending sending = fixture.begin();
    assertThat(fixture.delivery().recipient(sending)).isEqualTo("clay:tech-1");
    assertThat(fixture.delivery().body(sending))
        .containsEntry("lead_id", sending.lead().leadId())
        .containsEntry("email", "lead1@example.com");
  }

  @Test
  void aStartLeavesNoNoteOfALookFromBeforeTheRoutesRan() {
    fixture.due();
    books.stored("leads", "tech", 1);
    fixture.stoppedRoutes.put("tech", "Route table-tech is stopped on this node");
    int before = fixture.looks.get();
    List<CompletableFuture<Void>> looks = new ArrayList<>();
    books.locked(
        () -> {
          looks.add(CompletableFuture.runAsync(fixture::due, Together.threads()));
          await().until(() -> fixture.looks.get() == before + 2);
          fixture.stoppedRoutes.clear();
          looks.add(
              CompletableFuture.runAsync(() -> fixture.delivery().start(), Together.threads()));
        });
    looks.get(1).join();
    assertThat(waiting("tech")).isNull();
    looks.get(0).join();
    assertThat(waiting("tech")).isNull();
  }

  @Test
  void whileATableIsHeldTheOthersGoOnAndOnlyItsOwnLeadsAreWaitedFor() {
    books.stored("first", "tech", 1);
    Sending tech = fixture.begin();
    books.stored("second", "tech", 1);
    books.stored("third", "finance", 1);
    fixture.delivery().hold(Set.of("tech"));
    assertThat(fixture.delivery().empties(Duration.ZERO)).isFalse();
    List<Due> due = fixture.due();
    assertThat(due).extracting(Due::table).containsExactly("finance");
    assertThat(waiting("tech")).as("it is no news").isNull();
    fixture.settle(tech, DeliveryFixture.answered(200));
    assertThat(fixture.delivery().empties(Duration.ZERO)).as("but for finance's").isTrue();
    fixture.delivery().goOn();
    assertThat(fixture.due()).extracting(Due::table).containsExactly("tech");
  }

  // ---- What the operator changes ----

  @Test
  void theOperatorsRateHoldsAtOnceUntilItIsTakenBack() {
    assertThat(fixture.delivery().throttle(WORKSPACE).rate()).isEqualTo(8);
    books.ledger().rate(WORKSPACE, new BigDecimal("20"));
    fixture.due();
    assertThat(fixture.delivery().throttle(WORKSPACE).rate()).isEqualTo(20);
    books.ledger().rate(WORKSPACE, null);
    fixture.due();
    assertThat(fixture.delivery().throttle(WORKSPACE).rate()).isEqualTo(8);
  }

  @Test
  void aChangedCatalogueIsInForceForTheNextLeadAndNotForOneOnTheWire() {
    books.stored("leads", "tech", 3);
    Sending onTheWire = fixture.begin();
    fixture
        .delivery()
        .apply(
            DeliveryFixture.catalogue(
                Budgets.none(),
                table("tech", webhook("tech-9", 45_000)),
                table("finance", webhook("finance-1", 45_000))));
    assertThatThrownBy(() -> fixture.delivery().post(onTheWire))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("tech-1 is no longer in clay.yaml");
    fixture.settle(onTheWire, answered(200));
    Sending next = fixture.begin();
    assertThat(next.webhook().name()).isEqualTo("tech-9");
    assertThat(fixture.delivery().post(next).name()).isEqualTo("tech-9");
    assertThat(books.webhook("tech-9").used()).isEqualTo(1);
  }

  @Test
  void tablesAndWebhooksComeAndGo() {
    fixture
        .delivery()
        .apply(
            DeliveryFixture.catalogue(
                Budgets.none(),
                table("tech", webhook("tech-9", 45_000)),
                table("banks", webhook("banks-1", 45_000))));
    assertThat(fixture.delivery().hasWebhook("tech-1")).isFalse();
    assertThat(fixture.delivery().hasWebhook("tech-9")).isTrue();
    assertThat(fixture.delivery().hasWebhook("banks-1")).isTrue();
  }

  @Test
  void aRaisedBudgetLetsItsLeadsGoAtOnce() throws IOException {
    with(CAPPED, table("tech", webhook("tech-1", 45_000)));
    books.stored("leads", "tech", 3);
    fixture.settle(fixture.begin(), answered(200));
    fixture.settle(fixture.begin(), answered(200));
    assertThat(fixture.due()).isEmpty();
    fixture
        .delivery()
        .apply(DeliveryFixture.catalogue(Budgets.none(), table("tech", webhook("tech-1", 45_000))));
    assertThat(fixture.due()).hasSize(1);
  }

  @Test
  void aLoweredBudgetHoldsTheNewestOfTheQueue() {
    Run run = books.stored("leads", "tech", 5);
    fixture
        .delivery()
        .apply(
            DeliveryFixture.catalogue(
                CAPPED,
                table("tech", webhook("tech-1", 45_000)),
                table("finance", webhook("finance-1", 45_000))));
    assertThat(fixture.due()).extracting(Due::record).containsExactly(1L, 2L);
    has(run, LeadState.HELD, 3);
  }

  // ---- Routes that fail behind begin ----

  @Test
  void aLeadThatWasBegunAndNotPostedCostsNothing() {
    books.stored("leads", "tech", 1);
    Sending sending = fixture.begin();
    fixture.release(sending.lead());
    assertThat(books.line(sending.lead().leadId()))
        .satisfies(
            line -> {
              assertThat(line.state()).isEqualTo(LeadState.QUEUED);
              assertThat(line.attempts()).isZero();
              assertThat(line.possibleDuplicate()).isFalse();
              assertThat(line.reason()).contains("see the log");
            });
    assertThat(books.webhook("tech-1").used()).isZero();
  }

  @Test
  void aLeadThatWasPostedAndNotSettledIsInDoubt() {
    books.stored("leads", "tech", 1);
    Sending sending = fixture.begin();
    fixture.delivery().post(sending);
    assertThatThrownBy(() -> fixture.delivery().post(sending))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("one post");
    fixture.release(sending.lead());
    assertThat(books.line(sending.lead().leadId()))
        .satisfies(
            line -> {
              assertThat(line.state()).isEqualTo(LeadState.QUEUED);
              assertThat(line.attempts()).isEqualTo(1);
              assertThat(line.possibleDuplicate()).isTrue();
            });
    assertThat(books.webhook("tech-1").used()).isEqualTo(1);
  }

  @Test
  void aLeadGoesOnBeforeItsOutcomeIsInTheLedger() {
    books.stored("leads", "tech", 1);
    Sending sending = fixture.begin();
    books.locked(
        () -> {
          fixture.delivery().settle(sending, answered(200));
          fixture.delivery().release(sending.lead());
          assertThat(books.line(sending).state()).isEqualTo(LeadState.SENDING);
        });
    books.settled();
    assertThat(books.line(sending).state()).isEqualTo(LeadState.ACCEPTED);
  }

  @Test
  void aLeadIsNotPostedBehindItsSettle() {
    books.stored("leads", "tech", 1);
    Sending sending = fixture.begin();
    fixture.delivery().settle(sending, answered(200));
    assertThatThrownBy(() -> fixture.delivery().post(sending))
        .isInstanceOf(IllegalStateException.class);
    fixture.release(sending.lead());
    assertThat(books.line(sending.lead().leadId()).state()).isEqualTo(LeadState.ACCEPTED);
  }
}
