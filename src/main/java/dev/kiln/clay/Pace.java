package dev.kiln.clay;

import java.time.Duration;
import java.time.Instant;

/**
 * How fast a workspace sends: the allowed rate, halved after a 429 and climbing back. Immutable;
 * each change is a new value.
 *
 * @param allowed the rate that the catalogue allows, rows a second, above 0
 * @param base the rate at {@code since}
 * @param since from when on it climbs back
 * @param recovery how long it takes to climb from nothing to the allowed rate
 */
public record Pace(double allowed, double base, Instant since, Duration recovery) {
  /** The share of the allowed rate below which no 429 takes it. */
  private static final double FLOOR = 1.0 / 16;

  /** At the allowed rate. */
  public static Pace full(double allowed, Duration recovery, Instant now) {
    return new Pace(allowed, allowed, now, recovery);
  }

  /** The rate at a moment, rows a second. */
  public double rate(Instant now) {
    if (!now.isAfter(since) || base >= allowed) {
      return Math.min(base, allowed);
    }
    double climbed = (double) Duration.between(since, now).toMillis() / recovery.toMillis();
    return Math.min(allowed, base + allowed * climbed);
  }

  /**
   * After a 429: half the rate, from the end of the pause on. A 429 that comes while the pause
   * lasts is of the same burst and only lengthens it.
   *
   * @param now when it came
   * @param until the end of the pause
   */
  public Pace tooMany(Instant now, Instant until) {
    if (now.isBefore(since)) {
      return until.isAfter(since) ? new Pace(allowed, base, until, recovery) : this;
    }
    return new Pace(allowed, Math.max(rate(now) / 2, allowed * FLOOR), until, recovery);
  }

  /** The same pace under another allowed rate: at once where no 429 holds it down. */
  public Pace allow(double rate, Instant now) {
    double present = rate(now);
    return new Pace(
        rate,
        present >= allowed ? rate : Math.min(present, rate),
        now.isAfter(since) ? now : since,
        recovery);
  }

  /**
   * Permits of the throttle for a rate: one at a time, and at high rates as few as keep its period
   * at 3 ms or more, since the throttle counts whole milliseconds. They come back together, so they
   * are the burst that the receiver sees.
   */
  static int permits(double rate) {
    return (int) Math.max(1, Math.ceil(rate * 3 / 1000));
  }

  /** The throttle's period for a rate, milliseconds: never so short that the rate is exceeded. */
  static long periodMillis(double rate) {
    return (long) Math.ceil(1000 * permits(rate) / rate - 1e-6);
  }
}
