package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.DEDUPE_WINDOW;
import static dev.kiln.ledger.LedgerFixture.START;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.Trees;
import dev.kiln.ledger.LedgerFixture.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import org.jdbi.v3.core.Jdbi;

/**
 * No cap is ever exceeded, whatever comes together: several files at once, resends, crashes, a
 * period's turn, changed caps and what an operator does.
 */
final class BudgetModelTest {
  private static final Map<String, Amount> COSTS =
      Map.of("tech", new Amount(6, 4), "finance", new Amount(4, 3), "events", new Amount(1, 0));
  private static final List<String> TABLES = List.of("tech", "finance", "events");
  private static final int ATTEMPTS = 3;
  private static final LeadSelection ALL = new LeadSelection(null, null, null);

  private enum Kind {
    STORE,
    BEGIN,
    SETTLE,
    CRASH,
    REOPEN,
    PASS_TIME,
    BALANCE,
    CHANGE_CAPS,
    CANCEL,
    HOLD,
    RELEASE,
    RETRY,
    MOVE
  }

  /** A step; its numbers pick among what there is at its time. */
  record Step(Kind kind, int pick, int other) {}

  @Provide
  Arbitrary<List<Step>> histories() {
    Arbitrary<Kind> kind =
        Arbitraries.frequency(
            Tuple.of(4, Kind.STORE),
            Tuple.of(12, Kind.BEGIN),
            Tuple.of(8, Kind.SETTLE),
            Tuple.of(1, Kind.CRASH),
            Tuple.of(1, Kind.REOPEN),
            Tuple.of(2, Kind.PASS_TIME),
            Tuple.of(6, Kind.BALANCE),
            Tuple.of(1, Kind.CHANGE_CAPS),
            Tuple.of(1, Kind.CANCEL),
            Tuple.of(1, Kind.HOLD),
            Tuple.of(1, Kind.RELEASE),
            Tuple.of(1, Kind.RETRY),
            Tuple.of(1, Kind.MOVE));
    Arbitrary<Integer> number = Arbitraries.integers().between(0, 999);
    return Combinators.combine(kind, number, number)
        .as(Step::new)
        .list()
        .ofSize(LedgerFixture.steps(80));
  }

  @Property(tries = 10, shrinking = ShrinkingMode.BOUNDED)
  void noCapIsExceededAndWhatFitsIsNotHeld(@ForAll("histories") List<Step> history)
      throws IOException {
    Path data = Files.createTempDirectory("budget-model");
    try (Model model = new Model(data)) {
      for (Step step : history) {
        model.take(step);
        model.mustAgree();
      }
    } finally {
      Trees.delete(data);
    }
  }

  // ---- What may be spent ----

  /** Caps that a number stands for; some are none. */
  private static Budget.Caps caps(int number, int size) {
    Map<String, Amount> tables = new HashMap<>();
    if (number % 3 == 0) {
      tables.put("tech", new Amount(size / 2 + number % 5, 0));
    }
    if (number % 4 == 0) {
      tables.put("finance", new Amount(0, size / 4));
    }
    return new Budget.Caps(
        new Amount(number % 5 == 0 ? 0 : size + number % 7, number % 2 == 0 ? size : 0), tables);
  }

  private static Budget budget(int number, Instant now) {
    LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
    LocalDate month = today.withDayOfMonth(1);
    return new Budget(
        COSTS,
        number % 6 == 0 ? caps(number, 25) : Budget.Caps.NONE,
        List.of(
            new Budget.Period(
                "day " + today,
                today.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant(),
                caps(number / 7, 40)),
            new Budget.Period(
                "month from " + month,
                month.plusMonths(1).atStartOfDay(ZoneOffset.UTC).toInstant(),
                caps(number / 11, 90))),
        null);
  }

  /** A begun lead and what it was charged to. */
  private record OnTheWire(Sending sending, Set<String> accounts) {}

  /** A lead as the database has it. */
  private record Found(long id, String run, String table, LeadState state, String by) {}

  private static final class Model implements AutoCloseable {
    private final LedgerFixture books;
    private final Jdbi sql;
    private final Map<String, Amount> spent = new TreeMap<>();
    private final List<OnTheWire> wire = new ArrayList<>();
    private final List<Due> refused = new ArrayList<>();
    private Lease lease;
    private int nodes = 1;
    private int caps = 1;

    Model(Path data) {
      books = LedgerFixture.in(data);
      sql = books.sql();
      books.budgets(now -> BudgetModelTest.budget(caps, now));
      books
          .ledger()
          .register(TABLES.stream().map(table -> webhook(table + "-1", table, 0)).toList());
      lease = books.lead("node 1");
    }

    private Instant now() {
      return books.clock().instant();
    }

    private Budget budget() {
      return BudgetModelTest.budget(caps, now());
    }

    void take(Step step) {
      switch (step.kind) {
        case STORE -> store(step);
        case BEGIN -> begin(step);
        case SETTLE -> settle(step);
        case CRASH -> crash(step);
        case REOPEN -> books.reopen();
        case PASS_TIME ->
            books.clock().advance(Duration.ofHours(step.pick % 9 == 0 ? 400 : step.other % 30));
        case BALANCE -> balance();
        case CHANGE_CAPS -> caps = step.pick;
        case CANCEL -> books.ledger().cancel(some(step));
        case HOLD -> books.ledger().hold(some(step));
        case RELEASE -> books.ledger().release(ALL);
        case RETRY -> books.ledger().retry(ALL, LeadState.retried(), DEDUPE_WINDOW);
        case MOVE ->
            books
                .ledger()
                .reroute(
                    new LeadSelection(null, TABLES.get(step.pick % 3), null),
                    TABLES.get((step.pick + 1) % 3),
                    DEDUPE_WINDOW);
      }
    }

    /** A lead or two by number, or what a run has at a table. */
    private LeadSelection some(Step step) {
      List<Found> leads = leads();
      if (leads.isEmpty()) {
        return new LeadSelection("none", null, null);
      }
      Found lead = leads.get(step.other % leads.size());
      return new LeadSelection(
          lead.run,
          step.pick % 3 == 0 ? lead.table : null,
          step.pick % 3 == 0 ? null : 1L + step.other % 9);
    }

    private void store(Step step) {
      Row[] batch =
          Stream.iterate(0, i -> i <= step.other % 7, i -> i + 1)
              .map(i -> (step.pick + i * step.other) % TABLES.size())
              .map(table -> Row.of(TABLES.get(table)))
              .toArray(Row[]::new);
      Set<Long> before = leads().stream().map(Found::id).collect(Collectors.toSet());
      Run run = books.run("run " + step.pick % 4);
      books.store(run, batch);
      for (Found lead : leads()) {
        if (!before.contains(lead.id) && lead.state == LeadState.QUEUED) {
          accounts(lead.run, lead.table)
              .forEach(
                  account ->
                      assertThat(exceeded(account, lead.table))
                          .as("overbooked %s", account)
                          .isFalse());
        }
      }
    }

    private List<Account> accounts(String run, String table) {
      List<Account> accounts = new ArrayList<>(budget().ofPeriods(table));
      accounts.addAll(budget().ofRun(run, table));
      return accounts;
    }

    private void begin(Step step) {
      List<Due> due = books.due("tech", "finance", "events");
      if (due.isEmpty()) {
        return;
      }
      Due lead = due.get(step.pick % Math.min(5, due.size()));
      List<Account> accounts = accounts(lead.run(), lead.table());
      try {
        Sending sending = books.begin(lead, lease);
        accounts.forEach(account -> charge(account.name(), cost(lead.table())));
        for (Account account : accounts) {
          Amount cost = cost(lead.table());
          assertThat(account.cap().minus(spent(account)).plus(cost).lacks(cost, account.cap()))
              .as("%s has spent %s", account, spent(account))
              .isFalse();
        }
        wire.add(
            new OnTheWire(
                sending, accounts.stream().map(Account::name).collect(Collectors.toSet())));
      } catch (NotSent notSent) {
        assertThat(notSent.reason()).isIn(WaitReason.BUDGET, WaitReason.PAUSED);
        if (notSent.reason() == WaitReason.BUDGET) {
          refused.add(lead);
          assertThat(accounts)
              .as("a budget that has no room")
              .anyMatch(
                  account ->
                      account.cap().minus(spent(account)).lacks(cost(lead.table()), account.cap()));
        }
      }
    }

    private static Amount cost(String table) {
      return Objects.requireNonNull(COSTS.get(table));
    }

    private void charge(String account, Amount cost) {
      spent.merge(account, cost, Amount::plus);
    }

    private Amount spent(Account account) {
      return spent.getOrDefault(account.name(), Amount.NOTHING);
    }

    private void settle(Step step) {
      if (wire.isEmpty()) {
        return;
      }
      OnTheWire row = wire.remove(step.pick % wire.size());
      Instant soon = now().plusSeconds(step.other % 3);
      Settlement settlement =
          switch (step.other % 8) {
            case 0, 1 -> LedgerFixture.accepted();
            case 2 -> LedgerFixture.refused();
            case 3 -> LedgerFixture.dead();
            case 4 -> LedgerFixture.failed(soon);
            case 5 -> LedgerFixture.tooMany(soon);
            case 6 -> LedgerFixture.unknown(soon);
            default -> LedgerFixture.unknown(null);
          };
      books.settle(row.sending, settlement);
      if (!settlement.stored()) {
        Amount back = cost(row.sending.lead().table()).times(-1);
        row.accounts.forEach(account -> charge(account, back));
      }
    }

    private void crash(Step step) {
      books.reopen();
      lease = books.lead("node " + ++nodes);
      books.ledger().recover(lease.epoch(), TABLES, step.pick % 3 == 0 ? null : now(), ATTEMPTS);
      wire.clear();
    }

    private void balance() {
      List<Found> before = leads();
      Balance done = books.balance(refused.toArray(Due[]::new));
      refused.clear();
      List<Found> after = leads();
      Map<Long, Found> now = after.stream().collect(Collectors.toMap(Found::id, lead -> lead));
      Set<String> held = new HashSet<>(Set.of("BUDGET", "RUN_BUDGET"));
      int released = 0;
      for (Found lead : before) {
        Found then = Objects.requireNonNull(now.get(lead.id));
        if (lead.state == LeadState.HELD && !held.contains(lead.by)) {
          assertThat(then).as("what the operator holds").isEqualTo(lead);
        } else if (lead.state == LeadState.HELD && then.state == LeadState.QUEUED) {
          released++;
          assertThat(after)
              .as("leads of the table that are older and still wait for the same budget")
              .noneMatch(
                  other ->
                      other.table.equals(lead.table)
                          && other.by.equals("BUDGET")
                          && other.id < lead.id);
        }
      }
      assertThat(done.released()).isGreaterThanOrEqualTo(released);
      mustBeInLine(after);
    }

    /** Nothing is queued that does not fit, and nothing held that does. */
    private void mustBeInLine(List<Found> leads) {
      for (Found lead : leads) {
        List<Account> periods = budget().ofPeriods(lead.table);
        if (lead.state == LeadState.QUEUED) {
          assertThat(periods)
              .as("what %s is charged to", lead)
              .noneMatch(account -> exceeded(account, lead.table));
        } else if (lead.by.equals("BUDGET")) {
          assertThat(periods)
              .as("what holds %s", lead)
              .anyMatch(account -> left(account).lacks(cost(lead.table), account.cap()));
        } else if (lead.by.equals("RUN_BUDGET")) {
          assertThat(budget().ofRun(lead.run, lead.table))
              .as("what holds %s", lead)
              .anyMatch(
                  account ->
                      left(account)
                          .minus(inLine(leads, account))
                          .lacks(cost(lead.table), account.cap()));
        }
      }
    }

    /** What leads of a run will cost that wait for the day or the month only. */
    private static Amount inLine(List<Found> leads, Account account) {
      return leads.stream()
          .filter(lead -> lead.by.equals("BUDGET") && lead.run.equals(account.run()))
          .filter(lead -> account.table() == null || account.table().equals(lead.table))
          .map(lead -> cost(lead.table))
          .reduce(Amount.NOTHING, Amount::plus);
    }

    private boolean exceeded(Account account, String table) {
      return left(account).plus(cost(table)).lacks(cost(table), account.cap());
    }

    /** What is left of a cap less what is queued, counted lead by lead. */
    private Amount left(Account account) {
      Amount promised =
          leads().stream()
              .filter(lead -> lead.state == LeadState.QUEUED)
              .filter(lead -> account.table() == null || account.table().equals(lead.table))
              .filter(lead -> account.run() == null || account.run().equals(lead.run))
              .map(lead -> cost(lead.table))
              .reduce(Amount.NOTHING, Amount::plus);
      return account.cap().minus(spent(account)).minus(promised);
    }

    private List<Found> leads() {
      return sql.withHandle(
          handle ->
              handle
                  .createQuery("SELECT id, run, table_name, state, held_by FROM lead ORDER BY id")
                  .map(
                      (row, context) ->
                          new Found(
                              row.getLong(1),
                              row.getString(2),
                              row.getString(3),
                              LeadState.valueOf(row.getString(4)),
                              row.getString(5)))
                  .list());
    }

    void mustAgree() {
      books.mustBalance();
      spent.forEach(
          (account, amount) ->
              assertThat(books.spent(account))
                  .as(account)
                  .containsExactly(amount.credits(), amount.actions()));
    }

    @Override
    public void close() {
      books.close();
    }
  }

  // ---- At the same time ----

  /** A budget of two days; the second half of the test is on the second. */
  private static Budget twoDays(Instant now) {
    Budget.Caps day = new Budget.Caps(new Amount(301, 0), Map.of("finance", new Amount(0, 61)));
    boolean first = now.isBefore(START.plus(Duration.ofDays(1)));
    return new Budget(
        COSTS,
        new Budget.Caps(new Amount(160, 0), Map.of()),
        List.of(new Budget.Period(first ? "day 1" : "day 2", START.plus(Duration.ofDays(9)), day)),
        null);
  }

  @Example
  void filesResendsAndCrashesAtTheSameTimeExceedNoCapAtAnyCommit() throws IOException {
    Path data = Files.createTempDirectory("budget-together");
    try (LedgerFixture books = LedgerFixture.in(data)) {
      books.budgets(BudgetModelTest::twoDays);
      books
          .ledger()
          .register(TABLES.stream().map(table -> webhook(table + "-1", table, 0)).toList());
      // The database itself refuses the commit that would exceed a cap.
      books.refuse(
          "spend",
          "(NEW.credits_cap > 0 AND NEW.credits > NEW.credits_cap)"
              + " OR (NEW.actions_cap > 0 AND NEW.actions > NEW.actions_cap)",
          "a cap is exceeded");
      for (int round = 0; round < 4; round++) {
        round(books, round);
        // Ends as a kill would: leads are on the wire.
        books.reopen();
        books.mustBalance();
        if (round == 1) {
          books.clock().advance(Duration.ofDays(1));
        }
      }
      assertThat(books.spent("day 1").get(0)).as("the day is used up").isBetween(290L, 301L);
      assertThat(books.spent("day 2").get(0)).isBetween(290L, 301L);
      assertThat(books.snapshot().budget().warnings())
          .filteredOn(warning -> warning.account().equals("day 1"))
          .extracting(BudgetWarning::percent)
          .containsExactlyInAnyOrder(70, 80, 90);
    } finally {
      Trees.delete(data);
    }
  }

  private static void round(LedgerFixture books, int round) {
    Lease lease = books.lead("node " + round);
    books.ledger().recover(lease.epoch(), TABLES, books.clock().instant(), 100);
    List<Run> runs =
        List.of(books.run("a" + round), books.run("b" + round), books.run("c" + round));
    Together.run(
        7,
        number -> {
          for (int i = 0; i < 25; i++) {
            if (number < 3) {
              books.storeAlone(runs.get(number), i + 1, TABLES.get((number + i) % 3));
            } else if (number < 6) {
              send(books, lease, number + i);
            } else {
              books.balance();
            }
          }
          return true;
        });
    // What is left of the day goes to whoever is first, one by one.
    books.balance();
    for (int i = 0; i < 100; i++) {
      send(books, lease, i);
    }
  }

  private static void send(LedgerFixture books, Lease lease, int number) {
    List<Due> due = books.due("tech", "finance", "events");
    if (due.isEmpty()) {
      return;
    }
    Due lead = due.get(number % due.size());
    try {
      Sending sending = books.begin(lead, lease);
      switch (number % 5) {
        case 0 -> books.settle(sending, LedgerFixture.unknown(books.clock().instant()));
        case 1 -> books.settle(sending, LedgerFixture.failed(books.clock().instant()));
        case 2, 3 -> books.settle(sending, LedgerFixture.accepted());
        default -> {
          // Left on the wire.
        }
      }
    } catch (NotSent notSent) {
      assertThat(notSent.reason()).isIn(WaitReason.BUDGET, WaitReason.NOT_DUE);
      books.balance(lead);
    }
  }
}
