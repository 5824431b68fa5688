package dev.kiln.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.Proof;
import dev.kiln.Signal;
import dev.kiln.cli.KilnProcess.Ended;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Two Kilns on one PostgreSQL, one inbox and one spool: the reader of a file is killed just after
 * it took an upload. At full length one is frozen in mid-file before, and wakes up.
 */
@Execution(ExecutionMode.CONCURRENT)
final class SharedLedgerIT {
  private static final int FILES = Proof.of(20, 200);
  private static final int ROWS = 5;

  /** Rows of a file that takes long to read and is soon delivered: most of them are rejected. */
  private static final int LARGE = 10_000;

  private static final int GOOD_OF_LARGE = 60;
  private static final int UPLOADED = 30;
  private static final Duration LONG = KilnProcess.LONGEST.multipliedBy(2);

  /** What a node says whose batches came too late, or whose connection the database has ended. */
  private static final Pattern AWAKE =
      Pattern.compile("frozen\\d+.csv is (not read|read no further)|stand still");

  private final SharedLedger ledger = new SharedLedger(PostgresServer.ledger());

  @Test
  @DisplayName("a node that is killed in mid-file: each row is stored once and arrives")
  void everyRowOnce(@TempDir Path folder) throws Exception {
    Path inbox = Files.createDirectories(folder.resolve("shared/inbox"));
    Path spool = Files.createDirectories(folder.resolve("shared/spool"));
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0")) {
      rehearsal.configure(100);
      rehearsal.properties(
          ledger.properties(
              "kiln.intake.inbox = " + inbox,
              "kiln.intake.spool = " + spool,
              "kiln.intake.claim-lease = 5s",
              "kiln.delivery.lease = 3s",
              "kiln.http.response-timeout = 5s"));
      Map<Path, KilnProcess> nodes =
          Map.of(
              folder.resolve("data"), rehearsal.run(),
              folder.resolve("other"), rehearsal.runOn("other"));

      // How many large files there are: the one below, and those until one is caught in mid-file.
      int large = Proof.LONG ? 1 + frozenInMidFile(rehearsal, inbox, nodes) : 1;

      IntStream.range(0, FILES / 2).forEach(i -> drop(rehearsal, inbox, "first" + i));
      drop(rehearsal, inbox, "killed.csv", large("killed"));
      KilnProcess dies = requireNonNull(nodes.get(readerOf("killed.csv", nodes.keySet())));
      String uploaded = upload(dies);
      dies.kill();
      IntStream.range(FILES / 2, FILES).forEach(i -> drop(rehearsal, inbox, "second" + i));

      rehearsal.write("sent.csv", Rehearsal.leads("sent", ROWS));
      Ended sent =
          rehearsal.command("send", "--config", "config", "--data", "third", "sent.csv").end();
      assertThat(sent.exit()).as(sent.err()).isZero();
      assertThat(sent.out()).contains("sent.csv");

      int good = large * GOOD_OF_LARGE + FILES * ROWS + UPLOADED + ROWS;
      await("every file read and every lead settled")
          .atMost(LONG)
          .pollInterval(Duration.ofMillis(200))
          .until(() -> ledger.delivered(good));

      ledger.mustHaveEachRowOnce(
          FILES + large + 2, (long) large * LARGE + (long) FILES * ROWS + UPLOADED + ROWS);
      assertThat(ledger.runs()).extracting(RunAccount::id).contains(uploaded);
      Map<String, Integer> arrivals = rehearsal.arrivals();
      assertThat(arrivals).hasSize(good);
      ledger.mustHaveMarkedRepeats(arrivals);
      await("an empty inbox and spool")
          .atMost(LONG)
          .untilAsserted(
              () -> {
                assertThat(inbox.resolve("normal")).isEmptyDirectory();
                assertThat(spool).isEmptyDirectory();
              });
    }
  }

  /** Freezes the reader of a file in mid-file and wakes it up when another one has read it. */
  private int frozenInMidFile(Rehearsal rehearsal, Path inbox, Map<Path, KilnProcess> nodes)
      throws Exception {
    int tries = 0;
    KilnProcess frozen;
    String caught;
    while (true) {
      tries++;
      caught = "frozen" + tries + ".csv";
      drop(rehearsal, inbox, caught, large("frozen" + tries));
      frozen = requireNonNull(nodes.get(readerOf(caught, nodes.keySet())));
      frozen.signal(Signal.STOP);
      if (phase(caught).equals("READING")) {
        break;
      }
      frozen.signal(Signal.CONT);
    }
    awaitRead(caught);
    frozen.signal(Signal.CONT);
    await("the frozen node at work again").atMost(LONG).until(said(frozen, AWAKE));
    return tries;
  }

  /** A CSV most of whose rows are rejected, since their address has no @. */
  private static String large(String prefix) {
    int every = LARGE / GOOD_OF_LARGE;
    return IntStream.rangeClosed(1, LARGE)
        .mapToObj(i -> prefix + i + (i % every == 0 ? "@example.com" : "") + ",Ada,Software\n")
        .collect(Collectors.joining("", "email,first name,industry\n", ""));
  }

  private static void drop(Rehearsal rehearsal, Path inbox, String name) {
    drop(rehearsal, inbox, name + ".csv", Rehearsal.leads(name, ROWS));
  }

  private static void drop(Rehearsal rehearsal, Path inbox, String name, String text) {
    try {
      Files.move(rehearsal.write(name, text), inbox.resolve("normal").resolve(name));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** An upload that is too large to be read before its answer; its run. */
  private static String upload(KilnProcess node) throws Exception {
    String body = Rehearsal.leads("uploaded", UPLOADED) + "\n".repeat(1 << 20);
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(node.http().resolve("/leads"))
                    .timeout(KilnProcess.LONGEST)
                    .header("Content-Type", "text/csv")
                    .POST(BodyPublishers.ofString(body))
                    .build(),
                BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    JsonNode json = Rehearsal.parse(answer.body());
    return json.path("run").asText();
  }

  private static Callable<Boolean> said(KilnProcess process, Pattern what) {
    return () -> what.matcher(process.err()).find();
  }

  // ---- The ledger ----

  /** Waits until rows of a file are stored, and returns the data folder of who reads it. */
  private Path readerOf(String file, Set<Path> data) throws Exception {
    await(file + " being read")
        .atMost(LONG)
        .pollInterval(Duration.ofMillis(10))
        .until(
            () ->
                ledger
                    .text("SELECT id FROM run WHERE rows_read > 0 AND name = ?", file)
                    .isPresent());
    String reader = ledger.text("SELECT reader FROM run WHERE name = ?", file).orElseThrow();
    for (Path folder : data) {
      if (Files.readString(folder.resolve("kiln.id")).strip().equals(reader)) {
        return folder;
      }
    }
    throw new AssertionError("nobody is " + reader);
  }

  private String phase(String file) throws SQLException {
    return ledger.text("SELECT state FROM run WHERE name = ?", file).orElse("");
  }

  private void awaitRead(String file) {
    await(file + " read to its end")
        .atMost(LONG)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> phase(file).equals("READ"));
  }
}
