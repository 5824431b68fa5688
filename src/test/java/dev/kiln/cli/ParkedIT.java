package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kiln.Proof;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.RunAccount;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Many leads that wait for their table cost nothing. At full length a million. */
@Execution(ExecutionMode.CONCURRENT)
@Tag("alone") // it measures
final class ParkedIT {
  private static final int PARKED = Proof.of(50_000, 1_000_000);
  private static final Duration LONGEST = Duration.ofMinutes(Proof.of(2, 15));
  private static final Duration WATCHED = Duration.ofSeconds(Proof.of(4, 60));

  /** The most that an idle Kiln may take, of one processor: polls, heartbeats and timers. */
  private static final double MOST_PROCESSOR = 0.5;

  @Test
  void leadsThatWaitForTheirTableCostNothing(@TempDir Path folder) {
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0")) {
      rehearsal.configure(100);
      rehearsal.properties();
      KilnProcess kiln = rehearsal.run();
      assertThat(rehearsal.here("pause", "table", "outbound-leads-tech").exit()).isZero();
      rehearsal.drop("parked.csv", Rehearsal.leads("parked", PARKED));
      rehearsal.awaitLedger(
          "the parked leads read",
          LONGEST,
          snapshot -> snapshot.runs().stream().map(RunAccount::phase).anyMatch("READ"::equals));

      Duration before = kiln.processorTime();
      Instant start = Instant.now();
      await("a while")
          .atMost(WATCHED.plus(KilnProcess.LONGEST))
          .until(() -> Instant.now().isAfter(start.plus(WATCHED)));
      Duration used = kiln.processorTime().minus(before);
      Duration watched = Duration.between(start, Instant.now());
      System.out.printf(
          "%,d parked leads: %d ms of processor time in %.1f s%n",
          PARKED, used.toMillis(), watched.toMillis() / 1000.0);
      assertThat(used.toMillis()).isLessThan((long) (watched.toMillis() * MOST_PROCESSOR));

      String live = Rehearsal.leads("live", 100).replace("Software", "Banking");
      rehearsal.drop("live.csv", live);
      rehearsal.awaitLedger(
          "the live table's leads",
          snapshot -> snapshot.runs().get(0).states().getOrDefault(LeadState.ACCEPTED, 0L) == 100);
      assertThat(rehearsal.stored("tech-1")).isZero();
      kiln.terminate();
    }
  }
}
