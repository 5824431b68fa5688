package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.DEDUPE_WINDOW;
import static dev.kiln.ledger.LedgerFixture.START;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ledger.LedgerFixture.Row;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class IntakeTest {
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

  private Map<LeadState, Long> states(Run run) {
    return books.account(run).states();
  }

  // ---- Runs ----

  @Test
  void aNewContentOpensARunWithItsOwnSortableId() {
    Run run = books.ledger().open("leads.csv", "events", Priority.HIGH, "hash");
    assertThat(run.id()).matches("20261125-[a-z2-9]{6}");
    assertThat(run).isEqualTo(new Run(run.id(), "events", Priority.HIGH, 0, 0, 0, false, false));
    assertThat(books.account(run).name()).isEqualTo("leads.csv");
    assertThat(books.account(run).phase()).isEqualTo("READING");
  }

  @Test
  void theSameContentGoesOnBehindItsCheckpoint() {
    Run run = books.run("leads");
    books.store(run, "tech", 250);
    books.reopen();
    Run again = books.run("leads", Priority.LOW);
    assertThat(again).isEqualTo(new Run(run.id(), "", Priority.NORMAL, 250, 250, 2, true, false));
  }

  @Test
  void theSameContentFromAnotherSourceIsAnotherRun() {
    Run run = books.run("leads");
    Run other = books.ledger().open("leads.csv", "events", Priority.NORMAL, "hash of leads");
    assertThat(other.id()).isNotEqualTo(run.id());
    assertThat(other.resumed()).isFalse();
  }

  @Test
  void aContentThatWasReadToItsEndIsNotReadAgain() {
    Run run = books.stored("leads", "tech", 3);
    books.ledger().finish(run.id(), 3, 7);
    Run again = books.run("leads");
    assertThat(again.id()).isEqualTo(run.id());
    assertThat(again.finished()).isTrue();
    assertThat(again.skipped()).isEqualTo(7);
    assertThat(books.account(run).phase()).isEqualTo("READ");
    assertThat(books.ledger().view().run("hash of leads", "")).contains(again);
  }

  @Test
  void aRefusedContentKeepsItsRowsAndItsReasonAndMayBeOpenedAnew() {
    Run run = books.stored("leads", "tech", 3);
    books.ledger().refuse(run.id(), "line 5: an open quote");
    assertThat(books.account(run).phase()).isEqualTo("REFUSED");
    assertThat(books.account(run).problem()).isEqualTo("line 5: an open quote");
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 3L));
    assertThat(books.ledger().view().refused("hash of leads", "")).contains(run.id());
    assertThat(books.run("leads").id()).isNotEqualTo(run.id());
  }

  // ---- Batches ----

  @Test
  void aBatchStoresItsRowsItsCountsAndTheCheckpoint() {
    Run run = books.run("leads");
    books.store(run, Row.of("tech"), Row.of("finance"), Row.rejected("tech"), Row.of("tech"));
    LedgerView.RunAccount account = books.account(run);
    assertThat(account.read()).isEqualTo(4);
    assertThat(account.skipped()).isEqualTo(2);
    assertThat(account.states()).isEqualTo(Map.of(LeadState.QUEUED, 3L, LeadState.REJECTED, 1L));
    assertThat(account.tables().get("tech"))
        .isEqualTo(Map.of(LeadState.QUEUED, 2L, LeadState.REJECTED, 1L));
    assertThat(account.tables().get("finance")).isEqualTo(Map.of(LeadState.QUEUED, 1L));
    assertThat(books.run("leads").checkpoint()).isEqualTo(4);
    assertThat(books.line(run.id() + "-3").reason()).isEqualTo("email: it has no @");
  }

  @Test
  void aBatchThatFailsStoresNothingAtAllAndLeavesTheLedgerUsable() {
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "k1"));
    Map<String, List<Map<String, Object>>> before = books.dump();
    NewLead fresh = new NewLead(2, 3, "tech", "k2", "{}", null);
    NewLead seenBefore = new NewLead(1, 2, "tech", "k3", "{}", null);
    Batch batch = new Batch(2, 3, 3, 0, List.of(fresh, seenBefore));
    assertThatThrownBy(() -> books.ledger().store(run, batch, DEDUPE_WINDOW))
        .isInstanceOf(LedgerUnavailable.class);
    assertThat(books.dump()).isEqualTo(before);

    books.store(run, Row.keyed("tech", "k2"), Row.keyed("tech", "k3"));
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 3L));
  }

  @Test
  void anEmptyBatchMovesTheCheckpointAndTheSkippedLines() {
    Run run = books.run("leads");
    books.ledger().store(run, new Batch(1, 0, 0, 40, List.of()), DEDUPE_WINDOW);
    assertThat(books.account(run).skipped()).isEqualTo(40);
    assertThat(states(run)).isEmpty();
  }

  @Test
  void textOfAFileIsDataAndNeverSql() {
    String hostile = "x'); DROP TABLE lead; --";
    Run run = books.ledger().open(hostile, hostile, Priority.NORMAL, hostile);
    books.store(run, Row.keyed(hostile, hostile), Row.of("tech"));
    assertThat(books.due(hostile))
        .singleElement()
        .satisfies(lead -> assertThat(lead.source()).isEqualTo(hostile));
    assertThat(books.ledger().due(Map.of("tech", 1), 1, List.of(), Set.of(hostile))).isEmpty();
    assertThat(books.ledger().view().leads(hostile, null, false, 10)).isEmpty();
  }

  // ---- Dedupe ----

  @Test
  void theSecondOfTwoEqualKeysIsADuplicateWithinABatchAndOverRuns() {
    Run first = books.run("first");
    books.store(
        first, Row.keyed("tech", "ann"), Row.keyed("tech", "ann"), Row.keyed("tech", "bob"));
    Run second = books.run("second");
    books.store(second, Row.keyed("tech", "bob"), Row.keyed("tech", "cid"));
    assertThat(states(first)).isEqualTo(Map.of(LeadState.QUEUED, 2L, LeadState.DUPLICATE, 1L));
    assertThat(states(second)).isEqualTo(Map.of(LeadState.QUEUED, 1L, LeadState.DUPLICATE, 1L));
    assertThat(books.line(first.id() + "-2").state()).isEqualTo(LeadState.DUPLICATE);
    assertThat(books.line(second.id() + "-1").reason()).contains("already known");
  }

  @Test
  void eachTableHasItsOwnKeys() {
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "ann"), Row.keyed("finance", "ann"));
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 2L));
  }

  @Test
  void rowsWithoutAKeyAndRejectedRowsTakeNone() {
    Run run = books.run("leads");
    books.store(
        run,
        Row.of("tech"),
        Row.of("tech"),
        Row.rejected("tech"),
        Row.rejected("tech"),
        Row.keyed("tech", "key of a bad row"));
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 3L, LeadState.REJECTED, 2L));
  }

  @Test
  void aKeyIsFreeAgainWhenItsWindowEndsAndNotAMomentEarlier() {
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "ann"));
    books.clock().set(START.plus(DEDUPE_WINDOW).minusMillis(1));
    books.store(run, Row.keyed("tech", "ann"));
    books.clock().set(START.plus(DEDUPE_WINDOW));
    books.store(run, Row.keyed("tech", "ann"), Row.keyed("tech", "ann"));
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 2L, LeadState.DUPLICATE, 2L));
    assertThat(books.line(run.id() + "-3").state()).isEqualTo(LeadState.QUEUED);
  }

  private void storeAnnAgain(LeadState expected) {
    Run again = books.run("again");
    books.store(again, Row.keyed("tech", "ann"));
    assertThat(states(again)).isEqualTo(Map.of(expected, 1L));
  }

  @ParameterizedTest
  @EnumSource(names = {"REFUSED", "DEAD", "ACCEPTED", "UNKNOWN", "QUEUED"})
  void onlyARefusedOrDeadLeadReleasesItsKey(LeadState outcome) {
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "ann"));
    Sending sending = books.begin(books.due("tech").get(0), books.lead("node"));
    Settlement settlement =
        switch (outcome) {
          case REFUSED -> LedgerFixture.refused();
          case DEAD -> LedgerFixture.dead();
          case ACCEPTED -> LedgerFixture.accepted();
          case UNKNOWN -> LedgerFixture.unknown(null);
          default -> LedgerFixture.failed(START);
        };
    books.ledger().settle(sending, settlement);
    boolean released = outcome == LeadState.REFUSED || outcome == LeadState.DEAD;
    storeAnnAgain(released ? LeadState.QUEUED : LeadState.DUPLICATE);
  }

  @Test
  void aLeadDoesNotReleaseAKeyThatAnotherHoldsByNow() {
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "ann"));
    Due old = books.due("tech").get(0);
    books.clock().advance(DEDUPE_WINDOW.plus(Duration.ofSeconds(1)));
    Run later = books.run("later");
    books.store(later, Row.keyed("tech", "ann"));
    books.ledger().settle(books.begin(old, books.lead("node")), LedgerFixture.refused());
    storeAnnAgain(LeadState.DUPLICATE);
  }
}
