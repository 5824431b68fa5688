package dev.kiln.ledger;

import com.zaxxer.hikari.HikariDataSource;
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
  private final Store store;
  private final Guard guard;

  Readers(Store store, Guard guard) {
    this.pool = store.pool();
    this.jdbi = store.jdbi(pool);
    this.store = store;
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
    return guarded(
        () ->
            jdbi.inTransaction(
                handle -> {
                  store.atOneMoment(handle);
                  return look.withHandle(handle);
                }));
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
