package dev.kiln.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.LedgerFixture.Row;
import java.nio.file.Path;
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

  private static void fill(Handle handle) {
    handle.execute(
        "INSERT INTO run (id, name, source, priority, content_hash, dedupe, state, opened_at)"
            + " VALUES ('old', 'reading.csv', '', 1, 'hash of reading', 'SKIP', 'READING', 0)");
    handle.execute(
        "INSERT INTO asked (content_hash, source, dedupe, asked_at) VALUES ('hash of asked', '', 'FORCE', 0)");
  }
}
