package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.START;
import static dev.kiln.ledger.LedgerFixture.accepted;
import static dev.kiln.ledger.LedgerFixture.charge;
import static dev.kiln.ledger.LedgerFixture.dead;
import static dev.kiln.ledger.LedgerFixture.failed;
import static dev.kiln.ledger.LedgerFixture.refused;
import static dev.kiln.ledger.LedgerFixture.tooMany;
import static dev.kiln.ledger.LedgerFixture.unknown;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static dev.kiln.ledger.LedgerFixture.webhookExhausted;
import static dev.kiln.ledger.LedgerFixture.webhookRefuses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ledger.Settlement.WebhookNews;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class SettleTest {
  private static final String DAY = "day 2026-11-25";
  private static final String MONTH = "month from 2026-11-01";
  private static final int ATTEMPTS = 3;

  private LedgerFixture books;
  private Run run;
  private Lease lease;

  @BeforeEach
  void open(@TempDir Path data) {
    books = LedgerFixture.in(data);
    books.ledger().register(List.of(webhook("tech-1", "tech", 0)));
    run = books.stored("leads", "tech", 1);
    lease = books.lead("node");
  }

  @AfterEach
  void balanced() {
    books.mustBalance();
    books.close();
  }

  private Sending begin() {
    return books.begin(books.due("tech").get(0), lease, charge(0, 0, DAY, MONTH));
  }

  /** The next process: a new epoch, and what the old one had begun is settled in doubt. */
  private int restart(@Nullable Instant resendAt) {
    lease = books.lead("node after epoch " + lease.epoch());
    return books.ledger().recover(lease.epoch(), List.of("tech"), resendAt, ATTEMPTS);
  }

  private long used() {
    return books.webhook("tech-1").used();
  }

  static Stream<Arguments> outcomes() {
    Instant later = START.plusSeconds(5);
    return Stream.of(
        // settlement, state, attempts, whether it was or may have been stored, possible duplicate
        Arguments.of(accepted(), LeadState.ACCEPTED, 0, true, false),
        Arguments.of(refused(), LeadState.REFUSED, 0, false, false),
        Arguments.of(dead(), LeadState.DEAD, 1, false, false),
        Arguments.of(failed(later), LeadState.QUEUED, 1, false, false),
        Arguments.of(tooMany(later), LeadState.QUEUED, 0, false, false),
        Arguments.of(webhookRefuses(START), LeadState.QUEUED, 0, false, false),
        Arguments.of(webhookExhausted(START), LeadState.QUEUED, 0, false, false),
        Arguments.of(unknown(later), LeadState.QUEUED, 1, true, true),
        Arguments.of(unknown(null), LeadState.UNKNOWN, 1, true, false));
  }

  @ParameterizedTest
  @MethodSource("outcomes")
  void anOutcomeMovesTheLeadAndGivesBackOnlyWhatWasSurelyNotStored(
      Settlement settlement, LeadState state, int attempts, boolean stored, boolean doubted) {
    Sending sending = begin();
    assertThat(books.settle(sending, settlement)).isTrue();
    LedgerView.LeadLine line = books.line(sending);
    assertThat(line.state()).isEqualTo(state);
    assertThat(line.attempts()).isEqualTo(attempts);
    assertThat(line.reason()).isEqualTo(settlement.reason());
    assertThat(line.possibleDuplicate()).isEqualTo(doubted);
    assertThat(books.account(run).possibleDuplicates()).isEqualTo(doubted ? 1 : 0);
    assertThat(used()).isEqualTo(stored ? 1 : 0);
    assertThat(books.webhook("tech-1").clayTableUsed()).isEqualTo(stored ? 1 : 0);
    assertThat(books.spent(DAY)).isEqualTo(stored ? List.of(1000L, 2000L) : List.of(0L, 0L));
    assertThat(books.spent(MONTH)).isEqualTo(books.spent(DAY));
    Instant due = settlement.due();
    if (due != null) {
      books.clock().set(due);
      assertThat(books.due("tech")).extracting(Due::leadId).containsExactly(line.leadId());
    } else {
      books.clock().advance(Duration.ofDays(365));
      assertThat(books.due("tech")).isEmpty();
    }
  }

  @Test
  void whatIsGivenBackIsThePeriodThatWasChargedEvenIfItHasTurned() {
    Sending sending = begin();
    books.clock().advance(Duration.ofDays(1));
    books.settle(sending, refused());
    assertThat(books.spent(DAY)).containsExactly(0L, 0L);
    assertThat(books.spent("day 2026-11-26")).containsExactly(0L, 0L);
  }

  @Test
  void aResendIsChargedAgainAndTheLeadIsDoubtedOnce() {
    books.settle(begin(), unknown(START));
    books.settle(begin(), unknown(START));
    Sending third = begin();
    assertThat(third.number()).isEqualTo(3);
    assertThat(third.lead().attempts()).isEqualTo(2);
    books.settle(third, accepted());
    assertThat(used()).isEqualTo(3);
    assertThat(books.spent(DAY)).containsExactly(3000L, 6000L);
    assertThat(books.line(third).possibleDuplicate()).isTrue();
    assertThat(books.account(run).possibleDuplicates()).isEqualTo(1);
    assertThat(books.ledger().view().leads(run.id(), null, true, 10)).hasSize(1);
  }

  @Test
  void anOutcomeThatIsNoLegalMoveThrowsAndChangesNothing() {
    Sending sending = begin();
    Map<String, List<Map<String, Object>>> before = books.dump();
    Settlement illegal =
        new Settlement(
            LeadState.CANCELLED, null, "", false, false, WebhookNews.NONE, null, 0, 0, 0);
    assertThatThrownBy(() -> books.settle(sending, illegal))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("SENDING to CANCELLED");
    assertThat(books.dump()).isEqualTo(before);
  }

  // ---- Late answers ----

  @Test
  void aLateAcceptanceOfTheLastSendingCountsWhereTheLeadStaysUnknown() {
    Sending sending = begin();
    assertThat(restart(null)).isEqualTo(1);
    assertThat(books.line(sending).state()).isEqualTo(LeadState.UNKNOWN);
    assertThat(books.settle(sending, accepted())).isTrue();
    assertThat(books.line(sending).state()).isEqualTo(LeadState.ACCEPTED);
    assertThat(used()).isEqualTo(1);
  }

  @Test
  void aLateAcceptanceOfTheLastSendingDropsTheQueuedResend() {
    Sending sending = begin();
    restart(START);
    assertThat(books.line(sending).state()).isEqualTo(LeadState.QUEUED);
    assertThat(books.settle(sending, accepted())).isTrue();
    assertThat(books.line(sending).state()).isEqualTo(LeadState.ACCEPTED);
    assertThat(books.due("tech")).isEmpty();
  }

  @Test
  void aLateAcceptanceOfAnEarlierSendingIsOnlyNoted() {
    Sending first = begin();
    restart(START);
    Sending second = begin();
    assertThat(books.settle(first, accepted())).isFalse();
    assertThat(books.line(second).state()).isEqualTo(LeadState.SENDING);
    assertThat(books.notes(first.lead())).containsExactly("late: ", null);
    assertThat(books.settle(second, refused())).isTrue();
    assertThat(books.line(second).state()).isEqualTo(LeadState.REFUSED);
    assertThat(used()).as("the first may have been stored").isEqualTo(1);
  }

  @Test
  void aLateRefusalIsOnlyNoted() {
    Sending sending = begin();
    restart(START);
    assertThat(books.settle(sending, refused())).isFalse();
    assertThat(books.line(sending).state()).isEqualTo(LeadState.QUEUED);
    assertThat(books.notes(sending.lead())).containsExactly("late: HTTP 400 bad");
    assertThat(used()).isEqualTo(1);
  }

  @Test
  void aLateAnswerStillTellsOfTheWebhookAndTheWorkspace() {
    Sending sending = begin();
    restart(START);
    books.settle(sending, tooMany(START.plusSeconds(9)));
    assertThat(books.snapshot().workspaces().get(0).pauseUntil()).isEqualTo(START.plusSeconds(9));
    books.settle(sending, webhookExhausted(START));
    assertThat(books.webhook("tech-1").state()).isEqualTo(WebhookUse.State.EXHAUSTED);
  }

  // ---- Recovery ----

  @Test
  void recoveryFindsTheSendingsOfOlderEpochsOnlyAndOnlyOfItsTables() {
    books.store(run, "finance", 1);
    books
        .ledger()
        .register(List.of(webhook("tech-1", "tech", 0), webhook("finance-1", "finance", 0)));
    begin();
    books.begin(books.due("finance").get(0), lease);
    assertThat(books.ledger().recover(lease.epoch(), List.of("tech", "finance"), START, ATTEMPTS))
        .isZero();
    assertThat(restart(START)).isEqualTo(1);
    assertThat(books.account(run).states())
        .isEqualTo(Map.of(LeadState.QUEUED, 1L, LeadState.SENDING, 1L));
  }

  @Test
  void recoveryByTimeFindsTheSendingsOfEveryEpochButSomeLeads() {
    lease = books.lead("another node");
    long mine = begin().lead().id();
    List<String> tables = List.of("tech");
    Ledger ledger = books.ledger();
    assertThat(ledger.recoverBegunBy(START, List.of(mine), tables, START, ATTEMPTS)).isZero();
    Instant before = START.minusMillis(1);
    assertThat(ledger.recoverBegunBy(before, List.of(), tables, START, ATTEMPTS)).isZero();
    assertThat(ledger.recoverBegunBy(START, List.of(-1L), tables, START, ATTEMPTS)).isEqualTo(1);
  }

  @Test
  void recoveryTakesMoreLeadsThanOneCommitHolds() {
    int sent = 2 * SendRows.RECOVERED_AT_ONCE + 7;
    books.store(run, "tech", sent - 1);
    List<Due> due = books.due("tech");
    Together.run(
        16,
        number -> {
          for (int i = number; i < sent; i += 16) {
            books.begin(due.get(i), lease);
          }
          return number;
        });
    assertThat(restart(START)).isEqualTo(sent);
    assertThat(books.account(run).states()).isEqualTo(Map.of(LeadState.QUEUED, (long) sent));
    assertThat(books.account(run).possibleDuplicates()).isEqualTo(sent);
    assertThat(used()).as("a crash leaks nothing").isEqualTo(sent);
    assertThat(restart(START)).isZero();
  }

  @Test
  void aLeadOutOfAttemptsStaysUnknownAfterACrash() {
    for (int crash = 1; crash < ATTEMPTS; crash++) {
      Sending sending = begin();
      restart(START);
      assertThat(books.line(sending).state()).isEqualTo(LeadState.QUEUED);
      assertThat(books.line(sending).attempts()).isEqualTo(crash);
    }
    Sending last = begin();
    restart(START);
    assertThat(books.line(last).state()).isEqualTo(LeadState.UNKNOWN);
    assertThat(books.line(last).attempts()).isEqualTo(ATTEMPTS);
    assertThat(books.line(last).reason()).contains("may or may not have arrived");
  }
}
