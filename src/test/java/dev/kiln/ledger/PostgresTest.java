package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.accepted;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.kiln.ledger.LedgerFixture.Row;
import dev.kiln.ledger.TransactionPooler.Loss;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * What only PostgreSQL has: a network, users, other sessions, poolers. Each test has a database of
 * its own, and waits for most of its time: they run side by side.
 */
@Tag("postgresql")
@Execution(ExecutionMode.CONCURRENT)
final class PostgresTest {
  private static LedgerFixture books(Store store) {
    LedgerFixture books = LedgerFixture.at(store);
    books.ledger().register(List.of(webhook("tech-1", "tech", 0)));
    return books;
  }

  // ---- Where it is ----

  @ParameterizedTest
  @CsvSource({
    "jdbc:mysql://localhost/kiln, is no URL of PostgreSQL",
    "postgresql://localhost/kiln, is no URL of PostgreSQL",
    "jdbc:postgresql://ada:hush@db.example/kiln, holds a user or a password",
    "jdbc:postgresql://db.example/kiln?ssl=true&password=hush, holds a user or a password",
    "jdbc:postgresql://db.example/kiln?user=ada, holds a user or a password",
  })
  void anotherUrlIsRefusedWithoutItsSecret(String url, String fault) {
    assertThatThrownBy(() -> Store.postgres(url, null, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(fault)
        .hasMessageNotContaining("hush");
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql://localhost/kiln, ",
    "jdbc:postgresql://127.0.0.1:5433/kiln, ",
    "jdbc:postgresql:kiln, ",
    "jdbc:postgresql://db.example/kiln, require",
    "'jdbc:postgresql://localhost,db.example/kiln', require",
    "jdbc:postgresql://db.example/kiln?sslmode=verify-full, verify-full",
    "jdbc:postgresql://db.example/kiln?sslmode=disable, disable",
  })
  void beyondThisComputerTheConnectionIsEncryptedUnlessTheUrlSaysOtherwise(
      String url, @Nullable String mode) {
    Postgres store = (Postgres) Store.postgres(url, "kiln", "hush");
    assertThat(store.writer().getSslMode()).isEqualTo(mode);
    assertThat(store.toString()).doesNotContain("hush", "?");
  }

  @Test
  void aDatabaseThatIsNotThereIsToldWithTheCureAndWithoutThePassword() {
    Store nobody = Store.postgres("jdbc:postgresql://localhost:1/kiln", "kiln", "hush");
    Store none =
        Store.postgres(
            "jdbc:postgresql://localhost:" + PostgresServer.port() + "/nowhere",
            "postgres",
            "hush");
    Store stranger =
        Store.postgres(
            "jdbc:postgresql://localhost:" + PostgresServer.port() + "/postgres", "eve", "hush");
    Map.of(
            nobody, "PostgreSQL cannot be reached",
            none, "Make the database",
            stranger, "kiln.ledger.username")
        .forEach(
            (store, cure) -> {
              for (Throwable failure :
                  List.of(
                      catchThrowableOfType(LedgerUnavailable.class, () -> Ledger.open(store)),
                      catchThrowableOfType(
                          LedgerUnavailable.class, () -> LedgerView.open(store)))) {
                assertThat(failure)
                    .hasMessageContainingAll("The ledger " + store + " cannot be opened", cure)
                    .hasMessageNotContaining("hush");
                assertThat(String.valueOf(failure.getCause())).doesNotContain("hush");
              }
            });
  }

  @Test
  void aDatabaseWithTablesOfSomethingElseIsRefused() {
    Store store = PostgresServer.empty();
    assertThat(Ledger.exists(store)).isFalse();
    store.jdbi(store.writer()).useHandle(handle -> handle.execute("CREATE TABLE cats (name TEXT)"));
    assertThatThrownBy(() -> Ledger.open(store))
        .isInstanceOf(LedgerUnavailable.class)
        .hasMessageContaining("tables of something else");
    assertThat(Ledger.exists(store)).isFalse();
    PostgresServer.drop(store);
  }

  @Test
  void nodesMayStartAtOnceOnAnEmptyDatabase() {
    Store store = PostgresServer.empty();
    Together.run(3, node -> Ledger.open(store)).forEach(Ledger::close);
    PostgresServer.drop(store);
  }

  @Test
  void tablesThatANodeMakesWhileAnotherLooksAreNoneOfSomethingElse() throws SQLException {
    Postgres store = (Postgres) PostgresServer.empty();
    AtomicInteger looks = new AtomicInteger();
    PGSimpleDataSource overtaken =
        new PGSimpleDataSource() {
          @Override
          public Connection getConnection() throws SQLException {
            if (looks.incrementAndGet() == 2) {
              Ledger.open(store).close();
            }
            return store.writer().getConnection();
          }
        };
    Schema.migrate(overtaken, store.migrations(), true);
    assertThat(looks).hasValueGreaterThanOrEqualTo(2);
    PostgresServer.drop(store);
  }

  @ParameterizedTest
  @CsvSource({
    "53100, disk of PostgreSQL is full, true",
    "53300, raise max_connections, true",
    "57P01, cannot be reached, true",
    "08006, cannot be reached, true",
    "28P01, kiln.ledger.password, false",
    "42501, kiln.ledger.username, false",
    "3D000, Make the database, false",
    "25006, targetServerType=primary, true",
    "25006, default_transaction_read_only, true",
    "57014, statement_timeout, true",
    "55P03, pg_stat_activity, true",
    "58030, Look at its disk, true",
    "XX001, bring back a backup, false",
    "22021, what the database says, false",
    "23505, what the database says, false",
  })
  void everyRefusalIsToldWithItsCure(String state, String told, boolean forNow) {
    Store store = Store.postgres("jdbc:postgresql:kiln", null, null);
    LedgerUnavailable unavailable =
        new Guard(store)
            .refused(
                new IllegalArgumentException(
                    "ada@example.com", new SQLException("what the database says", state)));
    assertThat(unavailable.isForNow()).isEqualTo(forNow);
    assertThat(unavailable).hasMessageContaining(told).hasMessageNotContaining("ada@");
    assertThat(unavailable.getCause()).hasNoCause();
  }

  @Test
  void aPoolWithoutAConnectionIsADatabaseThatIsAway() {
    assertThat(PostgresFault.of(new SQLTransientConnectionException("timed out")))
        .isEqualTo(PostgresFault.AWAY);
    assertThat(PostgresFault.of(new SQLException("a byte", "22021")))
        .isEqualTo(PostgresFault.CONTENT);
    assertThat(PostgresFault.of(new IllegalStateException("a bug")))
        .isEqualTo(PostgresFault.OPERATION);
  }

  @Test
  void aDatabaseThatCannotHoldEveryNameIsRefusedWithTheCure(@TempDir Path data) {
    Store latin = PostgresServer.latin();
    LedgerFixture.at(Store.embedded(data)).close();
    for (ThrowingCallable opening :
        List.<ThrowingCallable>of(
            () -> Ledger.open(latin),
            () -> Transfer.move(data, latin, Instant.now(), (table, rows) -> {}))) {
      assertThatThrownBy(opening)
          .isInstanceOf(LedgerUnavailable.class)
          .hasMessageContainingAll(latin.toString(), "LATIN1", "ENCODING 'UTF8'");
    }
    assertThat(Ledger.exists(latin)).isFalse();
    PostgresServer.drop(latin);
  }

  @Test
  void aCheckWaitsForASilentServerNoLongerThanAFewSeconds() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Store store =
          Store.postgres(
              "jdbc:postgresql://localhost:" + silent.getLocalPort() + "/kiln?loginTimeout=60",
              "kiln",
              null);
      Instant begun = Instant.now();
      assertThat(store.mustBeFit(true)).isFalse();
      assertThat(Duration.between(begun, Instant.now())).isLessThan(Duration.ofSeconds(30));
    }
  }

  // ---- The same ledger ----

  @Test
  void bothDatabasesHaveTheSameTablesAtTheSameVersion(@TempDir Path data) throws SQLException {
    Store sqlite = Store.embedded(data);
    try (LedgerFixture one = LedgerFixture.at(sqlite);
        LedgerFixture other = LedgerFixture.at(PostgresServer.ledger())) {
      assertThat(Schema.of(other.store().writer()))
          .as("each migration has its like in the other folder, of the same number")
          .isEqualTo(Schema.newest())
          .isEqualTo(Schema.of(one.store().writer()));
      assertThat(columns(other)).isEqualTo(columns(one));
    }
  }

  /** The columns of each table, with whether they may be null. */
  private static Map<String, Map<String, Boolean>> columns(LedgerFixture books)
      throws SQLException {
    Map<String, Map<String, Boolean>> tables = new TreeMap<>();
    books
        .sql()
        .useHandle(
            handle -> {
              for (String table : books.dump().keySet()) {
                try (var columns =
                    handle
                        .getConnection()
                        .getMetaData()
                        .getColumns(null, handle.getConnection().getSchema(), table, "%")) {
                  while (columns.next()) {
                    if (columns.getString("TABLE_NAME").equals(table)) {
                      tables
                          .computeIfAbsent(table, name -> new TreeMap<>())
                          .put(
                              columns.getString("COLUMN_NAME"),
                              !columns.getString("COLUMN_NAME").equals("id")
                                  && !key(books, table, columns.getString("COLUMN_NAME"))
                                  && columns.getString("IS_NULLABLE").equals("YES"));
                    }
                  }
                }
              }
            });
    return tables;
  }

  /** SQLite calls a key that is a text nullable. */
  private static boolean key(LedgerFixture books, String table, String column) throws SQLException {
    try (Handle handle = books.sql().open();
        var keys =
            handle
                .getConnection()
                .getMetaData()
                .getPrimaryKeys(null, handle.getConnection().getSchema(), table)) {
      while (keys.next()) {
        if (keys.getString("COLUMN_NAME").equals(column)) {
          return true;
        }
      }
      return false;
    }
  }

  @Test
  void everyCommitIsOnTheDiskWhateverTheServersDefault() {
    Store store = PostgresServer.ledger();
    try (LedgerFixture books = books(store)) {
      books
          .sql()
          .useHandle(
              handle ->
                  handle.execute(
                      "ALTER DATABASE "
                          + PostgresServer.database(store)
                          + " SET synchronous_commit = off"));
      Writer writer = new Writer(store, new Guard(store));
      assertThat(
              writer.<String>write(
                  commit ->
                      commit
                          .handle()
                          .createQuery("SHOW synchronous_commit")
                          .mapTo(String.class)
                          .one()))
          .isEqualTo("on");
      writer.close();
    }
  }

  @Test
  void whatARowHoldsIsInNoMessage() {
    Store store = PostgresServer.ledger();
    try (LedgerFixture books = books(store)) {
      Writer writer = new Writer(store, new Guard(store));
      String twice = "INSERT INTO clay_table (name, used) VALUES (:name, 1)";
      LedgerUnavailable refused =
          catchThrowableOfType(
              LedgerUnavailable.class,
              () ->
                  writer.change(
                      commit ->
                          commit
                              .handle()
                              .prepareBatch(twice)
                              .bind("name", "ada@example.com")
                              .add()
                              .bind("name", "ada@example.com")
                              .add()
                              .execute()));
      assertThat(refused).hasMessageContaining("duplicate key").hasMessageNotContaining("ada@");
      assertThat(String.valueOf(refused.getCause())).doesNotContain("ada@");
      assertThat(refused.getCause()).hasNoCause();
      writer.close();
      books.mustBalance();
    }
  }

  @Test
  void everyCharacterIsTakenAndNamesOfAnyLength() {
    try (LedgerFixture books = books(PostgresServer.ledger())) {
      Run run = books.run("a\0b \uD83D\uDE00 'quoted' \\ {x} ?");
      assertThat(books.account(run).name())
          .isEqualTo("a\uFFFDb \uD83D\uDE00 'quoted' \\ {x} ?.csv");
      String body = "{\"lead_id\":\"" + "no lead ".repeat(2_000) + "\\u0000\"}";
      Receipt receipt = books.ledger().receive("tech", LedgerFixture.enriched(body));
      assertThat(receipt.kind()).isEqualTo(Receipt.Kind.QUARANTINED);
      assertThat(books.ledger().view().quarantined(10)).hasSize(1);
    }
  }

  // ---- Time ----

  /** A ledger whose database has another time than this computer. */
  private static Store elsewhen(Store store, String ahead) {
    store
        .jdbi(store.writer())
        .useHandle(
            handle ->
                handle.execute(
                    "CREATE OR REPLACE FUNCTION elsewhen.clock_timestamp() RETURNS timestamptz"
                        + " LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() + interval '"
                        + ahead
                        + "' $$"));
    return inSchema(store);
  }

  private static Store inSchema(Store store) {
    return Store.postgres(store + "?currentSchema=elsewhen,pg_catalog", "postgres", null);
  }

  private static Duration ahead(Ledger ledger) {
    return Duration.between(Instant.now(), ledger.now());
  }

  private static void nearly(Duration duration, Duration wanted) {
    assertThat(duration).isCloseTo(wanted, Duration.ofSeconds(30));
  }

  @Test
  void theClockIsTheDatabasesWhateverThisComputersSays() {
    Store empty = PostgresServer.empty();
    empty.jdbi(empty.writer()).useHandle(handle -> handle.execute("CREATE SCHEMA elsewhen"));
    Ledger.open(inSchema(empty)).close();
    try (Ledger ledger = Ledger.open(elsewhen(empty, "5 hours"))) {
      nearly(ahead(ledger), Duration.ofHours(5));
      Lease lease = ledger.lead("main", "a", Duration.ofHours(1), false).orElseThrow();
      nearly(Duration.between(Instant.now(), lease.until()), Duration.ofHours(6));
      try (Ledger other = Ledger.openBeside(elsewhen(empty, "5 hours"))) {
        nearly(ahead(other), Duration.ofHours(5));
        assertThat(other.lead("main", "b", Duration.ofHours(1), false)).isEmpty();
        nearly(ahead(other), Duration.ofHours(5));
      }
      try (LedgerView view = LedgerView.open(elsewhen(empty, "-3 hours"))) {
        assertThat(view.snapshot().workspaces()).hasSize(1);
      }
      // The next write sees that the database's clock was set, and so does the next look.
      ledger.resign(lease);
      nearly(ahead(ledger), Duration.ofHours(-3));
      elsewhen(empty, "2 hours");
      assertThat(ledger.roster().leases()).hasSize(1);
      nearly(ahead(ledger), Duration.ofHours(2));
    }
    PostgresServer.drop(empty);
  }

  /** Writes to the ledger, for which another's lock makes it wait longer than this since then. */
  private static void isKeptWaiting(LedgerFixture books, long from, Duration least) {
    books.ledger().lead("main", "another", Duration.ofSeconds(10), false);
    assertThat(Duration.ofNanos(System.nanoTime() - from))
        .as("the other had the lock")
        .isGreaterThan(least);
  }

  @Test
  void whoIsFrozenWhileItWritesLosesTheLock() throws Exception {
    Store store = PostgresServer.ledger();
    try (LedgerFixture books = books(store);
        Handle frozen = store.connect()) {
      long from = System.nanoTime();
      store.begin(frozen, false);
      isKeptWaiting(books, from, Duration.ofSeconds(2));
      Throwable lost =
          catchThrowable(() -> frozen.createQuery("SELECT 1").mapTo(Integer.class).one());
      assertThat(PostgresFault.of(lost)).isEqualTo(PostgresFault.AWAY);
    }
  }

  /** Sends a message of PostgreSQL's protocol: texts, each with its end. */
  private static void say(Socket server, char kind, String... texts) throws IOException {
    byte[] content = (String.join("\0", texts) + "\0").getBytes(StandardCharsets.UTF_8);
    DataOutputStream out = new DataOutputStream(server.getOutputStream());
    out.write(kind);
    out.writeInt(4 + content.length);
    out.write(content);
    out.flush();
  }

  /** Reads answers up to the one that says what state the session is in. */
  private static void awaitReady(Socket server) throws IOException {
    DataInputStream in = new DataInputStream(server.getInputStream());
    for (int kind = in.read(); kind != 'Z'; kind = in.read()) {
      assertThat(kind).as("an answer").isNotIn(-1, (int) 'E');
      in.skipNBytes(in.readInt() - 4L);
    }
    in.skipNBytes(in.readInt() - 4L);
  }

  @Test
  void whoIsFrozenInTheMidstOfABatchLosesTheLockToo() throws Exception {
    Store store = PostgresServer.ledger();
    try (LedgerFixture books = books(store);
        Socket frozen = new Socket("localhost", PostgresServer.port())) {
      byte[] start =
          ("user\0postgres\0database\0" + PostgresServer.database(store) + "\0\0")
              .getBytes(StandardCharsets.UTF_8);
      DataOutputStream out = new DataOutputStream(frozen.getOutputStream());
      out.writeInt(8 + start.length);
      out.writeInt(3 << 16);
      out.write(start);
      awaitReady(frozen);
      say(
          frozen,
          'Q',
          "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '60s';"
              + " SELECT pg_advisory_xact_lock(hashtext('kiln'), hashtext(current_schema()))");
      awaitReady(frozen);
      // A statement to parse, and no word yet that this is all: the session does not count as idle.
      say(frozen, 'P', "", "SELECT 1", "", "");
      try (Ledger third = Ledger.openBeside(store)) {
        long from = System.nanoTime();
        // Only one of those that waited as long finds whom to end.
        CompletableFuture<Optional<Lease>> beside =
            CompletableFuture.supplyAsync(
                () -> third.lead("other", "third", Duration.ofSeconds(10), false),
                Together.threads());
        isKeptWaiting(books, from, Duration.ofSeconds(4));
        assertThat(beside.get(30, TimeUnit.SECONDS)).isPresent();
      }
      assertThatThrownBy(() -> awaitReady(frozen)).as("its session is over").isNotNull();
    }
  }

  @Test
  void whoWorksForLongKeepsTheLock() throws Exception {
    Store store = PostgresServer.ledger();
    try (LedgerFixture books = books(store);
        Handle busy = store.connect()) {
      store.begin(busy, false);
      LedgerFixture.neverIdle(busy);
      CompletableFuture<Void> work =
          CompletableFuture.runAsync(
              () -> busy.createQuery("SELECT CAST(pg_sleep(12) AS TEXT)").mapTo(String.class).one(),
              Together.threads());
      assertThatThrownBy(
              () -> books.ledger().lead("main", "another", Duration.ofSeconds(10), false))
          .isInstanceOf(LedgerUnavailable.class)
          .hasMessageContaining("another session keeps it locked");
      work.join();
      busy.commit();
      books.ledger().lead("main", "another", Duration.ofSeconds(10), false);
    }
  }

  @Test
  void whoIsBusyFromFarAwayKeepsTheLockHoweverLongItTakes() throws Exception {
    Store store = PostgresServer.ledger();
    try (LedgerFixture books = books(store);
        Handle busy = store.connect()) {
      store.begin(busy, false);
      LedgerFixture.neverIdle(busy);
      CompletableFuture<Throwable> refused =
          CompletableFuture.supplyAsync(
              () ->
                  catchThrowable(
                      () -> books.ledger().lead("main", "another", Duration.ofSeconds(10), false)),
              Together.threads());
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(200))
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                busy.execute("SELECT 1");
                return refused.isDone();
              });
      assertThat(refused.get())
          .isInstanceOf(LedgerUnavailable.class)
          .hasMessageContaining("another session keeps it locked");
      busy.commit();
    }
  }

  @Test
  void anOrderOverManyLeadsGivesTheLockBackNowAndThenHoweverLongALeadTakes() {
    int leads = 60;
    Store store = PostgresServer.ledger();
    try (LedgerFixture books = books(store)) {
      Run run = books.stored("leads", "tech", leads);
      Jdbi jdbi = store.jdbi(store.writer());
      jdbi.useHandle(
          handle -> {
            handle.execute(
                """
                CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(0.03); RETURN NEW; END $$
                """);
            handle.execute(
                "CREATE TRIGGER slow BEFORE UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION slow()");
          });
      assertThat(books.ledger().hold(new LeadSelection(run.id(), null, null))).isEqualTo(leads);
      assertThat(books.account(run).states()).isEqualTo(Map.of(LeadState.HELD, (long) leads));
      Integer commits =
          jdbi.withHandle(
              handle ->
                  handle
                      .createQuery("SELECT COUNT(DISTINCT CAST(xmin AS TEXT)) FROM lead")
                      .mapTo(Integer.class)
                      .one());
      assertThat(commits).isBetween(2, leads / 2);
    }
  }

  @Test
  void theServersTimeoutForStatementsDoesNotEndAWaitForTheLock() throws Exception {
    Store store = PostgresServer.ledger();
    set(store, "statement_timeout = '2s'");
    try (LedgerFixture books = books(store);
        Handle other = store.connect()) {
      long from = System.nanoTime();
      store.begin(other, false);
      isKeptWaiting(books, from, Duration.ofSeconds(2));
      assertThat(catchThrowable(() -> other.execute("SELECT 1"))).as("it was idle").isNotNull();
    }
  }

  /** Has a database's sessions begin with a setting. */
  private static void set(Store store, String setting) {
    store
        .jdbi(store.writer())
        .useHandle(
            handle ->
                handle.execute(
                    "ALTER DATABASE " + PostgresServer.database(store) + " SET " + setting));
  }

  @Test
  void aDatabaseThatIsReadOnlyByDefaultIsToldWithItsCure() {
    Store store = PostgresServer.ledger();
    set(store, "default_transaction_read_only = on");
    assertThatThrownBy(
            () -> {
              try (Ledger ledger = Ledger.open(store)) {
                ledger.pause(Pausable.TABLE, "tech", true);
              }
            })
        .isInstanceOf(LedgerUnavailable.class)
        .hasMessageContaining("SET default_transaction_read_only = off");
    PostgresServer.drop(store);
  }

  // ---- Where in it ----

  private static Store inSchema(Store store, String schema) {
    return Store.postgres(store + "?currentSchema=" + schema, "postgres", null);
  }

  @Test
  void aSchemaIsToldFromOthersOfALikeName(@TempDir Path data) throws IOException {
    Store empty = PostgresServer.empty();
    empty
        .jdbi(empty.writer())
        .useHandle(
            handle -> {
              handle.execute("CREATE SCHEMA a_b");
              handle.execute("CREATE SCHEMA axb");
              handle.execute("CREATE TABLE axb.cats (name TEXT)");
            });
    LedgerFixture.at(Store.embedded(data)).close();
    Transfer.move(data, inSchema(empty, "a_b"), Instant.now(), (table, rows) -> {});
    assertThat(Ledger.exists(inSchema(empty, "a_b"))).isTrue();
    assertThat(Ledger.exists(inSchema(empty, "axb"))).isFalse();
    assertThatThrownBy(() -> Ledger.open(inSchema(empty, "axb")))
        .hasMessageContaining("tables of something else");
    empty
        .jdbi(empty.writer())
        .useHandle(handle -> handle.execute("DROP SCHEMA axb CASCADE; CREATE SCHEMA \"a%\""));
    assertThat(Ledger.exists(inSchema(empty, "a%25"))).isFalse();
    Ledger.open(inSchema(empty, "a%25")).close();
    PostgresServer.drop(empty);
  }

  @Test
  void aSchemaThatIsNotThereIsRefusedWithTheCure() {
    Store empty = PostgresServer.empty();
    Ledger.open(empty).close();
    Store nowhere = inSchema(empty, "nowhere");
    for (ThrowingCallable use :
        List.<ThrowingCallable>of(
            () -> nowhere.mustBeFit(false),
            () -> Ledger.open(nowhere),
            () -> Ledger.exists(nowhere))) {
      assertThatThrownBy(use)
          .isInstanceOf(LedgerUnavailable.class)
          .hasMessageContainingAll(nowhere.toString(), "Make the database or schema");
    }
    PostgresServer.drop(empty);
  }

  @Test
  void theOldestQueuedLeadIsFoundWhateverIsSettledBeforeIt() {
    Store store = PostgresServer.ledger();
    try (LedgerFixture books = books(store)) {
      List<String> plan =
          books
              .sql()
              .withHandle(
                  handle -> {
                    handle.execute(
                        "INSERT INTO lead (run, record, line, source, table_name, priority, state, due_at,"
                            + " payload, created_at, changed_at) SELECT 'r', n, n, '', 'tech', 1,"
                            + " CASE WHEN n > 2000 THEN 'QUEUED' ELSE 'ACCEPTED' END, 0, '{}', n, n"
                            + " FROM generate_series(1, 12000) AS n");
                    handle.execute("ANALYZE lead");
                    return handle
                        .createQuery("EXPLAIN " + SendRows.OLDEST_QUEUED)
                        .bind("table", "tech")
                        .bind("priority", 1)
                        .mapTo(String.class)
                        .list();
                  });
      assertThat(String.join("\n", plan)).contains("lead_due").doesNotContain("lead_pkey");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"read committed", "repeatable read", "serializable"})
  void whoWaitedForTheLockSeesWhatWasWrittenMeanwhile(String isolation) {
    Store store = PostgresServer.ledger();
    store
        .jdbi(store.writer())
        .useHandle(
            handle ->
                handle.execute(
                    "ALTER DATABASE "
                        + PostgresServer.database(store)
                        + " SET default_transaction_isolation = '"
                        + isolation
                        + "'"));
    try (LedgerFixture books = books(store);
        Handle other = store.connect()) {
      books.stored("leads", "tech", 1);
      Lease lease = books.lead("node");
      Due due = books.due("tech").get(0);
      store.begin(other, false);
      LedgerFixture.neverIdle(other);
      other.execute("UPDATE workspace SET epoch = epoch + 1, holder = 'other'");
      CompletableFuture<Throwable> refused =
          CompletableFuture.supplyAsync(
              () -> catchThrowable(() -> books.begin(due, lease)), Together.threads());
      await().until(() -> waitsForTheLock(books));
      other.commit();
      assertThat(refused.join()).isInstanceOf(NotSent.class);
      store.begin(other, false);
      LedgerFixture.neverIdle(other);
      other.execute("UPDATE workspace SET holder = 'third'");
      CompletableFuture<Void> write =
          CompletableFuture.runAsync(() -> books.lead("node"), Together.threads());
      await().until(() -> waitsForTheLock(books));
      other.commit();
      write.join();
      books.mustBalance();
    }
  }

  private static boolean waitsForTheLock(LedgerFixture books) {
    return books
        .sql()
        .withHandle(
            handle ->
                handle
                    .createQuery(
                        "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                            + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))")
                    .mapTo(Boolean.class)
                    .one());
  }

  // ---- Poolers and broken connections ----

  private static Store through(TransactionPooler pooler, Store store) {
    return Store.postgres(
        "jdbc:postgresql://localhost:" + pooler.port() + "/" + PostgresServer.database(store),
        "postgres",
        null);
  }

  @Test
  void itWorksThroughAPoolerOfTransactions() throws Exception {
    Store store = PostgresServer.ledger();
    try (TransactionPooler pooler = new TransactionPooler(PostgresServer.port());
        LedgerFixture direct = LedgerFixture.at(store)) {
      LedgerFixture books = LedgerFixture.at(through(pooler, store));
      books.ledger().register(List.of(webhook("tech-1", "tech", 0)));
      Run run = books.stored("leads", "tech", 150);
      Lease lease = books.lead("node");
      for (Due due : books.due("tech").subList(0, 20)) {
        books.settle(books.begin(due, lease), accepted());
        assertThat(books.snapshot().runs()).hasSize(1);
      }
      books.store(run, Row.keyed("tech", "a key"), Row.keyed("tech", "a key"));
      books.mustBalance();
      assertThat(direct.dump()).isEqualTo(books.dump());
      assertThat(direct.account(run).states())
          .isEqualTo(
              Map.of(LeadState.ACCEPTED, 20L, LeadState.QUEUED, 131L, LeadState.DUPLICATE, 1L));
      assertThat(pooler.used()).isGreaterThanOrEqualTo(3);
      books.ledger().close();
    }
  }

  @Test
  void theFirstStartMakesItsTablesThroughAPoolerToo() throws Exception {
    Store store = PostgresServer.empty();
    try (TransactionPooler pooler = new TransactionPooler(PostgresServer.port())) {
      Store pooled = through(pooler, store);
      Ledger.open(pooled).close();
      assertThat(Ledger.exists(pooled)).isTrue();
      assertThat(pooler.used()).isGreaterThanOrEqualTo(3);
    }
    PostgresServer.drop(store);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCommitWhoseAnswerIsLostIsKnownToHaveTakenEffectOrNot(boolean reached) throws Exception {
    Store store = PostgresServer.ledger();
    try (TransactionPooler pooler = new TransactionPooler(PostgresServer.port());
        LedgerFixture direct = books(store)) {
      direct.stored("leads", "tech", 3);
      Lease lease = direct.lead("node");
      Due due = direct.due("tech").get(0);
      Ledger ledger = Ledger.open(through(pooler, store), direct.clock());
      pooler.lose(reached ? Loss.ANSWER : Loss.COMMIT);
      if (reached) {
        Sending sending = ledger.begin(due, lease, LedgerFixture::firstUsable, now -> Budget.NONE);
        assertThat(sending.number()).isEqualTo(1);
        assertThat(ledger.settle(sending, accepted()).await()).isTrue();
        assertThat(direct.line(due.leadId()).state()).isEqualTo(LeadState.ACCEPTED);
      } else {
        assertThatThrownBy(
                () -> ledger.begin(due, lease, LedgerFixture::firstUsable, now -> Budget.NONE))
            .isInstanceOf(LedgerUnavailable.class)
            .hasMessageContaining("PostgreSQL cannot be reached");
        assertThat(direct.line(due.leadId()).state()).isEqualTo(LeadState.QUEUED);
        assertThat(
                ledger.begin(due, lease, LedgerFixture::firstUsable, now -> Budget.NONE).number())
            .isEqualTo(1);
      }
      ledger.close();
      direct.mustBalance();
    }
  }

  @Test
  void aCommitThatIsInDoubtDoesNotHoldUpAStop() throws Exception {
    Store store = PostgresServer.ledger();
    try (LedgerFixture direct = books(store)) {
      TransactionPooler pooler = new TransactionPooler(PostgresServer.port());
      Ledger ledger = Ledger.open(through(pooler, store), direct.clock());
      pooler.lose(Loss.ANSWER);
      Thread stop =
          new Thread(
              () -> {
                ledger.hurry();
                ledger.close();
              });
      Thread caller = new Thread(() -> ledger.pause(Pausable.TABLE, "tech", true));
      caller.setUncaughtExceptionHandler((thread, failure) -> {});
      caller.start();
      await().until(() -> direct.ledger().orders().paused().containsKey(Pausable.TABLE));
      pooler.close();
      stop.start();
      stop.join();
      caller.join();
    }
  }

  @Test
  void readersAreFewAndGivenBack() {
    Store store = PostgresServer.ledger();
    try (LedgerFixture books = books(store);
        HikariDataSource pool = store.pool()) {
      assertThat(pool.getMaximumPoolSize()).isEqualTo(4);
      assertThat(pool.isReadOnly()).isTrue();
      assertThat(books.snapshot().runs()).isEmpty();
    }
  }
}
