package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.DEDUPE_WINDOW;
import static dev.kiln.ledger.LedgerFixture.charge;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.Trees;
import dev.kiln.ledger.LedgerFixture.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** Random histories of the ledger beside a model of it in plain objects. */
final class LedgerModelTest {
  private enum Kind {
    STORE,
    BEGIN,
    SETTLE,
    SETTLE_LATE,
    CRASH,
    PASS_TIME,
    REOPEN
  }

  /** A step; its numbers pick among what there is at its time. */
  record Step(Kind kind, int pick, int other) {}

  @Provide
  Arbitrary<List<Step>> histories() {
    Arbitrary<Kind> kind =
        Arbitraries.frequency(
            Tuple.of(4, Kind.STORE),
            Tuple.of(10, Kind.BEGIN),
            Tuple.of(8, Kind.SETTLE),
            Tuple.of(2, Kind.SETTLE_LATE),
            Tuple.of(1, Kind.CRASH),
            Tuple.of(4, Kind.PASS_TIME),
            Tuple.of(1, Kind.REOPEN));
    Arbitrary<Integer> number = Arbitraries.integers().between(0, 999);
    return Combinators.combine(kind, number, number)
        .as(Step::new)
        .list()
        .ofSize(LedgerFixture.steps(60));
  }

  @Property(tries = 10, shrinking = ShrinkingMode.BOUNDED)
  void theLedgerAgreesWithTheModelAfterEveryStep(@ForAll("histories") List<Step> history)
      throws IOException {
    Path data = Files.createTempDirectory("ledger-model");
    try (Model model = new Model(data)) {
      for (Step step : history) {
        model.take(step);
        model.mustAgree();
      }
    } finally {
      Trees.delete(data);
    }
  }

  private static final class ModelLead {
    final String table;
    final @Nullable String key;
    LeadState state;
    Instant due;
    int sends;
    int attempts;
    boolean doubted;

    ModelLead(String table, @Nullable String key, LeadState state, Instant due) {
      this.table = table;
      this.key = key;
      this.state = state;
      this.due = due;
    }
  }

  private record OnTheWire(Sending sending, String leadId) {}

  private record Key(String table, String key) {}

  private record Taken(String leadId, @Nullable Instant accepted) {}

  private static final class Model implements AutoCloseable {
    private static final List<String> TABLES = List.of("tech", "finance");
    private static final int ATTEMPTS = 3;
    private static final int CAP = 12;
    private static final int CREDITS_A_DAY = 20;

    private final LedgerFixture books;
    private final Map<String, ModelLead> leads = new TreeMap<>();
    private final Map<Key, Taken> keys = new HashMap<>();
    private final Map<String, Long> used = new HashMap<>();
    private final Map<String, Long> spent = new HashMap<>();
    private final Map<String, Long> read = new HashMap<>();
    private final List<OnTheWire> wire = new ArrayList<>();
    private final List<OnTheWire> abandoned = new ArrayList<>();
    private Lease lease;
    private int nodes = 1;

    Model(Path data) {
      books = LedgerFixture.in(data);
      books
          .ledger()
          .register(
              List.of(
                  webhook("tech-1", "tech", CAP),
                  webhook("tech-2", "tech", CAP),
                  webhook("finance-1", "finance", 0)));
      lease = books.lead("node 1");
    }

    void take(Step step) {
      switch (step.kind) {
        case STORE -> store(step);
        case BEGIN -> begin(step);
        case SETTLE -> settle(step);
        case SETTLE_LATE -> settleLate(step);
        case CRASH -> crash(step);
        case PASS_TIME -> passTime(step);
        case REOPEN -> books.reopen();
      }
    }

    private Instant now() {
      return books.clock().instant();
    }

    private void store(Step step) {
      Run run = books.run("run " + step.pick % 2);
      int rows = 1 + step.other % 4;
      Row[] batch = new Row[rows];
      for (int i = 0; i < rows; i++) {
        int pick = step.pick + 7 * step.other + i;
        String table = TABLES.get(pick % 2);
        batch[i] =
            switch (pick % 5) {
              case 0 -> Row.rejected(table);
              case 1 -> Row.of(table);
              default -> Row.keyed(table, "key " + pick % 7);
            };
        add(run, batch[i]);
      }
      books.store(run, batch);
    }

    private void add(Run run, Row row) {
      String leadId = run.id() + "-" + read.merge(run.id(), 1L, Long::sum);
      LeadState state = LeadState.QUEUED;
      if (row.problem() != null) {
        state = LeadState.REJECTED;
      } else if (row.key() != null) {
        Key key = new Key(row.table(), row.key());
        Taken taken = keys.get(key);
        if (taken != null
            && (taken.accepted == null || taken.accepted.plus(DEDUPE_WINDOW).isAfter(now()))) {
          state = LeadState.DUPLICATE;
        } else {
          keys.put(key, new Taken(leadId, null));
        }
      }
      leads.put(leadId, new ModelLead(row.table(), row.key(), state, now()));
    }

    private String today() {
      return "day " + now().toString().substring(0, 10);
    }

    private void begin(Step step) {
      List<Due> due = books.due("tech", "finance");
      assertThat(due.stream().map(Due::leadId).sorted())
          .isEqualTo(
              leads.entrySet().stream()
                  .filter(entry -> entry.getValue().state == LeadState.QUEUED)
                  .filter(entry -> !entry.getValue().due.isAfter(now()))
                  .map(Map.Entry::getKey)
                  .sorted()
                  .toList());
      if (due.isEmpty()) {
        return;
      }
      Due picked = due.get(step.pick % due.size());
      Sending sending;
      try {
        sending = books.begin(picked, lease, charge(CREDITS_A_DAY * 1000, 0, today()));
      } catch (NotSent notSent) {
        assertThat(notSent.reason())
            .isIn(WaitReason.EXHAUSTED, WaitReason.BUDGET, WaitReason.PAUSED);
        return;
      }
      ModelLead lead = lead(picked.leadId());
      lead.state = LeadState.SENDING;
      lead.sends++;
      assertThat(sending.number()).isEqualTo(lead.sends);
      assertThat(sending.lead().attempts()).isEqualTo(lead.attempts);
      count(sending, today(), 1);
      assertThat(spent.get(today())).isLessThanOrEqualTo(CREDITS_A_DAY);
      wire.add(new OnTheWire(sending, picked.leadId()));
    }

    private void count(Sending sending, String period, long rows) {
      used.merge(sending.webhook().name(), rows, Long::sum);
      spent.merge(period, rows, Long::sum);
    }

    private ModelLead lead(String leadId) {
      return Objects.requireNonNull(leads.get(leadId));
    }

    private Settlement outcome(int number) {
      Instant soon = now().plusSeconds(number % 3);
      return switch (number % 9) {
        case 0, 1 -> LedgerFixture.accepted();
        case 2 -> LedgerFixture.refused();
        case 3 -> LedgerFixture.dead();
        case 4 -> LedgerFixture.failed(soon);
        case 5 -> LedgerFixture.tooMany(soon);
        case 6 -> LedgerFixture.unknown(soon);
        case 7 -> LedgerFixture.unknown(null);
        default -> LedgerFixture.webhookRefuses(soon);
      };
    }

    private void settle(Step step) {
      if (wire.isEmpty()) {
        return;
      }
      OnTheWire row = wire.remove(step.pick % wire.size());
      Settlement settlement = outcome(step.other);
      assertThat(books.settle(row.sending, settlement)).isTrue();
      book(row, settlement);
    }

    private void book(OnTheWire row, Settlement settlement) {
      ModelLead lead = lead(row.leadId);
      lead.state = settlement.state();
      lead.attempts += settlement.costsAttempt() ? 1 : 0;
      Instant due = settlement.due();
      if (due != null) {
        lead.doubted |= settlement.state() == LeadState.UNKNOWN;
        lead.state = LeadState.QUEUED;
        lead.due = due;
      }
      if (!settlement.stored()) {
        String day = "day " + row.sending.begunAt().toString().substring(0, 10);
        count(row.sending, day, -1);
      }
      if (lead.state.releasesKey() && lead.key != null) {
        keys.computeIfPresent(
            new Key(lead.table, lead.key),
            (key, taken) ->
                !taken.leadId.equals(row.leadId)
                    ? taken
                    : lead.doubted ? new Taken(row.leadId, now()) : null);
      }
      accepted(lead, row);
    }

    private void accepted(ModelLead lead, OnTheWire row) {
      if (lead.state == LeadState.ACCEPTED && lead.key != null) {
        keys.computeIfPresent(
            new Key(lead.table, lead.key),
            (key, taken) -> taken.leadId.equals(row.leadId) ? new Taken(row.leadId, now()) : taken);
      }
    }

    private void settleLate(Step step) {
      if (abandoned.isEmpty()) {
        return;
      }
      OnTheWire row = abandoned.remove(step.pick % abandoned.size());
      Settlement settlement = outcome(step.other);
      ModelLead lead = lead(row.leadId);
      boolean counts =
          lead.sends == row.sending.number()
              && settlement.state() == LeadState.ACCEPTED
              && (lead.state == LeadState.UNKNOWN || lead.state == LeadState.QUEUED);
      assertThat(books.settle(row.sending, settlement)).isEqualTo(counts);
      if (counts) {
        lead.state = LeadState.ACCEPTED;
        accepted(lead, row);
      }
    }

    private void crash(Step step) {
      lease = books.lead("node " + ++nodes);
      Instant resendAt = step.pick % 3 == 0 ? null : now();
      assertThat(books.ledger().recover(lease.epoch(), TABLES, resendAt, ATTEMPTS))
          .isEqualTo(wire.size());
      for (OnTheWire row : wire) {
        boolean again = lead(row.leadId).attempts + 1 < ATTEMPTS;
        book(row, LedgerFixture.unknown(again ? resendAt : null));
      }
      abandoned.addAll(wire);
      wire.clear();
    }

    private void passTime(Step step) {
      books
          .clock()
          .advance(
              step.pick % 10 == 0
                  ? Duration.ofHours(step.other % 30)
                  : Duration.ofMillis(100L * step.other));
    }

    void mustAgree() {
      books.mustBalance();
      Map<String, String> expected = new TreeMap<>();
      leads.forEach(
          (id, lead) -> expected.put(id, lead.state + " " + lead.attempts + " " + lead.doubted));
      Map<String, String> found = new TreeMap<>();
      for (LedgerView.LeadLine line : books.ledger().view().leads(null, null, false, 10_000)) {
        found.put(
            line.leadId(), line.state() + " " + line.attempts() + " " + line.possibleDuplicate());
      }
      assertThat(found).isEqualTo(expected);
      for (WebhookUse use : books.snapshot().webhooks()) {
        assertThat(use.used()).as(use.name()).isEqualTo(used.getOrDefault(use.name(), 0L));
        assertThat(use.clayTableUsed()).as(use.clayTable()).isEqualTo(use.used());
        assertThat(use.cap() == 0 || use.used() <= use.cap()).as("cap of " + use.name()).isTrue();
      }
      spent.forEach(
          (day, rows) ->
              assertThat(books.spent(day)).as(day).containsExactly(rows * 1000, rows * 2000));
      for (LedgerView.RunAccount run : books.snapshot().runs()) {
        assertThat(run.read()).isEqualTo(read.get(run.id()));
        assertThat(run.possibleDuplicates())
            .isEqualTo(
                leads.entrySet().stream()
                    .filter(entry -> entry.getKey().startsWith(run.id()))
                    .filter(entry -> entry.getValue().doubted)
                    .count());
      }
    }

    @Override
    public void close() {
      books.close();
    }
  }
}
