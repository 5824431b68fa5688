package dev.kiln;

import static dev.kiln.RunningKiln.INBOUND;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.cli.Main;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerFixture;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Run;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a restore makes of uploads that were answered since the backup. */
final class RestoreTest {
  private Path folder;
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) {
    this.folder = folder;
    kiln = new RunningKiln(folder);
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  /** Uploads leads from a source; returns the run. */
  private String upload(String query, String body, int status) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(kiln.http("/leads?" + query))
                    .timeout(Duration.ofSeconds(60))
                    .POST(BodyPublishers.ofString(body))
                    .build(),
                BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return new ObjectMapper().readTree(answer.body()).path("run").asText();
  }

  private String restore(Path backup) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Places places = kiln.places();
    int exit =
        Main.commands("restore")
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(
                "restore",
                backup.toString(),
                "--config",
                places.config().toString(),
                "--data",
                places.data().toString());
    assertThat(exit).as("%s", err).isZero();
    return out.toString();
  }

  @Test
  @DisplayName("uploads that wait are read after a restore, or moved aside; those read are named")
  void uploads() throws Exception {
    kiln.start();
    String before = upload("source=events", leads(1, 1, "Banking"), 201);
    Path backup = folder.resolve("copy.db");
    Ledger.backup(kiln.data(), backup);
    String read = upload("source=inbound&priority=low", leads(2, 1, "Banking"), 201);
    kiln.context().getRouteController().stopRoute("intake-http");
    String waits =
        upload("source=inbound&priority=high", leads(3, 3, "Banking") + "\n".repeat(2 << 20), 202);
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 1);
    kiln.stop();
    Path spool = kiln.data().resolve("spool");
    assertThat(kiln.files("spool")).containsExactly(waits);
    Files.writeString(spool.resolve("20261125-abcdef"), leads(9, 1, "Banking"));

    assertThat(restore(backup))
        .contains(
            "their leads: " + read + " (source inbound, priority low) in ",
            "as they were: " + waits + " (source inbound, priority high) in " + spool,
            "does not know them: 20261125-abcdef in " + spool)
        .doesNotContain(before);

    kiln.start();
    soon().untilAsserted(() -> assertThat(kiln.files("spool")).isEmpty());
    RunAccount again =
        soon()
            .until(
                () ->
                    kiln.snapshot().runs().stream()
                        .filter(run -> run.id().equals(waits))
                        .filter(run -> run.states().equals(Map.of(LeadState.ACCEPTED, 3L)))
                        .findFirst(),
                Optional::isPresent)
            .orElseThrow();
    assertThat(again.tables().keySet()).containsExactly(INBOUND);
    assertThat(kiln.files("archive")).contains(waits);
    assertThat(kiln.files("rejects")).containsExactly("20261125-abcdef");
  }

  @Test
  @DisplayName("what was read further since the backup is named, though it was not read to its end")
  void readInPart() {
    Path backup = folder.resolve("copy.db");
    Run known;
    Run unknown;
    Run messages;
    try (LedgerFixture books = LedgerFixture.in(kiln.data())) {
      known = books.run("known");
      books.store(known, INBOUND, 10);
      Run still = books.run("still");
      books.store(still, INBOUND, 1);
      books.ledger().finish(books.stored("whole", INBOUND, 1).id(), 1, 0, "");
      Ledger.backup(kiln.data(), backup);
      books.store(known, INBOUND, 5);
      unknown = books.run("unknown");
      books.store(unknown, INBOUND, 3);
      messages = books.ledger().openMessages("", Priority.NORMAL, DedupeMode.SKIP);
      books.store(messages, INBOUND, 2);
    }

    assertThat(restore(backup))
        .contains(
            "went on since the backup: known.csv (run "
                + known.id()
                + ": 15 rows, 10 in the backup), messages of 2026-11-25 (run "
                + messages.id()
                + ": 2 rows, 0 in the backup), unknown.csv (run "
                + unknown.id()
                + ": 3 rows, 0 in the backup). The next start")
        .doesNotContain("still.csv", "whole.csv");
  }
}
