package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.START;
import static dev.kiln.ledger.LedgerFixture.accepted;
import static dev.kiln.ledger.LedgerFixture.charge;
import static dev.kiln.ledger.LedgerFixture.refused;
import static dev.kiln.ledger.LedgerFixture.unknown;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.tuple;

import dev.kiln.ledger.LedgerFixture.Row;
import dev.kiln.ledger.LedgerView.Held;
import dev.kiln.ledger.LedgerView.Spending;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What budgets hold and let go. A lead takes one credit and two actions. */
final class BudgetTest {
  private static final String DAY = "day 2026-11-25";
  private static final Instant TURNS = START.plus(Duration.ofHours(14));
  private static final LeadSelection ALL = new LeadSelection(null, null, null);

  private LedgerFixture books;
  private Lease lease;

  @BeforeEach
  void open(@TempDir Path data) {
    books = LedgerFixture.in(data);
    books
        .ledger()
        .register(List.of(webhook("tech-1", "tech", 0), webhook("finance-1", "finance", 0)));
    lease = books.lead("node");
  }

  @AfterEach
  void balanced() {
    books.mustBalance();
    books.close();
  }

  /** So many credits a day from now on. */
  private void day(long credits) {
    books.budgets(now -> charge(credits * 1000, 0, DAY));
  }

  /** So many credits a run from now on, and a day. */
  private void run(long credits, long day) {
    Budget budget = charge(day * 1000, 0, DAY);
    books.budgets(
        now ->
            new Budget(
                budget.costs(),
                new Budget.Caps(new Amount(credits * 1000, 0), Map.of()),
                budget.periods(),
                null));
  }

  private Sending send(String table, Settlement outcome) {
    Sending sending = books.begin(books.due(table).get(0), lease);
    books.settle(sending, outcome);
    return sending;
  }

  private List<Long> queued(String table) {
    return books.due(table).stream().map(Due::record).toList();
  }

  private List<Held> held() {
    return books.snapshot().budget().held();
  }

  // ---- Intake ----

  @Test
  void intakeAdmitsUpToWhatIsNeitherSpentNorPromised() {
    day(4);
    Run first = books.stored("first", "tech", 2);
    send("tech", accepted());
    Run second = books.stored("second", "finance", 4);
    assertThat(books.account(first).states())
        .containsOnly(entry(LeadState.ACCEPTED, 1L), entry(LeadState.QUEUED, 1L));
    assertThat(books.account(second).states())
        .containsOnly(entry(LeadState.QUEUED, 2L), entry(LeadState.HELD, 2L));
    assertThat(held())
        .singleElement()
        .satisfies(
            some -> {
              assertThat(some.run()).isEqualTo(second.id());
              assertThat(some.by()).isEqualTo(Holder.BUDGET);
              assertThat(some.leads()).isEqualTo(2);
              assertThat(some.reason())
                  .isEqualTo(
                      "The budget of the day 2026-11-25 (4 Data Credits) has no room for it; it turns at "
                          + TURNS
                          + ". To go on now, raise budgets in config/clay.yaml");
              assertThat(some.until()).isEqualTo(TURNS);
            });
    assertThat(books.line(second.id() + "-3").reason()).isEqualTo(held().get(0).reason());
  }

  @Test
  void intakeTellsOnceWhyLeadsAreHeld() {
    day(1);
    Run run = books.run("leads");
    List<NewLead> leads =
        List.of(
            new NewLead(1, 2, "tech", null, "", "{}", null, List.of(), 0),
            new NewLead(2, 3, "tech", null, "", "{}", null, List.of(), 0),
            new NewLead(3, 4, "tech", null, "", "{}", null, List.of(), 0));
    Batch batch = new Batch(1, 3, 3, 0, leads);
    assertThat(
            books
                .ledger()
                .store(run, batch, LedgerFixture.DEDUPE_WINDOW, now -> charge(1000, 0, DAY))
                .await()
                .orElseThrow())
        .singleElement()
        .asString()
        .contains(DAY);
    books.store(books.run("more"), Row.of("tech"));
    assertThat(held()).hasSize(2);
  }

  @Test
  void aLeadThatStaysHeldTellsTheEndThatCountsNow() {
    day(1);
    Run run = books.stored("leads", "tech", 2);
    Instant turns = START.plus(Duration.ofHours(3));
    books.budgets(
        now ->
            new Budget(
                Map.of("tech", LedgerFixture.COST),
                Budget.Caps.NONE,
                List.of(
                    new Budget.Period(DAY, turns, new Budget.Caps(new Amount(1000, 0), Map.of()))),
                null));
    books.balance();
    assertThat(books.line(run.id() + "-2").reason()).contains("it turns at " + turns);
    assertThat(books.ledger().view().joined(run.id(), 1, 1, 1))
        .extracting(JoinedRow::reason)
        .containsExactly(books.line(run.id() + "-2").reason());
  }

  @Test
  void aNewLeadDoesNotOvertakeAHeldOneOfItsTable() {
    day(1);
    books.stored("first", "tech", 2);
    day(5);
    Run second = books.stored("second", "tech", 1);
    Run other = books.stored("other", "finance", 1);
    assertThat(books.account(second).states()).containsOnlyKeys(LeadState.HELD);
    assertThat(books.account(other).states()).containsOnlyKeys(LeadState.QUEUED);
    assertThat(books.balance().released()).isEqualTo(2);
    assertThat(held()).isEmpty();
  }

  @Test
  void aLeadThatTakesMoreThanTheWholeBudgetIsToldSo() {
    books.budgets(now -> charge(500, 0, DAY));
    books.stored("leads", "tech", 1);
    assertThat(held().get(0).reason())
        .contains("0.5 Data Credits", "no room for a single lead. To go on, raise budgets");
    assertThat(held().get(0).until()).isNull();
  }

  private static final Instant MONTH_TURNS = START.plus(Duration.ofDays(6));

  /** So many thousandths of a credit in a day and in a month. */
  private static Budget dayAndMonth(long day, long month) {
    return new Budget(
        charge(0, 0).costs(),
        Budget.Caps.NONE,
        List.of(
            new Budget.Period(DAY, TURNS, new Budget.Caps(new Amount(day, 0), Map.of())),
            new Budget.Period(
                "month 2026-11", MONTH_TURNS, new Budget.Caps(new Amount(month, 0), Map.of()))),
        null);
  }

  @Test
  void ofSeveralFullBudgetsTheOneThatTurnsLastIsTold() {
    books.budgets(now -> dayAndMonth(1000, 1000));
    Run run = books.stored("leads", "tech", 2);
    assertThat(held()).extracting(Held::until).containsExactly(MONTH_TURNS);
    assertThat(held().get(0).reason()).contains("month 2026-11", "it turns at " + MONTH_TURNS);
    books.balance();
    assertThat(held()).extracting(Held::until).containsExactly(MONTH_TURNS);
    books.budgets(now -> dayAndMonth(1000, 500));
    books.balance();
    assertThat(books.line(run.id() + "-2").reason()).contains("month 2026-11", "a single lead");
    assertThat(held()).extracting(Held::until).containsOnlyNulls();
    books.budgets(now -> dayAndMonth(500, 1000));
    books.balance();
    assertThat(held()).extracting(Held::until).containsOnlyNulls();
  }

  @Test
  void whatIsNotSentSaysWhenTheLastFullBudgetTurns() {
    books.stored("leads", "tech", 2);
    books.budgets(now -> dayAndMonth(1000, 1000));
    send("tech", accepted());
    assertThatThrownBy(() -> books.begin(books.due("tech").get(0), lease))
        .isInstanceOfSatisfying(
            NotSent.class, notSent -> assertThat(notSent.until()).isEqualTo(MONTH_TURNS))
        .hasMessageContaining("month 2026-11");
    books.budgets(now -> dayAndMonth(500, 1000));
    assertThatThrownBy(() -> books.begin(books.due("tech").get(0), lease))
        .isInstanceOfSatisfying(NotSent.class, notSent -> assertThat(notSent.until()).isNull())
        .hasMessageContaining("day 2026-11-25");
  }

  // ---- Into line ----

  @Test
  void aLoweredCapHoldsTheNewestAndARaisedOneReleasesTheOldest() {
    books.stored("leads", "tech", 1_200);
    day(100);
    assertThat(books.balance().held()).isEqualTo(1_100);
    assertThat(queued("tech")).hasSize(100).endsWith(100L);
    day(900);
    assertThat(books.balance().released()).isEqualTo(800);
    assertThat(queued("tech")).hasSize(900).endsWith(900L);
    day(0);
    assertThat(books.balance().released()).isEqualTo(300);
    assertThat(books.ledger().heldForBudget()).isFalse();
  }

  @Test
  void aResendThatFindsNoRoomHoldsTheNewest() {
    day(3);
    books.stored("leads", "tech", 3);
    send("tech", unknown(START));
    assertThat(books.balance().held()).isEqualTo(1);
    assertThat(queued("tech")).containsExactly(1L, 2L);
  }

  @Test
  void whatIsGivenBackOrCancelledMakesRoomForTheOldest() {
    day(3);
    books.stored("leads", "tech", 6);
    send("tech", refused());
    books.ledger().cancel(LeadSelection.ofLead(books.due("tech").get(0).leadId()));
    assertThat(books.balance().released()).isEqualTo(2);
    assertThat(queued("tech")).containsExactly(3L, 4L, 5L);
  }

  @Test
  void aPeriodsTurnLetsGoAndTellsTheNextOne() {
    day(2);
    Run run = books.stored("leads", "tech", 5);
    send("tech", accepted());
    send("tech", accepted());
    books.clock().set(TURNS);
    books.budgets(now -> charge(2000, 0, "day 2026-11-26"));
    Balance turned = books.balance();
    assertThat(turned.released()).isEqualTo(2);
    assertThat(turned.reasons()).singleElement().asString().contains("2026-11-26");
    assertThat(books.line(run.id() + "-5").reason()).contains("2026-11-26");
    assertThat(books.balance().reasons()).as("told once").isEmpty();
  }

  @Test
  void heldLeadsKeepTheirDueTimeAndTheirDoubt() {
    day(2);
    books.stored("leads", "tech", 2);
    Sending doubtful = send("tech", unknown(START.plusSeconds(60)));
    day(1);
    assertThat(books.balance().held()).isEqualTo(2);
    day(3);
    assertThat(books.balance().released()).isEqualTo(2);
    assertThat(queued("tech")).as("the other waits for its time").containsExactly(2L);
    assertThat(books.line(doubtful).possibleDuplicate()).isTrue();
  }

  @Test
  void aLateAcceptanceOfAHeldLeadCounts() {
    day(2);
    books.stored("leads", "tech", 2);
    Sending sending = books.begin(books.due("tech").get(0), lease);
    Lease next = books.lead("another node");
    books.ledger().recover(next.epoch(), List.of("tech"), START, 8);
    day(1);
    books.balance();
    assertThat(books.line(sending).state()).isEqualTo(LeadState.HELD);
    assertThat(books.settle(sending, accepted())).isTrue();
    assertThat(books.line(sending).state()).isEqualTo(LeadState.ACCEPTED);
  }

  // ---- Runs ----

  @Test
  void aRunsBudgetHoldsItsOwnLeadsOnly() {
    run(2, 0);
    Run first = books.stored("first", "tech", 5);
    Run second = books.stored("second", "tech", 2);
    assertThat(books.account(first).states().get(LeadState.HELD)).isEqualTo(3);
    assertThat(books.account(second).states()).containsOnlyKeys(LeadState.QUEUED);
    assertThat(held())
        .extracting(Held::by, Held::leads, Held::until)
        .containsExactly(tuple(Holder.RUN_BUDGET, 3L, null));
    assertThat(books.snapshot().budget().spendings())
        .extracting(Spending::account, Spending::cap)
        .contains(tuple("run " + first.id(), new Amount(2000, 0)));
    run(4, 0);
    assertThat(books.balance().released()).isEqualTo(2);
    assertThat(books.account(first).states().get(LeadState.HELD)).isEqualTo(1);
  }

  @Test
  void aRefusedLeadHasItsRunLookedThrough() {
    Run run = books.stored("leads", "tech", 1_200);
    books.stored("other", "tech", 1);
    run(2, 0);
    send("tech", accepted());
    send("tech", accepted());
    Due third = books.due("tech").get(0);
    assertThat(
            books
                .refusesAndChangesNothing(
                    () ->
                        books
                            .ledger()
                            .begin(
                                third,
                                lease,
                                LedgerFixture::firstUsable,
                                now ->
                                    new Budget(
                                        charge(0, 0).costs(),
                                        new Budget.Caps(new Amount(2000, 0), Map.of()),
                                        List.of(),
                                        null)))
                .reason())
        .isEqualTo(WaitReason.BUDGET);
    assertThat(books.balance(third).held()).isEqualTo(1_198);
    assertThat(books.account(run).states())
        .containsOnly(entry(LeadState.ACCEPTED, 2L), entry(LeadState.HELD, 1_198L));
    assertThat(queued("tech")).as("another run's").containsExactly(1L);
  }

  @Test
  void aLeadThatItsRunLetsGoStandsInTheLineOfItsTable() {
    run(2, 3);
    Run first = books.stored("first", "tech", 4);
    Run second = books.stored("second", "tech", 3);
    assertThat(held())
        .extracting(Held::run, Held::by, Held::leads)
        .containsExactlyInAnyOrder(
            tuple(first.id(), Holder.RUN_BUDGET, 2L), tuple(second.id(), Holder.BUDGET, 2L));
    run(3, 3);
    books.balance();
    assertThat(held())
        .extracting(Held::run, Held::by, Held::leads)
        .containsExactlyInAnyOrder(
            tuple(first.id(), Holder.BUDGET, 1L),
            tuple(first.id(), Holder.RUN_BUDGET, 1L),
            tuple(second.id(), Holder.BUDGET, 2L));
    run(3, 4);
    books.balance();
    assertThat(books.account(first).states().get(LeadState.QUEUED))
        .as("the oldest first")
        .isEqualTo(3);
  }

  @Test
  void onlySomeRunsAreLetGo() {
    day(1);
    books.stored("first", "tech", 3);
    Run second = books.stored("second", "tech", 2);
    books.budgets(
        now ->
            new Budget(
                charge(3000, 0, DAY).costs(),
                Budget.Caps.NONE,
                charge(3000, 0, DAY).periods(),
                Set.of(second.id())));
    assertThat(books.balance().released()).isEqualTo(2);
    assertThat(books.account(second).states()).containsOnlyKeys(LeadState.QUEUED);
  }

  // ---- The operator ----

  @Test
  void theOperatorReleasesWhatHeHoldsAndNotWhatABudgetHolds() {
    day(2);
    Run run = books.stored("leads", "tech", 4);
    assertThat(books.ledger().hold(LeadSelection.ofLead(run.id() + "-1"))).isEqualTo(1);
    assertThat(books.balance().released()).as("room for the third").isEqualTo(1);
    assertThat(books.ledger().release(ALL)).isEqualTo(1);
    assertThat(books.balance().held()).as("the newest gives way").isEqualTo(1);
    assertThat(queued("tech")).containsExactly(1L, 2L);
  }

  @Test
  void theOperatorTakesOverWhatABudgetHolds() {
    day(1);
    Run run = books.stored("leads", "tech", 3);
    assertThat(books.ledger().hold(ALL)).isEqualTo(3);
    assertThat(books.ledger().hold(ALL)).isZero();
    day(0);
    assertThat(books.balance().released()).isZero();
    assertThat(books.line(run.id() + "-3").reason()).isEqualTo("held by the operator");
    assertThat(books.ledger().release(ALL)).isEqualTo(3);
  }

  @Test
  void movedLeadsWaitForTheBudgetOfTheirNewTable() {
    Budget tables = charge(0, 0, DAY);
    books.budgets(
        now ->
            new Budget(
                tables.costs(),
                Budget.Caps.NONE,
                List.of(
                    new Budget.Period(
                        DAY,
                        TURNS,
                        new Budget.Caps(Amount.NOTHING, Map.of("tech", new Amount(0, 2000))))),
                null));
    Run run = books.stored("leads", "tech", 3);
    assertThat(held().get(0).reason())
        .contains("day 2026-11-25 of table tech", "2 Actions", "raise budgets of table tech");
    books.ledger().reroute(new LeadSelection(null, "tech", null), "finance", Duration.ofDays(1));
    assertThat(books.balance().released()).isEqualTo(2);
    assertThat(books.account(run).tables().keySet()).containsExactly("finance");
  }

  // ---- Warnings ----

  @Test
  void eachStepIsToldOnceForItsPeriod() {
    day(10);
    books.stored("leads", "tech", 10);
    for (int i = 1; i <= 6; i++) {
      assertThat(send("tech", accepted()).warnings()).isEmpty();
    }
    Sending seventh = send("tech", refused());
    assertThat(seventh.warnings())
        .extracting(BudgetWarning::text)
        .containsExactly(
            "Budget of the day 2026-11-25: 70 % of its 10 Data Credits are spent; what does not fit is held");
    assertThat(seventh.warnings()).allMatch(BudgetWarning::ofPeriod);
    assertThat(List.of("run 20261125-aaaaaa", DAY + " of table tech"))
        .map(account -> new BudgetWarning(account, BudgetWarning.Kind.CREDITS, 70, 10_000, START))
        .noneMatch(BudgetWarning::ofPeriod);
    assertThat(send("tech", accepted()).warnings()).as("again").isEmpty();
    assertThat(send("tech", accepted()).warnings())
        .extracting(BudgetWarning::percent)
        .containsExactly(80);
    day(8);
    assertThat(books.balance().warnings()).extracting(BudgetWarning::percent).containsExactly(90);
    assertThat(books.balance().warnings()).isEmpty();
    assertThat(books.ledger().view().warnings(START))
        .extracting(BudgetWarning::percent)
        .containsExactly(90, 80, 70);
    assertThat(books.ledger().view().warnings(START.plusSeconds(1))).isEmpty();
    assertThat(books.snapshot().budget().spendings())
        .filteredOn(spending -> spending.account().equals(DAY))
        .containsExactly(new Spending(DAY, new Amount(8000, 16_000), new Amount(8000, 0), TURNS));
  }

  @Test
  void theStepsOfAHigherCapAreToldAnew() {
    day(10);
    books.stored("leads", "tech", 20);
    for (int i = 1; i <= 9; i++) {
      send("tech", accepted());
    }
    day(20);
    assertThat(books.balance().warnings()).isEmpty();
    for (int i = 10; i <= 13; i++) {
      assertThat(send("tech", accepted()).warnings()).isEmpty();
    }
    assertThat(send("tech", accepted()).warnings())
        .extracting(BudgetWarning::text)
        .containsExactly(
            "Budget of the day 2026-11-25: 70 % of its 20 Data Credits are spent; what does not fit is held");
    assertThat(books.balance().warnings()).as("again").isEmpty();
    assertThat(books.ledger().view().warnings(START))
        .extracting(BudgetWarning::percent, BudgetWarning::cap)
        .containsExactlyInAnyOrder(tuple(70, 20_000L), tuple(80, 10_000L), tuple(90, 10_000L));
  }
}
