package dev.kiln.bench;

import dev.kiln.WarmClay;
import dev.kiln.simulate.Delay;
import dev.kiln.simulate.Simulator;
import dev.kiln.simulate.SimulatorOptions;
import dev.kiln.simulate.SimulatorStatistics.Counts;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.awaitility.Awaitility;

/** The receiver, in this process: a simulated Clay, and what it says of what arrived. */
final class Clay implements AutoCloseable {
  /** The longest that any step of the benchmark takes. */
  static final Duration LONGEST = Duration.ofMinutes(20);

  private static final int NO_CAP = Integer.MAX_VALUE;

  private final Simulator simulator;

  private Clay(SimulatorOptions options) {
    simulator = WarmClay.start(options.withCaps(NO_CAP, NO_CAP).withKeepBodies(false));
  }

  /** Without limit or latency. */
  static Clay unlimited() {
    return new Clay(SimulatorOptions.defaults().withLimits(0, 1));
  }

  /** With the limit that Clay has, and each answer after so long. */
  static Clay limited(Duration latency) {
    return new Clay(SimulatorOptions.defaults().withLatency(Delay.of(latency)));
  }

  URI webhook(String name) {
    return simulator.webhookUrl(name);
  }

  /** Forgets what has arrived. */
  void forget() {
    simulator.reset();
  }

  Counts received() {
    return simulator.statistics().total();
  }

  /** Waits until so many rows have arrived since the last {@link #forget}. */
  Counts await(long rows) {
    Awaitility.await(rows + " rows at the receiver")
        .atMost(LONGEST)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> received().accepted() >= rows);
    return received();
  }

  /** From the first row that arrived to the last, seconds. */
  static double seconds(Counts counts) {
    return Duration.between(first(counts), Objects.requireNonNull(counts.lastArrival())).toMillis()
        / 1000.0;
  }

  /** Rows a second, from the first that arrived to the last. */
  static double rowsPerSecond(Counts counts) {
    return (counts.accepted() - 1) / seconds(counts);
  }

  static Instant first(Counts counts) {
    return Objects.requireNonNull(counts.firstArrival());
  }

  @Override
  public void close() {
    simulator.close();
  }
}
