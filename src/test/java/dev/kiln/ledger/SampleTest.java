package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.DEDUPE_WINDOW;
import static dev.kiln.ledger.LedgerFixture.START;
import static dev.kiln.ledger.LedgerFixture.accepted;
import static dev.kiln.ledger.LedgerFixture.charge;
import static dev.kiln.ledger.LedgerFixture.failed;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.kiln.ledger.LedgerFixture.Row;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of which a part is sent first, and what a person orders of runs that are still read. */
final class SampleTest {
  private static final LeadSelection ALL = new LeadSelection(null, null, null);

  private LedgerFixture books;

  @BeforeEach
  void open(@TempDir Path data) {
    books = LedgerFixture.in(data);
    books.ledger().register(List.of(webhook("tech-1", "tech", 0)));
  }

  @AfterEach
  void balanced() {
    books.mustBalance();
    books.close();
  }

  private Run sampled(String content, @Nullable DedupeMode mode, long rows) {
    books.ledger().ask("hash of " + content, "", new Wish(mode, rows));
    return books.run(content);
  }

  private Map<LeadState, Long> states(Run run) {
    return books.account(run).states();
  }

  private static LeadSelection of(Run run) {
    return new LeadSelection(run.id(), null, null);
  }

  @Test
  void theFirstRowsThatPassIntakeAreQueuedAndThoseBehindThemHeldOverRestartsToo() {
    Run run = sampled("leads", null, 3);
    books.store(run, Row.rejected("tech"), Row.keyed("tech", "a"), Row.keyed("tech", "a"));
    books.reopen();
    Run again = books.run("leads");
    assertThat(again.id()).isEqualTo(run.id());
    assertThat(again.checkpoint()).isEqualTo(3);
    books.store(again, Row.of("tech"), Row.of("finance"), Row.of("tech"));
    books.reopen();
    books.store(books.run("leads"), Row.of("tech"), Row.rejected("tech"));
    assertThat(states(run))
        .isEqualTo(
            Map.of(
                LeadState.QUEUED, 3L,
                LeadState.HELD, 2L,
                LeadState.DUPLICATE, 1L,
                LeadState.REJECTED, 2L));
    assertThat(books.due("tech", "finance")).extracting(Due::record).containsExactly(2L, 4L, 5L);
    assertThat(books.line(run.id() + "-6").reason())
        .isEqualTo(
            "held behind the sample of 3 rows: \"kiln release " + run.id() + "\" lets it go");
    assertThat(books.ledger().view().asked("hash of leads", "")).isFalse();
  }

  @Test
  void batchesThatShareACommitShareTheSample() {
    Run run = sampled("leads", null, 3);
    books.locked(
        () -> {
          for (long record = 1; record <= 9; record++) {
            books.storeAlone(run, record, "tech");
          }
        });
    books.ledger().note(run.id(), "all are stored");
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 3L, LeadState.HELD, 6L));
    assertThat(books.due("tech")).extracting(Due::record).containsExactly(1L, 2L, 3L);
  }

  @Test
  void theSampleIsOfTheFirstRowsWhateverABudgetHolds() {
    books.budgets(now -> charge(2000, 0, "day"));
    Run run = sampled("leads", null, 3);
    books.store(run, "tech", 2);
    books.store(run, Row.rejected("tech"), Row.of("tech"), Row.of("tech"));
    assertThat(books.snapshot().budget().held())
        .extracting(LedgerView.Held::by, LedgerView.Held::leads)
        .containsExactly(tuple(Holder.BUDGET, 1L), tuple(Holder.SAMPLE, 1L));
    assertThat(books.due("tech")).extracting(Due::record).containsExactly(1L, 2L);

    books.budgets(now -> charge(0, 0, "day"));
    assertThat(books.balance().released()).as("only the budget lets go by itself").isEqualTo(1);
    assertThat(books.due("tech")).extracting(Due::record).containsExactly(1L, 2L, 4L);
    assertThat(books.balance().released()).isZero();
    assertThat(books.ledger().release(of(run))).isEqualTo(1);
    assertThat(books.due("tech")).hasSize(4);
  }

  @Test
  void aReleasedSampleGoesNoFurtherThanTheBudget() {
    books.budgets(now -> charge(3000, 0, "day"));
    Run run = sampled("leads", null, 2);
    books.store(run, "tech", 6);
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 2L, LeadState.HELD, 4L));
    assertThat(books.ledger().release(of(run))).isEqualTo(4);
    assertThat(books.balance().held()).isEqualTo(3);
    assertThat(books.due("tech")).extracting(Due::record).containsExactly(1L, 2L, 3L);
  }

  @Test
  void aSampleThatIsOnItsWayOrThroughLetsNoOtherRowGo() {
    Run run = sampled("leads", null, 2);
    books.store(run, Row.of("tech"));
    Lease lease = books.lead("node");
    books.settle(books.begin(books.due("tech").get(0), lease), accepted());
    books.store(run, Row.of("tech"), Row.of("tech"));
    books.settle(books.begin(books.due("tech").get(0), lease), failed(START));
    assertThat(states(run))
        .isEqualTo(Map.of(LeadState.ACCEPTED, 1L, LeadState.QUEUED, 1L, LeadState.HELD, 1L));
  }

  @Test
  void releasedTheRestGoesAndSoDoRowsThatAreStillToBeRead() {
    Run run = sampled("leads", null, 1);
    books.store(run, "tech", 3);
    assertThat(books.ledger().release(of(run))).isEqualTo(2);
    books.store(run, "tech", 2);
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 5L));
  }

  @Test
  void cancelledTheRestIsWithdrawnAndSoAreRowsThatAreStillToBeReadAndTheirKeysAreFree() {
    Run run = sampled("leads", null, 1);
    books.store(run, Row.keyed("tech", "a"), Row.keyed("tech", "b"));
    assertThat(books.ledger().cancel(of(run))).isEqualTo(2);
    books.reopen();
    books.store(
        books.run("leads"), Row.keyed("tech", "c"), Row.rejected("tech"), Row.keyed("tech", "c"));
    assertThat(books.ledger().release(of(run))).isZero();
    books.store(run, Row.keyed("tech", "d"));
    assertThat(states(run)).isEqualTo(Map.of(LeadState.CANCELLED, 5L, LeadState.REJECTED, 1L));
    assertThat(books.line(run.id() + "-3").reason()).isEqualTo("cancelled by the operator");
    Run other = books.run("other");
    books.store(other, Row.keyed("tech", "a"), Row.keyed("tech", "c"), Row.keyed("tech", "d"));
    assertThat(states(other)).isEqualTo(Map.of(LeadState.QUEUED, 3L));
  }

  @Test
  void aRunThatIsHeldWhileItIsReadIsHeldToItsEndAndOthersAreNot() {
    Run run = books.run("leads");
    Run other = books.run("other");
    books.store(run, "tech", 2);
    assertThat(books.ledger().hold(of(run))).isEqualTo(2);
    books.reopen();
    books.store(books.run("leads"), "tech", 1);
    books.store(other, "tech", 1);
    assertThat(states(run)).isEqualTo(Map.of(LeadState.HELD, 3L));
    assertThat(states(other)).isEqualTo(Map.of(LeadState.QUEUED, 1L));
    assertThat(books.line(run.id() + "-3").reason()).isEqualTo("held by the operator");
    books.ledger().hold(new LeadSelection(other.id(), "finance", null));
    books.store(other, "tech", 1);
    assertThat(states(other)).isEqualTo(Map.of(LeadState.QUEUED, 2L));
    assertThat(books.ledger().release(ALL)).isEqualTo(3);
    books.store(run, "tech", 1);
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 4L));
  }

  @Test
  void aLeadOfAHeldOrCancelledRunThatComesBackFromTheWireIsHeldOrCancelledToo() {
    Run held = books.stored("held", "tech", 2);
    Run cancelled = books.stored("cancelled", "tech", 2);
    Lease lease = books.lead("node");
    List<Sending> wire = books.due("tech").stream().map(due -> books.begin(due, lease)).toList();
    books.ledger().hold(of(held));
    books.ledger().cancel(of(cancelled));
    books.settle(wire.get(0), failed(START));
    books.settle(wire.get(1), accepted());
    books.settle(wire.get(2), failed(START));
    books.reopen();
    books.ledger().recover(Long.MAX_VALUE, List.of("tech"), START, 8);
    assertThat(states(held)).isEqualTo(Map.of(LeadState.HELD, 1L, LeadState.ACCEPTED, 1L));
    assertThat(states(cancelled)).isEqualTo(Map.of(LeadState.CANCELLED, 2L));
    assertThat(books.account(cancelled).possibleDuplicates()).isEqualTo(1);
    assertThat(books.ledger().release(ALL)).isEqualTo(1);
    assertThat(books.line(wire.get(0)).attempts()).isEqualTo(1);
  }

  /** A run of which a lead was dead and another one is on the wire. */
  private Sending wireOf(Run run, Lease lease) {
    books.settle(books.begin(books.due("tech").get(0), lease), LedgerFixture.dead());
    books.ledger().finish(run.id(), books.account(run).read(), 2, "");
    return books.begin(books.due("tech").get(0), lease);
  }

  private static LeadSelection lead(Run run, long record) {
    return LeadSelection.ofLead(run.id() + "-" + record);
  }

  @Test
  void aLeadThatIsRetriedOutOfACancelledRunIsTriedMoreThanOnceAndTheRestStaysWithdrawn() {
    Lease lease = books.lead("node");
    for (String table : Arrays.asList("tech", null)) {
      Run run = books.stored("retried by " + table, "tech", 3);
      Sending wire = wireOf(run, lease);
      books.ledger().cancel(of(run));
      LeadSelection retried = table == null ? lead(run, 1) : new LeadSelection(null, table, null);
      assertThat(books.ledger().retry(retried, EnumSet.of(LeadState.DEAD), DEDUPE_WINDOW))
          .isEqualTo(1);
      books.settle(books.begin(books.due("tech").get(0), lease), failed(START));
      books.settle(wire, failed(START));
      assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 1L, LeadState.CANCELLED, 2L));
      books.settle(books.begin(books.due("tech").get(0), lease), accepted());
    }
  }

  @Test
  void aLeadThatIsReleasedOutOfAHeldRunIsTriedMoreThanOnceAndTheRestStaysHeld() {
    Lease lease = books.lead("node");
    books.stored("others", "finance", 1);
    Run run = books.stored("leads", "tech", 3);
    Sending wire = books.begin(books.due("tech").get(0), lease);
    books.ledger().hold(ALL);
    assertThat(books.ledger().release(lead(run, 2))).isEqualTo(1);
    books.settle(books.begin(books.due("tech").get(0), lease), failed(START));
    books.settle(wire, failed(START));
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 1L, LeadState.HELD, 2L));
    assertThat(books.line(wire).reason()).isEqualTo("held by the operator");

    assertThat(books.ledger().release(new LeadSelection(null, "tech", null))).isEqualTo(2);
    List<Sending> again = books.due("tech").stream().map(due -> books.begin(due, lease)).toList();
    again.forEach(sending -> books.settle(sending, failed(START)));
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 3L));
  }

  @Test
  void whatIsOrderedForALeadOnTheWireIsTakenBackByAReleaseUnlessItIsWithdrawn() {
    Lease lease = books.lead("node");
    Run run = books.stored("leads", "tech", 4);
    List<Sending> wire = books.due("tech").stream().map(due -> books.begin(due, lease)).toList();
    LeadSelection table = new LeadSelection(null, "tech", null);
    assertThat(books.ledger().hold(table)).as("those that are held now").isZero();
    books.ledger().cancel(lead(run, 1));
    books.ledger().hold(lead(run, 1));
    books.ledger().release(lead(run, 1));
    books.ledger().release(lead(run, 2));
    books.reopen();
    for (Sending sending : wire.subList(0, 3)) {
      books.settle(sending, failed(START));
    }
    books.settle(wire.get(3), accepted());
    assertThat(states(run))
        .isEqualTo(
            Map.of(
                LeadState.CANCELLED, 1L,
                LeadState.QUEUED, 1L,
                LeadState.HELD, 1L,
                LeadState.ACCEPTED, 1L));
    assertThat(books.line(run.id() + "-2").state()).isEqualTo(LeadState.QUEUED);
    books.store(books.run("more"), Row.of("tech"));
    assertThat(books.due("tech")).as("an order on a table is for what is there").hasSize(2);
  }

  @Test
  void aSamplesOwnLeadsComeBackToTheQueueUntilTheRunIsHeld() {
    Run run = sampled("leads", null, 2);
    books.store(run, "tech", 4);
    Lease lease = books.lead("node");
    List<Sending> wire = books.due("tech").stream().map(due -> books.begin(due, lease)).toList();
    books.settle(wire.get(0), failed(START));
    assertThat(states(run))
        .isEqualTo(Map.of(LeadState.QUEUED, 1L, LeadState.SENDING, 1L, LeadState.HELD, 2L));
    books.ledger().hold(of(run));
    books.settle(wire.get(1), failed(START));
    assertThat(states(run)).isEqualTo(Map.of(LeadState.HELD, 4L));
    assertThat(books.ledger().release(of(run))).isEqualTo(4);
  }

  @Test
  void whatComesBackEnrichedFromTheWireIsNotHeld() {
    Run run = books.stored("leads", "tech", 1);
    Lease lease = books.lead("node");
    Sending sending = books.begin(books.due("tech").get(0), lease);
    books.ledger().hold(of(run));
    books
        .ledger()
        .receive(
            "tech", LedgerFixture.enriched("{\"lead_id\":\"" + sending.lead().leadId() + "\"}"));
    books.settle(sending, failed(START));
    assertThat(states(run)).isEqualTo(Map.of(LeadState.ENRICHED, 1L));
  }

  @Test
  void whatIsRetriedOfACancelledRunIsTriedMoreThanOnce() {
    Run run = books.stored("leads", "tech", 2);
    Lease lease = books.lead("node");
    books.settle(books.begin(books.due("tech").get(0), lease), LedgerFixture.dead());
    books.ledger().finish(run.id(), 2, 2, "");
    books.ledger().cancel(of(run));
    books.ledger().retry(of(run), EnumSet.of(LeadState.DEAD), DEDUPE_WINDOW);
    books.settle(books.begin(books.due("tech").get(0), lease), failed(START));
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 1L, LeadState.CANCELLED, 1L));
  }

  @Test
  void aWishForASampleDoesNotReadAContentAnewUnlessAModeIsWishedToo() {
    Run run = books.stored("leads", "tech", 3);
    books.ledger().finish(run.id(), 3, 2, "");
    assertThat(sampled("leads", null, 1).id()).isEqualTo(run.id());
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 3L));
    Run anew = sampled("leads", DedupeMode.FORCE, 1);
    assertThat(anew.id()).isNotEqualTo(run.id());
    assertThat(anew.dedupe()).isEqualTo(DedupeMode.FORCE);
  }

  @Test
  void aWishThatIsTakenBackCountsForNothing() {
    books.ledger().ask("hash of leads", "", new Wish(DedupeMode.FORCE, 1L));
    books.ledger().ask("hash of leads", "", Wish.NONE);
    assertThat(books.ledger().view().asked("hash of leads", "")).isFalse();
    Run run = books.stored("leads", "tech", 3);
    assertThat(run.dedupe()).isEqualTo(DedupeMode.SKIP);
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 3L));
  }

  @Test
  void aWishOfNowStandsInForOneOfBefore() {
    books.ledger().ask("hash of plain", "", new Wish(DedupeMode.FORCE, 1L));
    Run plain = opened("plain", Wish.NONE);
    books.store(plain, "tech", 3);
    assertThat(plain.dedupe()).isEqualTo(DedupeMode.SKIP);
    assertThat(states(plain)).isEqualTo(Map.of(LeadState.QUEUED, 3L));
    books.ledger().finish(plain.id(), 3, 2, "");
    assertThat(books.run("plain").id()).as("nothing of it is left").isEqualTo(plain.id());

    books.ledger().ask("hash of sampled", "", new Wish(null, 3L));
    Run sampled = opened("sampled", new Wish(DedupeMode.CHANGED, 1L));
    books.store(sampled, "tech", 3);
    assertThat(sampled.dedupe()).isEqualTo(DedupeMode.CHANGED);
    assertThat(states(sampled)).isEqualTo(Map.of(LeadState.QUEUED, 1L, LeadState.HELD, 2L));
  }

  private Run opened(String content, Wish wish) {
    return books
        .ledger()
        .open(content, "", Priority.NORMAL, "hash of " + content, DedupeMode.SKIP, wish);
  }

  @Test
  void aRunHasSpentWhatWasChargedAndNotGivenBack() {
    Run run = books.stored("leads", "tech", 2);
    Run other = books.stored("other", "tech", 1);
    Lease lease = books.lead("node");
    List<Due> due = books.due("tech");
    for (Due lead : due) {
      books.settle(books.begin(lead, lease, charge(0, 0, "day")), accepted());
    }
    Run failing = books.stored("failing", "tech", 1);
    Sending failed = books.begin(books.due("tech").get(0), lease, charge(0, 0, "day"));
    assertThat(books.ledger().view().spent(failing.id())).isEqualTo(new Amount(1000, 2000));
    books.settle(failed, failed(START));
    assertThat(books.ledger().view().spent(failing.id())).isEqualTo(new Amount(0, 0));
    assertThat(books.ledger().view().spent(run.id())).isEqualTo(new Amount(2000, 4000));
    assertThat(books.ledger().view().spent(other.id())).isEqualTo(new Amount(1000, 2000));
  }
}
