package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.START;
import static dev.kiln.ledger.LedgerFixture.accepted;
import static dev.kiln.ledger.LedgerFixture.charge;
import static dev.kiln.ledger.LedgerFixture.failed;
import static dev.kiln.ledger.LedgerFixture.refused;
import static dev.kiln.ledger.LedgerFixture.tooMany;
import static dev.kiln.ledger.LedgerFixture.unknown;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BeginTest {
  private LedgerFixture books;
  private Lease lease;
  private Due lead;

  @BeforeEach
  void open(@TempDir Path data) {
    books = LedgerFixture.in(data);
    books
        .ledger()
        .register(
            List.of(
                webhook("tech-1", "tech", "shared", 45_000, 10),
                webhook("tech-2", "tech", "shared", 45_000, 5)));
    books.stored("leads", "tech", 3);
    lease = books.lead("node");
    lead = books.due("tech").get(0);
  }

  @AfterEach
  void balanced() {
    books.mustBalance();
    books.close();
  }

  private NotSent refuses(Due due, Lease held, Budget charge) {
    return books.refusesAndChangesNothing(() -> books.begin(due, held, charge));
  }

  private WaitReason refusal(Due due, Lease held) {
    return refuses(due, held, Budget.NONE).reason();
  }

  @Test
  void aBegunLeadIsSendingAndChargedToItsWebhookItsClayTableAndEveryPeriod() {
    Sending sending =
        books.begin(lead, lease, charge(0, 0, "day 2026-11-25", "month from 2026-11-01"));
    assertThat(sending.number()).isEqualTo(1);
    assertThat(sending.lead().attempts()).isZero();
    assertThat(sending.begunAt()).isEqualTo(START);
    assertThat(sending.webhook().used()).as("as it was before").isEqualTo(10);
    assertThat(books.line(sending).state()).isEqualTo(LeadState.SENDING);
    assertThat(books.webhook("tech-1").used()).isEqualTo(11);
    assertThat(books.webhook("tech-2").used()).isEqualTo(5);
    assertThat(books.webhook("tech-2").clayTableUsed()).isEqualTo(16);
    assertThat(books.spent("day 2026-11-25")).containsExactly(1000L, 2000L);
    assertThat(books.spent("month from 2026-11-01")).containsExactly(1000L, 2000L);
    assertThat(books.due("tech")).hasSize(2).doesNotContain(lead);
  }

  @Test
  void aLeadThatIsBeingSentIsNotBegunAgain() {
    books.begin(lead, lease);
    assertThat(refusal(lead, lease)).isEqualTo(WaitReason.NOT_DUE);
  }

  @Test
  void aSettledLeadIsNotBegunAgain() {
    for (Settlement outcome : List.of(accepted(), refused(), unknown(null))) {
      Due next = books.due("tech").get(0);
      books.settle(books.begin(next, lease), outcome);
      assertThat(refusal(next, lease)).isEqualTo(WaitReason.NOT_DUE);
    }
  }

  @Test
  void aLeadThatTheLedgerDoesNotKnowIsNotBegun() {
    Due stranger = new Due(4711, "run", 1, "", "tech", Priority.NORMAL, "{}", false, 0, 0);
    assertThat(refusal(stranger, lease)).isEqualTo(WaitReason.NOT_DUE);
  }

  @Test
  void aLeadThatWasSentSinceItWasOfferedIsNotBegunAsItWasThen() {
    books.settle(books.begin(lead, lease), unknown(START));
    assertThat(lead.possibleDuplicate()).isFalse();
    assertThat(refusal(lead, lease)).isEqualTo(WaitReason.NOT_DUE);
    Due offeredAgain = books.due("tech").get(0);
    assertThat(offeredAgain.possibleDuplicate()).isTrue();
    assertThat(books.begin(offeredAgain, lease).number()).isEqualTo(2);
  }

  @Test
  void aLeadIsNotBegunAMomentBeforeItIsDue() {
    books.settle(books.begin(lead, lease), failed(START.plusSeconds(5)));
    books.clock().set(START.plusSeconds(5));
    Due offered = books.due("tech").get(0);
    books.clock().set(START.plusSeconds(5).minusMillis(1));
    assertThat(refusal(offered, lease)).isEqualTo(WaitReason.NOT_DUE);
    books.clock().set(START.plusSeconds(5));
    Sending again = books.begin(offered, lease);
    assertThat(again.number()).isEqualTo(2);
    assertThat(again.lead().attempts()).isEqualTo(1);
  }

  @Test
  void aStaleEpochBeginsNothing() {
    Lease newer = books.lead("another node");
    assertThat(newer.epoch()).isEqualTo(lease.epoch() + 1);
    assertThat(refusal(lead, lease)).isEqualTo(WaitReason.NOT_LEADER);
    books.begin(lead, newer);
  }

  @Test
  void anExpiredLeaseBeginsNothing() {
    books.clock().set(lease.until().minusMillis(1));
    books.begin(lead, lease);
    books.clock().set(lease.until());
    assertThat(refusal(books.due("tech").get(0), lease)).isEqualTo(WaitReason.NOT_LEADER);
  }

  @Test
  void aResignedLeaseBeginsNothing() {
    books.ledger().resign(lease);
    assertThat(refusal(lead, lease)).isEqualTo(WaitReason.NOT_LEADER);
  }

  @Test
  void anotherHolderOfTheSameEpochBeginsNothing() {
    Lease forged = new Lease(lease.workspace(), "impostor", lease.epoch(), lease.until());
    assertThat(refusal(lead, forged)).isEqualTo(WaitReason.NOT_LEADER);
  }

  @Test
  void aPausedWorkspaceBeginsNothingUntilItsPauseEnds() {
    books.settle(books.begin(lead, lease), tooMany(START.plusSeconds(30)));
    Due other = books.due("tech").get(0);
    NotSent paused = refuses(other, lease, Budget.NONE);
    assertThat(paused.reason()).isEqualTo(WaitReason.PAUSED);
    assertThat(paused.until()).isEqualTo(START.plusSeconds(30));
    assertThat(paused).hasMessageContaining("429").hasMessageContaining("by itself");
    books.clock().advance(Duration.ofSeconds(30));
    books.begin(other, lease);
  }

  @Test
  void aShorterPauseDoesNotEndALongerOne() {
    Sending first = books.begin(lead, lease);
    Sending second = books.begin(books.due("tech").get(0), lease);
    books.settle(first, tooMany(START.plusSeconds(30)));
    books.settle(second, tooMany(START.plusSeconds(2)));
    books.clock().advance(Duration.ofSeconds(10));
    assertThat(refuses(books.due("tech").get(0), lease, Budget.NONE).until())
        .isEqualTo(START.plusSeconds(30));
  }

  @Test
  void whereTheRotationFindsNoWebhookNothingBegins() {
    NotSent full = new NotSent(WaitReason.TABLE_FULL, "full", null);
    NotSent refusal =
        books.refusesAndChangesNothing(
            () ->
                books
                    .ledger()
                    .begin(
                        lead,
                        lease,
                        (uses, now) -> {
                          assertThat(uses)
                              .extracting(WebhookUse::name)
                              .containsExactly("tech-1", "tech-2");
                          assertThat(now).isEqualTo(START);
                          throw full;
                        },
                        now -> Budget.NONE));
    assertThat(refusal).isSameAs(full);
  }

  @Test
  void theBudgetOfAnyPeriodRefusesTheLeadThatWouldExceedIt() {
    Budget twoCredits = charge(2_000, 0, "day 2026-11-25");
    books.begin(books.due("tech").get(0), lease, twoCredits);
    books.begin(books.due("tech").get(0), lease, twoCredits);
    Due third = books.due("tech").get(0);
    NotSent refusal = refuses(third, lease, twoCredits);
    assertThat(refusal.reason()).isEqualTo(WaitReason.BUDGET);
    assertThat(refusal.until()).isEqualTo(START.plus(Duration.ofHours(14)));
    assertThat(refusal)
        .hasMessageContaining("day 2026-11-25")
        .hasMessageContaining("raise budgets");
    books.begin(third, lease, charge(1_000, 0, "day 2026-11-26"));
  }

  @Test
  void theActionsOfAMonthRefuseAsTheCreditsOfADayDo() {
    Budget day = charge(0, 0, "day 2026-11-25");
    Budget both =
        new Budget(
            day.costs(),
            Budget.Caps.NONE,
            List.of(
                day.periods().get(0),
                new Budget.Period(
                    "month from 2026-11-01",
                    START,
                    new Budget.Caps(new Amount(0, 3_999), Map.of()))),
            null);
    books.begin(lead, lease, both);
    Due next = books.due("tech").get(0);
    assertThat(refuses(next, lease, both)).hasMessageContaining("month from 2026-11-01");
  }

  @Test
  void ofManyThatBeginTheSameLeadOneDoes() {
    List<Boolean> begun =
        Together.run(
            8,
            number -> {
              try {
                books.begin(lead, lease);
                return true;
              } catch (NotSent notDue) {
                assertThat(notDue.reason()).isEqualTo(WaitReason.NOT_DUE);
                return false;
              }
            });
    assertThat(begun).containsOnlyOnce(true);
    assertThat(books.webhook("tech-1").used()).isEqualTo(11);
  }

  @Test
  void ofManyThatWantTheLastOfABudgetOneGetsIt() {
    Budget lastCredit = charge(1_000, 0, "day 2026-11-25");
    List<Due> leads = books.due("tech");
    List<Boolean> begun =
        Together.run(
            3,
            number -> {
              try {
                books.begin(leads.get(number), lease, lastCredit);
                return true;
              } catch (NotSent spent) {
                assertThat(spent.reason()).isEqualTo(WaitReason.BUDGET);
                return false;
              }
            });
    assertThat(begun).containsOnlyOnce(true);
    assertThat(books.spent("day 2026-11-25")).containsExactly(1000L, 2000L);
  }
}
