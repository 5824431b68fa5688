package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.Arrivals;
import dev.kiln.Lateness;
import dev.kiln.Proof;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.WaitReason;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.Isolated;

/** Clay is gone for a while: every connection is reset. At full length for a minute. */
@Execution(ExecutionMode.CONCURRENT)
@Isolated("it measures")
final class OutageIT {
  private static final double RATE = 20;
  private static final Duration OUTAGE = Duration.ofSeconds(Proof.of(6, 60));
  private static final Duration BREAKER_OPEN = Duration.ofSeconds(Proof.of(2, 10));
  private static final int IN_FLIGHT = 16;

  /** Calls that open a breaker, those that were on the wire by then, and a second's worth. */
  private static final long UNTIL_OPEN = 20 + IN_FLIGHT + (long) RATE;

  /** Leads that a half-open breaker lets try. */
  private static final int PROBES = 3;

  private static final int LEADS = (int) (RATE * Proof.of(9, 30));

  @Test
  void noLeadIsLostNoAttemptIsSpentOnAnOpenBreakerAndThePaceIsKept(@TempDir Path folder) {
    try (Lateness lateness = new Lateness();
        Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0", "--latency", "50-100")) {
      rehearsal.configure(RATE);
      rehearsal.properties(
          "kiln.delivery.in-flight = " + IN_FLIGHT,
          "kiln.delivery.first-wait = 1s",
          "kiln.delivery.longest-wait = 4s",
          "kiln.breaker.open = " + BREAKER_OPEN.toSeconds() + "s");
      KilnProcess kiln = rehearsal.run();
      rehearsal.drop("leads.csv", Rehearsal.leads("lead", LEADS));
      rehearsal.awaitDistinct((long) RATE);

      rehearsal.order("outage", "{}");
      Instant began = Instant.now();
      rehearsal.awaitLedger(
          "an open breaker",
          snapshot ->
              snapshot.tables().stream()
                  .map(TableAccount::waiting)
                  .anyMatch(
                      waiting -> waiting != null && waiting.kind() == WaitReason.BREAKER_OPEN));
      await("the end of the outage")
          .atMost(OUTAGE.plus(KilnProcess.LONGEST))
          .until(() -> Instant.now().isAfter(began.plus(OUTAGE)));
      long lost = rehearsal.received().path("injected").path("outage").asLong();
      rehearsal.order("outage", "{\"on\":false}");
      Duration lasted = Duration.between(began, Instant.now());
      rehearsal.awaitLedger(
          "every lead settled",
          snapshot -> snapshot.runs().get(0).states().keySet().stream().noneMatch(LeadState::open));
      kiln.terminate();

      assertThat(lost)
          .as("requests while Clay was gone: until the breaker opened, and probes")
          .isLessThanOrEqualTo(UNTIL_OPEN + PROBES * (lasted.dividedBy(BREAKER_OPEN) + 1));
      JsonNode status = rehearsal.status();
      assertThat(Rehearsal.count(status, "ACCEPTED")).isEqualTo(LEADS);
      assertThat(rehearsal.leads().stream().mapToInt(lead -> lead.path("attempts").asInt()).sum())
          .as("attempts that counted: requests that were lost, and those that lost their answer")
          .isBetween(1, (int) lost + IN_FLIGHT);

      JsonNode received = rehearsal.received();
      assertThat(received.path("distinct").asInt()).isEqualTo(LEADS);
      assertThat(received.path("repeats").asInt())
          .as("rows whose answer was lost as Clay went")
          .isLessThanOrEqualTo(IN_FLIGHT);
      assertThat(rehearsal.leads("--possible-duplicates").stream().map(OutageIT::leadId).toList())
          .containsAll(
              rehearsal.arrivals().entrySet().stream()
                  .filter(lead -> lead.getValue() > 1)
                  .map(Map.Entry::getKey)
                  .toList());
      assertThat(received.path("mostRequestsInOneSecond").asInt())
          .isLessThanOrEqualTo((int) (1.5 * RATE * (1 + lateness.worst())));
      new Arrivals(
              RATE,
              rehearsal.rows().stream()
                  .map(row -> Instant.ofEpochMilli(row.path("arrivalMs").asLong()))
                  .toList())
          .mustKeepThePace(lateness.worst());
    }
  }

  private static String leadId(JsonNode lead) {
    return lead.path("lead_id").asText();
  }
}
