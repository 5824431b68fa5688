package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.lead.LeadKey;
import dev.kiln.lead.Notice;
import dev.kiln.ledger.Ledger.Forgotten;
import dev.kiln.ledger.LedgerFixture.Row;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes when it was kept long enough or is to be forgotten, and what stays. */
final class RetentionTest {
  private static final String TABLE = "tech";
  private static final Duration KEPT = Duration.ofDays(30);

  private LedgerFixture fixture;
  private Lease lease;

  @BeforeEach
  void open(@TempDir Path data) {
    fixture = LedgerFixture.in(data);
    fixture.ledger().register(List.of(webhook("tech-1", TABLE, 1_000)));
    lease = fixture.lead("node");
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private int purge() {
    return fixture
        .ledger()
        .purge(fixture.clock().instant().minus(KEPT), LedgerFixture.DEDUPE_WINDOW);
  }

  private Sending send(Settlement settlement) {
    Sending sending = fixture.begin(fixture.due(TABLE).get(0), lease);
    fixture.settle(sending, settlement);
    return sending;
  }

  private Run read(String content, Row... rows) {
    Run run = fixture.run(content);
    fixture.store(run, rows);
    fixture.ledger().finish(run.id(), rows.length, 2, "");
    return run;
  }

  @Test
  void whatEndedLongAgoGoesAndItsCountsStay() {
    Run run = read("old", Row.keyed(TABLE, "a"), Row.keyed(TABLE, "a"), Row.rejected(TABLE));
    send(LedgerFixture.accepted());
    LedgerView.RunAccount before = fixture.account(run);
    fixture.clock().advance(KEPT.minusDays(1));
    assertThat(purge()).as("not yet").isZero();

    fixture.clock().advance(Duration.ofDays(2));
    assertThat(purge()).isEqualTo(3);
    assertThat(fixture.account(run)).isEqualTo(before);
    assertThat(fixture.ledger().view().leads(null, null, false, 10)).isEmpty();
    Map<String, List<Map<String, Object>>> dump = fixture.dump();
    for (String table : List.of("lead", "attempt", "batch")) {
      assertThat(dump.get(table)).as(table).isEmpty();
    }
    assertThat(purge()).isZero();
  }

  @Test
  void aLeadThatIsToComeBackStaysUntilItDidOrIsMissing() {
    fixture.ledger().expect(Set.of(TABLE));
    Run run = read("old", Row.of(TABLE));
    send(LedgerFixture.accepted());
    fixture.clock().advance(KEPT.plusDays(1));
    assertThat(purge()).as("it is awaited").isZero();

    assertThat(fixture.ledger().missing(TABLE, Duration.ofHours(1), fixture.clock().instant()))
        .isEqualTo(1);
    assertThat(purge()).as("it has just ended").isZero();
    fixture.clock().advance(KEPT.plusDays(1));
    assertThat(purge()).isEqualTo(1);
    assertThat(fixture.account(run).states()).containsEntry(LeadState.MISSING, 1L);
  }

  @Test
  void aForgottenLeadIsNotAwaitedWhenItWouldBeDeleted() {
    fixture.ledger().expect(Set.of(TABLE));
    Run run = read("old", Row.keyed(TABLE, LeadKey.ofEmail("ada@example.com")), Row.of(TABLE));
    send(LedgerFixture.accepted());
    send(LedgerFixture.accepted());
    assertThat(fixture.ledger().forget("ada@example.com").leads()).hasSize(1);
    fixture.clock().advance(KEPT.plusDays(1));
    purge();
    assertThat(awaited(run)).isEqualTo(1);

    fixture.ledger().receive(TABLE, LedgerFixture.enriched("{\"lead_id\":\"" + run.id() + "-2\"}"));
    fixture.clock().advance(KEPT.plusDays(1));
    assertThat(purge()).as("two leads and what came back of one").isEqualTo(3);
    assertThat(awaited(run)).isZero();
    assertThat(fixture.dump().get("lead")).isEmpty();
  }

  private long awaited(Run run) {
    LedgerView view = fixture.ledger().view();
    long awaited = view.awaiting(run.id()).orElseThrow().awaited();
    assertThat(view.returns().get(0).awaited()).as("at the table").isEqualTo(awaited);
    return awaited;
  }

  private void comesBack(String content) {
    read(content, Row.of(TABLE));
    String lead = send(LedgerFixture.accepted()).lead().leadId();
    fixture.ledger().receive(TABLE, LedgerFixture.enriched("{\"lead_id\":\"" + lead + "\"}"));
  }

  private List<Enriched> next() {
    return fixture.ledger().next(fixture.ledger().onward("file"), 10);
  }

  @Test
  void resultsGoOnwardAlsoOnceAllBeforeThemAreDeleted() {
    comesBack("old");
    fixture.ledger().wentOn(Onward.begin("file"), null, next().get(0).id(), "");
    fixture.clock().advance(KEPT.plusDays(1));
    assertThat(purge()).isPositive();
    purge();
    assertThat(fixture.dump().get("result")).isEmpty();
    comesBack("new");
    assertThat(next()).hasSize(1);
  }

  @Test
  void whatIsNotSettledStays() {
    Run run = read("old", Row.of(TABLE), Row.of(TABLE), Row.of(TABLE), Row.of(TABLE));
    send(LedgerFixture.accepted());
    send(LedgerFixture.unknown(null));
    fixture.begin(fixture.due(TABLE).get(0), lease);
    fixture.clock().advance(KEPT.plusDays(1));
    assertThat(purge()).isEqualTo(1);
    assertThat(fixture.ledger().view().leads(run.id(), null, false, 10))
        .extracting(LedgerView.LeadLine::state)
        .containsExactlyInAnyOrder(LeadState.UNKNOWN, LeadState.SENDING, LeadState.QUEUED);
  }

  @Test
  void anAcceptanceThatCountsAgainOutlivesItsLeadToo() {
    read("old", Row.keyed(TABLE, "a"));
    Instant accepted = fixture.clock().instant();
    String lead = send(LedgerFixture.accepted()).lead().leadId();
    fixture.clock().advance(KEPT.plusDays(1));
    Run forced =
        fixture
            .ledger()
            .open("forced.csv", "", Priority.NORMAL, "hash of forced", DedupeMode.FORCE);
    fixture.store(forced, Row.keyed(TABLE, "a"));
    assertThat(purge()).isEqualTo(1);
    send(LedgerFixture.refused());
    Run again = read("again", Row.keyed(TABLE, "a"));
    assertThat(fixture.line(again.id() + "-1").reason())
        .isEqualTo("already known to this table as " + lead + ", accepted " + accepted);
    fixture.clock().set(accepted.plus(LedgerFixture.DEDUPE_WINDOW));
    purge();
    assertThat(fixture.dump().get("dedupe")).isEmpty();
  }

  @Test
  void aKeyOutlivesItsLeadForTheWindowAndNoLonger() {
    read("old", Row.keyed(TABLE, "a"));
    Instant accepted = fixture.clock().instant();
    String lead = send(LedgerFixture.accepted()).lead().leadId();
    fixture.clock().advance(KEPT.plusDays(1));
    assertThat(purge()).isEqualTo(1);
    Run again = read("again", Row.keyed(TABLE, "a"));
    assertThat(fixture.line(again.id() + "-1").reason())
        .isEqualTo("already known to this table as " + lead + ", accepted " + accepted);

    fixture.clock().set(accepted.plus(LedgerFixture.DEDUPE_WINDOW).minusMillis(1));
    purge();
    assertThat(fixture.dump().get("dedupe")).hasSize(1);
    fixture.clock().advance(Duration.ofMillis(1));
    purge();
    assertThat(fixture.dump().get("dedupe")).isEmpty();
    Run later = read("later", Row.keyed(TABLE, "a"));
    assertThat(fixture.account(later).states()).containsOnlyKeys(LeadState.QUEUED);
  }

  @Test
  void theKeyOfALeadThatIsKeptIsFreeOnceItsWindowIsOver() {
    read("old", Row.keyed(TABLE, "a"));
    send(LedgerFixture.accepted());
    fixture.clock().advance(LedgerFixture.DEDUPE_WINDOW);
    fixture.ledger().purge(Instant.EPOCH, LedgerFixture.DEDUPE_WINDOW);
    Run again = read("again", Row.keyed(TABLE, "a"));
    assertThat(fixture.account(again).states()).containsOnlyKeys(LeadState.QUEUED);
    Run third = read("third", Row.keyed(TABLE, "a"));
    assertThat(fixture.line(third.id() + "-1").reason())
        .as("the key is of the lead that took it last")
        .contains(again.id() + "-1, which is not settled yet");
  }

  @Test
  void manyLeadsGoInManySteps() {
    fixture.ledger().register(List.of(webhook("tech-1", TABLE, 10_000)));
    Run run = fixture.stored("many", TABLE, 1_200);
    fixture.ledger().finish(run.id(), 1_200, 0, "");
    assertThat(fixture.ledger().cancel(new LeadSelection(run.id(), null, null))).isEqualTo(1_200);
    fixture.clock().advance(KEPT.plusDays(1));
    assertThat(purge()).isEqualTo(1_200);
    assertThat(fixture.account(run).states()).containsEntry(LeadState.CANCELLED, 1_200L);
  }

  @Test
  @Tag("sqlite")
  void theFileDoesNotGrowWithWhatIsGone(@TempDir Path data) throws Exception {
    long settledSize = 0;
    try (LedgerFixture bounded = LedgerFixture.in(data)) {
      for (int round = 1; round <= 12; round++) {
        Run run = bounded.stored("round " + round, TABLE, 1_000);
        bounded.ledger().finish(run.id(), 1_000, 0, "");
        bounded.ledger().cancel(new LeadSelection(run.id(), null, null));
        bounded.clock().advance(KEPT.plusDays(1));
        bounded.ledger().purge(bounded.clock().instant().minus(KEPT), LedgerFixture.DEDUPE_WINDOW);
        long size = Files.size(data.resolve(Ledger.FILE));
        if (round == 4) {
          settledSize = size;
        }
        assertThat(round > 4 ? size : 0).isLessThanOrEqualTo(settledSize * 5 / 4);
      }
    }
  }

  @Test
  void rowsInDoubtAreRememberedWhenTheirLeadsAreGone() {
    read("old", Row.of(TABLE), Row.of(TABLE));
    send(LedgerFixture.unknown(fixture.clock().instant()));
    send(LedgerFixture.accepted());
    send(LedgerFixture.accepted());
    Traffic before = fixture.ledger().view().traffic().get(0);
    assertThat(before.least()).isEqualTo(2);
    assertThat(before.most()).isEqualTo(3);

    fixture.clock().advance(KEPT.plusDays(1));
    assertThat(purge()).isEqualTo(2);
    assertThat(fixture.ledger().view().traffic()).containsExactly(before);
  }

  @Test
  void aLeadThatIsKnownToHaveArrivedIsNotInDoubt() {
    Run run = read("old", Row.of(TABLE), Row.of(TABLE));
    send(LedgerFixture.unknown(null));
    send(LedgerFixture.unknown(null));
    assertThat(fixture.ledger().accept(LeadSelection.ofLead(run.id() + "-1"))).isEqualTo(1);
    Traffic before = fixture.ledger().view().traffic().get(0);
    assertThat(before.least()).isEqualTo(1);
    assertThat(before.most()).isEqualTo(2);

    fixture.clock().advance(KEPT.plusDays(1));
    assertThat(purge()).isEqualTo(1);
    assertThat(fixture.ledger().view().traffic()).containsExactly(before);
  }

  @Test
  void clayCountsWhatItCounts() {
    fixture.ledger().register(List.of(LedgerFixture.webhook("tech-1", TABLE, "clay", 1_000, 40)));
    fixture.ledger().register(List.of(LedgerFixture.webhook("tech-2", TABLE, "clay", 1_000, 40)));
    read("some", Row.of(TABLE), Row.of(TABLE));
    send(LedgerFixture.accepted());
    fixture.begin(fixture.due(TABLE).get(0), lease);
    Traffic traffic = fixture.ledger().view().traffic().get(0);
    assertThat(traffic.brought()).isEqualTo(40);
    assertThat(traffic.onTheWire()).isEqualTo(1);
    assertThat(traffic.least()).isEqualTo(41);
    assertThat(traffic.most()).isEqualTo(42);

    long clayTable = traffic.webhook().clayTableUsed();
    fixture.ledger().adopt(traffic.webhook(), 100);
    assertThat(fixture.webhook("tech-2").used()).isEqualTo(100);
    assertThat(fixture.webhook("tech-2").clayTableUsed()).isEqualTo(clayTable + 58);
  }

  @Test
  void whatClayCountsIsInDoubtNoMoreOnceItIsAdopted() {
    read("old", Row.of(TABLE), Row.of(TABLE), Row.of(TABLE));
    send(LedgerFixture.unknown(null));
    send(LedgerFixture.unknown(fixture.clock().instant()));
    send(LedgerFixture.accepted());
    fixture.clock().advance(KEPT.plusDays(1));
    assertThat(purge()).as("those that ended").isPositive();
    fixture.ledger().adopt(fixture.ledger().view().traffic().get(0).webhook(), 1);
    Traffic adopted = fixture.ledger().view().traffic().get(0);
    assertThat(adopted.least()).isEqualTo(1);
    assertThat(adopted.most()).isEqualTo(1);
    assertThat(adopted.inDoubt()).isZero();
    assertThat(adopted.brought()).isZero();

    read("new", Row.of(TABLE));
    send(LedgerFixture.unknown(null));
    assertThat(fixture.ledger().view().traffic().get(0))
        .satisfies(later -> assertThat(later.least()).isEqualTo(1))
        .satisfies(later -> assertThat(later.most()).isEqualTo(2));
  }

  @Test
  void aPersonIsForgottenInEveryColumnAndTheAccountStays() {
    String key = LeadKey.ofEmail("Ada@Example.com");
    Run run =
        read(
            "people",
            Row.keyed(TABLE, key).at("ada@example.com"),
            Row.keyed(TABLE, "another").at("Ada@example.com"),
            Row.keyed(TABLE, "third").at("bob@example.com"));
    send(LedgerFixture.dead());
    Forgotten forgotten = fixture.ledger().forget(" ADA@example.com ");
    assertThat(forgotten).isEqualTo(new Forgotten(Set.of(run.id() + "-1", run.id() + "-2"), 0, 0));
    assertThat(forgotten.runs()).containsExactly(run.id());
    assertThat(fixture.dump().toString()).doesNotContain("ada@", "Ada@").contains("bob@");
    fixture.mustBalance();
    assertThat(fixture.account(run).states())
        .isEqualTo(Map.of(LeadState.DEAD, 1L, LeadState.CANCELLED, 1L, LeadState.QUEUED, 1L));

    assertThat(
            fixture
                .ledger()
                .retry(
                    new LeadSelection(run.id(), null, null),
                    LeadState.retried(),
                    LedgerFixture.DEDUPE_WINDOW))
        .as("nothing is left to send")
        .isZero();
    Run again = read("again", Row.keyed(TABLE, "another"));
    assertThat(fixture.account(again).states()).containsOnlyKeys(LeadState.DUPLICATE);
  }

  @Test
  void whatIsBeingSentIsForgottenLater() {
    String key = LeadKey.ofEmail("ada@example.com");
    Run run = read("people", Row.keyed(TABLE, key));
    Sending sending = fixture.begin(fixture.due(TABLE).get(0), lease);
    assertThat(fixture.ledger().forget("ada@example.com")).isEqualTo(new Forgotten(Set.of(), 0, 1));
    fixture.settle(sending, LedgerFixture.accepted());
    assertThat(fixture.ledger().forget("ada@example.com"))
        .isEqualTo(new Forgotten(Set.of(run.id() + "-1"), 0, 0));
  }

  @Test
  void aLeadIsFoundWithItsRequests() {
    String key = LeadKey.ofEmail("ada@example.com");
    Run run = read("people", Row.keyed(TABLE, key), Row.of(TABLE));
    send(LedgerFixture.failed(fixture.clock().instant()));
    send(LedgerFixture.accepted());
    LedgerView view = fixture.ledger().view();
    LedgerView.LeadLine found = view.leadsOf("ADA@example.com", 10).get(0);
    assertThat(found.leadId()).isEqualTo(run.id() + "-1");
    LeadSelection lead = LeadSelection.ofLead(found.leadId());
    assertThat(view.lead(lead)).contains(found);
    assertThat(view.attempts(lead))
        .containsExactly(
            new Attempt(1, "tech-1", LedgerFixture.START, "QUEUED", 503, 180, 300, "HTTP 503 busy"),
            new Attempt(2, "tech-1", LedgerFixture.START, "ACCEPTED", 200, 180, 300, ""));
    assertThat(view.leadsOf("nobody@example.com", 10)).isEmpty();
  }

  @Test
  void aForgottenLeadInDoubtCanBeResolvedAndNotSent() {
    Run run = read("people", Row.keyed(TABLE, "1").at("ada@x.example"));
    send(LedgerFixture.unknown(null));
    assertThat(fixture.ledger().forget("ada@x.example").leads()).hasSize(1);
    LeadSelection lead = LeadSelection.ofLead(run.id() + "-1");
    assertThat(fixture.ledger().retry(lead, Set.of(LeadState.UNKNOWN), Duration.ofDays(90)))
        .isZero();
    assertThat(fixture.ledger().accept(lead)).isEqualTo(1);
    assertThat(fixture.account(run).states()).isEqualTo(Map.of(LeadState.ACCEPTED, 1L));
    fixture.mustBalance();
  }

  private List<String> found(String email) {
    return fixture.ledger().view().leadsOf(email, 100).stream()
        .map(LedgerView.LeadLine::leadId)
        .toList();
  }

  @Test
  void aPersonIsForgottenWhereverTheAddressStandsInACell() {
    Run run =
        read(
            "people",
            Row.keyed(TABLE, "1").at("ada@x.example, ada2@x.example"),
            Row.keyed(TABLE, "2").at("2;Ada;ADA@x.example;;"),
            Row.keyed(TABLE, "3").at("see\\nada@x.example"),
            Row.keyed(TABLE, "4").at("ada\\u0040x.example"),
            Row.keyed(TABLE, "5").at("<mailto:ada@x.example>"),
            Row.keyed(TABLE, "6").at("not.ada@x.example"),
            Row.keyed(TABLE, "7").at("ada@x.example.au"),
            Row.keyed(TABLE, "8").at("adaXx.example"));
    List<String> hers = Stream.of(1, 2, 3, 4, 5).map(record -> run.id() + "-" + record).toList();
    assertThat(found("ada@X.example")).as("what forget would delete").isEqualTo(hers);
    assertThat(fixture.ledger().view().leadsOf("ada@x.example", 2)).hasSize(2);
    assertThat(fixture.ledger().forget("ada@X.example").leads()).hasSameElementsAs(hers);
    assertThat(String.valueOf(fixture.dump().get("lead")))
        .doesNotContain("ada2@", "ADA@", "see", "0040", "mailto")
        .contains("not.ada@x.example", "ada@x.example.au", "adaXx.example");
    fixture.mustBalance();
  }

  @Test
  void anAddressIsTakenByItsLettersNotAsAPattern() {
    Run run =
        read(
            "people",
            Row.keyed(TABLE, "1").at("a_b%c@x.example"),
            Row.keyed(TABLE, "2").at("aXb%c@x.example"),
            Row.keyed(TABLE, "3").at("\u00D6zg\u00FCr@x.example"),
            Row.keyed(TABLE, "4").at("d\\/e@x.example"));
    assertThat(found("a_b%c@x.example")).containsExactly(run.id() + "-1");
    assertThat(found("\u00F6ZG\u00DCR@x.example")).containsExactly(run.id() + "-3");
    assertThat(found("d/e@x.example")).containsExactly(run.id() + "-4");
  }

  @Test
  void whoseAddressEndsLikeAnothersIsNotForgottenWithThem() {
    Run run =
        read(
            "people",
            Row.keyed(TABLE, "1").at("brien@x.example"),
            Row.keyed(TABLE, "2").at("o'brien@x.example"),
            Row.keyed(TABLE, "3").at("'brien@x.example'"),
            Row.keyed(TABLE, "4").at("sales\\/brien@x.example"),
            Row.keyed(TABLE, "5").at("\u00FCbrien@x.example"),
            Row.keyed(TABLE, "6").at("o\\u0027brien@x.example"));
    assertThat(found("o'brien@x.example")).containsExactly(run.id() + "-2", run.id() + "-6");
    assertThat(found("\u00DCbrien@x.example")).containsExactly(run.id() + "-5");
    assertThat(fixture.ledger().forget("brien@x.example").leads())
        .containsExactly(run.id() + "-1", run.id() + "-3");
    assertThat(String.valueOf(fixture.dump().get("lead")))
        .contains("o'brien@", "sales", "\u00FCbrien@", "0027brien@");
  }

  @Test
  void aLeadIsAPersonsWhoseEnrichedRowBroughtTheAddress() {
    Run run = read("people", Row.of(TABLE), Row.of(TABLE));
    for (int lead = 1; lead <= 2; lead++) {
      send(LedgerFixture.accepted());
      String address = lead == 1 ? "\\u0061da@x.example" : "carl@x.example";
      fixture
          .ledger()
          .receive(
              TABLE,
              LedgerFixture.enriched(
                  "{\"lead_id\":\"%s-%d\",\"all\":\"x@x.example; %s\"}"
                      .formatted(run.id(), lead, address)));
    }
    assertThat(found("ada@x.example")).containsExactly(run.id() + "-1");
    assertThat(fixture.ledger().forget("ada@x.example").leads()).containsExactly(run.id() + "-1");
    assertThat(fixture.dump().toString())
        .doesNotContain("u0061da", "lead1@")
        .contains("carl@x.example", "lead2@");
  }

  @Test
  void aResultOutlivesItsLeadAndIsForgottenAllTheSame() {
    comesBack("old");
    fixture.ledger().waits(Onward.begin("crm"), null, "down", fixture.clock().instant());
    String lead = next().get(0).leadId();
    fixture.clock().advance(KEPT.minusDays(1));
    fixture
        .ledger()
        .receive(
            TABLE,
            LedgerFixture.enriched("{\"lead_id\":\"" + lead + "\",\"a\":\"ada@x.example\"}"));
    fixture.clock().advance(Duration.ofDays(2));
    purge();
    assertThat(fixture.dump().get("lead")).isEmpty();
    assertThat(fixture.ledger().forget("ada@x.example").leads()).containsExactly(lead);
    assertThat(String.valueOf(fixture.dump().get("result"))).doesNotContain("ada@");
    assertThat(fixture.ledger().forget("ada@x.example").leads()).isEmpty();
  }

  @Test
  void aPersonIsFoundInALedgerOfManyLeads() {
    Run run = fixture.stored("many", TABLE, 2_300);
    fixture.store(run, Row.keyed(TABLE, "1").at("ada@x.example"));
    assertThat(found("ada@x.example")).containsExactly(run.id() + "-2301");
    assertThat(found("lead1000@example.com")).containsExactly(run.id() + "-1000");
    assertThat(found("lead1001@example.com")).containsExactly(run.id() + "-1001");
  }

  @Test
  @Tag("sqlite")
  void nothingOfWhatWasForgottenOrPurgedIsInTheFiles(@TempDir Path data) throws Exception {
    try (LedgerFixture bare = LedgerFixture.in(data)) {
      bare.ledger().register(List.of(webhook("tech-1", TABLE, 10_000)));
      Run run = bare.run("many");
      for (int batch = 0; batch < 20; batch++) {
        bare.store(
            run,
            IntStream.range(batch * 100, batch * 100 + 100)
                .mapToObj(
                    row ->
                        Row.keyed(TABLE, "key " + row)
                            .at(
                                row % 7 == 0
                                    ? "SECRET ada@x.example " + "SECRET ".repeat(row)
                                    : "other ".repeat(row % 50)))
                .toArray(Row[]::new));
      }
      bare.ledger().finish(run.id(), 2_000, 0, "");
      bare.ledger().fold();
      assertThat(bytes(data)).as("it is there to be deleted").contains("SECRET");
      assertThat(bare.ledger().forget("ada@x.example").leads()).hasSize(286);
      bare.ledger().fold();
      assertThat(bytes(data)).doesNotContain("SECRET").contains("other other");

      bare.ledger().cancel(new LeadSelection(run.id(), null, null));
      bare.clock().advance(KEPT.plusDays(1));
      bare.ledger().purge(bare.clock().instant().minus(KEPT), LedgerFixture.DEDUPE_WINDOW);
      bare.ledger().fold();
      assertThat(bytes(data)).doesNotContain("other other");
    }
  }

  @Test
  @Tag("sqlite")
  void whoReadsKeepsTheLogFromBeingEmptiedAndNobodyFromWriting(@TempDir Path data)
      throws Exception {
    try (LedgerFixture bare = LedgerFixture.in(data);
        Connection reading =
            DriverManager.getConnection("jdbc:sqlite:" + data.resolve(Ledger.FILE));
        Statement look = reading.createStatement()) {
      bare.stored("people", TABLE, 3);
      reading.setAutoCommit(false);
      look.executeQuery("SELECT COUNT(*) FROM lead").close();
      CompletableFuture<Boolean> fold =
          CompletableFuture.supplyAsync(bare.ledger()::fold, Together.threads());
      long longest = 0;
      int writes = 0;
      for (; writes == 0 || !fold.isDone(); writes++) {
        long begun = System.nanoTime();
        bare.ledger().pause(Pausable.TABLE, TABLE, writes % 2 == 0);
        longest = Math.max(longest, System.nanoTime() - begun);
      }
      // The disk may be slow once; a fold that kept the lock would leave time for hardly any write.
      assertThat(writes > 20 || longest < Duration.ofSeconds(2).toNanos())
          .as("%s writes, the longest of %s", writes, Duration.ofNanos(longest))
          .isTrue();
      assertThat(fold.get()).as("another reads").isFalse();
      reading.rollback();
      assertThat(bare.ledger().fold()).isTrue();
    }
  }

  /** What grep finds in the files of a ledger. */
  private static String bytes(Path data) throws IOException {
    StringBuilder bytes = new StringBuilder();
    for (String name : List.of(Ledger.FILE, Ledger.FILE + "-wal")) {
      if (Files.exists(data.resolve(name))) {
        bytes.append(Files.readString(data.resolve(name), StandardCharsets.ISO_8859_1));
      }
    }
    return bytes.toString();
  }

  @Test
  void leadsOfARunThatIsNeverReadToItsEndGo() {
    Run run = fixture.run("vanished");
    fixture.store(run, Row.of(TABLE), Row.of(TABLE));
    send(LedgerFixture.accepted());
    LedgerView.RunAccount before = fixture.account(run);
    fixture.clock().advance(KEPT.plusDays(1));
    assertThat(purge()).isEqualTo(1);
    assertThat(fixture.account(run)).isEqualTo(before);

    send(LedgerFixture.accepted());
    fixture.clock().advance(KEPT.plusDays(1));
    assertThat(purge()).as("it was not taken for done").isEqualTo(1);
    fixture.store(run, Row.of(TABLE));
    assertThat(fixture.account(run).read()).as("its file is there again").isEqualTo(3);
  }

  @Test
  void aTargetThatNoRouteServesKeepsNoResults() {
    comesBack("old");
    fixture.ledger().wentOn(Onward.begin("files"), null, next().get(0).id(), "");
    fixture
        .ledger()
        .waits(Onward.begin("crm"), null, "it cannot be reached", fixture.clock().instant());
    fixture.clock().advance(KEPT.plusDays(1));
    purge();
    assertThat(fixture.dump().get("result")).as("it waits for a target").hasSize(1);
    assertThat(onward("crm").reason()).isEqualTo("it cannot be reached");

    fixture.ledger().serve(Set.of("files"));
    assertThat(onward("crm").reason()).isEqualTo(OnwardRows.UNSERVED);
    assertThat(onward("files").reason()).isEmpty();
    purge();
    assertThat(fixture.dump().get("result")).isEmpty();
    fixture.ledger().serve(Set.of("files", "crm"));
    assertThat(onward("crm").reason()).isEmpty();
  }

  private Onward onward(String target) {
    return fixture.ledger().onward(target);
  }

  private long count(String table) {
    return fixture
        .sql()
        .withHandle(
            handle -> handle.createQuery("SELECT COUNT(*) FROM " + table).mapTo(Long.class).one());
  }

  /** Rows that were kept apart, and keys of submissions, of now. */
  private void strays(String name, int most) {
    long now = fixture.clock().millis();
    fixture
        .sql()
        .useTransaction(
            handle -> {
              PreparedBatch rows =
                  handle.prepareBatch(
                      "INSERT INTO quarantine (table_name, lead_id, reason, content_hash, body, received_at)"
                          + " VALUES ('tech', '', '', :key, '', :now)");
              PreparedBatch keys =
                  handle.prepareBatch(
                      "INSERT INTO submission (idempotency_key, source, content_hash, run, seen_at)"
                          + " VALUES (:key, '', '', '', :now)");
              for (int i = 0; i < most; i++) {
                rows.bind("key", name + i).bind("now", now).add();
                keys.bind("key", i + name).bind("now", now).add();
              }
              rows.execute();
              keys.execute();
            });
  }

  @Test
  void whatBelongsToNoLeadGoesInSmallSteps() {
    int old = 2 * RetentionRows.AT_ONCE + 200;
    strays("old", old);
    fixture.clock().advance(KEPT);
    strays("new", 300);
    long limit = fixture.clock().instant().minus(KEPT).plusMillis(1).toEpochMilli();
    for (RetentionRows.Stray stray : RetentionRows.Stray.values()) {
      fixture
          .sql()
          .useHandle(
              handle ->
                  assertThat(RetentionRows.strays(handle, stray, stray.first(), limit))
                      .hasSize(RetentionRows.AT_ONCE));
    }
    assertThat(purge()).isZero();
    assertThat(List.of(count("quarantine"), count("submission")))
        .containsExactly(old + 300L, old + 300L);
    fixture.clock().advance(Duration.ofMillis(1));
    purge();
    assertThat(List.of(count("quarantine"), count("submission"))).containsExactly(300L, 300L);
  }

  @Test
  void anAddressAmongWhatWasNoticedIsForgotten() {
    Notice ada = new Notice(Notice.Kind.UNMAPPED, "Ada@x.example");
    Notice other = new Notice(Notice.Kind.UNMAPPED, "not.ada@x.example");
    Run run = read("old", Row.of(TABLE).noticing(ada), Row.of(TABLE).noticing(ada, other));
    Run later = read("later", Row.of(TABLE).noticing(ada, new Notice(Notice.Kind.UNMAPPED, "")));
    fixture.ledger().forget("ada@x.example");
    assertThat(fixture.ledger().view().findings(run.id()).unmapped())
        .containsExactly(new Findings.Named("", 2), new Findings.Named("not.ada@x.example", 1));
    assertThat(fixture.ledger().view().findings(later.id()).unmapped())
        .containsExactly(new Findings.Named("", 2));
    assertThat(fixture.dump().toString()).doesNotContain("Ada@");
  }
}
