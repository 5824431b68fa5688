package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.START;
import static dev.kiln.ledger.LedgerFixture.accepted;
import static dev.kiln.ledger.LedgerFixture.failed;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static dev.kiln.ledger.LedgerFixture.webhookExhausted;
import static dev.kiln.ledger.LedgerFixture.webhookRefuses;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WebhookRowsTest {
  private LedgerFixture books;
  private Lease lease;

  @BeforeEach
  void open(@TempDir Path data) {
    books = LedgerFixture.in(data);
    books.ledger().register(List.of(webhook("tech-1", "tech", 0)));
    books.stored("leads", "tech", 20);
    lease = books.lead("node");
  }

  @AfterEach
  void balanced() {
    books.mustBalance();
    books.close();
  }

  private Sending begin() {
    return books.begin(books.due("tech").get(0), lease);
  }

  private void refuse(Sending sending) {
    books.settle(sending, webhookRefuses(books.clock().instant()));
  }

  private Instant probeAt() {
    assertThat(books.webhook("tech-1").state()).isEqualTo(WebhookUse.State.REFUSING);
    return Objects.requireNonNull(books.webhook("tech-1").probeAt());
  }

  private void mustRefuseToBegin() {
    Due lead = books.due("tech").get(0);
    books.refusesAndChangesNothing(() -> books.begin(lead, lease));
  }

  // ---- Identity ----

  @Test
  void aWebhookIsKnownByItsUrlSoThatARenamedOneKeepsItsCount() {
    books.settle(begin(), accepted());
    String id = books.webhook("tech-1").id();
    books.ledger().register(List.of(new ListedWebhook(id, "renamed", "tech", "tech-1", 9, 70, 0)));
    assertThat(books.ledger().webhooks("tech"))
        .containsExactly(
            new WebhookUse(
                id, "renamed", "tech", "tech-1", 9, 1, 1, 70, WebhookUse.State.OPEN, null, ""));
  }

  // ---- The Clay table behind it ----

  /** A webhook of tech, as fixed by its URL, whose Clay table takes five rows. */
  private static ListedWebhook behind(String url, String clayTable) {
    return new ListedWebhook("sha256 of " + url, url, "tech", clayTable, 0, 5, 0);
  }

  private void register(ListedWebhook... webhooks) {
    books.ledger().register(List.of(webhooks));
  }

  private long rows(String webhook) {
    assertThat(books.webhook(webhook).rowCap()).isEqualTo(5);
    return books.webhook(webhook).clayTableUsed();
  }

  @Test
  void aRenamedClayTableKeepsItsRowsAndItsCap() {
    register(behind("tech-1", "one"));
    books.settle(begin(), accepted());
    Sending wire = begin();
    register(behind("tech-1", "uno"));
    assertThat(rows("tech-1")).isEqualTo(2);
    books.settle(begin(), accepted());
    books.settle(wire, failed(START));
    books.reopen();
    register(behind("tech-1", "uno"));
    assertThat(rows("tech-1")).as("what failed is given back under the new name").isEqualTo(2);
    register(behind("tech-1", "one"));
    assertThat(rows("tech-1")).as("and back").isEqualTo(2);
  }

  @Test
  void anOldNameIsFreeForAnotherClayTable() {
    register(behind("tech-1", "one"));
    books.settle(begin(), accepted());
    register(behind("tech-1", "full"), behind("tech-2", "one"));
    assertThat(rows("tech-1")).isEqualTo(1);
    assertThat(rows("tech-2")).isZero();
    register(behind("tech-1", "one"), behind("tech-2", "full"));
    assertThat(rows("tech-1")).as("both at once").isEqualTo(1);
    assertThat(rows("tech-2")).isZero();
  }

  @Test
  void rowsOfAWebhookThatIsListedNoMoreGoAlong() {
    register(behind("tech-1", "one"));
    books.settle(begin(), accepted());
    register(behind("tech-2", "one"));
    books.settle(begin(), accepted());
    assertThat(rows("tech-2")).isEqualTo(2);
    register(behind("tech-2", "uno"));
    assertThat(rows("tech-2")).isEqualTo(2);
  }

  @Test
  void aWebhookThatTookThePlaceOfAnotherCountsFromZeroOnceItIsGivenAClayTable() {
    register(behind("tech-1", "tech-1"));
    books.settle(begin(), accepted());
    ListedWebhook copy = new ListedWebhook("sha256 of copy", "tech-1", "tech", "tech-1", 0, 5, 0);
    register(copy);
    books.settle(begin(), accepted());
    assertThat(rowsOf(copy)).as("nobody says that it is another one").isEqualTo(2);
    register(new ListedWebhook(copy.id(), "tech-1", "tech", "copy", 0, 5, 0));
    assertThat(rowsOf(copy)).isEqualTo(1);
    register(copy, behind("tech-2", "copy"));
    assertThat(rowsOf(copy)).as("and back").isEqualTo(2);
    assertThat(rows("tech-2")).isZero();
  }

  private long rowsOf(ListedWebhook webhook) {
    return books.ledger().webhooks("tech").stream()
        .filter(use -> use.id().equals(webhook.id()))
        .mapToLong(WebhookUse::clayTableUsed)
        .sum();
  }

  @Test
  void aClayTableThatAnotherWebhookStillNamesKeepsItsRows() {
    register(behind("tech-1", "one"), behind("tech-2", "one"));
    books.settle(begin(), accepted());
    register(behind("tech-2", "one"), behind("tech-1", "one"));
    books.settle(begin(), accepted());
    books.settle(begin(), accepted());
    register(behind("tech-2", "one"), behind("tech-1", "other"));
    assertThat(rows("tech-2")).isEqualTo(3);
    assertThat(rows("tech-1")).as("at least its own").isEqualTo(1);
    register(behind("tech-2", "one"), behind("tech-1", "one"));
    assertThat(rows("tech-2")).as("none is counted twice").isEqualTo(3);
    register(behind("tech-2", "uno"), behind("tech-1", "uno"));
    assertThat(rows("tech-2")).isEqualTo(3);
    register(behind("tech-2", "uno"), behind("tech-1", "other"));
    register(behind("tech-2", "two"), behind("tech-1", "other"));
    assertThat(rows("tech-2")).as("all that it had").isEqualTo(3);
  }

  @Test
  void aClayTableThatWasRenamedByAnEarlierKilnGetsItsRowsBack() {
    register(behind("tech-1", "one"));
    books.settle(begin(), accepted());
    books.sql().useHandle(handle -> handle.execute("UPDATE webhook SET clay_table = 'uno'"));
    register(behind("tech-1", "uno"));
    assertThat(rows("tech-1")).isEqualTo(1);
  }

  @Test
  void usedCountsAtTheFirstSightOnly() {
    books.ledger().register(List.of(webhook("tech-2", "tech", "tech-2", 0, 700)));
    books.ledger().register(List.of(webhook("tech-2", "tech", "tech-2", 0, 900)));
    assertThat(books.webhook("tech-2").used()).isEqualTo(700);
    assertThat(books.webhook("tech-2").clayTableUsed()).isEqualTo(700);
  }

  @Test
  void whatGoesThroughAWebhookIsCountedByDayForAWeek() {
    String id = books.webhook("tech-1").id();
    assertThat(books.snapshot().recentUse()).isEmpty();
    books.settle(begin(), accepted());
    books.settle(begin(), accepted());
    Sending failed = begin();
    assertThat(books.snapshot().recentUse()).containsExactly(Map.entry(id, new RecentUse(3, 1)));
    books.clock().advance(Duration.ofDays(1));
    books.settle(failed, failed(books.clock().instant()));
    assertThat(books.snapshot().recentUse())
        .as("given back to its day")
        .containsExactly(Map.entry(id, new RecentUse(2, 2)));

    books.clock().advance(Duration.ofDays(4));
    books.settle(begin(), accepted());
    assertThat(books.snapshot().recentUse()).containsExactly(Map.entry(id, new RecentUse(3, 6)));
    books.clock().advance(Duration.ofDays(2));
    assertThat(books.snapshot().recentUse()).containsExactly(Map.entry(id, new RecentUse(1, 3)));
    books.clock().advance(Duration.ofDays(7));
    assertThat(books.snapshot().recentUse()).isEmpty();
  }

  @Test
  void webhooksOfOneClayTableShareItsRows() {
    books
        .ledger()
        .register(
            List.of(
                webhook("tech-2", "tech", "shared", 0, 3),
                webhook("other-1", "other", "shared", 0, 4)));
    books.settle(begin(), accepted());
    assertThat(books.webhook("other-1").clayTableUsed()).isEqualTo(8);
    assertThat(books.webhook("other-1").used()).isEqualTo(4);
  }

  @Test
  void aWebhookThatIsNoLongerListedIsOfferedNoMoreAndKeepsItsFigures() {
    books.settle(begin(), accepted());
    books.ledger().register(List.of());
    assertThat(books.ledger().webhooks("tech")).isEmpty();
    mustRefuseToBegin();
    books.ledger().register(List.of(webhook("tech-1", "tech", 0)));
    assertThat(books.webhook("tech-1").used()).isEqualTo(1);
  }

  @Test
  void webhooksAreFilledInTheOrderOfTheCatalogue() {
    books
        .ledger()
        .register(
            List.of(
                webhook("zeta", "tech", 1), webhook("tech-1", "tech", 0), webhook("a", "tech", 0)));
    assertThat(books.ledger().webhooks("tech"))
        .extracting(WebhookUse::name)
        .containsExactly("zeta", "tech-1", "a");
    assertThat(begin().webhook().name()).isEqualTo("zeta");
    assertThat(begin().webhook().name()).isEqualTo("tech-1");
  }

  // ---- Refusing ----

  @Test
  void aRefusingWebhookWaitsAMinuteAndEachFailedProbeDoublesThatToAQuarterOfAnHour() {
    for (int minutes : new int[] {1, 2, 4, 8, 15, 15, 15}) {
      refuse(begin());
      Instant probe = probeAt();
      assertThat(probe).isEqualTo(books.clock().instant().plus(Duration.ofMinutes(minutes)));
      books.clock().set(probe.minusMillis(1));
      mustRefuseToBegin();
      books.clock().set(probe);
    }
  }

  @Test
  void refusalsThatWereOnTheWireTogetherLengthenTheWaitOnce() {
    Sending first = begin();
    Sending second = begin();
    Sending third = begin();
    refuse(first);
    books.clock().advance(Duration.ofSeconds(20));
    refuse(second);
    refuse(third);
    assertThat(probeAt()).isEqualTo(START.plusSeconds(60));
    books.clock().set(probeAt());
    refuse(begin());
    assertThat(probeAt()).isEqualTo(START.plusSeconds(60 + 120));
  }

  @Test
  void refusalsOfOneMomentLengthenTheWaitOnce() {
    Sending first = begin();
    Sending second = begin();
    refuse(first);
    refuse(second);
    assertThat(probeAt()).isEqualTo(START.plusSeconds(60));
  }

  @Test
  void aProbeIsOneLeadAtATime() {
    refuse(begin());
    books.clock().set(probeAt());
    Sending probe = begin();
    assertThat(probe.webhook().state()).isEqualTo(WebhookUse.State.REFUSING);
    mustRefuseToBegin();
    books.settle(probe, accepted());
    assertThat(books.webhook("tech-1").state()).isEqualTo(WebhookUse.State.OPEN);
    assertThat(books.webhook("tech-1").reason()).isEmpty();
    begin();
    begin();
  }

  @Test
  void aProbeWithoutAClearAnswerIsRepeatedAfterAMinute() {
    refuse(begin());
    books.clock().set(probeAt());
    Instant probed = books.clock().instant();
    books.settle(begin(), failed(probed));
    assertThat(probeAt()).isEqualTo(probed.plusSeconds(60));
  }

  @Test
  void anAcceptanceOfARowBegunBeforeTheRefusalDoesNotReopenTheWebhook() {
    Sending early = begin();
    refuse(begin());
    books.settle(early, accepted());
    assertThat(books.webhook("tech-1").state()).isEqualTo(WebhookUse.State.REFUSING);
  }

  @Test
  void afterAWebhookWorkedAgainTheWaitStartsAtAMinuteAnew() {
    refuse(begin());
    books.clock().set(probeAt());
    refuse(begin());
    books.clock().set(probeAt());
    books.settle(begin(), accepted());
    books.clock().advance(Duration.ofSeconds(1));
    refuse(begin());
    assertThat(probeAt()).isEqualTo(books.clock().instant().plusSeconds(60));
  }

  @Test
  void othersServeWhileOneRefuses() {
    books.ledger().register(List.of(webhook("tech-1", "tech", 0), webhook("tech-2", "tech", 0)));
    refuse(begin());
    assertThat(begin().webhook().name()).isEqualTo("tech-2");
  }

  // ---- Exhausted ----

  @Test
  void exhaustedIsTerminalAndSurvivesTheProcess() {
    Sending early = begin();
    Sending late = begin();
    books.settle(begin(), webhookExhausted(START));
    books.settle(early, accepted());
    refuse(late);
    books.reopen();
    books.ledger().register(List.of(webhook("tech-1", "tech", 0)));
    assertThat(books.webhook("tech-1").state()).isEqualTo(WebhookUse.State.EXHAUSTED);
    assertThat(books.webhook("tech-1").reason()).isEqualTo("HTTP 403 full");
    assertThat(books.webhook("tech-1").used()).isEqualTo(1);
    books.clock().advance(Duration.ofDays(300));
    mustRefuseToBegin();
  }
}
