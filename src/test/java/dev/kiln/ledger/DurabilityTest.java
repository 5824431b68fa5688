package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.accepted;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sqlite.NativeLibraryNotFoundException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Power loss, a full disk, another program's lock, damage: what the ledger keeps and says. */
@Tag("sqlite")
final class DurabilityTest {
  private Path data;
  private Path file;
  private LedgerFixture books;

  @BeforeEach
  void open(@TempDir Path folder) {
    data = folder;
    file = folder.resolve(Ledger.FILE);
    books = LedgerFixture.in(folder);
    books.ledger().register(List.of(webhook("tech-1", "tech", 0)));
  }

  @AfterEach
  void close() {
    books.close();
  }

  private Handle another() {
    return Jdbi.create(new Sqlite(data).writer()).open();
  }

  private Writer writer() {
    return new Writer(Store.embedded(data), new Guard(Store.embedded(data)));
  }

  private static String pragma(Handle handle, String name) {
    return handle.createQuery("PRAGMA " + name).mapTo(String.class).one();
  }

  /** Brings all that is committed into the database's own file. */
  private void fold() {
    new Sqlite(data).fold();
    assertThat(data.resolve(Ledger.FILE + "-wal")).isEmptyFile();
  }

  /** Writes other bytes over the file from an offset to its end. */
  private static void scribble(Path file, long from) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      byte[] other = new byte[(int) (bytes.length() - from)];
      Arrays.fill(other, (byte) 0x5a);
      bytes.seek(from);
      bytes.write(other);
    }
  }

  // ---- Power loss ----

  @Test
  void everyCommitOfTheWriterIsSyncedToTheDisk() {
    Writer writer = writer();
    assertThat(writer.<String>write(commit -> pragma(commit.handle(), "journal_mode")))
        .isEqualTo("wal");
    assertThat(writer.<String>write(commit -> pragma(commit.handle(), "synchronous")))
        .as("FULL: the log is synced with every commit, not only at checkpoints")
        .isEqualTo("2");
    writer.close();
  }

  @Test
  void aVerbReturnsOnlyWhenItIsCommitted() throws Exception {
    books.stored("leads", "tech", 1);
    Lease lease = books.lead("node");
    Due due = books.due("tech").get(0);
    CompletableFuture<Sending> begun = new CompletableFuture<>();
    Thread caller = new Thread(() -> begun.complete(books.begin(due, lease)));
    try (Handle other = another()) {
      other.begin();
      caller.start();
      await().until(() -> caller.getState() == Thread.State.WAITING);
      assertThat(books.line(due.leadId()).state()).isEqualTo(LeadState.QUEUED);
      assertThat(begun).isNotDone();
      other.rollback();
    }
    Sending sending = begun.get(30, TimeUnit.SECONDS);
    Path copy = Files.createDirectory(data.resolve("as the power went"));
    copyAll(copy);
    try (LedgerView view = LedgerView.open(copy)) {
      assertThat(view.leads(null, LeadState.SENDING, false, 10)).hasSize(1);
    }
    books.settle(sending, accepted());
    Path later = Files.createDirectory(data.resolve("as the power went again"));
    copyAll(later);
    try (LedgerView view = LedgerView.open(later)) {
      assertThat(view.leads(null, LeadState.ACCEPTED, false, 10)).hasSize(1);
    }
  }

  /** What a machine that stops now would find: the file and its log, without the shared memory. */
  private void copyAll(Path folder) throws IOException {
    Files.copy(file, folder.resolve(Ledger.FILE));
    Files.copy(data.resolve(Ledger.FILE + "-wal"), folder.resolve(Ledger.FILE + "-wal"));
  }

  @Test
  void aTornEndOfTheLogTakesNothingThatWasCommittedWithIt() throws IOException {
    books.stored("leads", "tech", 300);
    var before = books.dump();
    Path copy = Files.createDirectory(data.resolve("torn"));
    copyAll(copy);
    Path log = copy.resolve(Ledger.FILE + "-wal");
    long whole = Files.size(log);
    Files.write(log, new byte[5_000], StandardOpenOption.APPEND);
    scribble(log, whole + 24);
    try (LedgerFixture torn = LedgerFixture.in(copy)) {
      assertThat(torn.dump()).isEqualTo(before);
      torn.mustBalance();
    }
  }

  @Test
  void aCommitThatIsTornIsGoneAsAWhole() throws IOException {
    Run run = books.stored("leads", "tech", 100);
    books.store(run, "tech", 100);
    Path copy = Files.createDirectory(data.resolve("torn"));
    copyAll(copy);
    Path log = copy.resolve(Ledger.FILE + "-wal");
    scribble(log, Files.size(log) - 3_000);
    try (LedgerFixture torn = LedgerFixture.in(copy)) {
      assertThat(torn.account(run).read()).isEqualTo(100);
      torn.mustBalance();
    }
  }

  // ---- A database that refuses ----

  @Test
  void aFullDiskFailsEveryOperationOfTheCommitLeavesNothingBehindAndEnds() {
    Writer writer = writer();
    mostPages(writer, writer.write(commit -> pragma(commit.handle(), "page_count")));
    var before = books.dump();
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(
              () -> writer.change(commit -> commit.spend("long ".repeat(10_000), new Amount(1, 0))))
          .isInstanceOf(LedgerUnavailable.class)
          .hasMessageContainingAll(
              file.toString(), "the disk is full", "Free some space on the disk of " + data);
    }
    assertThat(books.dump()).isEqualTo(before);
    mostPages(writer, "1000000");
    writer.change(commit -> commit.spend("long ".repeat(10_000), new Amount(1, 0)));
    assertThat(books.dump().get("spend")).hasSize(1);
    assertThat(writer.<String>write(commit -> pragma(commit.handle(), "integrity_check")))
        .isEqualTo("ok");
    writer.close();
  }

  private static void mostPages(Writer writer, String pages) {
    writer.change(commit -> commit.handle().execute("PRAGMA max_page_count = " + pages));
  }

  @Test
  void aLockOfAnotherProgramIsNamedAndWaitedFor() {
    try (Handle other = another()) {
      other.begin();
      assertThatThrownBy(() -> books.run("late"))
          .isInstanceOf(LedgerUnavailable.class)
          .hasMessageContainingAll(file.toString(), "another program keeps it locked");
      assertThat(books.snapshot().runs()).as("looking is possible meanwhile").isEmpty();
      other.rollback();
    }
    books.run("now");
    assertThat(books.snapshot().runs()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "SQLITE_FULL, disk is full",
    "SQLITE_IOERR_WRITE, the disk refuses",
    "SQLITE_IOERR_FSYNC, the disk refuses",
    "SQLITE_READONLY, Let the user that runs Kiln write",
    "SQLITE_READONLY_DBMOVED, Let the user that runs Kiln write",
    "SQLITE_CANTOPEN, Let the user that runs Kiln write",
    "SQLITE_BUSY, End that program",
    "SQLITE_BUSY_SNAPSHOT, End that program",
    "SQLITE_CORRUPT_INDEX, kiln restore FILE",
    "SQLITE_NOTADB, kiln restore FILE",
    "SQLITE_CONSTRAINT_UNIQUE, what the database says",
  })
  void everyRefusalIsToldWithItsCure(SQLiteErrorCode code, String told) {
    Throwable failure =
        new IllegalArgumentException(
            "ada@example.com", new SQLiteException("what the database says", code));
    LedgerUnavailable unavailable = new Guard(Store.embedded(data)).refused(failure);
    assertThat(unavailable).hasMessageContainingAll(file.toString(), told);
    assertThat(unavailable)
        .as("no lead's data, not even in a trace")
        .hasRootCauseMessage("what the database says");
    assertThat(unavailable.getCause()).hasNoCause();
  }

  @Test
  void aLibraryThatCannotBeUnpackedIsToldWithItsFolder() {
    assertThat(
            Store.embedded(data)
                .unavailable("It fails", new NativeLibraryNotFoundException("no library")))
        .hasMessageContainingAll(System.getProperty("java.io.tmpdir"), "org.sqlite.tmpdir");
  }

  @Test
  void whatKilledProcessesUnpackedIsDeletedByTheOneThatHasTheLockAlone(@TempDir Path other)
      throws IOException {
    Path left = Files.createDirectories(other.resolve("native")).resolve("libsqlitejdbc.so.lck");
    Files.createFile(left);
    Ledger.open(other, Clock.systemUTC()).close();
    assertThat(left).doesNotExist();
    Files.createFile(left);
    Ledger.openBeside(Store.embedded(other), Clock.systemUTC()).close();
    LedgerView.open(other).close();
    assertThat(left).as("that of the Kiln that runs").exists();
  }

  // ---- Damage ----

  @Test
  void aLedgerThatIsFoundDamagedIsUsedNoMore() throws Exception {
    books.stored("leads", "tech", 3_000);
    Lease lease = books.lead("node");
    Due due = books.due("tech").get(0);
    fold();
    scribble(file, 8_192);
    LedgerUnavailable found =
        catchThrowableOfType(
            LedgerUnavailable.class,
            () -> {
              books.snapshot();
              books.due("tech");
              books.begin(due, lease);
            });
    assertThat(found)
        .hasMessageContainingAll(file.toString(), "damaged", "Stop Kiln", "kiln restore FILE");
    assertThatThrownBy(() -> books.begin(due, lease)).hasMessage(found.getMessage());
    assertThatThrownBy(() -> books.due("tech")).hasMessage(found.getMessage());
    assertThatThrownBy(() -> books.snapshot()).isInstanceOf(LedgerUnavailable.class);
  }

  @Test
  void aDamagedLedgerIsRefusedAtTheStartAndLeftAsItIs() throws Exception {
    books.stored("leads", "tech", 3_000);
    books.close();
    byte[] whole = Files.readAllBytes(file);
    for (String damage : List.of("a tail that is cut", "a tail of other bytes", "no database")) {
      Files.write(file, whole);
      switch (damage) {
        case "a tail that is cut" -> {
          try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
            cut.setLength(whole.length - 10_000);
          }
        }
        case "a tail of other bytes" -> scribble(file, whole.length - 10_000);
        default -> Files.writeString(file, damage.repeat(1_000));
      }
      byte[] damaged = Files.readAllBytes(file);
      assertThatThrownBy(() -> Ledger.open(data, books.clock()))
          .as(damage)
          .isInstanceOf(LedgerUnavailable.class)
          .hasMessageContainingAll(file.toString(), "cannot be opened", "damaged", "kiln restore");
      assertThat(file).as(damage).hasBinaryContent(damaged);

      Path kept = data.resolve("kept after " + damage);
      Ledger.keep(data, kept);
      assertThat(kept).as("kept as it is").hasBinaryContent(damaged);
    }
    Files.write(file, whole);
    books.reopen();
    books.mustBalance();
  }

  @Test
  void aLedgerIsKeptWithWhatIsStillInItsLog() throws Exception {
    books.stored("leads", "tech", 10);
    var before = books.dump();
    Path kept = Files.createDirectory(data.resolve("kept"));
    Ledger.keep(data, kept.resolve(Ledger.FILE));
    assertThat(data.resolve(Ledger.FILE + "-wal")).isEmptyFile();
    try (LedgerFixture copy = LedgerFixture.in(kept)) {
      assertThat(copy.dump()).isEqualTo(before);
    }
  }

  @Test
  void aBackupThatFailsLeavesNoPart() throws IOException {
    Path there = Files.createDirectory(data.resolve("there"));
    Files.createFile(there.resolve("copy.db"));
    assertThatThrownBy(() -> Ledger.backup(data, there.resolve("copy.db")))
        .isInstanceOf(LedgerUnavailable.class);
    assertThat(there).isDirectoryNotContaining("glob:**.part");
  }

  // ---- Versions ----

  @Test
  void aLedgerOfANewerKilnIsRefusedByEveryWayInAndLeftAsItIs() throws Exception {
    asOfVersion(999);
    books.close();
    byte[] before = Files.readAllBytes(file);
    for (WayIn in : waysIn()) {
      assertThatThrownBy(in::open)
          .isInstanceOf(LedgerUnavailable.class)
          .hasMessageContainingAll(
              file.toString(), "of a newer Kiln (schema 999", "up to " + Schema.newest());
    }
    assertThat(file).hasBinaryContent(before);
  }

  @Test
  void aLedgerOfAnOlderKilnIsOnlyForTheOneThatBringsItUpToDate() {
    try (Handle handle = another()) {
      handle.execute("UPDATE flyway_schema_history SET version = '0.' || version");
    }
    for (WayIn beside : waysIn().subList(1, 3)) {
      assertThatThrownBy(beside::open)
          .isInstanceOf(LedgerUnavailable.class)
          .hasMessageContainingAll(file.toString(), "of an older Kiln", "kiln run");
    }
  }

  private interface WayIn {
    AutoCloseable open() throws SQLException;
  }

  private List<WayIn> waysIn() {
    return List.of(
        () -> Ledger.open(data, books.clock()),
        () -> Ledger.openBeside(Store.embedded(data), books.clock()),
        () -> LedgerView.open(data),
        () -> Ledger.openCopy(data, books.clock()));
  }

  /** As if a Kiln of another version had migrated it. */
  private void asOfVersion(int version) {
    try (Handle handle = another()) {
      handle.execute(
          "INSERT INTO flyway_schema_history (installed_rank, version, description, type, script,"
              + " checksum, installed_by, execution_time, success)"
              + " VALUES (1000, ?, 'later', 'SQL', 'later.sql', 1, '', 1, 1)",
          String.valueOf(version));
    }
  }
}
