package dev.kiln.clay;

/**
 * Keeps a throttle on time. A throttle's permits come back a period after they were taken, so each
 * wake-up that comes late would slow it down for good; this watches when leads pass, and shortens
 * or lengthens the next period a little, so that the rate holds over time and fractions of a
 * millisecond count. Time that was lost waiting for leads is not made up for. Thread-safe.
 */
public final class Metronome {
  /** Leads that may be made up for, and at high rates those of so many seconds. */
  private static final double MOST_BEHIND = 2;

  private static final double SECONDS_BEHIND = 0.25;

  /** The share of the present error that the next period corrects. */
  private static final double GAIN = 0.3;

  /**
   * The share of the error by which the lasting correction grows with each round of the permits.
   */
  private static final double LEARN = 0.05;

  private static final double NANOS = 1e9;

  private boolean ticking;
  private int passes;
  private double lastPass;
  private double schedule;
  private double correction;
  private double next;

  /**
   * A lead passed the throttle.
   *
   * @param nanoTime when, by {@link System#nanoTime}
   * @param rate the rate of now, leads a second
   * @param permits the throttle's permits
   * @param enough whether so many leads wait behind the throttle that nothing need be made up for
   * @return the throttle's next period, milliseconds, at least 1
   */
  public synchronized long passed(long nanoTime, double rate, int permits, boolean enough) {
    double interval = NANOS / rate;
    double period = permits * interval;
    double now = nanoTime;
    double behind = Math.max(MOST_BEHIND * interval, SECONDS_BEHIND * NANOS);
    // A lead that came later than the next but one was due was not held up: there was none.
    boolean idle = !ticking || now - lastPass > period + behind;
    ticking = true;
    lastPass = now;
    passes++;
    if (idle) {
      schedule = now;
      passes = 0;
      next = period - correction;
    } else if (passes >= permits) {
      // Permits that went together come back together: only whole rounds tell early from late.
      passes = 0;
      schedule = Math.max(schedule + period, enough ? now : now - behind);
      double late = now - schedule;
      correction = Math.max(-period / 4, Math.min(period / 2, correction + LEARN * late));
      next = period - correction - GAIN * late;
    }
    return Math.max(1, Math.round(Math.max(period / 2, Math.min(period * 1.5, next)) / 1e6));
  }
}
