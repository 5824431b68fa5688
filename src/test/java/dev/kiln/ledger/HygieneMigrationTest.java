package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.DEDUPE_WINDOW;
import static dev.kiln.ledger.LedgerFixture.START;
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

/** A ledger of the first release keeps its dedupe keys: from the acceptance, or held. */
@Tag("sqlite")
final class HygieneMigrationTest {
  @Test
  void keysOfTheFirstReleaseKeepTheirLeads(@TempDir Path data) {
    Flyway.configure()
        .dataSource(new Sqlite(data).writer())
        .locations("classpath:dev/kiln/ledger/sqlite")
        .target("1")
        .load()
        .migrate();
    Jdbi.create(new Sqlite(data).writer()).useHandle(HygieneMigrationTest::fill);
    LedgerFixture books = LedgerFixture.in(data);
    books.clock().set(START.plus(DEDUPE_WINDOW).minusMillis(1));
    Run run = books.run("new");
    books.store(run, Row.keyed("tech", "ann"), Row.keyed("tech", "bob"));
    assertThat(books.account(run).states()).isEqualTo(Map.of(LeadState.DUPLICATE, 2L));
    books.clock().set(START.plus(DEDUPE_WINDOW));
    books.store(run, Row.keyed("tech", "ann"), Row.keyed("tech", "bob"));
    assertThat(books.account(run).states())
        .isEqualTo(Map.of(LeadState.DUPLICATE, 3L, LeadState.QUEUED, 1L));
    assertThat(books.line(run.id() + "-3").state()).isEqualTo(LeadState.QUEUED);
    assertThat(books.ledger().view().run("old hash", "").orElseThrow().dedupe())
        .isEqualTo(DedupeMode.SKIP);
    books.close();
  }

  /** Ann was accepted at the start, bob waits; both keys are long over by the old reckoning. */
  private static void fill(Handle handle) {
    handle.execute(
        "INSERT INTO run (id, name, source, priority, content_hash, state, opened_at)"
            + " VALUES ('old', 'old.csv', '', 1, 'old hash', 'READ', 0)");
    String[] names = {"ann", "bob"};
    String[] states = {"ACCEPTED", "QUEUED"};
    for (int i = 0; i < 2; i++) {
      handle.execute(
          "INSERT INTO lead (run, record, line, source, table_name, priority, state, due_at, dedupe_key, payload,"
              + " created_at, changed_at) VALUES ('old', ?, 2, '', 'tech', 1, ?, 0, ?, '{}', 0, ?)",
          i + 1,
          states[i],
          names[i],
          START.toEpochMilli());
      handle.execute(
          "INSERT INTO dedupe (table_name, dedupe_key, run, record, until) VALUES ('tech', ?, 'old', ?, 1)",
          names[i],
          i + 1);
    }
  }
}
