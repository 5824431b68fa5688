package dev.kiln.ledger;

import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.kiln.FreePort;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/** One real PostgreSQL for all tests of a JVM; each has a database of its own in it. */
public final class PostgresServer {
  private static final String TEMPLATE = "ledger";
  private static final String ANOTHER = "another";
  private static final Duration STOP = Duration.ofMinutes(3);

  private static final class Lazy {
    static final PostgresServer ONE = new PostgresServer();
  }

  private final EmbeddedPostgres server;
  private final AtomicInteger made = new AtomicInteger();
  private final Map<Path, Store> ledgers = new ConcurrentHashMap<>();
  private final Queue<Store> free = new ConcurrentLinkedQueue<>();
  private final Map<Store, HikariDataSource> kept = new ConcurrentHashMap<>();

  private PostgresServer() {
    server = start(EmbeddedPostgres.builder(), 0);
    execute("CREATE ROLE " + ANOTHER + " SUPERUSER LOGIN");
    execute("CREATE DATABASE " + TEMPLATE);
    try {
      Schema.migrate(store(TEMPLATE), true);
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static EmbeddedPostgres start(EmbeddedPostgres.Builder builder, int port) {
    // Bound and not listening: the server may have the port, and nobody else gets it as a free one.
    try (Socket reserved = new Socket()) {
      reserved.setReuseAddress(true);
      reserved.bind(
          new InetSocketAddress(
              InetAddress.getLoopbackAddress(), port == 0 ? FreePort.find() : port));
      return builder
          .setPort(reserved.getLocalPort())
          .setPGStartupWait(Duration.ofMinutes(1))
          .setServerConfig("fsync", "off")
          .setServerConfig("full_page_writes", "off")
          .start();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /**
   * Starts a server of a test's own; its database {@code postgres} takes a ledger.
   *
   * @param data its folder, kept when it is closed, so that it can be started again
   * @param port where it listens; 0 for any free one
   */
  public static EmbeddedPostgres start(Path data, int port) {
    return start(
        EmbeddedPostgres.builder().setDataDirectory(data).setCleanDataDirectory(false), port);
  }

  /**
   * Stops a server of a test's own and waits until it has: its close gives up after some seconds,
   * without a word.
   *
   * @param data its folder
   */
  public static void stop(EmbeddedPostgres server, Path data) throws IOException {
    server.close();
    await().atMost(STOP).until(() -> !Files.exists(data.resolve("postmaster.pid")));
  }

  /** The ledger that belongs to a folder; new and empty where there is none yet. */
  public static Store ledger(Path folder) {
    return Lazy.ONE.ledgers.computeIfAbsent(folder, any -> Lazy.ONE.any());
  }

  private Store any() {
    Store one = free.poll();
    return one == null ? copy() : one;
  }

  /** A test is done with a ledger; another one may have it, without its rows. */
  static void giveBack(Store ledger, List<String> tables) {
    if (Lazy.ONE.free.contains(ledger)) {
      return;
    }
    if (!Lazy.ONE.ledgers.values().remove(ledger)) {
      drop(ledger);
      return;
    }
    List<String> clean = new ArrayList<>();
    tables.forEach(table -> clean.add("DELETE FROM " + table));
    for (String table : List.of("lead", "result", "quarantine")) {
      clean.add("ALTER TABLE " + table + " ALTER COLUMN id RESTART");
    }
    ledger.jdbi(kept(ledger)).useHandle(handle -> handle.execute(String.join(";", clean)));
    Lazy.ONE.free.add(ledger);
  }

  /**
   * Connections of a test's own to a ledger, kept for the next test that gets it: each new one is a
   * process of the server.
   */
  static DataSource kept(Store ledger) {
    return Lazy.ONE.kept.computeIfAbsent(
        ledger,
        any -> {
          HikariConfig few = new HikariConfig();
          few.setDataSource(ledger.writer());
          few.setMaximumPoolSize(3);
          few.setMinimumIdle(0);
          return new HikariDataSource(few);
        });
  }

  /** Not only the rows of a ledger are changed: no other test gets it. */
  static void changed(Store ledger) {
    Lazy.ONE.ledgers.values().remove(ledger);
  }

  /** A new and empty ledger that belongs to no folder; user {@code postgres}, no password. */
  public static Store ledger() {
    return Lazy.ONE.copy();
  }

  /** A database without any table. */
  static Store empty() {
    String name = "empty_" + Lazy.ONE.made.incrementAndGet();
    Lazy.ONE.execute("CREATE DATABASE " + name);
    return Lazy.ONE.store(name);
  }

  /** A database without any table that does not hold every character. */
  public static Store latin() {
    String name = "latin_" + Lazy.ONE.made.incrementAndGet();
    Lazy.ONE.execute(
        "CREATE DATABASE "
            + name
            + " ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    return Lazy.ONE.store(name);
  }

  /** The name of a ledger's database. */
  static String database(Store ledger) {
    String url = ledger.toString();
    return url.substring(url.lastIndexOf('/') + 1);
  }

  /** Where it listens. */
  static int port() {
    return Lazy.ONE.server.getPort();
  }

  /** A ledger for another user, whose sessions no Kiln ends as frozen. */
  static Store asAnother(Store ledger) {
    return Store.postgres(ledger.toString(), ANOTHER, null);
  }

  /** Deletes a ledger. */
  static void drop(Store ledger) {
    HikariDataSource connections = Lazy.ONE.kept.remove(ledger);
    if (connections != null) {
      connections.close();
    }
    Lazy.ONE.execute("DROP DATABASE IF EXISTS " + database(ledger) + " WITH (FORCE)");
  }

  private Store copy() {
    String name = TEMPLATE + "_" + made.incrementAndGet();
    execute("CREATE DATABASE " + name + " TEMPLATE " + TEMPLATE);
    return store(name);
  }

  private Store store(String database) {
    return Store.postgres(
        "jdbc:postgresql://localhost:" + server.getPort() + "/" + database, "postgres", null);
  }

  private void execute(String sql) {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException failure) {
      throw new IllegalStateException(failure);
    }
  }
}
