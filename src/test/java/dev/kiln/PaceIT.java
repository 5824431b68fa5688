package dev.kiln;

import static dev.kiln.RunningKiln.leads;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kiln.simulate.StoredRow;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The pace in real time, as the receiver sees it: exact over time, and never in bursts. */
@Isolated("it measures")
final class PaceIT {
  /** Long enough for a machine that is busy with other things to have a calm stretch. */
  private static final Duration LONGEST = Duration.ofSeconds(Proof.of(40, 150));

  /** What a busy machine may bunch up between the wire and the receiver's clock, in seconds. */
  private static final double JITTER = 0.1;

  private final Path folder;

  PaceIT(@TempDir Path folder) {
    this.folder = folder;
  }

  /** Rates that are measured side by side, since they do not take the processor from each other. */
  static Stream<List<Double>> together() {
    return Proof.LONG
        ? Stream.of(
            List.of(0.1, 0.3, 1.0, 2.5, 3.3, 5.0, 8.0, 9.0, 10.0, 25.0),
            List.of(50.0, 99.0),
            List.of(200.0),
            List.of(333.0),
            List.of(500.0),
            List.of(1000.0))
        : Stream.of(List.of(2.5, 8.0, 50.0), List.of(200.0), List.of(1000.0));
  }

  /** Times of arrival, in seconds, and what they say of a rate. */
  private static final class Arrivals {
    private final double rate;
    private final double[] at;

    private Arrivals(double rate, double[] at) {
      this.rate = rate;
      this.at = at;
    }

    static Arrivals at(RunningKiln kiln, double rate) {
      return new Arrivals(
          rate,
          kiln.clay().rows().stream()
              .map(StoredRow::arrival)
              .mapToDouble(time -> time.toEpochMilli() / 1000.0)
              .toArray());
    }

    /** Rows that make a stretch long enough to tell two percent. */
    private int stretch() {
      return (int) Math.max(Proof.of(12, 15), rate * Proof.of(2, 10));
    }

    /** The rate of the stretch that is nearest to the wanted one; 0 where there is none yet. */
    double nearest() {
      double nearest = 0;
      int rows = stretch();
      for (int end = rows; end < at.length; end++) {
        double measured = rows / (at[end] - at[end - rows]);
        if (Math.abs(measured - rate) < Math.abs(nearest - rate)) {
          nearest = measured;
        }
      }
      return nearest;
    }

    boolean exact() {
      return Math.abs(nearest() - rate) <= 0.02 * rate;
    }

    int mostInOneSecond() {
      int most = 0;
      int first = 0;
      for (int i = 0; i < at.length; i++) {
        while (at[i] - at[first] >= 1) {
          first++;
        }
        most = Math.max(most, i - first + 1);
      }
      return most;
    }

    /** The most rows beyond rate x T in any time T. */
    double beyond() {
      double most = 0;
      double lowest = Double.MAX_VALUE;
      for (int i = 0; i < at.length; i++) {
        double ahead = i - rate * (at[i] - at[0]);
        lowest = Math.min(lowest, ahead);
        most = Math.max(most, ahead - lowest + 1);
      }
      return most;
    }

    @Override
    public String toString() {
      return "%7.1f/s: %8.2f/s over %d rows, at most %d in a sliding second and %.1f beyond rate x T"
          .formatted(rate, nearest(), stretch(), mostInOneSecond(), beyond());
    }
  }

  @ParameterizedTest
  @MethodSource("together")
  @DisplayName("every rate is exact to 2 % while there is work, and never exceeded")
  void everyRateIsExact(List<Double> rates) throws Exception {
    List<RunningKiln> kilns = new ArrayList<>();
    try {
      for (double rate : rates) {
        RunningKiln kiln = new RunningKiln(Files.createTempDirectory(folder, "rate"));
        kilns.add(kiln);
        kiln.rate(rate).start();
      }
      for (int i = 0; i < kilns.size(); i++) {
        int leads = (int) (rates.get(i) * LONGEST.toSeconds()) + 100;
        kilns.get(i).drop("normal/leads.csv", leads(1, leads, "Computer Software"));
      }
      Instant start = Instant.now();
      await("exact rates: " + rates)
          .atMost(LONGEST)
          .pollInterval(Duration.ofMillis(500))
          .until(() -> arrivals(kilns, rates).stream().allMatch(Arrivals::exact));
      for (Arrivals arrivals : arrivals(kilns, rates)) {
        System.out.println(arrivals + ", found in " + Duration.between(start, Instant.now()));
        double rate = arrivals.rate;
        assertThat(arrivals.mostInOneSecond())
            .as("in any sliding second at %s/s", rate)
            .isLessThanOrEqualTo((int) Math.max(1, 1.5 * rate));
        assertThat(arrivals.beyond())
            .as("beyond rate x T at %s/s", rate)
            .isLessThanOrEqualTo(5 + rate * JITTER);
      }
    } finally {
      kilns.forEach(RunningKiln::close);
    }
  }

  private static List<Arrivals> arrivals(List<RunningKiln> kilns, List<Double> rates) {
    Arrivals[] all = new Arrivals[kilns.size()];
    Arrays.setAll(all, i -> Arrivals.at(kilns.get(i), rates.get(i)));
    return List.of(all);
  }
}
