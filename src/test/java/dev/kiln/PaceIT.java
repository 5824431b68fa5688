package dev.kiln;

import static dev.kiln.RunningKiln.leads;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
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
  private static final Duration LONGEST = Duration.ofSeconds(Proof.of(40, 300));

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
        int leads = Math.min(60_000, (int) (rates.get(i) * LONGEST.toSeconds()) + 100);
        kilns.get(i).drop("normal/leads.csv", leads(1, leads, "Computer Software"));
      }
      Instant start = Instant.now();
      await("exact rates: " + rates)
          .atMost(LONGEST)
          .pollInterval(Duration.ofMillis(500))
          .until(() -> arrivals(kilns, rates).stream().allMatch(Arrivals::exact));
      for (Arrivals arrivals : arrivals(kilns, rates)) {
        System.out.println(arrivals + ", found in " + Duration.between(start, Instant.now()));
        arrivals.mustKeepThePace();
      }
    } finally {
      kilns.forEach(RunningKiln::close);
    }
  }

  private static List<Arrivals> arrivals(List<RunningKiln> kilns, List<Double> rates) {
    return IntStream.range(0, kilns.size())
        .mapToObj(i -> Arrivals.of(rates.get(i), kilns.get(i).clay().rows()))
        .toList();
  }
}
