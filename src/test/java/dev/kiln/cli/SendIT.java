package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.cli.KilnProcess.Ended;
import dev.kiln.lead.ContentHash;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.LeadSelection;
import dev.kiln.ledger.LedgerFixture;
import dev.kiln.ledger.LedgerFixture.Row;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Run;
import dev.kiln.ledger.Wish;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** {@code kiln send}, without a running Kiln and with one. */
@Execution(ExecutionMode.CONCURRENT)
final class SendIT {
  /** Files that nobody could read leads out of, each with a word of the message that says so. */
  private static final Map<String, String> UNREADABLE =
      Map.of(
          "empty.csv", "is empty",
          "header.csv", "has a header and no rows",
          "workbook.csv", "is a damaged Excel workbook",
          "strange.csv", "has no header row of a lead file");

  private Rehearsal rehearsal;

  @BeforeEach
  void open(@TempDir Path folder) {
    rehearsal = new Rehearsal(folder, "--rate", "0");
    rehearsal.configure(100);
    rehearsal.properties();
    rehearsal.write("good.csv", Rehearsal.leads("good", 5));
    rehearsal.write("mixed.csv", Rehearsal.leads("mixed", 3) + "no address,Eve,Software\n\n");
    rehearsal.write("empty.csv", "");
    rehearsal.write("header.csv", "email,first name,industry\n");
    rehearsal.write("workbook.csv", "PK\u0003\u0004\u0014\u0000\u0006\u0000 and so on");
    rehearsal.write("strange.csv", "a,b\n1,2\n");
  }

  @AfterEach
  void close() {
    rehearsal.close();
  }

  private static void tellsEachOnce(String text) {
    UNREADABLE.forEach(
        (file, why) ->
            assertThat(text.lines().filter(line -> line.contains(file + " was refused: ")))
                .singleElement()
                .asString()
                .contains(why));
  }

  /** What a command said, but for how far it was, which one that takes long says too. */
  private static Stream<String> withoutProgress(String text) {
    return text.lines()
        .filter(line -> !line.contains(" leads settled"))
        .filter(line -> !line.contains(" has not been read yet."));
  }

  private static void tellsHowToLearnMore(String text) {
    assertThat(withoutProgress(text))
        .singleElement()
        .asString()
        .contains("1 REJECTED", "kiln leads --run ");
  }

  @Test
  void deliversItsOwnFileAndNothingElseWithoutARunningKiln() {
    rehearsal.drop("others.csv", Rehearsal.leads("other", 4));
    Ended sent = rehearsal.kiln("send", "good.csv");
    assertThat(sent.exit()).isZero();
    assertThat(withoutProgress(sent.err())).isEmpty();
    assertThat(sent.out()).contains("good.csv").doesNotContain("others.csv");
    assertThat(rehearsal.received().path("distinct").asInt()).isEqualTo(5);
    assertThat(rehearsal.data().resolve("inbox/normal/others.csv")).exists();
    assertThat(rehearsal.folder().resolve("good.csv")).exists();

    Ended again = rehearsal.here("send", "good.csv");
    assertThat(again.exit()).isZero();
    assertThat(again.err().lines())
        .singleElement()
        .asString()
        .contains("good.csv: the same content was read before as run ");

    Ended mixed = rehearsal.here("send", "--json", "--source", "Inbound", "mixed.csv");
    assertThat(mixed.exit()).isEqualTo(1);
    tellsHowToLearnMore(mixed.err());
    JsonNode runs = Rehearsal.parse(mixed.out()).path("runs");
    assertThat(runs).hasSize(1);
    assertThat(runs.path(0).path("source").asText()).isEqualTo("inbound");
    assertThat(runs.path(0).path("read").asInt()).isEqualTo(4);
    assertThat(runs.path(0).path("skipped").asInt()).isEqualTo(1);
    assertThat(runs.path(0).path("states"))
        .isEqualTo(Rehearsal.parse("{\"REJECTED\":1,\"ACCEPTED\":3}"));
    assertThat(rehearsal.stored("inbound-1")).isEqualTo(3);
    assertThat(rehearsal.leads("--state", "rejected"))
        .singleElement()
        .satisfies(lead -> assertThat(lead.path("reason").asText()).contains("no @"));
    assertThat(rehearsal.received().path("repeats").asInt()).isZero();
  }

  @Test
  void previewsAndSendsNothing() {
    Ended preview =
        rehearsal.kiln("preview", "--json", "--source", "events", "mixed.csv", "strange.csv");
    assertThat(preview.exit()).isEqualTo(2);
    assertThat(preview.err().lines())
        .singleElement()
        .asString()
        .contains("strange.csv has no header row of a lead file");
    JsonNode table = Rehearsal.parse(preview.out()).path("tables").path(0);
    assertThat(table.path("table").asText()).isEqualTo("event-attendees");
    assertThat(table.path("states")).isEqualTo(Rehearsal.parse("{\"REJECTED\":1,\"QUEUED\":3}"));
    assertThat(table.path("first_body").asText()).contains("\"source\":\"events\"", "mixed1@");
    assertThat(rehearsal.received().path("requests").asInt()).isZero();
    assertThat(rehearsal.data()).doesNotExist();
  }

  @Test
  void sendsASampleFirstAndTheRestOnceItIsReleased() {
    rehearsal.write("many.csv", Rehearsal.leads("many", 30) + "no address,Eve,Software\n");
    Ended sent = rehearsal.here("send", "--sample", "4", "--json", "many.csv");
    assertThat(sent.exit()).as("a row was rejected: " + sent.err()).isEqualTo(1);
    JsonNode sample = Rehearsal.parse(sent.out()).path("samples").path(0);
    assertThat(sample.path("tables").path("outbound-leads-tech"))
        .isEqualTo(Rehearsal.parse("{\"REJECTED\":1,\"HELD\":26,\"ACCEPTED\":4}"));
    assertThat(sample.path("spent").path("data_credits").asInt()).isEqualTo(24);
    assertThat(sample.path("rest").path("actions").asInt()).isEqualTo(104);
    assertThat(rehearsal.stored("tech-1")).isEqualTo(4);

    KilnProcess kiln = rehearsal.run();
    Ended through = rehearsal.here("send", "--sample", "1", "good.csv");
    assertThat(through.exit()).as(through.err()).isZero();
    assertThat(through.out())
        .contains(
            "spent so far: 6 Data Credits, 4 Actions", "held: 4 leads; sending them takes 24 ");
    Ended released = rehearsal.here("release", sample.path("run").asText());
    assertThat(released.out()).isEqualTo("Leads queued again: 26.\n");
    rehearsal.awaitDistinct(31);
    kiln.terminate();
    assertThat(rehearsal.received().path("repeats").asInt()).isZero();
  }

  @Test
  void goesThroughTheRunningKiln() {
    KilnProcess kiln = rehearsal.run();
    Ended handed = rehearsal.here("send", "--priority", "high", "--source", "events", "good.csv");
    assertThat(handed.exit()).isZero();
    assertThat(handed.err()).isEmpty();
    assertThat(handed.out().lines())
        .singleElement()
        .asString()
        .startsWith("Handed to the running Kiln: data/inbox/high/events/good.csv; ");
    rehearsal.awaitDistinct(5);
    assertThat(rehearsal.stored("events-1")).isEqualTo(5);

    Ended waited = rehearsal.here("send", "--wait", "--priority", "LOW", "mixed.csv");
    assertThat(waited.exit()).isEqualTo(1);
    tellsHowToLearnMore(waited.err());
    assertThat(waited.out()).contains("mixed.csv", "REJECTED", "ACCEPTED");
    JsonNode status = rehearsal.status();
    JsonNode mixed = Rehearsal.named(status.path("runs"), "name", "mixed.csv");
    assertThat(mixed.path("priority").asText()).isEqualTo("low");
    assertThat(Rehearsal.count(status, "ACCEPTED")).isEqualTo(8);

    Ended again = rehearsal.here("send", "--wait", "--source", "events", "good.csv");
    assertThat(again.exit()).isZero();
    Ended asJson = rehearsal.here("send", "--json", "good.csv");
    assertThat(Rehearsal.parse(asJson.out()).path("handed").path(0).asText())
        .isEqualTo("data/inbox/normal/good.csv");

    Ended refused =
        rehearsal.here("send", "--wait", "empty.csv", "header.csv", "workbook.csv", "strange.csv");
    assertThat(refused.exit()).isEqualTo(1);
    tellsEachOnce(refused.out());
    assertThat(kiln.terminate().exit()).isEqualTo(143);
    assertThat(rehearsal.received().path("repeats").asInt()).isZero();
  }

  /** Ends a command while rows are added to a file all the time. */
  private Ended whileGrowing(String file, KilnProcess command) {
    Path growing = rehearsal.folder().resolve(file);
    AtomicInteger rows = new AtomicInteger();
    await()
        .atMost(KilnProcess.LONGEST)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> {
              String row = "late" + rows.incrementAndGet() + "@example.com,Ada,Software\n";
              Files.writeString(growing, row, StandardOpenOption.APPEND);
              return !command.isAlive();
            });
    return command.end();
  }

  @Test
  void aWishHoldsForAFileThatIsStillBeingWritten() {
    // Blank lines, so that it is looked at for longer than this test may stand still.
    rehearsal.write("growing.csv", Rehearsal.leads("early", 50) + "\n".repeat(2_000_000));
    Ended alone =
        whileGrowing("growing.csv", rehearsal.start("send", "--sample", "3", "growing.csv"));
    assertThat(alone.exit()).isEqualTo(2);
    assertThat(alone.err())
        .isEqualTo("growing.csv changed while it was read: send it once it stands still\n");
    assertThat(rehearsal.received().path("requests").asInt()).isZero();

    KilnProcess kiln = rehearsal.run();
    Ended through =
        whileGrowing(
            "growing.csv", rehearsal.start("send", "--sample", "3", "--json", "growing.csv"));
    JsonNode states = Rehearsal.parse(through.out()).path("runs").path(0).path("states");
    assertThat(states.path("ACCEPTED").asInt()).as(through.out()).isEqualTo(3);
    assertThat(states.path("HELD").asInt()).isGreaterThanOrEqualTo(47);
    assertThat(rehearsal.stored("tech-1")).isEqualTo(3);
    kiln.terminate();
  }

  @Test
  void filesThatTheInboxLeavesAloneAreHandedOverUnderOtherNames() {
    KilnProcess kiln = rehearsal.run();
    List<String> names = List.of(".hid.csv", "export.csv.part", "export.csv.tmp", "...");
    List<String> command = new ArrayList<>();
    for (String name : names) {
      Path file = rehearsal.write("ready", Rehearsal.leads("of" + names.indexOf(name), 2));
      Path named = rehearsal.folder().resolve(name);
      assertThat(file.toFile().renameTo(named.toFile())).isTrue();
      command.add(named.toString());
    }
    command.add(0, "--json");
    Ended sent = rehearsal.here("send", command.toArray(String[]::new));
    assertThat(sent.exit()).as(sent.err()).isZero();
    assertThat(sent.out())
        .contains("normal/hid.csv\"", "normal/export.csv\"", "normal/leads\"")
        .doesNotContain(".part", ".tmp");
    rehearsal.awaitDistinct(8);
    kiln.terminate();
  }

  private boolean asked(String file) {
    try (LedgerView view = LedgerView.open(rehearsal.data())) {
      return view.asked(hash(file), "");
    }
  }

  private String hash(String file) {
    try {
      return ContentHash.of(rehearsal.folder().resolve(file));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @Test
  void aWishEndsWithThePlainCommandThatFollows() {
    rehearsal.properties("kiln.intake.stability = 1h");
    KilnProcess kiln = rehearsal.run();
    assertThat(rehearsal.here("send", "--dedupe", "force", "good.csv").exit()).isZero();
    assertThat(asked("good.csv")).isTrue();
    assertThat(rehearsal.here("send", "good.csv").exit()).isZero();
    assertThat(asked("good.csv")).as("a plain send means a plain reading").isFalse();

    assertThat(rehearsal.data().resolve("inbox/normal"))
        .isDirectoryNotContaining(file -> file.getFileName().toString().endsWith(".part"));
    kiln.terminate();
  }

  @Test
  void withoutARunningKilnAWishOfBeforeCountsForNothingAndOneOfACancelledRunIsTold() {
    try (LedgerFixture books = LedgerFixture.in(rehearsal.data())) {
      books.ledger().ask(hash("good.csv"), "", new Wish(null, 1L));
      Run run =
          books.ledger().open("mixed.csv", "", Priority.NORMAL, hash("mixed.csv"), DedupeMode.SKIP);
      books.store(run, Row.of("outbound-leads-tech"));
      books.ledger().cancel(new LeadSelection(run.id(), null, null));
    }
    Ended sent = rehearsal.here("send", "good.csv");
    assertThat(sent.exit()).as(sent.err()).isZero();
    assertThat(rehearsal.stored("tech-1")).isEqualTo(5);

    Ended cancelled = rehearsal.here("send", "mixed.csv");
    assertThat(cancelled.err())
        .contains("was cancelled: what is read of it is withdrawn", "send --dedupe MODE");
    assertThat(rehearsal.stored("tech-1")).isEqualTo(5);
    assertThat(rehearsal.here("send", "--dedupe", "skip", "mixed.csv").err())
        .doesNotContain("withdrawn");
    assertThat(rehearsal.stored("tech-1")).isEqualTo(8);
  }

  @Test
  void gzipThatBreaksOffIsToldInOneLine() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(out)) {
      // They are rejected, so that there is nothing to wait for.
      String rows = Rehearsal.leads("torn", 20_000).replace("@example.com", "");
      gzip.write(rows.getBytes(StandardCharsets.UTF_8));
    }
    Files.write(
        rehearsal.folder().resolve("torn.gz"), Arrays.copyOf(out.toByteArray(), out.size() - 1000));
    Ended preview = rehearsal.kiln("preview", "torn.gz");
    assertThat(preview.exit()).isEqualTo(2);
    assertThat(preview.err().lines())
        .filteredOn(line -> !line.endsWith(" rows read"))
        .singleElement()
        .asString()
        .startsWith("torn.gz is damaged: its gzip data is broken or breaks off");
    Ended sent = rehearsal.kiln("send", "torn.gz");
    assertThat(sent.exit()).isEqualTo(1);
    assertThat(sent.err()).contains(" REJECTED: ").doesNotContain("Exception");
    assertThat(sent.out()).contains("torn.gz was refused: torn.gz is damaged");
  }

  @Test
  void tellsWhyAFileCannotBeReadAndDeliversTheOthers() {
    Ended sent =
        rehearsal.kiln(
            "send", "empty.csv", "header.csv", "good.csv", "workbook.csv", "strange.csv");
    assertThat(sent.exit()).isEqualTo(1);
    assertThat(withoutProgress(sent.err())).isEmpty();
    tellsEachOnce(sent.out());
    assertThat(rehearsal.received().path("distinct").asInt()).isEqualTo(5);
    UNREADABLE.keySet().forEach(file -> assertThat(rehearsal.folder().resolve(file)).exists());
    assertThat(rehearsal.data().resolve("rejects")).isEmptyDirectory();
  }

  @Test
  void refusesWhatIsNoFileAndSendsNothing() throws Exception {
    Files.createDirectories(rehearsal.folder().resolve("folder"));
    Ended missing = rehearsal.here("send", "good.csv", "missing.csv");
    assertThat(missing.exit()).isEqualTo(2);
    assertThat(missing.err()).isEqualTo("missing.csv does not exist\n");
    Ended folder = rehearsal.kiln("send", "folder");
    assertThat(folder.exit()).isEqualTo(2);
    assertThat(folder.err()).isEqualTo("folder is a folder: name the files in it\n");
    Ended urgent = rehearsal.here("send", "--priority", "urgent", "good.csv");
    assertThat(urgent.exit()).isEqualTo(2);
    assertThat(urgent.err()).contains("--priority", "Usage: kiln send");
    Ended elsewhere = rehearsal.here("send", "--source", "../high", "good.csv");
    assertThat(elsewhere.exit()).isEqualTo(2);
    assertThat(elsewhere.err()).contains("--source takes");
    assertThat(rehearsal.received().path("requests").asInt()).isZero();
    assertThat(rehearsal.data()).doesNotExist();
  }
}
