package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.DEDUPE_WINDOW;
import static dev.kiln.ledger.LedgerFixture.START;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.lead.Notice;
import dev.kiln.lead.Problem;
import dev.kiln.ledger.LedgerFixture.Row;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    Run run = books.ledger().open("leads.csv", "events", Priority.HIGH, "hash", DedupeMode.SKIP);
    assertThat(run.id()).matches("20261125-[a-z2-9]{6}");
    assertThat(run)
        .isEqualTo(
            new Run(run.id(), "events", Priority.HIGH, 0, 0, 0, false, DedupeMode.SKIP, false));
    assertThat(books.account(run).name()).isEqualTo("leads.csv");
    assertThat(books.account(run).phase()).isEqualTo("READING");
  }

  @Test
  void theSameContentGoesOnBehindItsCheckpoint() {
    Run run = books.run("leads");
    books.store(run, "tech", 250);
    books.reopen();
    Run again = books.run("leads", Priority.LOW);
    assertThat(again)
        .isEqualTo(
            new Run(run.id(), "", Priority.NORMAL, 250, 250, 2, true, DedupeMode.SKIP, false));
  }

  @Test
  void theSameContentFromAnotherSourceIsAnotherRun() {
    Run run = books.run("leads");
    Run other =
        books
            .ledger()
            .open("leads.csv", "events", Priority.NORMAL, "hash of leads", DedupeMode.SKIP);
    assertThat(other.id()).isNotEqualTo(run.id());
    assertThat(other.resumed()).isFalse();
  }

  @Test
  void aContentThatWasReadToItsEndIsNotReadAgain() {
    Run run = books.stored("leads", "tech", 3);
    books.ledger().finish(run.id(), 3, 7, "");
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
    books.ledger().refuse(run.id(), "line 5: an open quote", "");
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
    NewLead fresh = new NewLead(2, 3, "tech", "k2", "", "{}", null, List.of(), 0);
    NewLead seenBefore = new NewLead(1, 2, "tech", "k3", "", "{}", null, List.of(), 0);
    Batch batch = new Batch(2, 3, 3, 0, List.of(fresh, seenBefore));
    assertThatThrownBy(
            () -> books.ledger().store(run, batch, DEDUPE_WINDOW, now -> Budget.NONE).await())
        .isInstanceOf(LedgerUnavailable.class);
    assertThat(books.dump()).isEqualTo(before);

    books.store(run, Row.keyed("tech", "k2"), Row.keyed("tech", "k3"));
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 3L));
  }

  @Test
  void aBatchWhosePredecessorWasNotStoredIsNotStoredEither() {
    Run run = books.run("leads");
    NewLead torn = new NewLead(1, 2, "tech", "k1", "", "{}", null, List.of(), 0);
    NewLead good = new NewLead(3, 4, "tech", "k3", "", "{}", null, List.of(), 0);
    Pending<Optional<List<String>>> first =
        books
            .ledger()
            .store(
                run, new Batch(1, 2, 2, 0, List.of(torn, torn)), DEDUPE_WINDOW, now -> Budget.NONE);
    Pending<Optional<List<String>>> second =
        books
            .ledger()
            .store(run, new Batch(3, 3, 3, 0, List.of(good)), DEDUPE_WINDOW, now -> Budget.NONE);
    assertThatThrownBy(first::await).isInstanceOf(LedgerUnavailable.class);
    assertThatThrownBy(second::await)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Record 3 does not follow");
    assertThat(states(run)).isEmpty();
    assertThat(books.ledger().run(run.id()).orElseThrow().checkpoint()).isZero();
  }

  @Test
  void anEmptyBatchMovesTheCheckpointAndTheSkippedLines() {
    Run run = books.run("leads");
    books
        .ledger()
        .store(run, new Batch(1, 0, 0, 40, List.of()), DEDUPE_WINDOW, now -> Budget.NONE)
        .await();
    assertThat(books.account(run).skipped()).isEqualTo(40);
    assertThat(states(run)).isEmpty();
  }

  @Test
  void textOfAFileIsDataAndNeverSql() {
    String hostile = "x'); DROP TABLE lead; --";
    Run run = books.ledger().open(hostile, hostile, Priority.NORMAL, hostile, DedupeMode.SKIP);
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

  private void settle(Run run, long record, Settlement settlement) {
    Due due =
        books.due("tech").stream()
            .filter(lead -> lead.leadId().equals(run.id() + "-" + record))
            .findFirst()
            .orElseThrow();
    books.settle(books.begin(due, books.lead("node")), settlement);
  }

  @Test
  void theWindowOfAKeyRunsFromTheAcceptanceAndNotAMomentShorter() {
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "ann"));
    books.clock().advance(DEDUPE_WINDOW.multipliedBy(2));
    books.store(run, Row.keyed("tech", "ann"));
    assertThat(books.line(run.id() + "-2").reason())
        .as("held for good while it is not settled")
        .isEqualTo("already known to this table as " + run.id() + "-1, which is not settled yet");

    Instant accepted = books.clock().instant();
    settle(run, 1, LedgerFixture.accepted());
    books.clock().set(accepted.plus(DEDUPE_WINDOW).minusMillis(1));
    books.store(run, Row.keyed("tech", "ann"));
    assertThat(books.line(run.id() + "-3").reason())
        .isEqualTo("already known to this table as " + run.id() + "-1, accepted " + accepted);
    books.clock().set(accepted.plus(DEDUPE_WINDOW));
    books.store(run, Row.keyed("tech", "ann"), Row.keyed("tech", "ann"));
    assertThat(books.line(run.id() + "-4").state()).isEqualTo(LeadState.QUEUED);
    assertThat(books.line(run.id() + "-5").reason()).contains(run.id() + "-4, which is not");
  }

  @Test
  void whatComesBackOrGoesMissingLaterLeavesTheWindowAsItIs() {
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "ann"), Row.keyed("tech", "bob"));
    books.ledger().expect(Set.of("tech"));
    Instant accepted = books.clock().instant();
    settle(run, 1, LedgerFixture.accepted());
    settle(run, 2, LedgerFixture.accepted());
    books.clock().advance(Duration.ofDays(1));
    books.ledger().receive("tech", LedgerFixture.enriched("{\"lead_id\":\"" + run.id() + "-1\"}"));
    assertThat(books.ledger().missing("tech", Duration.ofHours(1), books.clock().instant()))
        .isEqualTo(1);
    assertThat(states(run)).isEqualTo(Map.of(LeadState.ENRICHED, 1L, LeadState.MISSING, 1L));

    Run again = books.run("again");
    books.clock().set(accepted.plus(DEDUPE_WINDOW).minusMillis(1));
    books.store(again, Row.keyed("tech", "ann"), Row.keyed("tech", "bob"));
    assertThat(List.of(1, 2))
        .allSatisfy(
            record ->
                assertThat(books.line(again.id() + "-" + record).reason())
                    .endsWith(run.id() + "-" + record + ", accepted " + accepted));
    books.clock().set(accepted.plus(DEDUPE_WINDOW));
    books.store(again, Row.keyed("tech", "ann"), Row.keyed("tech", "bob"));
    assertThat(states(again)).isEqualTo(Map.of(LeadState.DUPLICATE, 2L, LeadState.QUEUED, 2L));
  }

  private Run run(String content, DedupeMode mode) {
    return books.ledger().open(content + ".csv", "", Priority.NORMAL, "hash of " + content, mode);
  }

  @Test
  void changedSendsWhatDiffersAndNothingElse() {
    Run first = books.run("first");
    books.store(first, Row.keyed("tech", "ann"), Row.keyed("tech", "bob"));
    settle(first, 1, LedgerFixture.accepted());
    Run second = run("second", DedupeMode.CHANGED);
    books.store(
        second,
        Row.keyed("tech", "ann"),
        Row.keyed("tech", "ann").at("two"),
        Row.keyed("tech", "ann").at("three"),
        Row.keyed("tech", "bob").at("two"));
    assertThat(states(second)).isEqualTo(Map.of(LeadState.QUEUED, 1L, LeadState.DUPLICATE, 3L));
    assertThat(books.line(second.id() + "-2").state()).isEqualTo(LeadState.QUEUED);
    assertThat(books.line(second.id() + "-3").reason())
        .as("the key is on its way")
        .contains(second.id() + "-2, which is not settled yet");
    assertThat(books.line(second.id() + "-4").reason()).contains(first.id() + "-2, which is not");
    settle(second, 2, LedgerFixture.accepted());
    Run third = run("third", DedupeMode.CHANGED);
    books.store(third, Row.keyed("tech", "ann").at("two"), Row.keyed("tech", "ann"));
    assertThat(books.line(third.id() + "-1").state()).isEqualTo(LeadState.DUPLICATE);
    assertThat(books.line(third.id() + "-2").state()).isEqualTo(LeadState.QUEUED);
  }

  @Test
  void forceSendsAllButWhatIsOnItsWay() {
    Run first = books.run("first");
    books.store(first, Row.keyed("tech", "ann"), Row.keyed("tech", "bob"));
    settle(first, 1, LedgerFixture.accepted());
    settle(first, 2, LedgerFixture.unknown(null));
    Run second = run("second", DedupeMode.FORCE);
    books.store(
        second, Row.keyed("tech", "ann"), Row.keyed("tech", "ann"), Row.keyed("tech", "bob"));
    assertThat(states(second)).isEqualTo(Map.of(LeadState.QUEUED, 1L, LeadState.DUPLICATE, 2L));
    assertThat(books.line(second.id() + "-1").state()).isEqualTo(LeadState.QUEUED);
  }

  /** How a lead comes to its end, or leaves its table, without an acceptance. */
  private enum Loss {
    REFUSED,
    DEAD,
    CANCELLED,
    MOVED
  }

  private void lose(Run run, Loss loss) {
    switch (loss) {
      case REFUSED -> settle(run, 1, LedgerFixture.refused());
      case DEAD -> settle(run, 1, LedgerFixture.dead());
      case CANCELLED -> books.ledger().cancel(first(run));
      case MOVED -> books.ledger().reroute(first(run), "finance", DEDUPE_WINDOW);
    }
  }

  private static LeadSelection first(Run run) {
    return LeadSelection.ofLead(run.id() + "-1");
  }

  /** A lead that was accepted a day ago. */
  private Run sent() {
    Run sent = books.run("sent");
    books.store(sent, Row.keyed("tech", "ann"));
    settle(sent, 1, LedgerFixture.accepted());
    books.clock().advance(Duration.ofDays(1));
    return sent;
  }

  @ParameterizedTest
  @EnumSource
  void anAcceptanceCountsAgainWhereTheLeadThatTookItsKeyGetsNone(Loss loss) {
    Instant accepted = books.clock().instant();
    Run sent = sent();
    Run forced = run("forced", DedupeMode.FORCE);
    books.store(forced, Row.keyed("tech", "ann").at("two"));
    lose(forced, loss);

    Run skip = books.run("skip");
    books.store(skip, Row.keyed("tech", "ann"));
    assertThat(books.line(skip.id() + "-1").reason())
        .isEqualTo("already known to this table as " + sent.id() + "-1, accepted " + accepted);
    Run changed = run("changed", DedupeMode.CHANGED);
    books.store(changed, Row.keyed("tech", "ann"), Row.keyed("tech", "ann").at("two"));
    assertThat(states(changed)).isEqualTo(Map.of(LeadState.DUPLICATE, 1L, LeadState.QUEUED, 1L));
  }

  @ParameterizedTest
  @EnumSource(names = {"REFUSED", "DEAD"})
  void whatTookTheKeyOfAnAcceptanceCanBeRetriedAndGivesItBackEachTime(Loss loss) {
    Instant accepted = books.clock().instant();
    Run sent = sent();
    Run forced = run("forced", DedupeMode.FORCE);
    books.store(forced, Row.keyed("tech", "ann"));
    lose(forced, loss);
    assertThat(books.ledger().retry(first(forced), LeadState.retried(), DEDUPE_WINDOW))
        .isEqualTo(1);
    lose(forced, Loss.CANCELLED);
    Run skip = books.run("skip");
    books.store(skip, Row.keyed("tech", "ann"));
    assertThat(books.line(skip.id() + "-1").reason())
        .endsWith(sent.id() + "-1, accepted " + accepted);

    Run more = run("more", DedupeMode.FORCE);
    books.store(more, Row.keyed("tech", "ann"));
    lose(more, loss);
    Instant came = books.clock().instant();
    books.ledger().receive("tech", LedgerFixture.enriched("{\"lead_id\":\"" + more.id() + "-1\"}"));
    books.store(skip, Row.keyed("tech", "ann"));
    assertThat(books.line(skip.id() + "-2").reason()).endsWith(more.id() + "-1, accepted " + came);
  }

  @Test
  void whatWasAcceptedLaterKeepsItsKeyFromARetry() {
    Run sent = sent();
    Run forced = run("forced", DedupeMode.FORCE);
    books.store(forced, Row.keyed("tech", "ann"));
    lose(forced, Loss.REFUSED);
    books.clock().advance(Duration.ofDays(1));
    Run later = run("later", DedupeMode.FORCE);
    books.store(later, Row.keyed("tech", "ann"));
    settle(later, 1, LedgerFixture.accepted());
    for (Run run : List.of(sent, forced)) {
      assertThat(books.ledger().retry(first(run), LeadState.retried(), DEDUPE_WINDOW)).isZero();
    }
  }

  @Test
  void aLeadThatWasAcceptedIsKnownAlsoOnceItsRetryIsRefused() {
    books.ledger().expect(Set.of("tech"));
    Instant accepted = books.clock().instant();
    Run sent = sent();
    assertThat(books.ledger().missing("tech", Duration.ofHours(1), books.clock().instant()))
        .isEqualTo(1);
    assertThat(books.ledger().retry(first(sent), LeadState.retried(), DEDUPE_WINDOW)).isEqualTo(1);
    settle(sent, 1, LedgerFixture.unknown(null));
    assertThat(books.ledger().retry(first(sent), LeadState.retried(), DEDUPE_WINDOW)).isEqualTo(1);
    Run again = run("again", DedupeMode.FORCE);
    books.store(again, Row.keyed("tech", "ann"));
    assertThat(books.line(again.id() + "-1").reason()).endsWith("which is not settled yet");
    lose(sent, Loss.REFUSED);
    Instant mayBe = books.clock().instant();
    assertThat(mayBe).isAfter(accepted);
    Run skip = books.run("skip");
    books.store(skip, Row.keyed("tech", "ann"));
    assertThat(books.line(skip.id() + "-1").reason()).endsWith(sent.id() + "-1, accepted " + mayBe);
    books.clock().set(mayBe.plus(DEDUPE_WINDOW));
    books.store(skip, Row.keyed("tech", "ann"));
    assertThat(states(skip)).isEqualTo(Map.of(LeadState.DUPLICATE, 1L, LeadState.QUEUED, 1L));
  }

  @Test
  void whatAnOperatorBringsBackKeepsItsContent() {
    Run first = books.run("first");
    books.store(first, Row.keyed("tech", "ann"));
    settle(first, 1, LedgerFixture.dead());
    LeadSelection lead = LeadSelection.ofLead(first.id() + "-1");
    assertThat(books.ledger().retry(lead, Set.of(LeadState.DEAD), DEDUPE_WINDOW)).isEqualTo(1);
    settle(first, 1, LedgerFixture.accepted());
    Run second = run("second", DedupeMode.CHANGED);
    books.store(second, Row.keyed("tech", "ann"), Row.keyed("tech", "ann").at("two"));
    assertThat(states(second)).isEqualTo(Map.of(LeadState.QUEUED, 1L, LeadState.DUPLICATE, 1L));
  }

  @Test
  void theWindowRunsFromAnOperatorsAcceptanceAndFromALateOne() {
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "ann"), Row.keyed("tech", "bob"));
    settle(run, 1, LedgerFixture.unknown(null));
    Due bob = books.due("tech").get(0);
    Sending sending = books.begin(bob, books.lead("node"));
    Lease next = books.lead("another node");
    books.ledger().recover(next.epoch(), List.of("tech"), null, 8);
    books.settle(sending, LedgerFixture.accepted());
    books.ledger().accept(LeadSelection.ofLead(run.id() + "-1"));
    books.clock().advance(DEDUPE_WINDOW);
    Run again = books.run("again");
    books.store(again, Row.keyed("tech", "ann"), Row.keyed("tech", "bob"));
    assertThat(states(again)).isEqualTo(Map.of(LeadState.QUEUED, 2L));
  }

  @Test
  void askedForAContentIsReadOnceMoreAndOnlyOnce() {
    Run first = books.stored("leads", "tech", 3);
    books.ledger().finish(first.id(), 3, 0, "");
    books.ledger().ask("hash of leads", "", new Wish(DedupeMode.CHANGED, null));
    books.ledger().ask("hash of leads", "", new Wish(DedupeMode.FORCE, null));
    assertThat(books.ledger().view().asked("hash of leads", "")).isTrue();
    books.clock().advance(Duration.ofMillis(1));
    Run second = books.run("leads");
    assertThat(second.id()).isNotEqualTo(first.id());
    assertThat(second.dedupe()).isEqualTo(DedupeMode.FORCE);
    assertThat(books.ledger().view().asked("hash of leads", "")).isFalse();
    assertThat(books.run("leads")).as("goes on").isEqualTo(resumed(second, DedupeMode.FORCE));

    books.ledger().ask("hash of leads", "", new Wish(DedupeMode.SKIP, null));
    assertThat(books.run("leads")).isEqualTo(resumed(second, DedupeMode.SKIP));
    books.ledger().finish(second.id(), 0, 0, "");
    assertThat(books.run("leads").finished()).isTrue();
  }

  private static Run resumed(Run run, DedupeMode mode) {
    return new Run(run.id(), "", Priority.NORMAL, 0, 0, 0, true, mode, false);
  }

  @Test
  void modesHaveWords() {
    assertThat(DedupeMode.words()).containsExactly("skip", "changed", "force");
    assertThat(DedupeMode.of("Force")).isEqualTo(DedupeMode.FORCE);
    assertThatThrownBy(() -> DedupeMode.of("all"))
        .hasMessage("is \"all\"; valid: skip, changed, force");
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
    books.settle(sending, settlement);
    boolean released = outcome == LeadState.REFUSED || outcome == LeadState.DEAD;
    storeAnnAgain(released ? LeadState.QUEUED : LeadState.DUPLICATE);
  }

  // ---- What intake found ----

  @Test
  void whatIsNotSentIsCountedByReasonWithItsCredits() {
    Run first = books.run("first");
    books.store(first, Row.keyed("tech", "ann"), Row.keyed("tech", "bob"));
    settle(first, 1, LedgerFixture.accepted());
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "ann"), Row.rejected("tech"), Row.keyed("tech", "bob"));
    books.store(run, Row.keyed("tech", "cid"), Row.keyed("tech", "cid"), Row.rejected("tech"));
    assertThat(books.ledger().view().findings(run.id()).unsent())
        .containsExactly(
            new Findings.Unsent(LeadState.REJECTED, "bad e-mail address", 2, 3000),
            new Findings.Unsent(LeadState.DUPLICATE, "on its way already", 1, 1500),
            new Findings.Unsent(LeadState.DUPLICATE, "sent before", 1, 1500),
            new Findings.Unsent(LeadState.DUPLICATE, "twice in the file", 1, 1500));
    assertThat(books.ledger().view().findings(first.id())).isEqualTo(Findings.NONE);
  }

  private static Notice unmapped(String name) {
    return new Notice(Notice.Kind.UNMAPPED, name);
  }

  @Test
  void noticesAreCountedByNameAndTheirNumberIsBounded() {
    Run run = books.run("leads");
    Row row = Row.of("tech");
    for (int i = 0; i < 98; i++) {
      books.store(run, row.noticing(unmapped("industry " + i)));
    }
    books.store(
        run,
        row.noticing(unmapped("industry 0"), new Notice(Notice.Kind.DAMAGED, "Phone")),
        row.noticing(unmapped("industry 0"), new Notice(Notice.Kind.BLOCKED, "SSN")),
        row.noticing(unmapped("x".repeat(300))));
    books.store(run, row.noticing(unmapped("last")));
    books.store(run, row.noticing(unmapped("one more")), row.noticing(unmapped("yet another")));
    Findings findings = books.ledger().view().findings(run.id());
    assertThat(findings.unmapped())
        .hasSize(101)
        .startsWith(new Findings.Named("industry 0", 3), new Findings.Named("", 2))
        .contains(new Findings.Named("x".repeat(100), 1), new Findings.Named("last", 1));
    assertThat(findings.damaged()).containsExactly(new Findings.Named("Phone", 1));
    assertThat(findings.blocked()).containsExactly(new Findings.Named("SSN", 1));
    assertThat(books.line(run.id() + "-99").note())
        .isEqualTo("a spreadsheet threw digits away in column \"Phone\"");
    assertThat(books.line(run.id() + "-100").note()).isEmpty();
  }

  @Test
  void rejectedRowsAreGivenInOrderAndInBounds() {
    Run run = books.run("leads");
    Row bad = Row.rejected("tech").noticing(new Notice(Notice.Kind.DAMAGED, "Phone"));
    books.store(run, bad, Row.of("tech"), bad, bad);
    LedgerView view = books.ledger().view();
    assertThat(view.rejected(run.id(), 0, 10, 10_000))
        .extracting(RejectedRow::record)
        .containsExactly(1L, 3L, 4L);
    assertThat(view.rejected(run.id(), 1, 1, 10_000))
        .extracting(RejectedRow::record)
        .containsExactly(3L);
    assertThat(view.rejected(run.id(), 0, 10, 1))
        .extracting(RejectedRow::record)
        .containsExactly(1L);
    RejectedRow row = view.rejected(run.id(), 3, 10, 10_000).get(0);
    assertThat(row.line()).isEqualTo(5);
    assertThat(row.reason()).isEqualTo("email: it has no @");
    assertThat(row.note()).contains("\"Phone\"");
    assertThat(row.payload()).isNotEmpty();
    assertThat(row.toString()).doesNotContain(row.payload());
    books.ledger().finish(run.id(), 4, 2, "rejects/x.csv");
    assertThat(books.account(run).rejects()).isEqualTo("rejects/x.csv");
  }

  @Test
  void everyCharacterOfAReasonOrANoteIsTaken() {
    Run run = books.run("leads");
    books.store(
        run,
        new Row("tech", null, "one", new Problem(Problem.Kind.BROKEN, "no\0te"), List.of()),
        Row.of("tech").noticing(new Notice(Notice.Kind.DAMAGED, "Pho\0ne")));
    assertThat(states(run)).isEqualTo(Map.of(LeadState.REJECTED, 1L, LeadState.QUEUED, 1L));
  }

  // ---- Messages ----

  private Optional<List<String>> storeMessage(Run run, long record, String message) {
    NewLead lead = new NewLead(record, 1, "tech", null, "", "{}", null, List.of(), 0);
    return books
        .ledger()
        .store(
            run,
            new Batch(record, record, record, 0, List.of(lead), message),
            DEDUPE_WINDOW,
            now -> Budget.NONE)
        .await();
  }

  @Test
  void aMessageThatAnotherKilnHasStoredMeanwhileIsNotStoredAgain() {
    Run run = books.ledger().openMessages("broker", Priority.NORMAL, DedupeMode.SKIP);
    assertThat(storeMessage(run, 1, "m1")).isPresent();
    Map<String, List<Map<String, Object>>> before = books.dump();
    assertThat(storeMessage(run, 2, "m1")).isEmpty();
    assertThat(books.dump()).isEqualTo(before);
    assertThat(storeMessage(run, 2, "m2")).isPresent();
    assertThat(states(run)).isEqualTo(Map.of(LeadState.QUEUED, 2L));
  }
}
