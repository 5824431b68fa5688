package dev.kiln.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.LedgerFixture.Row;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ledger that knows no samples yet goes on with what it was reading and was asked for. */
@Tag("sqlite")
final class SampleMigrationTest {
  @Test
  void runsAndWishesOfBeforeAreOfAllRows(@TempDir Path data) {
    Flyway.configure()
        .dataSource(new Sqlite(data).writer())
        .locations("classpath:dev/kiln/ledger/sqlite")
        .target("10")
        .load()
        .migrate();
    Jdbi.create(new Sqlite(data).writer()).useHandle(SampleMigrationTest::fill);
    LedgerFixture books = LedgerFixture.in(data);
    Run reading = books.run("reading");
    assertThat(reading.id()).isEqualTo("old");
    books.store(reading, Row.of("tech"), Row.of("tech"));
    assertThat(books.account(reading).states()).isEqualTo(Map.of(LeadState.QUEUED, 2L));
    Run asked = books.run("asked");
    assertThat(asked.dedupe()).isEqualTo(DedupeMode.FORCE);
    books.store(asked, Row.of("tech"));
    assertThat(books.account(asked).states()).isEqualTo(Map.of(LeadState.QUEUED, 1L));
    books.mustBalance();
    books.close();
  }

  @Test
  void whatWasOrderedForLeadsOnTheWireStaysOrdered(@TempDir Path data) {
    Flyway.configure()
        .dataSource(new Sqlite(data).writer())
        .locations("classpath:dev/kiln/ledger/sqlite")
        .target("14")
        .load()
        .migrate();
    Jdbi.create(new Sqlite(data).writer())
        .useHandle(
            handle -> {
              order(handle, "held", "0, 0");
              order(handle, "cancelled", "NULL, 1");
              order(handle, "sampled", "1, 0");
            });
    try (LedgerFixture books = LedgerFixture.in(data)) {
      books.ledger().recover(2, List.of("tech"), LedgerFixture.START, 8);
      assertThat(books.line("held-1").state()).isEqualTo(LeadState.HELD);
      assertThat(books.line("cancelled-1").state()).isEqualTo(LeadState.CANCELLED);
      assertThat(books.line("sampled-1").state()).isEqualTo(LeadState.QUEUED);
      books.mustBalance();
    }
  }

  private static void order(Handle handle, String run, String sampleAndCancelled) {
    handle.execute(
        "INSERT INTO run (id, name, source, priority, content_hash, state, rows_read, opened_at, sample, cancelled)"
            + " VALUES (?, '', '', 1, '', 'READ', 1, 0, "
            + sampleAndCancelled
            + ")",
        run);
    handle.execute(
        "INSERT INTO lead (run, record, line, source, table_name, priority, state, due_at, sends, webhook, epoch, payload,"
            + " created_at, changed_at) VALUES (?, 1, 2, '', 'tech', 1, 'SENDING', 0, 1, 'w', 1, '{\"a\":\"b\"}', 0, 0)",
        run);
    handle.execute(
        "INSERT INTO attempt (lead, number, webhook, epoch, begun_at, credits, actions, periods)"
            + " SELECT id, 1, 'w', 1, 0, 0, 0, '' FROM lead WHERE run = ?",
        run);
    handle.execute(
        "INSERT INTO tally (run, table_name, state, leads) VALUES (?, 'tech', 'SENDING', 1)", run);
  }

  private static void fill(Handle handle) {
    handle.execute(
        "INSERT INTO run (id, name, source, priority, content_hash, dedupe, state, opened_at)"
            + " VALUES ('old', 'reading.csv', '', 1, 'hash of reading', 'SKIP', 'READING', 0)");
    handle.execute(
        "INSERT INTO asked (content_hash, source, dedupe, asked_at) VALUES ('hash of asked', '', 'FORCE', 0)");
  }
}
