package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.DEDUPE_WINDOW;
import static dev.kiln.ledger.LedgerFixture.START;
import static dev.kiln.ledger.LedgerFixture.WORKSPACE;
import static dev.kiln.ledger.LedgerFixture.accepted;
import static dev.kiln.ledger.LedgerFixture.dead;
import static dev.kiln.ledger.LedgerFixture.failed;
import static dev.kiln.ledger.LedgerFixture.refused;
import static dev.kiln.ledger.LedgerFixture.unknown;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.kiln.ledger.LedgerFixture.Row;
import dev.kiln.ledger.LedgerView.WorkspaceAccount;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator does: with leads, with tables and workspaces, and with the ledger's file. */
final class OperatorTest {
  private static final LeadSelection ALL = new LeadSelection(null, null, null);

  private Path data;
  private LedgerFixture books;
  private Lease lease;

  @BeforeEach
  void open(@TempDir Path data) {
    this.data = data;
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

  private static LeadSelection of(Run run) {
    return new LeadSelection(run.id(), null, null);
  }

  /** Sends the next lead of a table, with this outcome. */
  private Sending send(String table, Settlement outcome) {
    Sending sending = books.begin(books.due(table).get(0), lease);
    books.settle(sending, outcome);
    return sending;
  }

  private int retry(LeadSelection leads) {
    return books.ledger().retry(leads, LeadState.retried(), DEDUPE_WINDOW);
  }

  private int reroute(LeadSelection leads, String to) {
    return books.ledger().reroute(leads, to, DEDUPE_WINDOW);
  }

  // ---- Hold, release, cancel ----

  @Test
  void heldLeadsAreNotOfferedUntilTheyAreReleasedAndKeepTheirAttempts() {
    Run run = books.run("leads");
    books.store(run, Row.of("tech"), Row.of("tech"), Row.rejected("tech"));
    Sending tried = send("tech", failed(START));
    Due offered = tried.lead();

    assertThat(books.ledger().hold(of(run))).isEqualTo(2);
    assertThat(books.due("tech")).isEmpty();
    assertThat(books.refusesAndChangesNothing(() -> books.begin(offered, lease)).reason())
        .isEqualTo(WaitReason.NOT_DUE);
    assertThat(books.line(tried).reason()).isEqualTo("held by the operator");
    assertThat(books.account(run).states())
        .containsOnly(entry(LeadState.HELD, 2L), entry(LeadState.REJECTED, 1L));
    assertThat(books.ledger().hold(of(run))).as("those that are held already").isZero();

    assertThat(books.ledger().release(of(run))).isEqualTo(2);
    assertThat(books.due("tech")).hasSize(2);
    assertThat(books.line(tried).attempts()).isEqualTo(1);
    assertThat(books.line(tried).reason()).isEmpty();
  }

  @Test
  void cancelledLeadsAreNeverSentAndTheirKeysAreFree() {
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "a"), Row.keyed("tech", "b"), Row.keyed("tech", "c"));
    send("tech", accepted());
    books.ledger().hold(LeadSelection.ofLead(run.id() + "-2"));

    assertThat(books.ledger().cancel(of(run))).isEqualTo(2);
    assertThat(books.due("tech")).isEmpty();
    assertThat(books.ledger().release(ALL) + retry(ALL)).isZero();
    Run again = books.run("again");
    books.store(again, Row.keyed("tech", "a"), Row.keyed("tech", "b"), Row.keyed("tech", "c"));
    assertThat(books.account(again).states())
        .containsOnly(entry(LeadState.DUPLICATE, 1L), entry(LeadState.QUEUED, 2L));
  }

  @Test
  void aLeadThatMayHaveArrivedKeepsItsKeyHoweverItEnds() {
    Run cancelled = books.run("cancelled");
    books.store(cancelled, Row.keyed("tech", "a"));
    send("tech", unknown(START));
    books.store(cancelled, Row.keyed("tech", "b"));
    assertThat(books.ledger().cancel(of(cancelled))).isEqualTo(2);
    Run refused = books.run("refused");
    books.store(refused, Row.keyed("tech", "c"));
    send("tech", unknown(START));
    assertThat(books.line(send("tech", refused())).state()).isEqualTo(LeadState.REFUSED);

    Run again = books.run("again");
    books.store(again, Row.keyed("tech", "a"), Row.keyed("tech", "b"), Row.keyed("tech", "c"));
    assertThat(books.account(again).states())
        .containsOnly(entry(LeadState.DUPLICATE, 2L), entry(LeadState.QUEUED, 1L));
    assertThat(retry(of(refused))).isEqualTo(1);
  }

  @Test
  void aLeadOnTheWireIsNobodysToHoldCancelOrMove() {
    Run run = books.stored("leads", "tech", 1);
    Sending sending = books.begin(books.due("tech").get(0), lease);
    Ledger ledger = books.ledger();
    assertThat(ledger.hold(of(run)) + ledger.cancel(of(run)) + ledger.accept(of(run))).isZero();
    assertThat(retry(of(run)) + reroute(of(run), "finance")).isZero();
    books.settle(sending, accepted());
    assertThat(books.line(sending).state()).isEqualTo(LeadState.ACCEPTED);
  }

  // ---- Retry and accept ----

  static Stream<Settlement> ends() {
    return Stream.of(refused(), dead(), unknown(null));
  }

  @ParameterizedTest
  @MethodSource("ends")
  void aRetriedLeadStartsAnew(Settlement end) {
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "a"));
    send("tech", failed(START));
    Sending last = send("tech", end);
    assertThat(books.line(last).state()).isEqualTo(end.state());

    assertThat(retry(of(run))).isEqualTo(1);
    LedgerView.LeadLine line = books.line(last);
    assertThat(line.state()).isEqualTo(LeadState.QUEUED);
    assertThat(line.attempts()).isZero();
    assertThat(line.reason()).isEmpty();
    boolean inDoubt = end.state() == LeadState.UNKNOWN;
    assertThat(line.possibleDuplicate()).isEqualTo(inDoubt);
    assertThat(books.account(run).possibleDuplicates()).isEqualTo(inDoubt ? 1 : 0);
    Run again = books.run("again");
    books.store(again, Row.keyed("tech", "a"));
    assertThat(books.account(again).states()).containsOnlyKeys(LeadState.DUPLICATE);

    assertThat(send("tech", accepted()).number()).isEqualTo(3);
    assertThat(books.account(run).states()).containsOnlyKeys(LeadState.ACCEPTED);
  }

  @Test
  void aLeadThatIsRetriedTwiceIsCountedOnceAsAPossibleDuplicate() {
    Run run = books.stored("leads", "tech", 1);
    for (int i = 0; i < 2; i++) {
      send("tech", unknown(null));
      assertThat(retry(of(run))).isEqualTo(1);
    }
    assertThat(books.account(run).possibleDuplicates()).isEqualTo(1);
    assertThat(books.due("tech").get(0).possibleDuplicate()).isTrue();
  }

  @Test
  void aRetriedLeadWhoseAnswerComesLateIsAcceptedAndNotSentAgain() {
    books.stored("leads", "tech", 1);
    Sending sending = send("tech", unknown(null));
    retry(ALL);
    assertThat(books.settle(sending, accepted())).isTrue();
    assertThat(books.due("tech")).isEmpty();
  }

  @Test
  void aLeadWhoseKeyAnotherHasTakenStaysWhereItIs() {
    Run first = books.run("first");
    books.store(first, Row.keyed("tech", "a"), Row.keyed("tech", "b"));
    send("tech", refused());
    send("tech", dead());
    Run second = books.run("second");
    books.store(second, Row.keyed("tech", "a"));

    assertThat(retry(of(first))).isEqualTo(1);
    assertThat(books.account(first).states())
        .containsOnly(entry(LeadState.REFUSED, 1L), entry(LeadState.QUEUED, 1L));

    books.ledger().cancel(of(second));
    assertThat(retry(of(first))).isEqualTo(1);
    assertThat(books.account(first).states()).containsOnly(entry(LeadState.QUEUED, 2L));
  }

  @Test
  void onlyTheStatesThatAreAskedForAreRetried() {
    Run run = books.stored("leads", "tech", 3);
    send("tech", refused());
    send("tech", dead());
    send("tech", unknown(null));
    assertThat(books.ledger().retry(ALL, EnumSet.of(LeadState.DEAD), DEDUPE_WINDOW)).isEqualTo(1);
    assertThat(books.account(run).states())
        .containsOnlyKeys(LeadState.REFUSED, LeadState.QUEUED, LeadState.UNKNOWN);
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"REFUSED", "DEAD", "UNKNOWN", "MISSING"})
  void noOtherStateCanBeRetried(LeadState state) {
    books.stored("leads", "tech", 2);
    books.begin(books.due("tech").get(0), lease);
    var before = books.dump();
    assertThatThrownBy(
            () -> books.ledger().retry(ALL, EnumSet.of(LeadState.REFUSED, state), DEDUPE_WINDOW))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(state.name());
    assertThat(books.dump()).isEqualTo(before);
  }

  @Test
  void leadsInDoubtThatTheOperatorSawAtClayAreAcceptedAndStayCharged() {
    Run run = books.stored("leads", "tech", 3);
    Sending seen = send("tech", unknown(null));
    send("tech", refused());
    assertThat(books.ledger().accept(of(run))).isEqualTo(1);
    assertThat(books.line(seen).reason()).isEqualTo("resolved by the operator");
    assertThat(books.account(run).states())
        .containsOnlyKeys(LeadState.ACCEPTED, LeadState.REFUSED, LeadState.QUEUED);
    assertThat(books.webhook("tech-1").used()).isEqualTo(1);
    assertThat(books.account(run).possibleDuplicates()).isZero();
  }

  // ---- Move to another table ----

  @Test
  void movedLeadsAreDueForTheOtherTableAndTheirOldOfferIsVoid() {
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "a"), Row.keyed("tech", "b"), Row.keyed("finance", "c"));
    books.ledger().hold(LeadSelection.ofLead(run.id() + "-2"));
    Due offered = books.due("tech").get(0);

    assertThat(reroute(new LeadSelection(run.id(), "tech", null), "finance")).isEqualTo(2);
    assertThat(books.account(run).tables())
        .containsOnly(entry("finance", Map.of(LeadState.QUEUED, 2L, LeadState.HELD, 1L)));
    assertThat(books.due("tech")).isEmpty();
    assertThat(books.due("finance")).extracting(Due::record).containsExactly(1L, 3L);
    assertThat(books.refusesAndChangesNothing(() -> books.begin(offered, lease)).reason())
        .isEqualTo(WaitReason.NOT_DUE);
    assertThat(send("finance", accepted()).webhook().name()).isEqualTo("finance-1");
  }

  @Test
  void theKeysOfMovedLeadsMoveWithThem() {
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "a"));
    reroute(of(run), "finance");
    Run again = books.run("again");
    books.store(again, Row.keyed("tech", "a"), Row.keyed("finance", "a"));
    assertThat(books.account(again).tables())
        .containsOnly(
            entry("tech", Map.of(LeadState.QUEUED, 1L)),
            entry("finance", Map.of(LeadState.DUPLICATE, 1L)));
  }

  @Test
  void theKeyOfAMovedLeadThatMayHaveArrivedStaysWhereItMayBe() {
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "a"));
    send("tech", unknown(START));
    assertThat(reroute(of(run), "finance")).isEqualTo(1);
    Run again = books.run("again");
    books.store(again, Row.keyed("tech", "a"), Row.keyed("finance", "a"));
    assertThat(books.account(again).states()).containsOnly(entry(LeadState.DUPLICATE, 2L));
  }

  @Test
  void aLeadThatTheOtherTableKnowsStays() {
    Run known = books.run("known");
    books.store(known, Row.keyed("finance", "a"));
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "a"), Row.keyed("tech", "b"));
    assertThat(reroute(of(run), "finance")).isEqualTo(1);
    assertThat(books.due("tech")).extracting(Due::record).containsExactly(1L);
    Run again = books.run("again");
    books.store(again, Row.keyed("tech", "a"));
    assertThat(books.account(again).states()).containsOnlyKeys(LeadState.DUPLICATE);
  }

  @Test
  void aLeadThatIsMovedToItsOwnTableKeepsItsKey() {
    Run run = books.run("leads");
    books.store(run, Row.keyed("tech", "a"));
    var before = books.dump();
    assertThat(reroute(ALL, "tech")).isZero();
    assertThat(books.dump()).isEqualTo(before);
  }

  // ---- Which leads ----

  @Test
  void aSelectionNarrowsByRunTableAndLead() {
    Run first = books.run("first");
    books.store(first, Row.of("tech"), Row.of("finance"), Row.of("tech"));
    Run second = books.run("second");
    books.store(second, Row.of("tech"), Row.of("finance"));
    Function<LeadSelection, Integer> holds =
        selection -> {
          int held = books.ledger().hold(selection);
          assertThat(books.ledger().release(ALL)).isEqualTo(held);
          return held;
        };
    assertThat(holds.apply(ALL)).isEqualTo(5);
    assertThat(holds.apply(of(first))).isEqualTo(3);
    assertThat(holds.apply(new LeadSelection(null, "tech", null))).isEqualTo(3);
    assertThat(holds.apply(new LeadSelection(first.id(), "tech", null))).isEqualTo(2);
    assertThat(holds.apply(new LeadSelection("no such run", null, null))).isZero();
    assertThat(holds.apply(LeadSelection.ofLead(first.id() + "-3"))).isEqualTo(1);
    assertThat(holds.apply(LeadSelection.ofLead(first.id() + "-4"))).isZero();
    assertThat(LeadSelection.ofLead("20261125-k3f9zq-17"))
        .isEqualTo(new LeadSelection("20261125-k3f9zq", null, 17L));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "17",
        "-17",
        "20261125-k3f9zq",
        "20261125-234567",
        "20261125-k3f9zq-",
        "20261125-k3f9zq-one",
        "20261125-k3f9zq-+1",
        "20261125-k3f9zq-99999999999999999999"
      })
  void whatIsNoLeadIdIsRefusedWithAnExample(String notAnId) {
    assertThatThrownBy(() -> LeadSelection.ofLead(notAnId))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("\"%s\" is no lead_id: it is <run>-<row>, such as 20261125-k3f9zq-17", notAnId);
  }

  @Test
  void manyLeadsMoveInPartsWhileDeliveryGoesOn() {
    int leads = 2 * LeadMoves.AT_ONCE + 100;
    Run run = books.stored("leads", "tech", leads);
    books.stored("others", "finance", 50);
    List<Due> offered = books.due("tech").subList(leads - 50, leads);
    AtomicBoolean held = new AtomicBoolean();
    List<Integer> counts =
        Together.run(
            2,
            number -> {
              if (number == 0) {
                int some = books.ledger().hold(of(run));
                held.set(true);
                return some;
              }
              int sent = 0;
              for (Due lead : offered) {
                send("finance", accepted());
                try {
                  books.settle(books.begin(lead, lease), accepted());
                  sent++;
                } catch (NotSent wasHeld) {
                  assertThat(wasHeld.reason()).isEqualTo(WaitReason.NOT_DUE);
                }
              }
              return sent;
            });
    assertThat(held).isTrue();
    assertThat(counts.get(0) + counts.get(1)).isEqualTo(leads);
    assertThat(books.account(run).states().get(LeadState.HELD))
        .isEqualTo(counts.get(0).longValue());
    assertThat(books.due("tech", "finance")).isEmpty();
    assertThat(reroute(of(run), "finance")).isEqualTo(counts.get(0));
    assertThat(books.ledger().release(ALL)).isEqualTo(counts.get(0));
    assertThat(books.due("finance")).hasSize(counts.get(0));
  }

  // ---- Pause and resume ----

  @ParameterizedTest
  @EnumSource(Pausable.class)
  void nothingBeginsWhileItIsPausedAndTheCureIsNamed(Pausable kind) {
    books.stored("leads", "tech", 1);
    Due lead = books.due("tech").get(0);
    String name = kind == Pausable.TABLE ? "tech" : WORKSPACE;
    books.ledger().pause(kind, name, true);
    books.ledger().pause(kind, name, true);
    books.reopen();

    assertThat(books.ledger().orders().paused()).isEqualTo(Map.of(kind, Set.of(name)));
    NotSent notSent = books.refusesAndChangesNothing(() -> books.begin(lead, lease));
    assertThat(notSent.reason())
        .isEqualTo(kind == Pausable.TABLE ? WaitReason.TABLE_PAUSED : WaitReason.WORKSPACE_PAUSED);
    assertThat(notSent).hasMessageContaining("\"kiln resume " + kind.word() + " " + name + "\"");

    books.ledger().pause(kind, name, false);
    books.ledger().pause(kind, name, false);
    assertThat(books.ledger().orders().paused()).isEmpty();
    send("tech", accepted());
  }

  @Test
  void aPausedTableHindersNoOther() {
    books.stored("leads", "finance", 1);
    books.ledger().pause(Pausable.TABLE, "tech", true);
    books.ledger().pause(Pausable.TABLE, WORKSPACE, true);
    books.ledger().pause(Pausable.WORKSPACE, "finance", true);
    send("finance", accepted());
  }

  @Test
  void whatIsOnTheWireWhenAPauseBeginsIsStillSettled() {
    books.stored("leads", "tech", 1);
    Sending sending = books.begin(books.due("tech").get(0), lease);
    books.ledger().pause(Pausable.WORKSPACE, WORKSPACE, true);
    assertThat(books.settle(sending, accepted())).isTrue();
  }

  // ---- Backup and restore ----

  @Test
  @Tag("sqlite")
  void aCopyOfALedgerInUseIsWholeAndOfOneMoment() {
    Together.run(
        2,
        number -> {
          if (number == 0) {
            Run run = books.run("leads");
            for (int batch = 0; batch < 30; batch++) {
              books.store(run, "tech", 20);
              send("tech", accepted());
            }
          } else {
            for (int copy = 0; copy < 4; copy++) {
              Path folder = Files.createDirectory(data.resolve("copy-" + copy));
              Ledger.backup(data, folder.resolve(Ledger.FILE));
              try (LedgerFixture copied = LedgerFixture.in(folder)) {
                copied.mustBalance();
              }
            }
          }
          return number;
        });
  }

  @Test
  @Tag("sqlite")
  void aCopyHasAllThatWasCommittedAndOverwritesNothing() throws IOException {
    Run run = books.stored("leads", "tech", 3);
    Path folder = Files.createDirectory(data.resolve("copy"));
    Path file = folder.resolve(Ledger.FILE);
    Ledger.backup(data, file);
    try (LedgerFixture copied = LedgerFixture.in(folder)) {
      assertThat(copied.dump()).isEqualTo(books.dump());
      assertThat(copied.account(run).states()).containsOnly(entry(LeadState.QUEUED, 3L));
    }
    assertThatThrownBy(() -> Ledger.backup(data, file))
        .isInstanceOf(LedgerUnavailable.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void anEmptyFileIsNoCopyOfALedger() throws IOException {
    Path folder = Files.createDirectory(data.resolve("copy"));
    Files.createFile(folder.resolve(Ledger.FILE));
    assertThatThrownBy(() -> Ledger.openCopy(folder, books.clock()))
        .isInstanceOf(LedgerUnavailable.class)
        .hasMessageContaining("it is no ledger of Kiln");
  }

  @Test
  void afterARestoreEveryLeadThatIsNotSettledIsAPossibleDuplicateOnce() {
    Run run = books.stored("leads", "tech", 6);
    send("tech", accepted());
    send("tech", unknown(null));
    send("tech", unknown(START.plusSeconds(5)));
    books.begin(books.due("tech").get(0), lease);
    books.ledger().hold(LeadSelection.ofLead(run.id() + "-5"));
    assertThat(books.account(run).possibleDuplicates()).isEqualTo(1);

    assertThat(books.ledger().doubtUnsettled()).isEqualTo(4);
    assertThat(books.account(run).possibleDuplicates()).isEqualTo(4);
    assertThat(books.ledger().view().leads(null, null, true, 10))
        .extracting(LedgerView.LeadLine::state)
        .containsExactly(LeadState.QUEUED, LeadState.SENDING, LeadState.HELD, LeadState.QUEUED);
    books.ledger().doubtUnsettled();
    assertThat(books.account(run).possibleDuplicates()).isEqualTo(4);
    assertThat(books.due("tech")).allMatch(Due::possibleDuplicate);
  }

  // ---- Beside the process that runs on it ----

  @Test
  void aLedgerBesideAnotherIsSeenAtOnceAndBothWrite() {
    Run run = books.stored("leads", "tech", 2);
    try (Ledger beside = Ledger.openBeside(books.store(), books.clock())) {
      beside.hold(of(run));
      assertThat(books.due("tech")).isEmpty();
      books.ledger().release(of(run));
      beside.pause(Pausable.TABLE, "tech", true);
      assertThat(books.ledger().orders().paused()).containsKey(Pausable.TABLE);
      beside.pause(Pausable.TABLE, "tech", false);
      Together.run(
          2,
          number -> {
            Ledger mine = number == 0 ? books.ledger() : beside;
            Run own =
                mine.open(number + ".csv", "", Priority.NORMAL, "hash " + number, DedupeMode.SKIP);
            for (long record = 1; record <= 10; record++) {
              NewLead lead =
                  new NewLead(
                      record,
                      record + 1,
                      "tech",
                      "key " + record,
                      "",
                      "{\"a\":\"b\"}",
                      null,
                      List.of(),
                      0);
              mine.store(
                      own,
                      new Batch(record, record, record, 0, List.of(lead)),
                      DEDUPE_WINDOW,
                      now -> Budget.NONE)
                  .await();
              mine.hold(of(own));
            }
            return number;
          });
    }
    Map<LeadState, Long> all = books.snapshot().tables().get(0).states();
    assertThat(all)
        .containsOnly(
            entry(LeadState.QUEUED, 2L),
            entry(LeadState.HELD, 10L),
            entry(LeadState.DUPLICATE, 10L));
  }

  @Test
  void whatIsNoLedgerIsRefusedByNameByEveryWayIn() throws IOException {
    Path folder = Files.createDirectory(data.resolve("broken"));
    Path file = folder.resolve(Ledger.FILE);
    Files.writeString(file, "this is no database at all, but some text".repeat(100));
    assertThatThrownBy(() -> LedgerView.open(folder))
        .isInstanceOf(LedgerUnavailable.class)
        .hasMessageContainingAll(file.toString(), "cannot be opened", "not a database");
    assertThatThrownBy(() -> Ledger.openBeside(Store.embedded(folder), books.clock()))
        .isInstanceOf(LedgerUnavailable.class)
        .hasMessageContainingAll(file.toString(), "cannot be opened", "not a database");
    assertThatThrownBy(() -> Ledger.open(folder, books.clock()))
        .isInstanceOf(LedgerUnavailable.class)
        .hasMessageContainingAll(file.toString(), "cannot be opened", "not a database");
    assertThatThrownBy(() -> Ledger.backup(folder, data.resolve("copy.db")))
        .isInstanceOf(LedgerUnavailable.class);
  }

  // ---- Rate ----

  @Test
  void aRateIsKeptOverRestartsUntilItIsTakenBack() {
    books.ledger().rate(WORKSPACE, new BigDecimal("2.125"));
    books.reopen();
    assertThat(books.ledger().orders().rates()).isEqualTo(Map.of(WORKSPACE, 2.125));
    assertThat(books.snapshot().workspaces())
        .singleElement()
        .extracting(WorkspaceAccount::rate)
        .isEqualTo(2.125);
    books.ledger().rate(WORKSPACE, null);
    assertThat(books.ledger().orders().rates()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "0.0999", "1000.001", "-1", "2.0001"})
  void anOddRateIsRefused(String rate) {
    assertThatThrownBy(() -> books.ledger().rate(WORKSPACE, new BigDecimal(rate)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0.1 to 1000");
    assertThat(books.ledger().orders().rates()).isEmpty();
  }

  @Test
  void aLeadsBatchIsToldByItsFirstRecord() {
    Run run = books.stored("batches", "tech", 250);
    assertThat(books.ledger().batch(run.id(), 1)).isEqualTo(1);
    assertThat(books.ledger().batch(run.id(), 100)).isEqualTo(1);
    assertThat(books.ledger().batch(run.id(), 101)).isEqualTo(101);
    assertThat(books.ledger().batch(run.id(), 250)).isEqualTo(201);
  }

  @Test
  void toRetryAllLetsOnlyTheRunsGoOnOfWhichALeadIsRetried() {
    Run dead = books.stored("dead", "tech", 2);
    Run other = books.stored("other", "tech", 1);
    send("tech", dead());
    List<Sending> wire = books.due("tech").stream().map(due -> books.begin(due, lease)).toList();
    for (Run run : List.of(dead, other)) {
      books.ledger().finish(run.id(), books.account(run).read(), 2, "");
    }
    books.ledger().cancel(ALL);
    assertThat(books.ledger().retry(ALL, EnumSet.of(LeadState.DEAD), DEDUPE_WINDOW)).isEqualTo(1);
    wire.forEach(sending -> books.settle(sending, failed(START)));
    assertThat(books.account(dead).states()).containsOnly(entry(LeadState.QUEUED, 2L));
    assertThat(books.account(other).states()).containsOnly(entry(LeadState.CANCELLED, 1L));
  }
}
