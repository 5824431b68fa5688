package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.Proof;
import dev.kiln.ledger.LeadState;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Clay at its worst for long, and kill -9 over and over: 5 % 429, 2 % 5xx, 1 % resets after the row
 * was stored, 0.5 % requests that hang. At full length 20,000 leads and twenty kills.
 */
@Execution(ExecutionMode.CONCURRENT)
final class SoakIT {
  private static final int LEADS = Proof.of(300, 20_000);
  private static final int KILLS = Proof.of(3, 20);
  private static final int IN_FLIGHT = 64;
  private static final Duration LONGEST = Duration.ofMinutes(Proof.of(2, 20));

  /** The answers that are statuses take as long as the others: so many are on the wire by then. */
  private static final String FAULTS =
      """
      [
        {"kind": "status", "status": 429, "retryAfter": "1", "share": 0.05, "minMs": 150, "maxMs": 250},
        {"kind": "status", "status": 503, "share": 0.02, "minMs": 150, "maxMs": 250},
        {"kind": "reset-after-store", "share": %s},
        {"kind": "hang", "share": %s}
      ]
      """
          // More in the short form, so that each kind strikes there too.
          .formatted(Proof.LONG ? 0.01 : 0.03, Proof.LONG ? 0.005 : 0.02);

  @Test
  void noLeadIsLostAndEveryRepeatIsMarked(@TempDir Path folder) {
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0", "--latency", "150-250")) {
      rehearsal.configure(200);
      rehearsal.properties(
          "kiln.delivery.in-flight = " + IN_FLIGHT,
          "kiln.delivery.first-wait = 1s",
          "kiln.delivery.longest-wait = 5s",
          "kiln.delivery.recovery = 500ms",
          "kiln.http.response-timeout = 2s");
      rehearsal.order("faults", FAULTS);
      rehearsal.drop("leads.csv", Rehearsal.leads("lead", LEADS));

      Instant start = Instant.now();
      for (int kill = 1; kill <= KILLS; kill++) {
        int arrived = LEADS * kill / (KILLS + 1);
        KilnProcess kiln = rehearsal.run();
        await(arrived + " leads at Clay")
            .atMost(LONGEST)
            .until(() -> rehearsal.received().path("distinct").asInt() >= arrived);
        kiln.kill();
        assertThat(Rehearsal.count(rehearsal.status(), "SENDING"))
            .as("on the wire at kill %s", kill)
            .isLessThanOrEqualTo(IN_FLIGHT);
      }
      KilnProcess kiln = rehearsal.run();
      rehearsal.awaitLedger(
          "every lead settled",
          LONGEST,
          snapshot ->
              !snapshot.runs().isEmpty()
                  && snapshot.runs().get(0).phase().equals("READ")
                  && snapshot.runs().get(0).states().keySet().stream().noneMatch(LeadState::open));
      kiln.terminate();
      Duration took = Duration.between(start, Instant.now());

      JsonNode status = rehearsal.status();
      JsonNode run = status.path("runs").path(0);
      assertThat(run.path("read").asInt()).isEqualTo(LEADS);
      assertThat(run.path("states").fieldNames())
          .toIterable()
          .isSubsetOf("ACCEPTED", "UNKNOWN", "DEAD");

      List<JsonNode> rows = rehearsal.rows();
      Set<String> arrived = new HashSet<>();
      Set<String> twice = new HashSet<>();
      for (JsonNode row : rows) {
        String lead = row.path("lead_id").asText();
        if (!arrived.add(lead)) {
          twice.add(lead);
          assertThat(row.path("body").asText())
              .as("a repeat of %s", lead)
              .contains("\"possible_duplicate\":true");
        }
      }
      List<JsonNode> leads = rehearsal.leads();
      assertThat(leads).hasSize(LEADS);
      assertThat(arrived)
          .as("leads that Kiln calls accepted")
          .containsAll(
              leads.stream()
                  .filter(lead -> lead.path("state").asText().equals("ACCEPTED"))
                  .map(SoakIT::leadId)
                  .toList());
      Set<String> listed =
          rehearsal.leads("--possible-duplicates").stream()
              .map(SoakIT::leadId)
              .collect(Collectors.toSet());
      assertThat(listed).as("possible duplicates").containsAll(twice);
      assertThat(run.path("possible_duplicate").asInt()).isEqualTo(listed.size());
      assertThat(Rehearsal.named(status.path("webhooks"), "name", "tech-1").path("used").asInt())
          .as("rows that count against the webhook's cap, those in doubt included")
          .isGreaterThanOrEqualTo(rows.size());

      JsonNode received = rehearsal.received();
      JsonNode injected = received.path("injected");
      assertThat(injected.size()).as("kinds of faults that struck").isEqualTo(4);
      System.out.printf(
          "%,d leads, %d kills, %,d requests: %,d 429, %,d 503, %,d reset after storing, %,d hung;"
              + " %,d rows stored, %,d of them repeats, all among %,d marked; %s; %d min %d s%n",
          LEADS,
          KILLS,
          received.path("requests").asInt(),
          injected.path("status-429").asInt(),
          injected.path("status-503").asInt(),
          injected.path("reset-after-store").asInt(),
          injected.path("hang").asInt(),
          rows.size(),
          received.path("repeats").asInt(),
          listed.size(),
          run.path("states"),
          took.toMinutes(),
          took.toSecondsPart());
    }
  }

  private static String leadId(JsonNode lead) {
    return lead.path("lead_id").asText();
  }
}
