package dev.kiln.ledger;

import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.function.Supplier;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.HandleConsumer;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/** The connections that only look. Thread-safe. */
final class Readers implements AutoCloseable {
  private final HikariDataSource pool;
  private final Jdbi jdbi;
  private final Guard guard;

  Readers(Path data, Guard guard) {
    this.pool = Sqlite.readers(data);
    this.jdbi = Jdbi.create(pool);
    this.guard = guard;
  }

  /** Refuses a ledger of another version. */
  void mustBeCurrent() throws SQLException {
    Schema.mustBeCurrent(pool);
  }

  /** Looks. */
  <T> T withHandle(HandleCallback<T, RuntimeException> look) {
    return guarded(() -> jdbi.withHandle(look));
  }

  /** Looks, without an answer. */
  void useHandle(HandleConsumer<RuntimeException> look) {
    withHandle(
        handle -> {
          look.useHandle(handle);
          return true;
        });
  }

  /** Looks several times at one moment. */
  <T> T inTransaction(HandleCallback<T, RuntimeException> look) {
    return guarded(() -> jdbi.inTransaction(look));
  }

  private <T> T guarded(Supplier<T> look) {
    guard.mustBeSound();
    try {
      return look.get();
    } catch (JdbiException refused) {
      throw guard.refused(refused);
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
