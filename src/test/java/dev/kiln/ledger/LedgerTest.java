package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.START;
import static dev.kiln.ledger.LedgerFixture.WORKSPACE;
import static dev.kiln.ledger.LedgerFixture.accepted;
import static dev.kiln.ledger.LedgerFixture.charge;
import static dev.kiln.ledger.LedgerFixture.failed;
import static dev.kiln.ledger.LedgerFixture.refused;
import static dev.kiln.ledger.LedgerFixture.unknown;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;

import dev.kiln.ledger.LedgerFixture.Row;
import dev.kiln.ledger.LedgerView.NodeAccount;
import dev.kiln.ledger.LedgerView.TableAccount;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is due, who leads, what survives, and what readers see. */
final class LedgerTest {
  private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

  private Path data;
  private LedgerFixture books;

  @BeforeEach
  void open(@TempDir Path data) {
    this.data = data;
    books = LedgerFixture.in(data);
    books
        .ledger()
        .register(List.of(webhook("tech-1", "tech", 0), webhook("finance-1", "finance", 0)));
  }

  @AfterEach
  void balanced() {
    books.mustBalance();
    books.close();
  }

  // ---- Due ----

  @Test
  void theHighestPriorityIsDueFirstAndThenTheOldest() {
    Run low = books.run("low", Priority.LOW);
    Run normal = books.run("normal", Priority.NORMAL);
    Run high = books.run("high", Priority.HIGH);
    books.store(low, Row.of("tech"));
    books.store(normal, Row.of("finance"), Row.of("tech"), Row.of("finance"));
    books.store(high, Row.of("tech"));
    books.store(normal, Row.of("tech"));
    assertThat(books.due("tech", "finance"))
        .extracting(Due::leadId)
        .containsExactly(
            high.id() + "-1",
            normal.id() + "-1",
            normal.id() + "-2",
            normal.id() + "-3",
            normal.id() + "-4",
            low.id() + "-1");
  }

  @Test
  void parkedTablesAndLeadsOnOfferAreLeftOutAndSharesHold() {
    Run run = books.stored("leads", "tech", 5);
    books.store(run, "finance", 5);
    List<Due> tech = books.due("tech");
    assertThat(tech).hasSize(5).allMatch(lead -> lead.table().equals("tech"));
    Set<Long> onOffer = Set.of(tech.get(0).id(), tech.get(1).id());
    assertThat(books.ledger().due(Map.of("tech", 2), 100, onOffer, null))
        .containsExactly(tech.get(2), tech.get(3));
    assertThat(books.ledger().due(Map.of("tech", 9, "finance", 1), 3, onOffer, null))
        .containsExactly(tech.get(2), tech.get(3), tech.get(4));
    assertThat(books.ledger().due(Map.of(), 3, Set.of(), null)).isEmpty();
  }

  @Test
  void theLeadsOfOneRunCanBeHadAlone() {
    books.stored("first", "tech", 3);
    Run second = books.stored("second", "tech", 2);
    assertThat(books.ledger().due(Map.of("tech", 9), 9, Set.of(), Set.of(second.id())))
        .hasSize(2)
        .allMatch(lead -> lead.run().equals(second.id()));
  }

  @Test
  @Tag("sqlite")
  void lookingForWhatIsDueReadsOneTablesLeadsInTheirOrderAndStopsAtTheLast() {
    for (String more : List.of("", " AND run IN ('run')")) {
      assertThat(books.plan(SendRows.due(more)))
          .singleElement()
          .asString()
          .startsWith("SEARCH lead USING INDEX lead_due (table_name=?");
    }
  }

  @Test
  void lookingForWhatIsDueChangesNothing() {
    books.stored("leads", "tech", 3);
    var before = books.dump();
    books.due("tech");
    assertThat(books.dump()).isEqualTo(before);
  }

  // ---- Leases ----

  @Test
  void aLeaseIsRenewedByItsHolderAndTakenByAnotherOnlyWhenItEnded() {
    Ledger ledger = books.ledger();
    Lease first = ledger.lead(WORKSPACE, "a", TEN_SECONDS, false).orElseThrow();
    assertThat(ledger.roster().leases()).containsExactly(first);
    assertThat(first).isEqualTo(new Lease(WORKSPACE, "a", 1, START.plusSeconds(10)));
    assertThat(ledger.lead(WORKSPACE, "b", TEN_SECONDS, false)).isEmpty();
    books.clock().advance(Duration.ofSeconds(9));
    Lease renewed = ledger.lead(WORKSPACE, "a", TEN_SECONDS, false).orElseThrow();
    assertThat(renewed.epoch()).isEqualTo(1);
    books.clock().advance(Duration.ofSeconds(9));
    assertThat(ledger.lead(WORKSPACE, "b", TEN_SECONDS, false)).isEmpty();
    books.clock().advance(Duration.ofSeconds(1));
    assertThat(ledger.lead(WORKSPACE, "b", TEN_SECONDS, false).orElseThrow().epoch()).isEqualTo(2);
    assertThat(ledger.lead(WORKSPACE, "a", TEN_SECONDS, false)).isEmpty();
  }

  @Test
  void aNodeThatIsProvenAloneTakesALeaseAtOnce() {
    books.ledger().lead(WORKSPACE, "dead", TEN_SECONDS, false);
    assertThat(books.ledger().lead(WORKSPACE, "alive", TEN_SECONDS, true).orElseThrow().epoch())
        .isEqualTo(2);
  }

  private Instant ledSince() {
    return books.snapshot().workspaces().stream()
        .filter(workspace -> workspace.name().equals(WORKSPACE))
        .findFirst()
        .orElseThrow()
        .ledSince();
  }

  @Test
  void theLedgerKnowsSinceWhenALeaderLeads() {
    Ledger ledger = books.ledger();
    ledger.lead(WORKSPACE, "a", TEN_SECONDS, false);
    books.clock().advance(Duration.ofSeconds(3));
    Lease renewed = ledger.lead(WORKSPACE, "a", TEN_SECONDS, false).orElseThrow();
    assertThat(ledSince()).isEqualTo(START);
    ledger.resign(renewed);
    books.clock().advance(Duration.ofSeconds(3));
    ledger.lead(WORKSPACE, "a", TEN_SECONDS, false);
    assertThat(ledSince()).as("after a pause of its own").isEqualTo(START.plusSeconds(6));
    books.clock().advance(TEN_SECONDS);
    ledger.lead(WORKSPACE, "b", TEN_SECONDS, false);
    assertThat(ledSince()).isEqualTo(START.plusSeconds(16));
  }

  @Test
  void aNodeLivesAsLongAsItSaysSoAndIsShownForADay() {
    Ledger ledger = books.ledger();
    ledger.beat("b", "2", START, TEN_SECONDS);
    books.clock().advance(Duration.ofSeconds(5));
    ledger.beat("a", "1", START.plusSeconds(5), TEN_SECONDS);
    List<NodeAccount> nodes = ledger.roster().nodes();
    assertThat(nodes)
        .containsExactly(
            new NodeAccount("a", "1", START.plusSeconds(5), START.plusSeconds(15)),
            new NodeAccount("b", "2", START, START.plusSeconds(10)))
        .isEqualTo(books.snapshot().nodes());
    books.clock().advance(Duration.ofSeconds(5));
    assertThat(nodes.stream().filter(node -> node.alive(ledger.now())))
        .extracting(NodeAccount::name)
        .containsExactly("a");

    ledger.beat("a", "1", START.plusSeconds(5), TEN_SECONDS);
    assertThat(ledger.roster().nodes().get(0).aliveUntil()).isEqualTo(START.plusSeconds(20));
    ledger.leave("a");
    assertThat(ledger.roster().nodes()).extracting(NodeAccount::name).containsExactly("b");
    books.clock().advance(Duration.ofDays(1));
    ledger.beat("c", "1", ledger.now(), TEN_SECONDS);
    assertThat(ledger.roster().nodes())
        .as("a dead one is forgotten after a day")
        .extracting(NodeAccount::name)
        .containsExactly("b", "c");
    books.clock().advance(TEN_SECONDS);
    ledger.beat("c", "1", ledger.now(), TEN_SECONDS);
    assertThat(ledger.roster().nodes()).extracting(NodeAccount::name).containsExactly("c");
  }

  @Test
  void aResignedLeaseIsFreeAndAnOldLeaseResignsNothing() {
    Ledger ledger = books.ledger();
    Lease first = ledger.lead(WORKSPACE, "a", TEN_SECONDS, false).orElseThrow();
    ledger.resign(first);
    assertThat(ledger.lead(WORKSPACE, "b", TEN_SECONDS, false)).isPresent();
    ledger.resign(first);
    assertThat(ledger.lead(WORKSPACE, "a", TEN_SECONDS, false)).isEmpty();
  }

  // ---- Waiting ----

  @Test
  void whatATableWaitsForIsNotedWithTheTimeOfItsFirstSight() {
    books.stored("leads", "tech", 1);
    books.ledger().waiting(Map.of("tech", new Waiting(WaitReason.REFUSING, "token", null)));
    books.clock().advance(TEN_SECONDS);
    books.ledger().waiting(Map.of("tech", new Waiting(WaitReason.REFUSING, "token still", null)));
    assertThat(books.snapshot().tables().get(0).waiting())
        .isEqualTo(new Waiting(WaitReason.REFUSING, "token still", START));
    books.ledger().waiting(Map.of("tech", new Waiting(WaitReason.EXHAUSTED, "full", null)));
    assertThat(books.snapshot().tables().get(0).waiting())
        .isEqualTo(new Waiting(WaitReason.EXHAUSTED, "full", START.plusSeconds(10)));
    books.ledger().waiting(Map.of("tech", Waiting.NOT));
    assertThat(books.snapshot().tables().get(0).waiting()).isNull();
  }

  // ---- Durability ----

  @Test
  void closingAndOpeningKeepsEveryRow() {
    Run run = books.stored("leads", "tech", 5);
    Lease lease = books.lead("node");
    Budget charge = charge(0, 0, "day 2026-11-25");
    List<Settlement> outcomes = List.of(accepted(), refused(), failed(START), unknown(START));
    for (Settlement outcome : outcomes) {
      books.settle(books.begin(books.due("tech").get(0), lease, charge), outcome);
    }
    books.ledger().waiting(Map.of("tech", new Waiting(WaitReason.REFUSING, "token", null)));
    books.ledger().finish(run.id(), 5, 1, "");
    var before = books.dump();
    books.reopen();
    assertThat(books.dump()).isEqualTo(before);
  }

  @Test
  void aHurriedLedgerWaitsForNoOtherProcessAndRefusesAllThatCameMeanwhileAtOnce() {
    books.ledger().hurry();
    books.locked(
        () ->
            assertThat(Together.run(8, number -> catchThrowable(() -> books.run("run " + number))))
                .hasOnlyElementsOfType(LedgerUnavailable.class));
    assertThat(books.run("later").resumed()).isFalse();
  }

  @Test
  void aClosedLedgerRefusesToWrite() {
    books.ledger().close();
    assertThatThrownBy(() -> books.run("late")).isInstanceOf(LedgerUnavailable.class);
    books.reopen();
  }

  @Test
  void aFileThatIsNoLedgerIsRefusedByName() throws Exception {
    Path folder = Files.createDirectory(data.resolve("broken"));
    Files.writeString(folder.resolve(Ledger.FILE), "this is no database at all, but some text");
    assertThatThrownBy(() -> Ledger.open(folder, books.clock()))
        .isInstanceOf(LedgerUnavailable.class)
        .hasMessageContaining(folder.resolve(Ledger.FILE).toString());
  }

  // ---- Concurrency ----

  @Test
  void manyThreadsThatBeginAndSettleTogetherCountExactly() {
    int threads = 8;
    int each = 40;
    Run run = books.stored("leads", "tech", threads * each);
    Lease lease = books.lead("node");
    List<Due> due = books.due("tech");
    List<Settlement> outcomes =
        List.of(
            accepted(),
            refused(),
            failed(START.plusSeconds(60)),
            unknown(START.plusSeconds(60)),
            unknown(null));
    Together.run(
        threads,
        number -> {
          for (int i = 0; i < each; i++) {
            Sending sending =
                books.begin(due.get(number * each + i), lease, charge(0, 0, "day 2026-11-25"));
            books.settle(sending, outcomes.get(i % outcomes.size()));
          }
          return number;
        });
    long fifth = (long) threads * each / 5;
    assertThat(books.account(run).states())
        .isEqualTo(
            Map.of(
                LeadState.ACCEPTED,
                fifth,
                LeadState.REFUSED,
                fifth,
                LeadState.QUEUED,
                2 * fifth,
                LeadState.UNKNOWN,
                fifth));
    assertThat(books.account(run).possibleDuplicates()).isEqualTo(fifth);
    assertThat(books.webhook("tech-1").used()).isEqualTo(3 * fifth);
    assertThat(books.spent("day 2026-11-25")).containsExactly(3 * fifth * 1000, 3 * fifth * 2000);
  }

  @Test
  void readersOfOtherProcessesSeeOneMomentAtEveryLook() {
    Lease lease = books.lead("node");
    AtomicInteger writing = new AtomicInteger(2);
    Together.run(
        4,
        number -> {
          if (number < 2) {
            try {
              Run run = books.run("run " + number);
              for (int batch = 0; batch < 25; batch++) {
                books.store(run, number == 0 ? "tech" : "finance", 10);
                Sending sending =
                    books.begin(books.due(number == 0 ? "tech" : "finance").get(0), lease);
                books.settle(sending, batch % 2 == 0 ? accepted() : refused());
              }
            } finally {
              writing.decrementAndGet();
            }
            return number;
          }
          int looks = 0;
          try (LedgerView view = books.lookBeside()) {
            boolean last;
            do {
              last = writing.get() == 0;
              LedgerView.Snapshot snapshot = view.snapshot();
              long accepted = 0;
              long sending = 0;
              for (LedgerView.RunAccount run : snapshot.runs()) {
                assertThat(run.states().values().stream().mapToLong(Long::longValue).sum())
                    .isEqualTo(run.read());
                accepted += run.states().getOrDefault(LeadState.ACCEPTED, 0L);
                sending += run.states().getOrDefault(LeadState.SENDING, 0L);
              }
              assertThat(snapshot.webhooks().stream().mapToLong(WebhookUse::used).sum())
                  .isEqualTo(accepted + sending);
              looks++;
            } while (!last);
          }
          return looks;
        });
  }

  @Test
  @Tag("sqlite")
  void aReaderCannotWrite() {
    Run run = books.run("leads");
    try (LedgerView view = LedgerView.open(data)) {
      assertThat(view.snapshot().runs()).hasSize(1);
    }
    try (var readers = new Sqlite(data).pool()) {
      assertThatThrownBy(
              () -> Jdbi.create(readers).useHandle(handle -> RunRows.read(handle, run.id(), 99, 0)))
          .hasMessageContaining("readonly");
    }
  }

  @Test
  @Tag("sqlite")
  void theOldestQueuedLeadIsTheFirstOfTheIndex() {
    List<String> plan =
        books
            .sql()
            .withHandle(
                handle ->
                    handle
                        .createQuery("EXPLAIN QUERY PLAN " + SendRows.OLDEST_QUEUED)
                        .bind("table", "")
                        .bind("priority", 1)
                        .map((row, context) -> row.getString("detail"))
                        .list());
    assertThat(plan)
        .as("and nothing is sorted")
        .singleElement()
        .asString()
        .startsWith("SEARCH lead USING INDEX lead_due (table_name=? AND priority=?");
  }

  @Test
  void theOldestQueuedLeadOfATableIsTold() {
    assertThat(books.snapshot().tables()).isEmpty();
    books.store(books.run("low", Priority.LOW), Row.of("tech"));
    books.clock().advance(Duration.ofMinutes(5));
    books.store(books.run("high", Priority.HIGH), Row.of("tech"), Row.of("finance"));
    assertThat(books.snapshot().tables())
        .extracting(TableAccount::name, TableAccount::oldestQueued)
        .containsExactly(tuple("finance", START.plus(Duration.ofMinutes(5))), tuple("tech", START));
    books.ledger().hold(new LeadSelection(null, "finance", null));
    assertThat(books.snapshot().tables().get(0).oldestQueued()).isNull();
  }
}
