package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.DEDUPE_WINDOW;
import static dev.kiln.ledger.LedgerFixture.START;
import static dev.kiln.ledger.LedgerFixture.accepted;
import static dev.kiln.ledger.LedgerFixture.charge;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.kiln.lead.Notice;
import dev.kiln.ledger.LedgerFixture.Row;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.assertj.core.groups.Tuple;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Dry runs find what a real one then stores. */
final class DryRunTest {
  private static final String DAY = "day 2026-11-25";

  private LedgerFixture books;

  @BeforeEach
  void open(@TempDir Path data) {
    books = LedgerFixture.in(data);
    books.ledger().register(List.of(webhook("tech-1", "tech", 0)));
  }

  @AfterEach
  void close() {
    books.close();
  }

  /** All of them are small. */
  private static boolean tooLarge(NewLead lead) {
    return false;
  }

  private Run run(String content, DedupeMode mode) {
    return books.ledger().open(content, "", Priority.NORMAL, content, mode);
  }

  @ParameterizedTest
  @EnumSource
  void findsWhatTheLedgerThenStoresInEveryMode(DedupeMode mode) {
    Run sent = run("sent", DedupeMode.SKIP);
    books.store(sent, Row.keyed("tech", "old"));
    Lease lease = books.lead("node");
    books.settle(books.begin(books.due("tech").get(0), lease), accepted());
    books.clock().advance(DEDUPE_WINDOW.plus(Duration.ofDays(1)));
    lease = books.lead("node");
    books.store(sent, Row.keyed("tech", "a"), Row.keyed("tech", "b"), Row.keyed("tech", "c"));
    for (Due due : books.due("tech")) {
      books.settle(books.begin(due, lease), accepted());
    }
    books.store(run("waiting", DedupeMode.SKIP), Row.keyed("tech", "w"));
    Run own = run("leads", mode);
    Row[] first = {Row.keyed("tech", "own")};
    books.store(own, first);
    Row[] rows = {
      Row.keyed("tech", "old"),
      Row.keyed("tech", "a"),
      Row.keyed("tech", "b").at("elsewhere"),
      Row.keyed("tech", "b").at("elsewhere"),
      Row.keyed("tech", "w"),
      Row.keyed("tech", "w").at("elsewhere"),
      Row.keyed("finance", "a"),
      Row.keyed("finance", "a").at("elsewhere"),
      Row.keyed("tech", "own"),
      Row.rejected("tech"),
      Row.of("tech").noticing(new Notice(Notice.Kind.UNMAPPED, "Farming")),
    };
    var before = books.dump();
    DryRun dry = new DryRun(books.ledger().view(), DEDUPE_WINDOW, Budget.NONE, false);
    dry.begin("leads.csv");
    List<NewLead> leads = books.leads(own, rows);
    List<LeadState> states = dry.add(own, leads.subList(0, 3), DryRunTest::tooLarge);
    assertThat(states).hasSize(3);
    dry.add(own, leads.subList(3, leads.size()), DryRunTest::tooLarge);
    assertThat(books.dump()).as("nothing is written").isEqualTo(before);

    books.store(own, rows);
    var stored = books.account(own).tables();
    // The row that was stored before the dry run.
    Map<LeadState, Long> tech = Objects.requireNonNull(stored.get("tech"));
    tech.merge(LeadState.QUEUED, -1L, Long::sum);
    tech.values().removeIf(count -> count == 0);
    assertThat(dry.tables()).isEqualTo(stored);
    assertThat(dry.findings()).isEqualTo(books.ledger().view().findings(own.id()));
    books.mustBalance();
  }

  /** What an operator orders for a run while it is read. */
  enum Order {
    CANCEL,
    HOLD,
    SAMPLE
  }

  @ParameterizedTest
  @EnumSource
  void findsWhatAnOperatorOrderedForTheRestOfARun(Order order) {
    if (order == Order.SAMPLE) {
      books.ledger().ask("leads", "", new Wish(null, 3L));
    }
    Run run = run("leads", DedupeMode.SKIP);
    books.store(run, Row.keyed("tech", "a"), Row.rejected("tech"));
    LeadSelection all = new LeadSelection(run.id(), null, null);
    switch (order) {
      case CANCEL -> books.ledger().cancel(all);
      case HOLD -> books.ledger().hold(all);
      case SAMPLE -> {}
    }
    var before = books.account(run).tables();
    Row[] rows = {
      Row.keyed("tech", "a"),
      Row.keyed("tech", "b"),
      Row.rejected("tech"),
      Row.keyed("tech", "b"),
      Row.of("tech"),
      Row.of("tech"),
      Row.keyed("tech", "c"),
    };
    DryRun dry = new DryRun(books.ledger().view(), DEDUPE_WINDOW, Budget.NONE, false);
    dry.begin("leads.csv");
    List<NewLead> leads = books.leads(run, rows);
    List<LeadState> states = new ArrayList<>();
    states.addAll(dry.add(run, leads.subList(0, 2), DryRunTest::tooLarge));
    states.addAll(dry.add(run, leads.subList(2, leads.size()), DryRunTest::tooLarge));

    books.store(run, rows);
    Map<LeadState, Long> tech = Objects.requireNonNull(books.account(run).tables().get("tech"));
    Objects.requireNonNull(before.get("tech"))
        .forEach((state, count) -> tech.merge(state, -count, Long::sum));
    tech.values().removeIf(count -> count == 0);
    assertThat(dry.tables()).isEqualTo(Map.of("tech", tech));
    assertThat(states.get(states.size() - 1))
        .isEqualTo(order == Order.CANCEL ? LeadState.CANCELLED : LeadState.HELD);
    assertThat(dry.held()).as("no budget holds them").isEmpty();

    Run other = run("other", DedupeMode.SKIP);
    dry.begin("other.csv");
    assertThat(dry.add(other, books.leads(other, Row.of("tech")), DryRunTest::tooLarge))
        .as("the order is of the other run")
        .containsExactly(LeadState.QUEUED);
    books.mustBalance();
  }

  @Test
  void withoutALedgerOnlyTheFilesThemselvesHaveDuplicates() {
    Run run = run("leads", DedupeMode.SKIP);
    DryRun dry = new DryRun(null, DEDUPE_WINDOW, Budget.NONE, true);
    dry.begin("one.csv");
    assertThat(
            dry.add(
                run,
                books.leads(run, Row.keyed("tech", "a"), Row.keyed("tech", "a")),
                DryRunTest::tooLarge))
        .containsExactly(LeadState.QUEUED, LeadState.DUPLICATE);
    dry.begin("two.csv");
    assertThat(
            dry.add(
                run,
                books.leads(run, Row.keyed("tech", "a"), Row.keyed("tech", "b")),
                DryRunTest::tooLarge))
        .containsExactly(LeadState.DUPLICATE, LeadState.QUEUED);
    assertThat(dry.findings().unsent())
        .extracting(Findings.Unsent::kind)
        .containsExactly("on its way already", "twice in the file");
  }

  // ---- Budgets ----

  /** A budget of small caps, of the day, the run and the tables, as chance has it. */
  private static Budget caps(RandomGenerator random) {
    Supplier<Amount> some =
        () ->
            new Amount(
                random.nextBoolean() ? 0 : random.nextInt(1, 25) * 1000L,
                random.nextBoolean() ? 0 : random.nextInt(1, 40) * 1000L);
    Supplier<Budget.Caps> caps =
        () -> new Budget.Caps(some.get(), Map.of("tech", some.get(), "finance", some.get()));
    return new Budget(
        Map.of("tech", new Amount(1000, 2000), "finance", new Amount(2500, 1000)),
        caps.get(),
        List.of(new Budget.Period(DAY, START.plus(Duration.ofHours(14)), caps.get())),
        null);
  }

  private static Row[] rows(RandomGenerator random, int most) {
    return IntStream.range(0, random.nextInt(1, most))
        .mapToObj(
            n -> {
              String table = random.nextInt(3) == 0 ? "finance" : "tech";
              return switch (random.nextInt(8)) {
                case 0 -> Row.rejected(table);
                case 1 -> Row.keyed(table, "k" + random.nextInt(5));
                default -> Row.of(table);
              };
            })
        .toArray(Row[]::new);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void whatBudgetsHoldIsWhatTheLedgerThenHolds(int seed) {
    RandomGenerator random = new Random(seed);
    Lease lease = books.lead("node");
    Budget budget = caps(random);
    books.budgets(now -> budget);
    books.store(run("before", DedupeMode.SKIP), rows(random, 30));
    List<Due> due = books.due("tech");
    for (Due lead : due.subList(0, Math.min(5, due.size()))) {
      books.settle(books.begin(lead, lease), accepted());
    }
    books.balance();
    var before = books.dump();
    DryRun dry = new DryRun(books.ledger().view(), DEDUPE_WINDOW, budget, false);
    Map<String, Map<LeadState, Long>> stored = new TreeMap<>();
    List<Row[]> files = List.of(rows(random, 30), rows(random, 30));
    for (int i = 0; i < files.size(); i++) {
      dry.begin("file-" + i);
      Run none = new Run("none", "", Priority.NORMAL, 0, 0, 0, false, DedupeMode.SKIP, false);
      List<NewLead> leads = books.leads(none, files.get(i));
      int half = leads.size() / 2;
      dry.add(none, leads.subList(0, half), DryRunTest::tooLarge);
      dry.add(none, leads.subList(half, leads.size()), DryRunTest::tooLarge);
    }
    assertThat(books.dump()).as("nothing is written").isEqualTo(before);

    List<Tuple> held = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      Run run = run("file-" + i, DedupeMode.SKIP);
      books.store(run, files.get(i));
      books.balance();
      books
          .account(run)
          .tables()
          .forEach(
              (table, states) ->
                  states.forEach(
                      (state, leads) ->
                          stored
                              .computeIfAbsent(table, name -> new EnumMap<>(LeadState.class))
                              .merge(state, leads, Long::sum)));
      String file = "file-" + i;
      books.snapshot().budget().held().stream()
          .filter(some -> some.run().equals(run.id()))
          .forEach(some -> held.add(tuple(file, some.table(), some.by(), some.leads())));
    }
    assertThat(dry.tables()).isEqualTo(stored);
    assertThat(dry.held())
        .extracting(DryRun.Held::file, DryRun.Held::table, DryRun.Held::by, DryRun.Held::leads)
        .containsExactlyInAnyOrderElementsOf(held);
    books.mustBalance();
  }

  @Test
  void whatOtherRunsLeftHeldKeepsNothingInLineWhereNobodyElseSends() {
    books.budgets(now -> charge(2000, 0, DAY));
    Run before = run("before", DedupeMode.SKIP);
    books.store(before, "tech", 3);
    books.ledger().cancel(new LeadSelection(before.id(), null, 1L));
    Run run = run("leads", DedupeMode.SKIP);
    List<NewLead> leads = books.leads(run, Row.of("tech"));
    for (boolean alone : new boolean[] {true, false}) {
      DryRun dry = new DryRun(books.ledger().view(), DEDUPE_WINDOW, charge(2000, 0, DAY), alone);
      dry.begin("leads.csv");
      assertThat(dry.add(run, leads, DryRunTest::tooLarge))
          .containsExactly(alone ? LeadState.QUEUED : LeadState.HELD);
    }
  }

  @Test
  void aLeadThatIsTooLargeTakesNoRoom() {
    Run run = run("leads", DedupeMode.SKIP);
    DryRun dry = new DryRun(null, DEDUPE_WINDOW, charge(2000, 0, DAY), true);
    dry.begin("leads.csv");
    List<NewLead> leads =
        books.leads(run, Row.of("tech"), Row.of("tech"), Row.of("tech"), Row.of("tech"));
    assertThat(dry.add(run, leads, lead -> lead.record() == 2))
        .containsExactly(LeadState.QUEUED, LeadState.REFUSED, LeadState.QUEUED, LeadState.HELD);
    assertThat(dry.held())
        .singleElement()
        .satisfies(
            held -> {
              assertThat(held.line()).isEqualTo(5);
              assertThat(held.until()).isEqualTo(START.plus(Duration.ofHours(14)));
              assertThat(held.reason()).contains("day 2026-11-25 (2 Data Credits) has no room");
            });
    assertThat(dry.covers())
        .containsExactly(
            new DryRun.Cover(
                DAY,
                new Amount(2000, 0),
                Amount.NOTHING,
                Amount.NOTHING,
                new Amount(2000, 4000),
                START.plus(Duration.ofHours(14))));
  }

  @Test
  void whatIsHeldIsToldWithTheBudgetThatTurnsLast() {
    Budget.Caps one = new Budget.Caps(new Amount(1000, 0), Map.of());
    Budget.Caps less = new Budget.Caps(new Amount(500, 0), Map.of());
    Budget.Period day = new Budget.Period(DAY, START.plus(Duration.ofHours(14)), one);
    Instant turns = START.plus(Duration.ofDays(6));
    assertThat(until(day, new Budget.Period("month 2026-11", turns, one))).isEqualTo(turns);
    assertThat(until(day, new Budget.Period("month 2026-11", turns, less))).isNull();
  }

  /** Until when the second lead of a file is held. */
  private @Nullable Instant until(Budget.Period... periods) {
    Budget budget = new Budget(charge(0, 0).costs(), Budget.Caps.NONE, List.of(periods), null);
    DryRun dry = new DryRun(null, DEDUPE_WINDOW, budget, true);
    dry.begin("leads.csv");
    Run none = new Run("none", "", Priority.NORMAL, 0, 0, 0, false, DedupeMode.SKIP, false);
    dry.add(none, books.leads(none, Row.of("tech"), Row.of("tech")), DryRunTest::tooLarge);
    return dry.held().get(0).until();
  }

  @Test
  void aBatchOfTheLargestSizeIsAskedForAtOnce() {
    Run run = run("leads", DedupeMode.SKIP);
    Row[] rows =
        IntStream.range(0, 1_000).mapToObj(n -> Row.keyed("tech", "k" + n)).toArray(Row[]::new);
    books.store(run, rows);
    Run other = run("other", DedupeMode.CHANGED);
    assertThat(books.ledger().view().duplicates(other, books.leads(other, rows), DEDUPE_WINDOW))
        .hasSize(1_000)
        .containsValue("on its way already");
  }

  @Test
  void seenKeysAreASet() {
    SeenKeys seen = new SeenKeys();
    Set<String> set = new HashSet<>();
    for (int i = 0; i < 50_000; i++) {
      String key = "key " + (i * 7L % 30_011);
      assertThat(seen.has("tech", key)).isEqualTo(set.contains(key));
      assertThat(seen.add("tech", key)).isEqualTo(set.add(key));
    }
    assertThat(seen.has("finance", "key 1")).isFalse();
    assertThat(seen.add("finance", "key 1")).isTrue();
  }
}
