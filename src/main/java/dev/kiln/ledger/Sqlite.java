package dev.kiln.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.TransactionMode;
import org.sqlite.SQLiteDataSource;

/** The embedded database: one writer, several readers, WAL, full sync. */
final class Sqlite {
  private Sqlite() {}

  /** Connections that write: each transaction takes the write lock at its start. */
  static DataSource writer(Path data) {
    return source(data, config(TransactionMode.IMMEDIATE));
  }

  /** Connections that read: each transaction sees one consistent state and none can write. */
  static HikariDataSource readers(Path data) {
    HikariConfig pool = new HikariConfig();
    pool.setPoolName("kiln-ledger-readers");
    pool.setDataSource(source(data, config(TransactionMode.DEFERRED)));
    pool.setConnectionInitSql("PRAGMA query_only = true");
    pool.setMaximumPoolSize(4);
    pool.setMinimumIdle(1);
    return new HikariDataSource(pool);
  }

  private static SQLiteConfig config(TransactionMode mode) {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setBusyTimeout(10_000);
    config.setTransactionMode(mode);
    return config;
  }

  private static DataSource source(Path data, SQLiteConfig config) {
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + data.resolve(Ledger.FILE).toAbsolutePath());
    return source;
  }
}
