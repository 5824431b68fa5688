package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.Proof;
import dev.kiln.cli.KilnProcess.Ended;
import dev.kiln.ledger.LeadState;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** kill -9 at the worst moments, several times in a row. */
@Execution(ExecutionMode.CONCURRENT)
final class CrashIT {
  private static final int IN_FLIGHT = 8;

  /** Data Credits of a lead, as clay.yaml has it unless told otherwise. */
  private static final int CREDITS = 6;

  @Test
  void everyLeadArrivesAndOnlyListedOnesTwice(@TempDir Path folder) {
    int leads = 250;
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0", "--latency", "300-500")) {
      rehearsal.configure(100);
      rehearsal.properties("kiln.delivery.in-flight = " + IN_FLIGHT);
      rehearsal.drop("leads.csv", Rehearsal.leads("lead", leads));

      int kills = 0;
      for (int arrived : new int[] {20, 60, 100}) {
        KilnProcess kiln = rehearsal.run();
        rehearsal.awaitDistinct(arrived);
        kiln.kill();
        kills++;
        assertThat(Rehearsal.count(rehearsal.status(), "SENDING")).isBetween(1L, (long) IN_FLIGHT);
      }
      KilnProcess kiln = rehearsal.run();
      rehearsal.awaitLedger(
          "all leads settled",
          snapshot -> snapshot.runs().get(0).states().keySet().toString().equals("[ACCEPTED]"));
      assertThat(folder.resolve("data/native"))
          .as("nobody needs the file of SQLite's library any more")
          .isEmptyDirectory();
      kiln.terminate();
      assertThat(folder.resolve("data/native")).isEmptyDirectory();

      JsonNode run = rehearsal.status().path("runs").path(0);
      assertThat(run.path("states").path("ACCEPTED").asInt()).isEqualTo(leads);
      var arrivals = rehearsal.arrivals();
      assertThat(arrivals).hasSize(leads);
      Set<String> twice =
          arrivals.entrySet().stream()
              .filter(lead -> lead.getValue() > 1)
              .map(lead -> lead.getKey())
              .collect(Collectors.toSet());
      Set<String> listed =
          rehearsal.leads("--possible-duplicates").stream()
              .map(lead -> lead.path("lead_id").asText())
              .collect(Collectors.toSet());
      assertThat(twice).isNotEmpty();
      assertThat(listed).containsAll(twice).hasSizeLessThanOrEqualTo(kills * IN_FLIGHT);
      assertThat(run.path("possible_duplicate").asInt()).isEqualTo(listed.size());
    }
  }

  @Test
  void noCrashSpendsMoreThanABudgetAndSendSaysWhatIsHeld(@TempDir Path folder) {
    int covered = 60;
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0", "--latency", "300-500")) {
      rehearsal.configure(100);
      rehearsal.write(
          "config/clay.yaml",
          Rehearsal.read(folder.resolve("config/clay.yaml"))
              + "budgets:\n  credits: { month: %d }\n".formatted(covered * CREDITS));
      rehearsal.properties("kiln.delivery.in-flight = " + IN_FLIGHT);
      for (String name : List.of("one", "two", "three")) {
        rehearsal.drop(name + ".csv", Rehearsal.leads(name, 40));
      }
      KilnProcess kiln = rehearsal.run();
      rehearsal.awaitDistinct(20);
      kiln.kill();
      kiln = rehearsal.run();
      rehearsal.awaitLedger(
          "all is sent that the budget covers",
          snapshot ->
              snapshot.runs().size() == 3
                  && snapshot.runs().stream()
                      .allMatch(
                          run ->
                              run.phase().equals("READ")
                                  && run.states().keySet().stream()
                                      .allMatch(
                                          state ->
                                              state == LeadState.ACCEPTED
                                                  || state == LeadState.HELD)));
      kiln.terminate();

      int arrived = rehearsal.arrivals().values().stream().mapToInt(Integer::intValue).sum();
      assertThat(arrived).isBetween(covered - IN_FLIGHT, covered);
      assertThat(Rehearsal.count(rehearsal.status(), "HELD")).isGreaterThanOrEqualTo(60);
      assertThat(rehearsal.leads("--state", "HELD"))
          .allSatisfy(
              lead ->
                  assertThat(lead.path("reason").asText())
                      .contains("has no room for it", "raise budgets in config/clay.yaml"));

      rehearsal.write("more.csv", Rehearsal.leads("more", 3));
      Ended sent = rehearsal.here("send", "more.csv");
      assertThat(sent.exit()).isEqualTo(1);
      assertThat(sent.err())
          .contains("leads are held, and go by themselves", "raise budgets in config/clay.yaml");
      assertThat(rehearsal.arrivals().values().stream().mapToInt(Integer::intValue).sum())
          .isEqualTo(arrived);
    }
  }

  @Test
  void aFileIsReadToItsEndAndEachRowOnce(@TempDir Path folder) {
    int rows = Proof.of(15_000, 50_000);
    int kills = Proof.of(3, 50);
    String note = "\"王小明, Müller 🚀\nno. %d\"";
    try (Rehearsal rehearsal = new Rehearsal(folder)) {
      rehearsal.configure(0.2);
      rehearsal.drop(
          "leads.csv",
          IntStream.rangeClosed(1, rows)
              .mapToObj(i -> "lead" + i + "@example.com,Zoë," + note.formatted(i) + "\n")
              .collect(Collectors.joining("", "email,first name,note\n", "")));

      long before = 0;
      for (int kill = 0; kill < kills; kill++) {
        rehearsal.properties("kiln.intake.batch-rows = " + new int[] {30, 15, 7}[kill % 3]);
        KilnProcess kiln = rehearsal.run();
        long read = before;
        rehearsal.awaitLedger(
            "more than " + read + " rows read",
            snapshot -> !snapshot.runs().isEmpty() && snapshot.runs().get(0).read() > read);
        kiln.kill();
        JsonNode run = rehearsal.status().path("runs").path(0);
        assertThat(run.path("phase").asText()).as("killed in mid-file").isEqualTo("READING");
        before = run.path("read").asLong();
        assertThat(before).isBetween(read + 1, rows - 1L);
      }
      rehearsal.properties();
      KilnProcess kiln = rehearsal.run();
      rehearsal.awaitLedger(
          "the file read", snapshot -> snapshot.runs().get(0).phase().equals("READ"));
      kiln.terminate();

      JsonNode status = rehearsal.status();
      assertThat(status.path("runs")).hasSize(1);
      assertThat(status.path("runs").path(0).path("read").asInt()).isEqualTo(rows);
      List<JsonNode> leads = rehearsal.leads();
      assertThat(leads).hasSize(rows);
      assertThat(leads.stream().map(lead -> lead.path("lead_id").asText()).distinct())
          .hasSize(rows);
      assertThat(leads.stream().map(lead -> lead.path("line").asInt()).distinct()).hasSize(rows);
      assertThat(folder.resolve("data/inbox/normal")).isEmptyDirectory();
      assertThat(folder.resolve("data/archive")).isDirectoryContaining("glob:**leads.csv");
    }
  }
}
