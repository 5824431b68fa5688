package dev.kiln.ledger;

import com.zaxxer.hikari.HikariConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.TransactionMode;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The embedded database: one writer, several readers, WAL, full sync. */
final class Sqlite extends Store {
  /** How long to wait for another process that writes: below what a stop can spare. */
  private static final int BUSY_MILLIS = 5_000;

  /** How often, and for how long each time, it is tried to empty the log: three seconds in all. */
  private static final int FOLDS = 20;

  private static final int FOLD_MILLIS = 50;
  private static final int FOLD_PAUSE_MILLIS = 100;

  /** Where dedupe keys go is random: with a smaller cache nearly every lead reads a page. */
  private static final int WRITER_CACHE_KIB = 16_384;

  /**
   * Pages in the log before they are brought into the database's own file (16 MB): what many
   * commits have changed is then written there once.
   */
  static final int LOG_PAGES = 4_000;

  /** The ending of the file with what is committed and not in the database's own file yet. */
  private static final String LOG = "-wal";

  /** What the name of a ledger that was moved to another database goes on with. */
  private static final String MOVED = ".moved-";

  private final Path data;
  private final Path file;
  private final Clock clock = new ForwardClock(Clock.systemUTC(), System::nanoTime);

  Sqlite(Path data) {
    this.data = data;
    this.file = data.resolve(Ledger.FILE);
  }

  @Override
  public String toString() {
    return file.toString();
  }

  @Override
  public boolean embedded() {
    return true;
  }

  @Override
  boolean holdsLedger() {
    return Files.exists(file);
  }

  @Override
  String migrations() {
    return "sqlite";
  }

  /**
   * Has the library of SQLite unpacked into the folder {@code native} of the data folder, unless
   * another was named, and empties that of what killed processes left.
   */
  @Override
  void prepare() {
    try {
      SqliteLibrary.unpackInto(data.resolve("native").toAbsolutePath().normalize());
    } catch (IOException failure) {
      throw cannotBeOpened(failure);
    }
  }

  /** Connections that write: each transaction takes the write lock at its start. */
  @Override
  DataSource writer() {
    SQLiteConfig config = config(TransactionMode.IMMEDIATE);
    config.setCacheSize(-WRITER_CACHE_KIB);
    // What is deleted shall not be read in the file's free space: leads are people.
    config.setPragma(SQLiteConfig.Pragma.SECURE_DELETE, "true");
    return source(config);
  }

  @Override
  Clock clock() {
    return clock;
  }

  @Override
  Handle connect() {
    Handle handle = jdbi(writer()).open();
    handle.setStatementBuilder(new CachedStatements());
    handle.execute("PRAGMA wal_autocheckpoint = " + LOG_PAGES);
    return handle;
  }

  /** Connections that read: each transaction sees one consistent state and none can write. */
  @Override
  HikariConfig readers() {
    HikariConfig pool = new HikariConfig();
    pool.setDataSource(source(config(TransactionMode.DEFERRED)));
    pool.setConnectionInitSql("PRAGMA query_only = true");
    return pool;
  }

  @Override
  String begin(Handle handle, boolean hurried) {
    if (hurried) {
      handle.execute("PRAGMA busy_timeout = 1000");
    }
    handle.begin();
    return "";
  }

  @Override
  boolean mayHaveCommitted(Throwable failure) {
    return false;
  }

  @Override
  boolean committed(Handle handle, String transaction) {
    return false;
  }

  @Override
  void atOneMoment(Handle handle) {
    // As every transaction of SQLite.
  }

  @Override
  SqliteFault fault(Throwable failure) {
    return SqliteFault.of(failure);
  }

  @Override
  String words(Throwable failure) {
    return SqliteFault.of(failure).words(data, root(failure).getMessage());
  }

  /**
   * Reads every page of a database, if there is one, and changes nothing, not even by what it does
   * when it closes.
   */
  @Override
  void mustBeSound() {
    if (!Files.exists(file)) {
      mustNotBeMoved();
      return;
    }
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(BUSY_MILLIS);
    try (Connection connection = source(config).getConnection();
        Statement statement = connection.createStatement();
        ResultSet fault = statement.executeQuery("PRAGMA quick_check(1)")) {
      if (!fault.getString(1).equals("ok")) {
        throw new SQLiteException(
            fault.getString(1).replaceAll("\\s+", " "), SQLiteErrorCode.SQLITE_CORRUPT);
      }
    } catch (SQLException failure) {
      throw cannotBeOpened(failure);
    }
  }

  /** Leads of a ledger that was moved elsewhere are not to be read and sent by a new one. */
  private void mustNotBeMoved() {
    if (!Files.isDirectory(data)) {
      return;
    }
    try (Stream<Path> files = Files.list(data)) {
      List<Path> moved =
          files
              .filter(one -> one.getFileName().toString().startsWith(Ledger.FILE + MOVED))
              .sorted()
              .toList();
      if (!moved.isEmpty()) {
        throw new LedgerUnavailable(
            "The ledger "
                + file
                + " was moved to another database: set kiln.ledger.url. To begin anew here instead, move "
                + moved.get(moved.size() - 1)
                + " away.");
      }
    } catch (IOException failure) {
      throw cannotBeOpened(failure);
    }
  }

  /** Puts the database aside, since another one has taken its place; where it is then. */
  Path putAside(Instant now) throws IOException {
    if (!fold()) {
      throw new FileSystemException(
          file.toString(),
          null,
          "another command reads in it: run this one again once that has ended");
    }
    Path aside = data.resolve(Ledger.FILE + MOVED + now.toEpochMilli());
    Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE);
    for (String rest : List.of(LOG, "-shm")) {
      Files.deleteIfExists(data.resolve(Ledger.FILE + rest));
    }
    return aside;
  }

  @Override
  boolean fold() {
    try (Connection connection = writer().getConnection();
        Statement statement = connection.createStatement()) {
      // Whoever reads is waited for with the lock of whoever writes.
      statement.execute("PRAGMA busy_timeout = " + FOLD_MILLIS);
      for (int left = FOLDS; left > 0; left--) {
        try (ResultSet folded = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
          if (folded.next() && folded.getInt("busy") == 0) {
            return true;
          }
        }
        TimeUnit.MILLISECONDS.sleep(FOLD_PAUSE_MILLIS);
      }
    } catch (SQLException failure) {
      throw cannotBeOpened(failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  /**
   * Copies the database into a new file, as of one moment, while it is in use; whole and on the
   * disk, or not at all.
   */
  void copy(Path to) {
    Path part = to.resolveSibling(to.getFileName() + ".part");
    try {
      Files.deleteIfExists(part);
      try (Connection connection = source(config(TransactionMode.DEFERRED)).getConnection();
          PreparedStatement copy = connection.prepareStatement("VACUUM INTO ?")) {
        copy.setString(1, part.toAbsolutePath().toString());
        copy.execute();
      }
      try (FileChannel written = FileChannel.open(part, StandardOpenOption.WRITE)) {
        written.force(true);
      }
      Files.move(part, to);
    } catch (SQLException | IOException failure) {
      try {
        Files.deleteIfExists(part);
      } catch (IOException second) {
        failure.addSuppressed(second);
      }
      throw new LedgerUnavailable(
          "The ledger "
              + file
              + " could not be copied to "
              + to
              + ": "
              + SqliteFault.of(failure).words(to, root(failure).getMessage())
              + ".",
          root(failure),
          false,
          SqliteFault.of(failure).forNow());
    }
  }

  /** Copies the files of a database that nobody uses, whatever is in them. */
  void copyAsItIs(Path to) throws IOException {
    Files.copy(file, to);
    Path log = data.resolve(Ledger.FILE + LOG);
    if (Files.exists(log)) {
      Files.copy(log, to.resolveSibling(to.getFileName() + LOG));
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

  private DataSource source(SQLiteConfig config) {
    SqliteLibrary.load();
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file.toAbsolutePath());
    return source;
  }
}
