package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.cli.KilnProcess.Ended;
import dev.kiln.ledger.LeadState;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Rejected rows mended and dropped again, and leads that are sent again because somebody asked. */
@Execution(ExecutionMode.CONCURRENT)
final class RejectsIT {
  private static final String ROWS =
      """
      Email,First Name,Industry,Phone,SSN
      a@firm.example,Ada,Software,9.2E+11,078-05-1120
      bo at firm.example,Bo,Basket Weaving,+49 170 1,
      a@firm.example,Ada,Software,,
      c@firm.example,Cy,Basket Weaving,,
      """;

  private Rehearsal rehearsal;

  @BeforeEach
  void open(@TempDir Path folder) {
    rehearsal = new Rehearsal(folder, "--rate", "0");
    rehearsal.configure(100);
    rehearsal.properties();
    rehearsal.write("rows.csv", ROWS);
  }

  @AfterEach
  void close() {
    rehearsal.close();
  }

  private JsonNode run(String name) {
    return Rehearsal.named(rehearsal.status().path("runs"), "name", name);
  }

  private static JsonNode states(String json) {
    return Rehearsal.parse(json);
  }

  @Test
  void rejectedRowsAreMendedAndDroppedAgain() {
    // What the environment says is for those who say nothing else.
    Ended sent = rehearsal.kilnBy(List.of("env", "KILN_DATA=/nowhere"), "send", "rows.csv");
    assertThat(sent.exit()).isEqualTo(1);
    assertThat(sent.err())
        .contains("rows.csv: columns that never leave (kiln.intake.blocked) were left out: SSN");
    JsonNode run = run("rows.csv");
    String id = run.path("run").asText();
    assertThat(run.path("states"))
        .isEqualTo(states("{\"REJECTED\":1,\"DUPLICATE\":1,\"ACCEPTED\":2}"));
    assertThat(run.path("rejects").asText()).isEqualTo("rejects/" + id + ".csv");
    assertThat(sent.out()).contains("rows.csv: its rejected rows are in rejects/" + id + ".csv");
    Path rejects = rehearsal.data().resolve("rejects").resolve(id + ".csv");
    assertThat(Rehearsal.read(rejects).lines())
        .containsExactly(
            "\uFEFF\"kiln_line\",\"kiln_reason\",\"kiln_text\",\"Email\",\"First Name\",\"Industry\",\"Phone\"",
            "\"3\",\"column \"\"Email\"\" is not an e-mail address: it has no @\",\"\","
                + "\"bo at firm.example\",\"Bo\",\"Basket Weaving\",\"'+49 170 1\"");

    KilnProcess kiln = rehearsal.run();
    rehearsal.drop("mended.csv", Rehearsal.read(rejects).replace("bo at ", "bo@"));
    rehearsal.awaitDistinct(3);
    rehearsal.awaitLedger(
        "the mended row is accepted",
        snapshot ->
            snapshot.runs().stream()
                .anyMatch(
                    account ->
                        account.name().equals("mended.csv")
                            && account.states().equals(Map.of(LeadState.ACCEPTED, 1L))));
    assertThat(rehearsal.arrivals().values()).containsOnly(1);
    assertThat(kiln.terminate().exit()).isEqualTo(143);
  }

  @Test
  void aRunTellsWhatItDidNotSendAndWhatWasNoticed() {
    rehearsal.here("send", "rows.csv");
    String id = run("rows.csv").path("run").asText();
    Ended asJson = rehearsal.here("status", "--json", "--run", id);
    assertThat(asJson.exit()).isZero();
    JsonNode report = Rehearsal.parse(asJson.out());
    assertThat(report.path("unsent"))
        .isEqualTo(
            states(
                """
                [{"state":"REJECTED","reason":"bad e-mail address","rows":1,"credits":6},
                 {"state":"DUPLICATE","reason":"twice in the file","rows":1,"credits":6}]
                """));
    assertThat(report.path("blocked")).isEqualTo(states("[{\"name\":\"SSN\",\"rows\":1}]"));
    assertThat(report.path("damaged")).isEqualTo(states("[{\"name\":\"Phone\",\"rows\":1}]"));
    assertThat(report.path("unmapped"))
        .isEqualTo(states("[{\"name\":\"Basket Weaving\",\"rows\":2}]"));
    assertThat(rehearsal.leads("--state", "duplicate"))
        .singleElement()
        .satisfies(
            lead ->
                assertThat(lead.path("reason").asText())
                    .startsWith("already known to this table as " + id + "-1"));
    assertThat(rehearsal.leads("--state", "accepted"))
        .extracting(lead -> lead.path("note").asText())
        .containsExactly("a spreadsheet threw digits away in column \"Phone\"", "");

    Ended text = rehearsal.here("status", "--run", id);
    assertThat(text.out())
        .contains(
            "Not sent, and the credits not spent",
            "total",
            "12",
            "Blocked columns",
            "Numbers of which a spreadsheet threw digits away",
            "Basket Weaving");
    Ended unknown = rehearsal.here("status", "--run", "nothing");
    assertThat(unknown.exit()).isEqualTo(2);
    assertThat(unknown.err()).contains("There is no run nothing; \"kiln status\" lists them");
  }

  @Test
  void knownLeadsAreSentAgainOnlyWhereSomebodyAsks() {
    rehearsal.write("good.csv", Rehearsal.leads("good", 3));
    Ended first = rehearsal.here("send", "good.csv");
    assertThat(first.exit()).as(first.err()).isZero();
    Ended changed = rehearsal.here("send", "--dedupe", "changed", "good.csv");
    assertThat(changed.exit()).isZero();
    assertThat(rehearsal.received().path("accepted").asInt()).isEqualTo(3);
    Ended forced = rehearsal.here("send", "--dedupe", "force", "good.csv");
    assertThat(forced.exit()).isZero();
    assertThat(rehearsal.received().path("accepted").asInt()).isEqualTo(6);

    KilnProcess kiln = rehearsal.run();
    Ended through = rehearsal.here("send", "--wait", "--json", "--dedupe", "FORCE", "good.csv");
    assertThat(through.exit()).isZero();
    assertThat(Rehearsal.parse(through.out()).path("runs").path(0).path("states"))
        .isEqualTo(states("{\"ACCEPTED\":3}"));
    Ended plain = rehearsal.here("send", "--wait", "good.csv");
    assertThat(plain.exit()).isZero();
    assertThat(rehearsal.received().path("accepted").asInt()).isEqualTo(9);
    Ended wrong = rehearsal.here("send", "--dedupe", "always", "good.csv");
    assertThat(wrong.exit()).isEqualTo(2);
    assertThat(wrong.err()).contains("--dedupe");
    assertThat(kiln.terminate().exit()).isEqualTo(143);
    assertThat(rehearsal.arrivals().values())
        .as("each send has lead_ids of its own")
        .containsOnly(1);
  }
}
