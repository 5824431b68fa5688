package dev.kiln.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import java.nio.file.Path;
import java.time.Clock;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.ColonPrefixSqlParser;
import org.jdbi.v3.core.statement.SqlParser;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jspecify.annotations.Nullable;

/**
 * Where a ledger is kept, and all in which one database differs from the other: the SQL is the
 * same. Thread-safe.
 */
public abstract sealed class Store permits Sqlite, Postgres {
  /** Connections that only look, at most. */
  static final int READERS = 4;

  /** One for all connections: it remembers what it has parsed, and parsing is slow. */
  private static final SqlParser PARSER = new ColonPrefixSqlParser();

  Store() {}

  /**
   * The embedded ledger: SQLite, in a file of the data folder.
   *
   * @param data the data folder
   */
  public static Store embedded(Path data) {
    return new Sqlite(data);
  }

  /**
   * A ledger in PostgreSQL. Beyond this computer the connection has to be encrypted, unless the URL
   * says how it shall be. Nothing of it outlives a transaction, so that it may go through a pooler
   * of transactions.
   *
   * @param url {@code jdbc:postgresql://host:5432/database}, with pgjdbc's parameters; without user
   *     and password
   * @param user the user; null for the driver's default
   * @param password the password; null without one
   * @throws IllegalArgumentException if it is no such URL, with what is wrong, beginning with a
   *     verb
   */
  public static Store postgres(String url, @Nullable String user, @Nullable String password) {
    return Postgres.of(url, user, password);
  }

  /** What a person calls it: the file, or the URL without parameters. */
  @Override
  public abstract String toString();

  /**
   * Whether it is kept in the data folder: whoever has that folder's lock is the only Kiln on it.
   */
  public abstract boolean embedded();

  /**
   * Refuses a database that cannot hold every character, or whose schema is not there. Changes
   * nothing; a ledger of the data folder is always fit.
   *
   * @param hurried whether to wait for its answer no longer than some three seconds
   * @return whether it could be asked
   * @throws LedgerUnavailable with the cure
   */
  public boolean mustBeFit(boolean hurried) {
    return true;
  }

  /** Makes ready what opening it needs. The caller holds the lock of the data folder. */
  abstract void prepare();

  /** Whether anything was ever kept there. */
  abstract boolean holdsLedger();

  /**
   * Looks whether it is whole, as far as Kiln can tell, and changes nothing.
   *
   * @throws LedgerUnavailable if it is damaged, or was moved elsewhere
   */
  abstract void mustBeSound();

  /** The folder of its migrations, beside this class. */
  abstract String migrations();

  /** Connections that write, one transaction after the other. */
  abstract DataSource writer();

  /** How the readers' connections are made. */
  abstract HikariConfig readers();

  /** Makes the SQL of the ledger run on connections. */
  Jdbi jdbi(DataSource source) {
    Jdbi jdbi = Jdbi.create(source).registerArgument(new PlainArguments());
    jdbi.getConfig(SqlStatements.class).setSqlParser(PARSER);
    return jdbi;
  }

  /** The clock that a ledger goes by: one for all who use it. */
  abstract Clock clock();

  /** Opens the connection of a {@link Writer}. */
  abstract Handle connect();

  /**
   * Begins a transaction that is the only one that writes, of all processes.
   *
   * @param hurried whether to wait for another one no longer than a second
   * @return what {@link #committed} knows it by
   */
  abstract String begin(Handle handle, boolean hurried);

  /** Whether a commit that failed so may have taken effect all the same. */
  abstract boolean mayHaveCommitted(Throwable failure);

  /**
   * Whether a transaction took effect.
   *
   * @param handle within a transaction of {@link #begin}
   * @param transaction what that returned for the one in question
   */
  abstract boolean committed(Handle handle, String transaction);

  /** All that is read in a transaction that has just begun is of one moment. */
  abstract void atOneMoment(Handle handle);

  /**
   * Brings what is in a log beside the database into it and empties that log, unless somebody reads
   * in it for longer than a few seconds.
   *
   * @return whether nothing is left in such a log
   */
  abstract boolean fold();

  /** A text as its columns can hold it. */
  String storable(String text) {
    return text;
  }

  abstract Fault fault(Throwable failure);

  /** Why, and what to do about it, in words without what was to be written. */
  abstract String words(Throwable failure);

  /** The innermost cause: what is around it may tell what was to be written, which no log may. */
  static Throwable root(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  /** A database that cannot be opened, with the reason. */
  final LedgerUnavailable cannotBeOpened(Throwable failure) {
    return unavailable("The ledger " + this + " cannot be opened", failure);
  }

  /**
   * A failure with its reason and the cure.
   *
   * @param what what could not be done
   */
  final LedgerUnavailable unavailable(String what, Throwable failure) {
    return failure instanceof LedgerUnavailable told
        ? told
        : new LedgerUnavailable(
            what + ": " + words(failure) + ".",
            root(failure),
            fault(failure).ofContent(),
            fault(failure).forNow());
  }

  /** Connections that only look. */
  final HikariDataSource pool() {
    HikariConfig pool = readers();
    pool.setPoolName("kiln-ledger-readers");
    pool.setMaximumPoolSize(READERS);
    pool.setMinimumIdle(1);
    try {
      return new HikariDataSource(pool);
    } catch (HikariPool.PoolInitializationException failure) {
      throw cannotBeOpened(failure);
    }
  }
}
