package dev.kiln.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.TransactionMode;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The embedded database: one writer, several readers, WAL, full sync. */
final class Sqlite {
  /** How long to wait for another process that writes: below what a stop can spare. */
  private static final int BUSY_MILLIS = 5_000;

  /** Where dedupe keys go is random: with a smaller cache nearly every lead reads a page. */
  private static final int WRITER_CACHE_KIB = 16_384;

  /**
   * Pages in the log before they are brought into the database's own file (16 MB): what many
   * commits have changed is then written there once.
   */
  static final int LOG_PAGES = 4_000;

  /** The ending of the file with what is committed and not in the database's own file yet. */
  private static final String LOG = "-wal";

  /** Where the driver unpacks its library, once in a process. */
  private static final String UNPACKED = "org.sqlite.tmpdir";

  private Sqlite() {}

  /**
   * Has the driver unpack its library into the folder {@code native} of the data folder, unless
   * another was named, and empties that of what killed processes left. The caller holds the lock of
   * the data folder.
   */
  static void unpackBelow(Path data) {
    String folder = data.resolve("native").toAbsolutePath().normalize().toString();
    String chosen = System.getProperty(UNPACKED);
    if (folder.equals(chosen)) {
      return;
    }
    try {
      Files.createDirectories(Path.of(folder));
      try (Stream<Path> left = Files.list(Path.of(folder))) {
        for (Path file : left.toList()) {
          Files.delete(file);
        }
      }
    } catch (IOException failure) {
      throw unavailable(data, failure);
    }
    if (chosen == null) {
      System.setProperty(UNPACKED, folder);
    }
  }

  /** Connections that write: each transaction takes the write lock at its start. */
  static DataSource writer(Path data) {
    SQLiteConfig config = config(TransactionMode.IMMEDIATE);
    config.setCacheSize(-WRITER_CACHE_KIB);
    return source(data, config);
  }

  /** Connections that read: each transaction sees one consistent state and none can write. */
  static HikariDataSource readers(Path data) {
    HikariConfig pool = new HikariConfig();
    pool.setPoolName("kiln-ledger-readers");
    pool.setDataSource(source(data, config(TransactionMode.DEFERRED)));
    pool.setConnectionInitSql("PRAGMA query_only = true");
    pool.setMaximumPoolSize(4);
    pool.setMinimumIdle(1);
    try {
      return new HikariDataSource(pool);
    } catch (HikariPool.PoolInitializationException failure) {
      throw unavailable(data, failure);
    }
  }

  /** A database that cannot be opened, with the reason. */
  static LedgerUnavailable unavailable(Path data, Throwable failure) {
    return LedgerUnavailable.of(
        "The ledger " + data.resolve(Ledger.FILE) + " cannot be opened", data, failure);
  }

  /**
   * Reads every page of a database, if there is one, and changes nothing, not even by what it does
   * when it closes.
   *
   * @throws LedgerUnavailable if it is damaged
   */
  static void mustBeSound(Path data) {
    if (!Files.exists(data.resolve(Ledger.FILE))) {
      return;
    }
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(BUSY_MILLIS);
    try (Connection connection = source(data, config).getConnection();
        Statement statement = connection.createStatement();
        ResultSet fault = statement.executeQuery("PRAGMA quick_check(1)")) {
      if (!fault.getString(1).equals("ok")) {
        throw new SQLiteException(
            fault.getString(1).replaceAll("\\s+", " "), SQLiteErrorCode.SQLITE_CORRUPT);
      }
    } catch (SQLException failure) {
      throw unavailable(data, failure);
    }
  }

  /** Brings what is in the log of a database into its file, as far as nobody reads in it. */
  static void fold(Path data) {
    try (Connection connection = writer(data).getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (SQLException failure) {
      throw unavailable(data, failure);
    }
  }

  /**
   * Copies the database into a new file, as of one moment, while it is in use; whole and on the
   * disk, or not at all.
   */
  static void copy(Path data, Path file) {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      Files.deleteIfExists(part);
      try (Connection connection = source(data, config(TransactionMode.DEFERRED)).getConnection();
          PreparedStatement copy = connection.prepareStatement("VACUUM INTO ?")) {
        copy.setString(1, part.toAbsolutePath().toString());
        copy.execute();
      }
      try (FileChannel written = FileChannel.open(part, StandardOpenOption.WRITE)) {
        written.force(true);
      }
      Files.move(part, file);
    } catch (SQLException | IOException failure) {
      try {
        Files.deleteIfExists(part);
      } catch (IOException second) {
        failure.addSuppressed(second);
      }
      throw LedgerUnavailable.of(
          "The ledger " + data.resolve(Ledger.FILE) + " could not be copied to " + file,
          file,
          failure);
    }
  }

  /** Copies the files of a database that nobody uses, whatever is in them. */
  static void copyAsItIs(Path data, Path file) throws IOException {
    Files.copy(data.resolve(Ledger.FILE), file);
    Path log = data.resolve(Ledger.FILE + LOG);
    if (Files.exists(log)) {
      Files.copy(log, file.resolveSibling(file.getFileName() + LOG));
    }
  }

  private static SQLiteConfig config(TransactionMode mode) {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setBusyTimeout(BUSY_MILLIS);
    config.setTransactionMode(mode);
    return config;
  }

  private static DataSource source(Path data, SQLiteConfig config) {
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + data.resolve(Ledger.FILE).toAbsolutePath());
    return source;
  }
}
