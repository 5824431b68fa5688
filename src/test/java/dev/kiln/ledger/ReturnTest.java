package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.START;
import static dev.kiln.ledger.LedgerFixture.accepted;
import static dev.kiln.ledger.LedgerFixture.charge;
import static dev.kiln.ledger.LedgerFixture.dead;
import static dev.kiln.ledger.LedgerFixture.failed;
import static dev.kiln.ledger.LedgerFixture.refused;
import static dev.kiln.ledger.LedgerFixture.unknown;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ledger.LedgerFixture.Row;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows that come back: what becomes of them and of their leads. */
final class ReturnTest {
  private static final Duration DAY = Duration.ofHours(24);

  private LedgerFixture books;
  private Run run;
  private Lease lease;

  @BeforeEach
  void open(@TempDir Path data) {
    books = LedgerFixture.in(data);
    books.ledger().register(List.of(webhook("tech-1", "tech", 0)));
    run = books.run("leads");
    books.store(run, Row.keyed("tech", "ada@example.com"));
    lease = books.lead("node");
  }

  @AfterEach
  void balanced() {
    books.mustBalance();
    books.close();
  }

  private Sending begin() {
    return books.begin(books.due("tech").get(0), lease, charge(0, 0, "day 2026-11-25"));
  }

  private String leadId() {
    return run.id() + "-1";
  }

  private Receipt receive(String leadId, String more) {
    String body = "{\"lead_id\":\"" + leadId + "\"" + more + "}";
    return books.ledger().receive("tech", LedgerFixture.enriched(body));
  }

  private Receipt.Kind receive() {
    return receive(leadId(), "").kind();
  }

  private LeadState state() {
    return books.line(leadId()).state();
  }

  static Stream<Arguments> afterBegin() {
    return Stream.of(
        Arguments.of(LeadState.SENDING, null),
        Arguments.of(LeadState.ACCEPTED, accepted()),
        Arguments.of(LeadState.UNKNOWN, unknown(null)),
        Arguments.of(LeadState.QUEUED, unknown(START.plusSeconds(60))),
        Arguments.of(LeadState.QUEUED, failed(START.plusSeconds(60))),
        Arguments.of(LeadState.REFUSED, refused()),
        Arguments.of(LeadState.DEAD, dead()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("afterBegin")
  void aLeadIsEnrichedFromEveryStateAfterBegin(LeadState from, @Nullable Settlement settlement) {
    Sending sending = begin();
    if (settlement != null) {
      books.settle(sending, settlement);
    }
    assertThat(state()).isEqualTo(from);

    assertThat(receive()).isEqualTo(Receipt.Kind.STORED);
    assertThat(state()).isEqualTo(LeadState.ENRICHED);
    assertThat(receive()).isEqualTo(Receipt.Kind.KNOWN);
    assertThat(books.ledger().view().results()).isEqualTo(1);

    books.clock().advance(Duration.ofHours(1));
    assertThat(books.due("tech")).as("a queued resend is dropped").isEmpty();
    books.store(run, Row.keyed("tech", "ada@example.com"));
    assertThat(books.line(run.id() + "-2").state())
        .as("the key of a lead that Clay has")
        .isEqualTo(LeadState.DUPLICATE);
  }

  @Test
  void aResendThatIsOnOfferIsNotBegunAnyMore() {
    books.settle(begin(), unknown(START));
    Due offered = books.due("tech").get(0);
    receive();
    assertThatThrownBy(() -> books.begin(offered, lease)).isInstanceOf(NotSent.class);
  }

  @Test
  void anAnswerBehindTheRowIsKeptInTheLogAlone() {
    Sending sending = begin();
    receive();
    assertThat(books.settle(sending, unknown(START))).isFalse();
    assertThat(state()).isEqualTo(LeadState.ENRICHED);
    assertThat(books.notes(sending.lead())).containsExactly("late: HTTP 504 late");
  }

  @Test
  void aResendThatWasSurelyNotStoredIsGivenBackThoughTheRowCameMeanwhile() {
    books.settle(begin(), unknown(START));
    Sending again = begin();
    receive();
    assertThat(books.settle(again, failed(START))).isFalse();
    assertThat(books.webhook("tech-1").used()).isEqualTo(1);
    assertThat(books.spent("day 2026-11-25")).isEqualTo(List.of(1_000L, 2_000L));
  }

  @Test
  void anAcceptanceBehindTheRowAgreesWithIt() {
    Sending sending = begin();
    receive();
    assertThat(books.settle(sending, accepted())).isTrue();
    assertThat(state()).isEqualTo(LeadState.ENRICHED);
  }

  @Test
  void aHeldResendIsDropped() {
    books.settle(begin(), unknown(START));
    LeadSelection all = new LeadSelection(null, null, null);
    books.ledger().hold(all);
    receive();
    assertThat(state()).isEqualTo(LeadState.ENRICHED);
  }

  @Test
  void aRowOfACancelledLeadIsKept() {
    books.settle(begin(), failed(START));
    books.ledger().cancel(new LeadSelection(null, null, null));

    assertThat(receive(leadId(), ""))
        .isEqualTo(new Receipt(Receipt.Kind.LATE, "the lead is CANCELLED"));
    assertThat(state()).isEqualTo(LeadState.CANCELLED);
    assertThat(books.ledger().view().results()).isEqualTo(1);
  }

  @Test
  void otherContentOfTheSameLeadIsKeptBeside() {
    books.settle(begin(), accepted());
    receive();
    assertThat(receive(leadId(), ",\"phone\":\"1\"").kind()).isEqualTo(Receipt.Kind.STORED);
    assertThat(books.ledger().view().results()).isEqualTo(2);
  }

  @Test
  void whatGoesOnwardTogetherIsBoundedByItsCharactersToo() {
    books.settle(begin(), accepted());
    String half = "x".repeat(ResultRows.MOST_CHARS / 2);
    for (int row = 1; row <= 4; row++) {
      receive(leadId(), ",\"n\":" + row + ",\"x\":\"" + half + "\"");
    }
    Onward files = books.ledger().onward("files");
    List<Enriched> page = books.ledger().next(files, 500);
    assertThat(page).hasSize(2);
    assertThat(books.ledger().next(files, 1)).hasSize(1);
    books.ledger().wentOn(files, null, page.get(1).id(), "");
    assertThat(books.ledger().next(books.ledger().onward("files"), 500)).hasSize(2);
  }

  @Test
  void whatIsKeptApartIsForgottenByItsAddress() {
    receive("crm 17", ",\"email\":\"Bob@example.com\"");
    receive("crm 18", ",\"email\":\"bob@example.com.au\"");
    assertThat(books.ledger().forget("bob@example.com").strays()).isEqualTo(1);
    assertThat(books.ledger().view().quarantined()).isEqualTo(1);
  }

  @Test
  void addressesAreNoNamesOfFields() {
    books.settle(begin(), accepted());
    receive(
        leadId(), ",\"ok\":{\"ada@example.com\":1,\"bob@example.com\":2},\"eve@example.com\":null");
    assertThat(books.ledger().view().returns().get(0).filled())
        .containsOnlyKeys("lead_id", "(an address)")
        .containsEntry("(an address)", 1L);
  }

  @Test
  void whatIsKeptOfFieldsIsForgottenByTheirNames() {
    books
        .sql()
        .useHandle(
            handle ->
                handle.execute(
                    "INSERT INTO filled (table_name, field, leads)"
                        + " VALUES ('tech', 'ok.Ada@example.com', 1), ('tech', 'title', 1)"));
    Onward files = books.ledger().onward("files");
    books.ledger().wentOn(files, null, 1, "{\"columns\":[\"ok.ADA@example.com\",\"title\"]}");
    books.ledger().forget("ada@example.com");
    assertThat(books.ledger().view().returns().get(0).filled()).containsOnlyKeys("title");
    assertThat(books.ledger().onward("files").written())
        .isEqualTo("{\"columns\":[\"ok.***************\",\"title\"]}");
  }

  @Test
  void ofAForgottenLeadThatComesBackNothingIsKeptButThatItCame() {
    Sending sending = begin();
    books.settle(sending, accepted());
    assertThat(books.ledger().forget("ada@example.com").leads()).hasSize(1);
    assertThat(receive(leadId(), ",\"phone\":\"555\"").kind()).isEqualTo(Receipt.Kind.STORED);
    assertThat(receive(leadId(), ",\"phone\":\"556\"").kind()).isEqualTo(Receipt.Kind.KNOWN);
    assertThat(state()).isEqualTo(LeadState.ENRICHED);
    assertThat(books.dump().toString()).doesNotContain("555", "556");
    assertThat(books.ledger().next(books.ledger().onward("crm"), 10))
        .as("goes onward as what was forgotten after it came")
        .extracting(Enriched::body)
        .containsExactly("{}");
    assertThat(books.ledger().view().returns().get(0).counted()).isEqualTo(1);
  }

  @Test
  void ofAForgottenLeadThatWasNeverSentNothingIsKeptApart() {
    assertThat(books.ledger().forget("ada@example.com").leads()).hasSize(1);
    assertThat(receive(leadId(), ",\"phone\":\"555\"").kind()).isEqualTo(Receipt.Kind.QUARANTINED);
    assertThat(books.dump().toString()).doesNotContain("555");
  }

  @Test
  void whatBelongsToNoLeadThatWasSentIsKeptApart() {
    assertThat(receive().name()).as("never sent").isEqualTo("QUARANTINED");
    assertThat(state()).isEqualTo(LeadState.QUEUED);
    assertThat(receive("20261125-abcdef-9", "").note()).isEqualTo("no lead has this lead_id");
    assertThat(receive("crm 17", "").kind()).isEqualTo(Receipt.Kind.QUARANTINED);
    assertThat(receive("", "").note()).isEqualTo("it names no lead");
    assertThat(receive("", "").note()).isEqualTo("it names no lead");
    books.ledger().receive("tech", LedgerFixture.enriched("x"));

    assertThat(books.ledger().view().quarantined()).isEqualTo(5);
    assertThat(books.ledger().view().quarantined(2))
        .extracting(Quarantined::reason)
        .containsExactly("it names no lead", "it names no lead");
    assertThat(books.ledger().view().results()).isZero();
  }

  @Test
  void namesOfWhateverLengthAreKeptApartInPart() {
    String name =
        new Random(1)
            .ints(20_000, 'a', 'z')
            .mapToObj(Character::toString)
            .collect(Collectors.joining());
    for (int twice = 0; twice < 2; twice++) {
      books.ledger().receive(name, LedgerFixture.enriched("{\"lead_id\":\"" + name + "\"}"));
    }
    assertThat(books.ledger().view().quarantined(2))
        .singleElement()
        .satisfies(
            kept -> {
              assertThat(kept.table()).isEqualTo(name.substring(0, 500));
              assertThat(kept.leadId()).isEqualTo(name.substring(0, 500));
            });
  }

  @Test
  void aLeadThatDoesNotComeBackIsMissingWhereTheTableExpectsIt() {
    books.ledger().expect(Set.of("tech"));
    books.settle(begin(), accepted());
    books.clock().advance(DAY.minusMillis(1));
    assertThat(books.ledger().missing("tech", DAY, books.clock().instant())).isZero();
    books.clock().advance(Duration.ofMillis(1));
    assertThat(books.ledger().missing("other", DAY, books.clock().instant())).isZero();
    assertThat(books.ledger().missing("tech", DAY, books.clock().instant())).isEqualTo(1);
    assertThat(state()).isEqualTo(LeadState.MISSING);

    books.ledger().retry(new LeadSelection(null, null, null), Set.of(LeadState.MISSING), DAY);
    assertThat(books.line(leadId()).possibleDuplicate()).isTrue();
    books.settle(begin(), accepted());
    assertThat(receive()).isEqualTo(Receipt.Kind.STORED);
    assertThat(state()).isEqualTo(LeadState.ENRICHED);
  }

  @Test
  void whatWasAcceptedBeforeItWasExpectedIsNeverMissing() {
    books.settle(begin(), accepted());
    books.clock().advance(Duration.ofMillis(1));
    books.ledger().expect(Set.of("tech"));
    books.clock().advance(DAY.multipliedBy(2));
    assertThat(books.ledger().missing("tech", DAY, books.clock().instant())).isZero();
    assertThat(books.ledger().view().expecting()).containsExactly("tech");
    books.ledger().expect(Set.of());
    assertThat(books.ledger().view().expecting()).isEmpty();
  }

  private long awaited(Run of) {
    return books.ledger().view().awaiting(of.id()).orElseThrow().awaited();
  }

  private long awaitedAtTheTable() {
    return books.ledger().view().returns().get(0).awaited();
  }

  private void finish(Run read, int rows) {
    books.ledger().finish(read.id(), rows, 2, "");
  }

  @Test
  void ofARunUnderWayWhatIsAcceptedSinceItIsExpectedIsAwaited() {
    books.store(run, Row.of("tech"));
    finish(run, 2);
    books.settle(begin(), accepted());
    books.clock().advance(Duration.ofMillis(1));
    books.ledger().expect(Set.of("tech"));
    books.settle(begin(), accepted());
    Run later = books.stored("later", "tech", 1);
    finish(later, 1);
    books.settle(begin(), accepted());
    assertThat(awaited(run)).isEqualTo(1);
    assertThat(awaited(later)).isEqualTo(1);
    assertThat(awaitedAtTheTable()).isEqualTo(2);
    assertThat(books.ledger().doneRuns()).isEmpty();

    receive(run.id() + "-2", "");
    assertThat(books.ledger().view().awaiting(run.id()).orElseThrow().done()).isTrue();
    assertThat(books.ledger().doneRuns()).containsExactly(run.id());
    receive(later.id() + "-1", "");
    assertThat(books.ledger().doneRuns()).containsExactlyInAnyOrder(run.id(), later.id());
    assertThat(awaitedAtTheTable()).isZero();
    assertThat(books.ledger().view().returns().get(0).hitRate()).isEqualTo(1);
  }

  @Test
  void whereNoRowsAreExpectedNothingIsAwaited() {
    finish(run, 1);
    books.ledger().expect(Set.of("tech"));
    books.settle(begin(), accepted());
    assertThat(awaited(run)).isEqualTo(1);
    books.ledger().expect(Set.of());
    assertThat(awaited(run)).isZero();
    assertThat(books.ledger().doneRuns()).containsExactly(run.id());
  }

  @ParameterizedTest(name = "expected since before the run: {0}")
  @ValueSource(booleans = {true, false})
  void aForgottenLeadIsNeitherAwaitedNorMissing(boolean before) {
    books.ledger().expect(Set.of("tech"));
    Run forgotten = run;
    if (before) {
      books.settle(begin(), accepted());
      receive();
      forgotten = books.run("later");
      books.store(forgotten, Row.keyed("tech", "eve@example.com"));
    } else {
      books.ledger().expect(Set.of());
      books.clock().advance(Duration.ofMillis(1));
      books.ledger().expect(Set.of("tech"));
    }
    finish(forgotten, 1);
    books.settle(begin(), accepted());
    assertThat(awaited(forgotten)).isEqualTo(1);
    String email = before ? "eve@example.com" : "ada@example.com";
    assertThat(books.ledger().forget(email).leads()).hasSize(1);

    assertThat(awaited(forgotten)).isZero();
    assertThat(awaitedAtTheTable()).isZero();
    assertThat(books.ledger().doneRuns()).containsExactly(forgotten.id());
    books.clock().advance(DAY.multipliedBy(2));
    assertThat(books.ledger().missing("tech", DAY, books.clock().instant())).isZero();
    assertThat(books.ledger().silence("tech", DAY, books.clock().instant())).isEmpty();
    assertThat(books.line(forgotten.id() + "-1"))
        .satisfies(
            lead -> {
              assertThat(lead.state()).isEqualTo(LeadState.ACCEPTED);
              assertThat(lead.reason()).isEqualTo("forgotten on request");
            });
  }

  @Test
  void aTableThatTakesRowsAndGetsNoneBackIsSilent() {
    Duration hour = Duration.ofHours(1);
    books.ledger().expect(Set.of("tech"));
    books.store(run, Row.of("tech"));
    assertThat(books.ledger().silence("tech", hour, books.clock().instant())).isEmpty();
    assertThat(books.ledger().silence("other", hour, books.clock().instant())).isEmpty();
    books.settle(begin(), accepted());
    books.settle(begin(), accepted());
    books.clock().advance(hour.minusMillis(1));
    assertThat(books.ledger().silence("tech", hour, books.clock().instant())).isEmpty();
    books.clock().advance(Duration.ofMillis(1));
    assertThat(books.ledger().silence("tech", hour, books.clock().instant())).contains(true);
    assertThat(books.ledger().silence("tech", hour, books.clock().instant()))
        .as("told once")
        .isEmpty();
    assertThat(books.ledger().view().returns().get(0).silentSince()).isNotNull();

    books.clock().advance(hour);
    receive();
    assertThat(books.ledger().silence("tech", hour, books.clock().instant())).contains(false);
    assertThat(books.ledger().silence("tech", hour, books.clock().instant())).isEmpty();
  }

  @Test
  void whatWasAcceptedBeforeTheLastRowCameIsNoSilence() {
    Duration hour = Duration.ofHours(1);
    books.ledger().expect(Set.of("tech"));
    books.store(run, Row.of("tech"));
    books.store(run, Row.of("tech"));
    books.settle(begin(), accepted());
    books.settle(begin(), accepted());
    books.clock().advance(Duration.ofMillis(1));
    receive();
    books.clock().advance(DAY);
    assertThat(books.ledger().silence("tech", hour, books.clock().instant()))
        .as("nothing was sent since")
        .isEmpty();
    books.settle(begin(), accepted());
    assertThat(books.ledger().silence("tech", hour, books.clock().instant())).isEmpty();
    books.clock().advance(hour);
    assertThat(books.ledger().silence("tech", hour, books.clock().instant())).contains(true);
  }

  @Test
  void fieldsAreCountedByTable() {
    books.ledger().expect(Set.of("tech"));
    books.store(run, Row.of("tech"));
    books.settle(begin(), accepted());
    books.settle(begin(), accepted());
    receive(leadId(), ",\"phone\":\"1\",\"title\":null,\"company\":{\"name\":\"F\",\"size\":7}");
    receive(run.id() + "-2", ",\"phone\":\"\",\"tags\":[1,2]");

    assertThat(books.ledger().view().returns())
        .singleElement()
        .satisfies(
            account -> {
              assertThat(account.table()).isEqualTo("tech");
              assertThat(account.expecting()).isTrue();
              assertThat(account.enriched()).isEqualTo(2);
              assertThat(account.hitRate()).isEqualTo(1);
              assertThat(account.counted()).isEqualTo(2);
              assertThat(account.lastAt()).isEqualTo(START);
              assertThat(account.filled())
                  .containsOnlyKeys("lead_id", "phone", "company.name", "company.size", "tags")
                  .containsEntry("lead_id", 2L)
                  .containsEntry("phone", 1L);
            });
  }
}
