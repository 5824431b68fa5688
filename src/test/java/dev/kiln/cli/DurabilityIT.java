package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.Proof;
import dev.kiln.Trees;
import dev.kiln.cli.KilnProcess.Ended;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.ReleasedLedgerTest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * What becomes of a real Kiln whose disk is full, locked, forbidden or damaged, and of a backup.
 */
@Execution(ExecutionMode.CONCURRENT)
final class DurabilityIT {
  private static final String TECH = "outbound-leads-tech";
  private static final String STANDS_STILL = "Intake and delivery stand still";

  /** Longer than Kiln waits between two looks at a ledger that it could not use. */
  private static final Duration A_LOOK = Duration.ofSeconds(7);

  private static void run(String... command) {
    try {
      Process process = new ProcessBuilder(command).inheritIO().start();
      assertThat(process.waitFor()).as("%s", Arrays.toString(command)).isZero();
    } catch (IOException failure) {
      throw new AssertionError(command[0] + " (util-linux) is needed", failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  /** The largest file that a process may write, as a disk that is full is met. */
  private static void limitFiles(KilnProcess kiln, String bytes) {
    run("prlimit", "--pid", String.valueOf(kiln.pid()), "--fsize=" + bytes + ":unlimited");
  }

  private static Path ledger(Rehearsal rehearsal) {
    return rehearsal.data().resolve(Ledger.FILE);
  }

  private static Connection database(Path file) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + file);
  }

  private static void mustBeWhole(Path file) throws SQLException {
    try (Connection connection = database(file);
        Statement statement = connection.createStatement();
        ResultSet check = statement.executeQuery("PRAGMA integrity_check")) {
      assertThat(check.getString(1)).isEqualTo("ok");
    }
  }

  private static void awaitErr(KilnProcess kiln, String text) {
    await("\"" + text + "\"").atMost(KilnProcess.LONGEST).until(() -> kiln.err().contains(text));
  }

  /** The one message of a Kiln that stands still. */
  private static String onlyError(KilnProcess kiln) {
    assertThat(kiln.err()).doesNotContain("\tat ", " WARN ");
    return assertThat(kiln.err().lines().filter(line -> line.contains(" ERROR ")))
        .singleElement()
        .asString()
        .contains(STANDS_STILL)
        .actual();
  }

  private static void awaitAccepted(Rehearsal rehearsal, long leads) {
    rehearsal.awaitLedger(
        leads + " leads accepted",
        snapshot ->
            snapshot.runs().stream()
                    .mapToLong(run -> run.states().getOrDefault(LeadState.ACCEPTED, 0L))
                    .sum()
                == leads);
  }

  private static String refused(Ended ended) {
    return refused(Main.USAGE, ended);
  }

  private static String refused(int exit, Ended ended) {
    assertThat(ended.exit()).as(ended.err()).isEqualTo(exit);
    assertThat(ended.out()).isEmpty();
    return ended.err();
  }

  // ---- A disk that is full ----

  @Test
  void aFullDiskStopsEverythingAndItGoesOnWhenThereIsRoom(@TempDir Path folder) throws Exception {
    int leads = Proof.of(100, 2_000);
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0", "--latency", "1500-2500")) {
      rehearsal.configure(20);
      rehearsal.properties();
      KilnProcess kiln = rehearsal.run();
      rehearsal.drop("first.csv", Rehearsal.leads("first", leads));
      rehearsal.awaitDistinct(20);
      limitFiles(kiln, "65536");
      awaitErr(kiln, STANDS_STILL);
      rehearsal.drop("second.csv", Rehearsal.leads("second", leads));

      awaitStandstill(rehearsal);
      assertThat(onlyError(kiln))
          .contains("data/kiln.db cannot be used", "the disk of data is full", "goes on by itself");
      JsonNode meanwhile = rehearsal.status();
      assertThat(Rehearsal.count(meanwhile, "SENDING")).isPositive();
      assertThat(meanwhile.path("runs")).as("the second file is not read").hasSize(1);
      assertThat(rehearsal.data().resolve("inbox/normal/second.csv")).exists();

      limitFiles(kiln, "unlimited");
      awaitAccepted(rehearsal, 2L * leads);
      assertThat(onlyError(kiln)).isNotEmpty();
      assertThat(kiln.err())
          .contains("answers that came meanwhile are booked", "The ledger can be used again");
      kiln.terminate();
      assertThat(rehearsal.arrivals()).hasSize(2 * leads).values().containsOnly(1);
      assertThat(rehearsal.leads("--possible-duplicates")).isEmpty();
      assertThat(rehearsal.status().path("runs")).hasSize(2);
      assertThat(rehearsal.data().resolve("inbox/normal")).isEmptyDirectory();
      mustBeWhole(ledger(rehearsal));
    }
  }

  @Test
  void anUploadThatADiskHasNoRoomForIsSentAwayAndLeavesNothing(@TempDir Path folder)
      throws Exception {
    try (Rehearsal rehearsal = new Rehearsal(folder)) {
      rehearsal.properties();
      KilnProcess kiln = rehearsal.run();
      Path spool = rehearsal.data().resolve("spool");
      String small = Rehearsal.leads("small", 1);
      String large = Rehearsal.leads("large", 1) + "\n".repeat(2_000_000);
      limitFiles(kiln, "0");
      for (String body : List.of(small, large, small)) {
        HttpResponse<String> answer = post(kiln, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).contains("30");
      }
      await("no part of them").atMost(KilnProcess.LONGEST).until(() -> isEmpty(spool));
      limitFiles(kiln, "1000000");
      assertThat(post(kiln, large).statusCode()).as("most of it has room").isEqualTo(503);
      await("no part of it").atMost(KilnProcess.LONGEST).until(() -> isEmpty(spool));

      limitFiles(kiln, "unlimited");
      await("the ledger is used again")
          .atMost(KilnProcess.LONGEST)
          .until(() -> post(kiln, small).statusCode() != 503);
      assertThat(post(kiln, large).statusCode()).isEqualTo(202);
      awaitAccepted(rehearsal, 2);
      kiln.terminate();
      assertThat(rehearsal.arrivals()).hasSize(2).values().containsOnly(1);
    }
  }

  private static HttpResponse<String> post(KilnProcess kiln, String body) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(kiln.http().resolve("/leads"))
                .timeout(KilnProcess.LONGEST)
                .POST(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }

  private static long requests(Rehearsal rehearsal) {
    return rehearsal.received().path("requests").asLong();
  }

  private static long answered(Rehearsal rehearsal) {
    return rehearsal.received().path("statuses").path("200").asLong();
  }

  /** Waits until all that was sent is answered, and nothing more is sent for as long as a look. */
  private static void awaitStandstill(Rehearsal rehearsal) {
    AtomicLong before = new AtomicLong(-1);
    await("nothing more is sent")
        .pollDelay(Duration.ZERO)
        .pollInterval(A_LOOK)
        .atMost(KilnProcess.LONGEST)
        .until(
            () -> {
              long sent = requests(rehearsal);
              return before.getAndSet(sent) == sent && answered(rehearsal) == sent;
            });
  }

  @Test
  void aFullDiskAtTheStartIsToldByName(@TempDir Path folder) throws Exception {
    try (Rehearsal rehearsal = new Rehearsal(folder)) {
      rehearsal.properties();
      Ledger.open(Files.createDirectories(rehearsal.data()), Clock.systemUTC()).close();
      try (Connection connection = database(ledger(rehearsal));
          Statement statement = connection.createStatement()) {
        // While this connection is open its log stays: whoever writes next writes behind 3 MB.
        statement.execute("PRAGMA wal_autocheckpoint = 0");
        statement.execute("CREATE TABLE filler AS SELECT zeroblob(3000000)");
        assertThat(
                refused(
                    Main.NOT_NOW, rehearsal.kilnBy(List.of("prlimit", "--fsize=2000000"), "run")))
            .contains("data/kiln.db", "the disk of data is full")
            .hasLineCount(1);
      }
      assertThat(refused(rehearsal.kilnBy(List.of("prlimit", "--fsize=65536"), "status")))
          .contains("library of SQLite could not be unpacked into", "Make room");
      mustBeWhole(ledger(rehearsal));
    }
  }

  @Test
  void aBundleOnAFullDiskIsToldByNameAndNotLeft(@TempDir Path folder) throws Exception {
    try (Rehearsal rehearsal = new Rehearsal(folder)) {
      StringBuilder noise = new StringBuilder("# ");
      new Random(1).ints(200_000, 'A', 'z').forEach(letter -> noise.append((char) letter));
      rehearsal.write("config/noise.yaml", noise.toString());
      Files.createDirectories(rehearsal.data());
      assertThat(refused(rehearsal.kilnBy(List.of("prlimit", "--fsize=65536"), "support-bundle")))
          .containsPattern("^kiln-support-.*\\.zip: ");
      assertThat(Trees.paths(folder, 2)).noneMatch(path -> path.toString().endsWith(".zip"));
    }
  }

  // ---- A ledger that is locked or forbidden ----

  @Test
  void aLockedLedgerStopsEverythingAndKilnEndsInTimeAllTheSame(@TempDir Path folder)
      throws Exception {
    int leads = 120;
    int inFlight = 8;
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0", "--latency", "300-500")) {
      rehearsal.configure(20);
      rehearsal.properties("kiln.delivery.in-flight = " + inFlight);
      KilnProcess kiln = rehearsal.run();
      rehearsal.drop("leads.csv", Rehearsal.leads("lead", leads));
      rehearsal.awaitDistinct(10);
      try (Connection browser = database(ledger(rehearsal));
          Statement statement = browser.createStatement()) {
        statement.execute("PRAGMA busy_timeout = 10000");
        statement.execute("BEGIN IMMEDIATE");
        // While Kiln itself waits for the lock, since that takes its time.
        KilnProcess hold = rehearsal.start("hold", "--all");
        awaitErr(kiln, STANDS_STILL);
        assertThat(onlyError(kiln)).contains("another program keeps it locked", "End that program");
        assertThat(refused(hold.end())).contains("keeps it locked");
        await("answers that cannot be booked, and nothing that is begun any more")
            .atMost(KilnProcess.LONGEST)
            .until(() -> answered(rehearsal) == requests(rehearsal));
        assertThat(Rehearsal.count(rehearsal.status(), "SENDING")).isPositive();
        kiln.terminate();
        assertThat(refused(Main.NOT_NOW, rehearsal.kiln("run")))
            .contains("data/kiln.db", "keeps it locked");
        statement.execute("ROLLBACK");
      }
      assertThat(Rehearsal.count(rehearsal.status(), "SENDING")).isLessThanOrEqualTo(inFlight);
      KilnProcess again = rehearsal.run();
      awaitAccepted(rehearsal, leads);
      again.terminate();
      Map<String, Integer> arrivals = rehearsal.arrivals();
      assertThat(arrivals).hasSize(leads);
      assertThat(listed(rehearsal)).hasSizeLessThanOrEqualTo(inFlight).containsAll(twice(arrivals));
      mustBeWhole(ledger(rehearsal));
    }
  }

  private static Set<String> twice(Map<String, Integer> arrivals) {
    return arrivals.entrySet().stream()
        .filter(lead -> lead.getValue() > 1)
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private static Set<String> listed(Rehearsal rehearsal) {
    return rehearsal.leads("--possible-duplicates").stream()
        .map(lead -> lead.path("lead_id").asText())
        .collect(Collectors.toSet());
  }

  @Test
  void aLedgerThatMayNotBeWrittenIsToldByName(@TempDir Path folder) throws Exception {
    try (Rehearsal rehearsal = new Rehearsal(folder)) {
      rehearsal.properties();
      Ledger.open(Files.createDirectories(rehearsal.data()), Clock.systemUTC()).close();
      byte[] before = Files.readAllBytes(ledger(rehearsal));
      Files.setPosixFilePermissions(
          ledger(rehearsal), PosixFilePermissions.fromString("r--r--r--"));
      assertThat(refused(rehearsal.kilnBy(unprivileged(), "run")))
          .contains("data/kiln.db", "Let the user that runs Kiln write data");
      assertThat(ledger(rehearsal)).hasBinaryContent(before);

      Files.setPosixFilePermissions(
          rehearsal.data().resolve("kiln.lock"), PosixFilePermissions.fromString("r--r--r--"));
      assertThat(refused(rehearsal.kilnBy(unprivileged(), "run")))
          .contains("data: cannot be used as the data folder: this user has no permission for it");

      Files.move(ledger(rehearsal), rehearsal.data().resolve("aside.db"));
      Files.createDirectory(ledger(rehearsal));
      // SQLite tells a folder from a disk that fails by nothing.
      assertThat(refused(Main.NOT_NOW, rehearsal.kiln("run")))
          .contains("data/kiln.db", "cannot be opened");
    }
  }

  /** A way to start a command to which permissions apply, even as root. */
  private static List<String> unprivileged() {
    return System.getProperty("user.name").equals("root")
        ? List.of("setpriv", "--inh-caps=-all", "--bounding-set=-all")
        : List.of();
  }

  // ---- Damage ----

  /** Writes other bytes over a file behind its first pages. */
  private static void scribble(Path file) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      byte[] other = new byte[(int) bytes.length() - 8_192];
      Arrays.fill(other, (byte) 0x5a);
      bytes.seek(8_192);
      bytes.write(other);
    }
  }

  @Test
  void damageWhileKilnRunsStopsItAndABackupSetsItGoing(@TempDir Path folder) throws Exception {
    int leads = Proof.of(2_000, 20_000);
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0")) {
      rehearsal.configure(Proof.of(200, 500));
      rehearsal.properties();
      KilnProcess kiln = rehearsal.run();
      assertThat(rehearsal.here("pause", "table", TECH).exit()).isZero();
      rehearsal.drop("leads.csv", Rehearsal.leads("lead", leads));
      rehearsal.awaitLedger(
          "the file is read",
          snapshot -> !snapshot.runs().isEmpty() && snapshot.runs().get(0).phase().equals("READ"));
      assertThat(rehearsal.here("backup", "copy.db").exit()).isZero();
      assertThat(rehearsal.here("resume", "table", TECH).exit()).isZero();
      rehearsal.awaitDistinct(1);
      try (Connection other = database(ledger(rehearsal));
          Statement statement = other.createStatement()) {
        statement.execute("PRAGMA busy_timeout = 10000");
        statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        scribble(ledger(rehearsal));
      }
      awaitErr(kiln, STANDS_STILL);
      awaitStandstill(rehearsal);
      assertThat(requests(rehearsal)).isLessThan(leads);
      assertThat(onlyError(kiln))
          .contains("data/kiln.db", "damaged", "Stop Kiln", "kiln restore FILE");
      kiln.terminate();

      byte[] damaged = Files.readAllBytes(ledger(rehearsal));
      assertThat(refused(rehearsal.kiln("run")))
          .contains("data/kiln.db cannot be opened", "damaged", "kiln restore FILE")
          .hasLineCount(1);
      assertThat(ledger(rehearsal)).as("left as it is").hasBinaryContent(damaged);

      Ended restored = rehearsal.here("restore", "copy.db");
      assertThat(restored.exit()).as(restored.err()).isZero();
      assertThat(restored.out()).contains("kept in", leads + " leads were not settled");
      try (var files = Files.list(rehearsal.data())) {
        assertThat(files.filter(file -> file.toString().matches(".*before-\\d+")))
            .singleElement()
            .satisfies(kept -> assertThat(kept).hasBinaryContent(damaged));
      }
      assertThat(rehearsal.here("resume", "table", TECH).exit()).isZero();
      KilnProcess again = rehearsal.run();
      awaitAccepted(rehearsal, leads);
      again.terminate();
      assertThat(rehearsal.arrivals()).hasSize(leads);
      mustBeWhole(ledger(rehearsal));
    }
  }

  // ---- Backup and restore ----

  @Test
  void whatWasSentSinceTheBackupIsMarkedAndKeepsItsId(@TempDir Path folder) throws Exception {
    // So many that some are left when the backup has started, on a slow machine too.
    int leads = Proof.of(600, 5_000);
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0", "--latency", "20-60")) {
      rehearsal.configure(Proof.of(40, 200));
      rehearsal.properties();
      KilnProcess kiln = rehearsal.run();
      rehearsal.drop("leads.csv", Rehearsal.leads("lead", leads));
      rehearsal.awaitDistinct(20);
      rehearsal.awaitLedger(
          "the file is read", snapshot -> snapshot.runs().get(0).phase().equals("READ"));
      assertThat(rehearsal.here("backup", "copy.db").exit()).isZero();
      mustBeWhole(folder.resolve("copy.db"));
      assertThat(rehearsal.here("restore", "copy.db").exit()).isEqualTo(Main.ALREADY_RUNNING);
      rehearsal.drop("late.csv", Rehearsal.leads("late", 5));
      awaitAccepted(rehearsal, leads + 5L);
      kiln.terminate();
      Map<String, Integer> before = new TreeMap<>(rehearsal.arrivals());

      rehearsal.write("data/results/outbound-leads-tech/2026-11-25.ndjson", "{}");
      Ended restored = rehearsal.here("restore", "copy.db");
      assertThat(restored.exit()).as(restored.err()).isZero();
      assertThat(restored.out()).contains("The results so far are kept in data/results.before-");
      assertThat(restored.out()).contains("-late.csv in data/archive").doesNotContain("-leads.csv");
      Set<String> marked = listed(rehearsal);
      assertThat(marked).isNotEmpty().hasSizeLessThan(leads);
      JsonNode run = rehearsal.status().path("runs").path(0);
      assertThat(run.path("possible_duplicate").asInt()).isEqualTo(marked.size());
      assertThat(restored.out()).contains(marked.size() + " leads were not settled");

      KilnProcess again = rehearsal.run();
      awaitAccepted(rehearsal, leads);
      again.terminate();
      Map<String, Integer> after = rehearsal.arrivals();
      assertThat(after.keySet()).as("no new lead_id").isEqualTo(before.keySet());
      assertThat(twice(after)).isEqualTo(marked);
    }
  }

  @Test
  void aBackupThatIsDamagedOrOfANewerKilnIsNotRestored(@TempDir Path folder) throws Exception {
    try (Rehearsal rehearsal = new Rehearsal(folder)) {
      Path dump = ReleasedLedgerTest.dumps().get(0);
      ReleasedLedgerTest.load(dump, Files.createDirectories(rehearsal.data()));
      Ledger.open(rehearsal.data(), Clock.systemUTC()).close();
      byte[] before = Files.readAllBytes(ledger(rehearsal));
      for (String copy : List.of("damaged.db", "newer.db")) {
        assertThat(rehearsal.here("backup", copy).exit()).isZero();
      }
      scribble(folder.resolve("damaged.db"));
      try (Connection newer = database(folder.resolve("newer.db"));
          Statement statement = newer.createStatement()) {
        statement.execute(
            "INSERT INTO flyway_schema_history VALUES (1000, '999', 'later', 'SQL', 'V999__later.sql', 1, '', '', 1, 1)");
      }
      assertThat(refused(rehearsal.here("restore", "damaged.db")))
          .contains("damaged.db", "nothing was changed", "damaged");
      assertThat(refused(rehearsal.here("restore", "newer.db")))
          .contains("newer.db", "nothing was changed", "of a newer Kiln (schema 999");
      assertThat(ledger(rehearsal)).hasBinaryContent(before);
      assertThat(rehearsal.data()).isDirectoryNotContaining("glob:**{restoring,before}-*");

      Files.copy(
          folder.resolve("newer.db"), ledger(rehearsal), StandardCopyOption.REPLACE_EXISTING);
      for (String command : List.of("run", "status")) {
        assertThat(refused(rehearsal.here(command)))
            .contains("data/kiln.db", "of a newer Kiln (schema 999");
      }
    }
  }

  // ---- Upgrade ----

  @Test
  void theLedgerOfEveryReleaseIsDelivered(@TempDir Path folder) throws Exception {
    List<Rehearsal> rehearsals = new ArrayList<>();
    try {
      for (Path dump : ReleasedLedgerTest.dumps()) {
        String version = dump.getFileName().toString();
        Rehearsal rehearsal =
            new Rehearsal(Files.createDirectory(folder.resolve(version)), "--rate", "0");
        rehearsals.add(rehearsal);
        rehearsal.configure(100);
        rehearsal.properties();
        ReleasedLedgerTest.load(dump, Files.createDirectories(rehearsal.data()));
        KilnProcess kiln = rehearsal.run();
        assertThat(rehearsal.here("release", "--all").exit()).isZero();
        assertThat(rehearsal.here("resume", "table", "outbound-leads-finance").exit()).isZero();
        rehearsal.awaitLedger(
            "all of " + version + " settled",
            snapshot ->
                snapshot.runs().stream()
                    .flatMap(run -> run.states().keySet().stream())
                    .noneMatch(LeadState::open));
        kiln.terminate();
        assertThat(Rehearsal.count(rehearsal.status(), "ACCEPTED")).isGreaterThan(5);
        assertThat(rehearsal.arrivals().values()).isNotEmpty().containsOnly(1);
        mustBeWhole(ledger(rehearsal));
      }
    } finally {
      rehearsals.forEach(Rehearsal::close);
    }
  }
}
