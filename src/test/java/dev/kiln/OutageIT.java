package dev.kiln;

import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.simulate.SimulatorStatistics.Counts;
import dev.kiln.simulate.StoredRow;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.StateTransition;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clay is gone for a while: every connection is reset. At full length for a minute. */
@Tag("alone") // it measures
final class OutageIT {
  private static final double RATE = 20;
  private static final Duration OUTAGE = Duration.ofSeconds(Proof.of(3, 60));
  private static final Duration BREAKER_OPEN = Duration.ofSeconds(Proof.of(1, 5));
  private static final Duration LONGEST = Duration.ofMinutes(3);
  private static final int IN_FLIGHT = 16;

  /** The calls that a breaker judges by: so many at most until it opens. */
  private static final int JUDGED = 20;

  /** Leads that a half-open breaker lets try; it opens again only after so many failed. */
  private static final int PROBES = 3;

  private static final int LEADS = (int) (RATE * Proof.of(6, 30));

  /**
   * How far things were at a moment.
   *
   * @param requests that the receiver got, whatever became of them
   * @param begun how often a lead was begun
   * @param attempts those that count against leads
   */
  private record Spent(long requests, long begun, long attempts) {
    static Spent of(RunningKiln kiln) {
      // The ledger after the receiver: what the receiver got was begun before.
      long requests = kiln.requests("tech-1");
      try (Connection ledger =
              DriverManager.getConnection("jdbc:sqlite:" + kiln.data().resolve(Ledger.FILE));
          Statement statement = ledger.createStatement();
          ResultSet begun =
              statement.executeQuery(
                  "SELECT (SELECT count(*) FROM attempt), (SELECT sum(attempts) FROM lead)")) {
        return new Spent(requests, begun.getLong(1), begun.getLong(2));
      } catch (SQLException failure) {
        throw new IllegalStateException(failure);
      }
    }
  }

  @Test
  @DisplayName("no lead is lost, only a half-open breaker's probes are sent, and the pace is kept")
  void onlyProbesAreSentWhileClayIsGone(@TempDir Path folder) throws Exception {
    try (RunningKiln kiln = new RunningKiln(folder);
        Lateness lateness = new Lateness()) {
      kiln.rate(RATE)
          .set("kiln.delivery.in-flight", String.valueOf(IN_FLIGHT))
          .set("kiln.breaker.open", BREAKER_OPEN.toSeconds() + "s")
          .start();
      List<Spent> reopened = new CopyOnWriteArrayList<>();
      kiln.context()
          .getRegistry()
          .lookupByNameAndType("breaker-" + TECH, CircuitBreaker.class)
          .getEventPublisher()
          .onStateTransition(
              event -> {
                // Nothing is on the wire then: the breaker waited for its probes' answers.
                if (event.getStateTransition() == StateTransition.HALF_OPEN_TO_OPEN) {
                  await("the probes' answers in the ledger")
                      .until(() -> kiln.count(TECH, LeadState.SENDING) == 0);
                  reopened.add(Spent.of(kiln));
                }
              });
      kiln.drop("normal/leads.csv", leads(1, LEADS, "Computer Software"));
      await("deliveries")
          .atMost(LONGEST)
          .until(() -> kiln.count(TECH, LeadState.ACCEPTED) >= (long) RATE);

      kiln.clay().outage(true);
      Spent before = Spent.of(kiln);
      Instant end = Instant.now().plus(OUTAGE);
      await("an outage over three rounds of probes")
          .atMost(LONGEST)
          .until(() -> reopened.size() > 3 && Instant.now().isAfter(end));
      List<Spent> rounds = List.copyOf(reopened);
      kiln.clay().outage(false);
      await("every lead settled")
          .atMost(LONGEST)
          .until(() -> kiln.count(TECH, LeadState.ACCEPTED) == LEADS);

      Spent first = rounds.get(0);
      assertThat(first.begun - before.begun)
          .as("begun until the breaker opened and its first probes failed")
          .isLessThanOrEqualTo(JUDGED + IN_FLIGHT + PROBES);
      for (int round = 1; round < rounds.size(); round++) {
        Spent from = rounds.get(round - 1);
        Spent to = rounds.get(round);
        assertThat(to.begun - from.begun)
            .as("begun while the breaker was open, and probes, in round %s", round)
            .isEqualTo(PROBES);
        assertThat(to.requests - from.requests)
            .as("requests while it was open, and probes, in round %s", round)
            .isLessThanOrEqualTo(PROBES);
        assertThat(to.attempts - from.attempts)
            .as("attempts spent while it was open, and on probes, in round %s", round)
            .isLessThanOrEqualTo(PROBES);
      }
      System.out.printf(
          "%d requests, %d attempts until the first probes had failed; then %d rounds of %d probes,"
              + " %d requests%n",
          first.requests - before.requests,
          first.attempts - before.attempts,
          rounds.size() - 1,
          PROBES,
          rounds.get(rounds.size() - 1).requests - first.requests);

      Counts received = kiln.clay().statistics().total();
      assertThat(received.repeats())
          .as("rows whose answer was lost as Clay went")
          .isLessThanOrEqualTo(IN_FLIGHT);
      Map<String, Long> stored =
          kiln.clay().rows().stream()
              .collect(Collectors.groupingBy(StoredRow::leadId, Collectors.counting()));
      assertThat(stored).hasSize(LEADS);
      assertThat(
              kiln.ledgerLines().stream()
                  .filter(LeadLine::possibleDuplicate)
                  .map(LeadLine::leadId)
                  .toList())
          .containsAll(
              stored.entrySet().stream()
                  .filter(lead -> lead.getValue() > 1)
                  .map(Map.Entry::getKey)
                  .toList());
      Arrivals.of(RATE, kiln.clay().rows()).mustKeepThePace(lateness.worst());
    }
  }
}
