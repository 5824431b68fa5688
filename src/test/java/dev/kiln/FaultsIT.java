package dev.kiln;

import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.simulate.Fault;
import dev.kiln.simulate.Fault.Kind;
import dev.kiln.simulate.SimulatorStatistics;
import dev.kiln.simulate.SimulatorStatistics.Counts;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hc.core5.pool.PoolStats;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Every kind of failure on the wire, over and over. At full length 10,000 of them. */
@ResourceLock(RunningKiln.MANAGED)
@Tag("alone") // it measures
final class FaultsIT {
  private static final int ERRORS = Proof.of(500, 10_000);
  private static final int IN_FLIGHT = 64;
  private static final Duration LONGEST = Duration.ofMinutes(Proof.of(2, 15));

  /** Of 100 requests about 30 end in one of these. */
  private static final Fault[] FAULTS = {
    Fault.of(Kind.RESET_BEFORE_READ).withShare(0.03),
    Fault.status(503).withShare(0.08),
    Fault.status(500).withShare(0.03),
    Fault.status(504).withShare(0.03),
    Fault.status(429).withRetryAfter("1").withNext(2),
    Fault.of(Kind.RESET_BEFORE_STORE).withShare(0.03),
    Fault.of(Kind.HANG).withShare(0.01).withNext(Proof.of(5, 100)),
    Fault.of(Kind.RESET_AFTER_STORE).withShare(0.03),
    Fault.of(Kind.CLOSE_AFTER_STORE).withShare(0.03),
    Fault.of(Kind.CUT_ANSWER).withShare(0.05)
  };

  @Test
  @DisplayName("T7: one request per attempt, connections are reused, and none leaks")
  void oneRequestPerAttemptAndNoConnectionLeaks(@TempDir Path folder) throws Exception {
    try (RunningKiln kiln = new RunningKiln(folder)) {
      kiln.rate(Proof.of(200, 500))
          .set("kiln.delivery.in-flight", String.valueOf(IN_FLIGHT))
          .set("kiln.delivery.attempts", "100")
          .set("kiln.delivery.longest-wait", "500ms")
          .set("kiln.delivery.recovery", "100ms")
          .set("kiln.breaker.open", "50ms")
          .set("kiln.http.response-timeout", "5s");
      kiln.clay().faults(FAULTS);
      kiln.start();
      kiln.drop("normal/leads.csv", leads(1, ERRORS * 3, "Computer Software"));
      await(ERRORS + " errors")
          .atMost(LONGEST)
          .until(() -> errors(kiln.clay().statistics().total()) >= ERRORS);
      kiln.clay().faults();
      await("every lead settled")
          .atMost(LONGEST)
          .until(
              () ->
                  kiln.run("leads.csv").stream()
                      .map(RunAccount::states)
                      .allMatch(states -> states.keySet().stream().noneMatch(LeadState::open)));

      SimulatorStatistics statistics = kiln.clay().statistics();
      Counts total = statistics.total();
      Map<Integer, Long> attempts = attempts(kiln.data());
      System.out.println(attempts + " attempts by status; " + statistics);
      assertThat(total.injected()).hasSize(FAULTS.length);
      assertThat(attempts.values().stream().mapToLong(Long::longValue).sum())
          .as("attempts, one for each request")
          .isEqualTo(total.requests());
      // On a machine that stalls, an answer may come after the timeout and counts as none.
      attempts.forEach(
          (status, counted) -> {
            if (status != 0) {
              assertThat(counted)
                  .as("attempts that ended in %s", status)
                  .isLessThanOrEqualTo(total.statuses().getOrDefault(status, 0L));
            }
          });
      long late =
          attempts.getOrDefault(0, 0L)
              - (total.requests() - sum(total.statuses().values().stream()));

      assertThat(statistics.connections())
          .as("connections: as many as may be in use, and one more for each that was given up")
          .isLessThanOrEqualTo(IN_FLIGHT + broken(total) + late);
      ClayComponent clay = kiln.context().getComponent("clay", ClayComponent.class);
      soon().until(() -> clay.connections().getLeased() == 0);
      PoolStats pool = clay.connections();
      assertThat(pool.getPending()).isZero();
      assertThat(pool.getAvailable()).isLessThanOrEqualTo(IN_FLIGHT);
    }
  }

  private static long sum(Stream<Long> counts) {
    return counts.mapToLong(Long::longValue).sum();
  }

  private static long errors(Counts counts) {
    return sum(counts.injected().values().stream());
  }

  /** Faults that end their connection, all but the statuses. */
  private static long broken(Counts counts) {
    return sum(
        counts.injected().entrySet().stream()
            .filter(fault -> !fault.getKey().startsWith("status-"))
            .map(Map.Entry::getValue));
  }

  /** The attempts of the ledger's log by the status that came. */
  private static Map<Integer, Long> attempts(Path data) throws SQLException {
    Map<Integer, Long> attempts = new TreeMap<>();
    try (Connection ledger =
            DriverManager.getConnection("jdbc:sqlite:" + data.resolve(Ledger.FILE));
        Statement select = ledger.createStatement();
        ResultSet rows =
            select.executeQuery("SELECT status, COUNT(*) FROM attempt GROUP BY status")) {
      while (rows.next()) {
        attempts.put(rows.getInt(1), rows.getLong(2));
      }
    }
    return attempts;
  }
}
