package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.Lateness;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The main promise of the pace: as fast as the workspace allows, and never faster. */
@Tag("alone") // it measures
@Execution(ExecutionMode.CONCURRENT)
final class DeliveryIT {
  private static final int LEADS = 300;
  private static final double RATE = 10;

  /** A disk or a process that stands still slows down what is behind it, not the rest. */
  private static final int IN_A_ROW = 100;

  /** Rows a second, of the fastest so many in a row. */
  private static double best(Rehearsal rehearsal) {
    long[] millis =
        rehearsal.rows().stream()
            .mapToLong(row -> row.path("arrivalMs").asLong())
            .sorted()
            .toArray();
    return IntStream.range(IN_A_ROW, millis.length)
        .mapToDouble(last -> 1000.0 * IN_A_ROW / (millis[last] - millis[last - IN_A_ROW]))
        .max()
        .orElseThrow();
  }

  @Test
  void deliversAtTheAllowedRateWhateverTheLatency(@TempDir Path folder) {
    try (Rehearsal rehearsal = new Rehearsal(folder, "--latency", "150-250", "--rate", "10");
        Lateness lateness = new Lateness()) {
      rehearsal.properties();
      KilnProcess kiln = rehearsal.run();
      rehearsal.drop("leads.csv", Rehearsal.leads("lead", LEADS));

      await("all leads at Clay, and an account that agrees all along")
          .atMost(KilnProcess.LONGEST)
          .until(() -> Rehearsal.count(rehearsal.status(), "ACCEPTED") == LEADS);
      kiln.terminate();

      JsonNode received = rehearsal.received();
      assertThat(received.path("distinct").asInt()).isEqualTo(LEADS);
      assertThat(received.path("requests").asInt()).isEqualTo(LEADS);
      assertThat(received.path("rateLimited").asInt()).isZero();
      // What this process could not do in time, nor could the others.
      double late = lateness.worst();
      assertThat(received.path("mostRequestsInOneSecond").asInt())
          .isLessThanOrEqualTo((int) (RATE * (1.5 + late)));
      double seconds =
          (received.path("lastArrivalMs").asLong() - received.path("firstArrivalMs").asLong())
              / 1000.0;
      assertThat((LEADS - 1) / (seconds - late)).as("leads a second").isGreaterThan(0.8 * RATE);
      assertThat(best(rehearsal)).as("leads a second, of 100").isGreaterThan(0.98 * RATE);
      assertThat((LEADS - 1) / seconds).isLessThan(RATE + 5 / seconds);
      assertThat(Rehearsal.count(rehearsal.status(), "ACCEPTED")).isEqualTo(LEADS);
    }
  }
}
