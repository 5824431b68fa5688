package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.simulate.StoredRow;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/** When rows arrived at Clay, and what that says of the rate they were sent at. */
public final class Arrivals {
  /**
   * What a busy machine or a JVM that has just started may bunch up between the wire and the
   * receiver's clock, in seconds.
   */
  private static final double JITTER = 0.1;

  private final double rate;
  private final double[] at;

  /**
   * Arrivals.
   *
   * @param rate the rate that they were sent at
   * @param arrivals when, in order
   */
  private Arrivals(double rate, List<Instant> arrivals) {
    this(
        rate,
        arrivals.stream()
            .mapToDouble(arrival -> Duration.between(arrivals.get(0), arrival).toNanos() / 1e9)
            .toArray());
  }

  private Arrivals(double rate, double[] at) {
    this.rate = rate;
    this.at = at;
  }

  public static Arrivals of(double rate, List<StoredRow> rows) {
    return new Arrivals(rate, rows.stream().map(StoredRow::arrival).toList());
  }

  /** Those from so many seconds after the first on. */
  Arrivals after(double seconds) {
    return new Arrivals(rate, Arrays.stream(at).filter(second -> second >= seconds).toArray());
  }

  /** How long it took from the first to the last, in seconds. */
  double lasted() {
    return at.length == 0 ? 0 : at[at.length - 1] - at[0];
  }

  /** The rate of all of them together; 0 of fewer than two. */
  double overall() {
    return at.length < 2 ? 0 : (at.length - 1) / lasted();
  }

  /** Rows that make a stretch long enough to tell two percent. */
  private int stretch() {
    return (int) Math.max(Proof.of(12, 15), rate * Proof.of(2, 10));
  }

  /** The rate of the stretch that is nearest to the wanted one; 0 where there is none yet. */
  private double nearest() {
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

  /** Whether there is a stretch whose rate is exact to 2 %. */
  boolean exact() {
    return Math.abs(nearest() - rate) <= 0.02 * rate;
  }

  /** The most rows within so many seconds; one where that is no time at all. */
  int mostWithin(double seconds) {
    int most = 0;
    int first = 0;
    for (int i = 0; i < at.length; i++) {
      while (first < i && at[i] - at[first] >= seconds) {
        first++;
      }
      most = Math.max(most, i - first + 1);
    }
    return most;
  }

  /** The most rows beyond rate x T in any time T. */
  private double beyond() {
    double most = 0;
    double lowest = Double.MAX_VALUE;
    for (int i = 0; i < at.length; i++) {
      double ahead = i - rate * (at[i] - at[0]);
      lowest = Math.min(lowest, ahead);
      most = Math.max(most, ahead - lowest + 1);
    }
    return most;
  }

  /**
   * At most 1.5 x rate in any sliding second, and rate x T + 5 in any T, as a receiver sees it
   * whose clock is read late. Below 2 a second one row more than the rate is let pass: a row that
   * is a millisecond quicker on its way than the one before it makes two within a second.
   *
   * @param late how late at most, in seconds
   */
  public void mustKeepThePace(double late) {
    double jitter = JITTER + late;
    assertThat(mostWithin(1 - jitter))
        .as("in any sliding second at %s/s", rate)
        .isLessThanOrEqualTo((int) Math.max(rate + 1, 1.5 * rate));
    assertThat(beyond()).as("beyond rate x T at %s/s", rate).isLessThanOrEqualTo(5 + rate * jitter);
  }

  @Override
  public String toString() {
    return "%7.1f/s: %8.2f/s over %d rows in %.1f s, at most %d in a sliding second and %.1f beyond rate x T"
        .formatted(rate, overall(), at.length, lasted(), mostWithin(1), beyond());
  }
}
