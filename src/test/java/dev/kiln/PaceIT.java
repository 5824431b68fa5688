package dev.kiln;

import static dev.kiln.RunningKiln.leads;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The pace in real time, as the receiver sees it. In short a rate is found exact in some stretch,
 * however busy the machine is; at full length it is exact over the whole run, on an idle one.
 */
@Tag("alone") // it measures
final class PaceIT {
  /** How long a rate is watched at full length; at low rates until so many rows came. */
  private static final double WATCHED_SECONDS = 60;

  private static final int LEAST_ROWS = 10;

  /**
   * Above this rate the first seconds only warm the JVM up. They must keep the limits all the same.
   */
  private static final double COLD_UP_TO = 250;

  private static final double WARM_UP_SECONDS = 20;

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
        : Stream.of(List.of(2.5, 8.0, 50.0));
  }

  @ParameterizedTest
  @MethodSource("together")
  @DisplayName("every rate is exact to 2 % while there is work, and never exceeded")
  void everyRateIsExact(List<Double> rates) throws Exception {
    double watched = Math.max(WATCHED_SECONDS, LEAST_ROWS / rates.get(0));
    List<RunningKiln> kilns = new ArrayList<>();
    try (Lateness lateness = new Lateness()) {
      for (double rate : rates) {
        RunningKiln kiln = new RunningKiln(Files.createTempDirectory(folder, "rate"));
        kilns.add(kiln);
        kiln.rate(rate).start();
      }
      for (int i = 0; i < kilns.size(); i++) {
        double seconds = watched + warmUp(rates.get(i));
        dropForAllTables(kilns.get(i), (int) (rates.get(i) * 1.2 * seconds) + 100);
      }
      await("enough of " + rates)
          .atMost(Duration.ofSeconds((long) (2 * (watched + WARM_UP_SECONDS))))
          .pollInterval(Duration.ofMillis(Proof.of(500, 5_000)))
          .until(
              () ->
                  arrivals(kilns, rates).stream()
                      .allMatch(a -> Proof.LONG ? a.warm().lasted() >= watched : a.all().exact()));
      for (Run run : arrivals(kilns, rates)) {
        System.out.printf(
            "%s; timers late by %.1f ms at most%n", run.warm(), 1000 * lateness.worst());
        if (Proof.LONG) {
          assertThat(run.warm().overall()).isCloseTo(run.rate(), within(0.02 * run.rate()));
        }
        run.all().mustKeepThePace(lateness.worst());
      }
    } finally {
      kilns.forEach(RunningKiln::close);
    }
  }

  /** Files for all four tables, since no webhook takes more than 50,000 rows. */
  private static void dropForAllTables(RunningKiln kiln, int leads) {
    int each = leads / 4;
    kiln.drop("normal/tech.csv", leads(1, each, "Computer Software"));
    kiln.drop("normal/finance.csv", leads(1, each, "Banking"));
    kiln.drop("normal/inbound/leads.csv", leads(1, each, "Banking"));
    kiln.drop("normal/events/leads.csv", leads(1, each, "Banking"));
  }

  private static double warmUp(double rate) {
    return rate > COLD_UP_TO ? WARM_UP_SECONDS : 0;
  }

  /** What came at a rate: all of it, and what came once the JVM was warm. */
  private record Run(double rate, Arrivals all, Arrivals warm) {}

  private static List<Run> arrivals(List<RunningKiln> kilns, List<Double> rates) {
    return IntStream.range(0, kilns.size())
        .mapToObj(
            i -> {
              double rate = rates.get(i);
              Arrivals all = Arrivals.of(rate, kilns.get(i).clay().rows());
              return new Run(rate, all, all.after(warmUp(rate)));
            })
        .toList();
  }
}
