package dev.kiln.ledger;

import com.zaxxer.hikari.HikariConfig;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.logging.Level;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.argument.AbstractArgumentFactory;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.config.ConfigRegistry;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A database of PostgreSQL: one writer at a time over all processes, synchronous commits, and
 * nothing that outlives a transaction.
 */
final class Postgres extends Store {
  private static final Logger LOG = LoggerFactory.getLogger(Postgres.class);

  /** The driver's own, which tells traces of connections that broke: Kiln tells of them itself. */
  private static final java.util.logging.Logger DRIVER =
      java.util.logging.Logger.getLogger("org.postgresql");

  static {
    DRIVER.setLevel(Level.OFF);
  }

  private static final String PREFIX = "jdbc:postgresql:";

  /** Of this computer alone, as the driver names hosts. */
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[?::1]?", Pattern.CASE_INSENSITIVE);

  /** A user or password within the URL. */
  private static final Pattern CREDENTIAL =
      Pattern.compile("(?i)//[^/?]*@|[?&](user|password|sslpassword)=");

  /** What counts unless the URL says otherwise. Statements have no names: poolers share them. */
  private static final Map<PGProperty, String> DEFAULTS =
      Map.of(
          PGProperty.APPLICATION_NAME, "kiln",
          PGProperty.PREPARE_THRESHOLD, "0",
          PGProperty.CONNECT_TIMEOUT, "5",
          PGProperty.LOGIN_TIMEOUT, "10",
          PGProperty.TCP_KEEP_ALIVE, "true");

  private static final String KILN = "hashtext('kiln')";

  /** A database may hold several ledgers. */
  private static final String SCHEMA = "hashtext(current_schema())";

  /** The lock of whoever writes. */
  private static final String LOCK = "pg_advisory_xact_lock(" + KILN + ", " + SCHEMA + ")";

  /** How long to wait for another process that writes: below what a stop can spare. */
  private static final String PATIENCE = "5s";

  private static final String HURRY = "1s";

  /**
   * How long whoever writes may leave the database waiting for its next statement: less than the
   * others' patience. A node that is frozen meanwhile loses the lock, and what it had not
   * committed.
   */
  private static final String IDLE = "3s";

  /**
   * Ends who has the lock and waits for its own process to send or to read something, as long as
   * one that is idle may: one that is frozen in the midst of a batch does not count as idle. Each
   * statement begins that time anew, so that one that is far away and busy is let alone, however
   * long its transaction is.
   */
  private static final String END_FROZEN =
      "SELECT pg_terminate_backend(session.pid) FROM pg_locks AS lock"
          + " JOIN pg_stat_activity AS session ON session.pid = lock.pid"
          + " WHERE lock.locktype = 'advisory' AND lock.granted"
          + " AND session.datname = current_database() AND lock.database = session.datid"
          + (" AND lock.classid = " + oid(KILN) + " AND lock.objid = " + oid(SCHEMA))
          + " AND session.usename = current_user AND session.wait_event_type = 'Client'"
          + " AND session.state_change < clock_timestamp() - INTERVAL '"
          + IDLE
          + "'";

  /** A number of a lock, as it stands among the locks that are held: without its sign. */
  private static String oid(String number) {
    return "CAST(CAST(" + number + " AS BIGINT) & 4294967295 AS OID)";
  }

  private static final String TIME =
      "CAST(1000000 * EXTRACT(EPOCH FROM clock_timestamp()) AS BIGINT)";

  /**
   * What a transaction that writes begins with, in one round trip. At another level, which may be
   * the database's default, it would go on seeing what was there before it waited for the lock. How
   * long it may wait for that, and for an answer, Kiln says itself.
   */
  private static final String TAKE_LOCK =
      "SET LOCAL statement_timeout = 0; SET TRANSACTION ISOLATION LEVEL READ COMMITTED;"
          + " SELECT txid_current(), set_config('lock_timeout', ?, true),"
          + " set_config('idle_in_transaction_session_timeout', ?, true),"
          + " CASE WHEN current_setting('synchronous_commit') = 'off'"
          + " THEN set_config('synchronous_commit', 'on', true) END, "
          + LOCK
          + ", "
          + TIME;

  /** Seconds after which a statement without an answer is given up. */
  private static final String SILENCE = "30";

  /** Seconds after which a question that may stay open is given up, whatever the URL says. */
  private static final String HASTE = "3";

  private static final List<PGProperty> WAITS =
      List.of(PGProperty.CONNECT_TIMEOUT, PGProperty.LOGIN_TIMEOUT, PGProperty.SOCKET_TIMEOUT);

  private final String name;

  /** Connections for work that may take its time. */
  private final PGSimpleDataSource patient;

  private final PGSimpleDataSource source;

  /** Connections for a question that may stay open. */
  private final PGSimpleDataSource hasty;

  private final DatabaseClock clock = new DatabaseClock();

  private Postgres(
      String name,
      PGSimpleDataSource patient,
      PGSimpleDataSource source,
      PGSimpleDataSource hasty) {
    this.name = name;
    this.patient = patient;
    this.source = source;
    this.hasty = hasty;
  }

  static Postgres of(String url, @Nullable String user, @Nullable String password) {
    if (CREDENTIAL.matcher(url).find()) {
      throw new IllegalArgumentException(
          "holds a user or a password: name them in kiln.ledger.username and kiln.ledger.password");
    }
    Properties said = url.startsWith(PREFIX) ? Driver.parseURL(url, new Properties()) : null;
    if (said == null) {
      throw new IllegalArgumentException(
          "is no URL of PostgreSQL; valid: jdbc:postgresql://host:5432/database");
    }
    PGSimpleDataSource patient = source(url, said, user, password);
    PGSimpleDataSource source = source(url, said, user, password);
    if (!said.containsKey(PGProperty.SOCKET_TIMEOUT.getName())) {
      source.setProperty(PGProperty.SOCKET_TIMEOUT, SILENCE);
    }
    PGSimpleDataSource hasty = source(url, said, user, password);
    for (PGProperty wait : WAITS) {
      hasty.setProperty(wait, HASTE);
    }
    return new Postgres(url.replaceFirst("\\?.*", ""), patient, source, hasty);
  }

  private static PGSimpleDataSource source(
      String url, Properties said, @Nullable String user, @Nullable String password) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setURL(url);
    source.setUser(user);
    source.setPassword(password);
    for (Map.Entry<PGProperty, String> one : DEFAULTS.entrySet()) {
      if (!said.containsKey(one.getKey().getName())) {
        source.setProperty(one.getKey(), one.getValue());
      }
    }
    // What a row holds must not get into a message.
    source.setProperty(PGProperty.LOG_SERVER_ERROR_DETAIL, "false");
    String[] hosts = said.getProperty("PGHOST", "localhost").split(",", -1);
    if (!said.containsKey(PGProperty.SSL_MODE.getName())
        && !said.containsKey(PGProperty.SSL.getName())
        && !Stream.of(hosts).allMatch(host -> LOOPBACK.matcher(host).matches())) {
      source.setProperty(PGProperty.SSL_MODE, "require");
    }
    return source;
  }

  @Override
  public String toString() {
    return name;
  }

  @Override
  public boolean embedded() {
    return false;
  }

  @Override
  void prepare() {}

  /** One that cannot be asked is told of by whoever opens it. */
  @Override
  public boolean mustBeFit(boolean hurried) {
    try (Connection connection = (hurried ? hasty : source).getConnection();
        Statement statement = connection.createStatement();
        ResultSet encoding = statement.executeQuery("SELECT current_setting('server_encoding')")) {
      encoding.next();
      if (!encoding.getString(1).equals("UTF8")) {
        throw new LedgerUnavailable(
            "The ledger "
                + this
                + " cannot be opened: its encoding is "
                + encoding.getString(1)
                + ", which cannot hold every name. Make another database with CREATE DATABASE ..."
                + " ENCODING 'UTF8' TEMPLATE template0, and name that in kiln.ledger.url.");
      }
      if (connection.getSchema() == null) {
        throw cannotBeOpened(Schema.missing());
      }
      return true;
    } catch (SQLException failure) {
      LOG.debug("The encoding of {} is not known: {}", this, words(failure));
      return false;
    }
  }

  @Override
  boolean holdsLedger() {
    try {
      return Schema.isThere(source);
    } catch (SQLException failure) {
      throw cannotBeOpened(failure);
    }
  }

  /** PostgreSQL looks after its pages itself. */
  @Override
  void mustBeSound() {}

  @Override
  String migrations() {
    return "postgresql";
  }

  @Override
  PGSimpleDataSource writer() {
    return patient;
  }

  /** The database's own: the clocks of the computers that use it may differ. */
  @Override
  Clock clock() {
    if (!clock.knows()) {
      try (Connection connection = source.getConnection();
          Statement statement = connection.createStatement()) {
        long asked = System.nanoTime();
        try (ResultSet now = statement.executeQuery("SELECT " + TIME)) {
          now.next();
          clock.saw(now.getLong(1), asked, System.nanoTime());
        }
      } catch (SQLException failure) {
        throw cannotBeOpened(failure);
      }
    }
    return clock;
  }

  @Override
  HikariConfig readers() {
    HikariConfig pool = new HikariConfig();
    pool.setDataSource(source);
    pool.setReadOnly(true);
    pool.setConnectionTimeout(5_000);
    pool.setValidationTimeout(3_000);
    return pool;
  }

  /** PostgreSQL's texts hold every character but one, which stands for itself nowhere. */
  @Override
  Jdbi jdbi(DataSource connections) {
    Jdbi jdbi = super.jdbi(connections);
    jdbi.registerArgument(
        new AbstractArgumentFactory<String>(Types.VARCHAR) {
          @Override
          protected Argument build(String text, ConfigRegistry config) {
            return (position, statement, context) -> statement.setString(position, storable(text));
          }
        });
    return jdbi;
  }

  /** A text with U+FFFD in place of the character that PostgreSQL does not take. */
  @Override
  String storable(String text) {
    return text.indexOf('\0') < 0 ? text : text.replace('\0', '\uFFFD');
  }

  @Override
  Handle connect() {
    return jdbi(source).open();
  }

  @Override
  String begin(Handle handle, boolean hurried) {
    handle.begin();
    try {
      return locked(handle, hurried);
    } catch (RuntimeException failure) {
      if (fault(failure) != PostgresFault.LOCKED) {
        throw failure;
      }
      handle.rollback();
      handle.begin();
      boolean ended = !handle.createQuery(END_FROZEN).mapTo(Boolean.class).list().isEmpty();
      if (ended) {
        LOG.warn(
            "Another session had the ledger's lock and said nothing for {}: it was ended, what it had not"
                + " committed with it. If it was a Kiln, that is frozen.",
            IDLE);
      } else if (hurried) {
        throw failure;
      }
      handle.rollback();
      handle.begin();
      // Where there was none to end, another node that waited as long may just have ended it.
      return locked(handle, hurried);
    }
  }

  /** Takes the lock and learns the time; returns the number of the transaction. */
  private String locked(Handle handle, boolean hurried) {
    long asked = System.nanoTime();
    try (PreparedStatement take = handle.getConnection().prepareStatement(TAKE_LOCK)) {
      take.setString(1, hurried ? HURRY : PATIENCE);
      take.setString(2, IDLE);
      take.execute();
      take.getMoreResults();
      take.getMoreResults();
      try (ResultSet taken = take.getResultSet()) {
        taken.next();
        clock.saw(taken.getLong(6), asked, System.nanoTime());
        return taken.getString(1);
      }
    } catch (SQLException failure) {
      throw Statements.failed(failure);
    }
  }

  /** Where the connection broke, the answer to the commit may be all that was lost. */
  @Override
  boolean mayHaveCommitted(Throwable failure) {
    return PostgresFault.of(failure) == PostgresFault.AWAY;
  }

  @Override
  boolean committed(Handle handle, String transaction) {
    return handle
        .createQuery("SELECT txid_status(CAST(:transaction AS BIGINT))")
        .bind("transaction", transaction)
        .mapTo(String.class)
        .findOne()
        .orElse("")
        .equals("committed");
  }

  @Override
  boolean fold() {
    // Its log is the server's own.
    return true;
  }

  /** Whoever only looks learns the time here. */
  @Override
  void atOneMoment(Handle handle) {
    handle.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    long asked = System.nanoTime();
    clock.saw(
        handle.createQuery("SELECT " + TIME).mapTo(Long.class).one(), asked, System.nanoTime());
  }

  @Override
  PostgresFault fault(Throwable failure) {
    return PostgresFault.of(failure);
  }

  @Override
  String words(Throwable failure) {
    return PostgresFault.words(failure);
  }
}
