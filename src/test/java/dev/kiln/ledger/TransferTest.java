package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.accepted;
import static dev.kiln.ledger.LedgerFixture.charge;
import static dev.kiln.ledger.LedgerFixture.unknown;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.lead.Notice;
import dev.kiln.ledger.LedgerFixture.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An embedded ledger goes to PostgreSQL. */
@Tag("postgresql")
final class TransferTest {
  private Path data;
  private Store target;
  private Map<String, List<Map<String, Object>>> rows;
  private Lease lease;

  @BeforeEach
  void fill(@TempDir Path folder) {
    data = folder;
    target = PostgresServer.empty();
    try (LedgerFixture books = LedgerFixture.at(Store.embedded(folder))) {
      books.ledger().register(List.of(webhook("tech-1", "tech", 0)));
      Run run = books.run("tab\tline\nreturn\rslash\\ \\N \u00e9 \uD83D\uDE00");
      books.store(
          run,
          Row.keyed("tech", "key"),
          Row.keyed("tech", "key"),
          Row.rejected("tech"),
          Row.of("tech").noticing(new Notice(Notice.Kind.UNMAPPED, "an\0industry")));
      books.store(run, "tech", 250);
      books.ledger().finish(run.id(), 254, 2, "");
      lease = books.lead("node");
      for (Settlement outcome : List.of(accepted(), unknown(null))) {
        Sending sending =
            books.begin(books.due("tech").get(0), lease, charge(0, 0, "day 2026-11-25"));
        books.settle(sending, outcome);
      }
      books.begin(books.due("tech").get(0), lease);
      for (String lead : List.of(run.id() + "-1", "nobody")) {
        books
            .ledger()
            .receive(
                "tech", LedgerFixture.enriched("{\"lead_id\":\"" + lead + "\",\"size\":\"12\"}"));
      }
      books.ledger().expect(Set.of("tech"));
      books.ledger().wentOn(Onward.begin("file"), null, 7, "");
      books.ledger().pause(Pausable.TABLE, "finance", true);
      books.ledger().hold(LeadSelection.ofLead(run.id() + "-200"));
      books.mustBalance();
      rows = books.dump();
    }
  }

  @AfterEach
  void drop() {
    PostgresServer.drop(target);
  }

  private Transfer.Moved move(Store to) throws Exception {
    return Transfer.move(data, to, Instant.now(), (table, count) -> {});
  }

  /** Rows as both databases tell them: all numbers are long, and no text has the character 0. */
  private static Map<String, List<String>> plain(Map<String, List<Map<String, Object>>> rows) {
    Map<String, List<String>> plain = new TreeMap<>();
    rows.forEach(
        (table, all) ->
            plain.put(
                table,
                all.stream()
                    .map(row -> new TreeMap<>(row).toString().replace('\0', '\uFFFD'))
                    .sorted()
                    .toList()));
    return plain;
  }

  @Test
  void everyRowIsTheSameAndWorkGoesOnFromThere() throws Exception {
    Transfer.Moved moved = move(target);
    rows.forEach((table, all) -> assertThat(moved.rows()).containsEntry(table, (long) all.size()));
    try (LedgerFixture books = LedgerFixture.at(target)) {
      assertThat(plain(books.dump())).isEqualTo(plain(rows));
      books.mustBalance();
      List<Due> due = books.due("tech");
      assertThat(due).hasSize(248);
      books.settle(books.begin(due.get(0), lease), accepted());
      Run more = books.run("more");
      books.store(more, Row.keyed("tech", "key"), Row.of("tech"));
      assertThat(books.account(more).states())
          .isEqualTo(Map.of(LeadState.DUPLICATE, 1L, LeadState.QUEUED, 1L));
      assertThat(books.due("tech")).hasSize(248);
      assertThat(books.due("tech").get(247).id()).isGreaterThan(due.get(247).id());
      books
          .ledger()
          .receive("tech", LedgerFixture.enriched("{\"lead_id\":\"" + due.get(0).leadId() + "\"}"));
      assertThat(books.ledger().next(books.ledger().onward("file"), 10))
          .as("results that come later go onward")
          .hasSize(1);
      books.mustBalance();
    }
    assertThat(moved.aside()).exists();
    assertThat(data.resolve(Ledger.FILE)).doesNotExist();
    assertThatThrownBy(() -> Ledger.open(data, Clock.systemUTC()))
        .isInstanceOf(LedgerUnavailable.class)
        .hasMessageContainingAll("was moved", "kiln.ledger.url", moved.aside().toString());
  }

  @Test
  void oneThatIsBrokenOffBeginsAnewAndOneThatWasNotFinishedIsFinished() throws Exception {
    assertThatThrownBy(
            () ->
                Transfer.move(
                    data,
                    target,
                    Instant.now(),
                    (table, count) -> {
                      if (table.equals("run")) {
                        throw new IllegalStateException("the power fails");
                      }
                    }))
        .hasMessageContaining("the power fails");
    assertThat(data.resolve(Ledger.FILE)).exists();
    Path aside = move(target).aside();
    Files.move(aside, data.resolve(Ledger.FILE));
    assertThat(move(target).rows()).containsEntry("lead", 254L);
    try (LedgerFixture books = LedgerFixture.at(target)) {
      assertThat(plain(books.dump())).isEqualTo(plain(rows));
    }
  }

  @Test
  void anotherLedgerIsNotTouched() throws Exception {
    Store other = PostgresServer.ledger();
    try (LedgerFixture books = LedgerFixture.at(other)) {
      books.stored("of somebody else", "tech", 1);
      Map<String, List<Map<String, Object>>> before = books.dump();
      assertThatThrownBy(() -> move(other))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContainingAll("another ledger in " + other, "name a database without one");
      assertThat(books.dump()).isEqualTo(before);
    }
    assertThat(data.resolve(Ledger.FILE)).exists();
  }
}
