package dev.kiln.clay;

/**
 * Keeps a throttle on time. A throttle's permits come back a period after they were taken, so each
 * wake-up that comes late would slow it down for good; this watches when leads pass, and shortens
 * or lengthens the next period a little, so that the rate holds over time and fractions of a
 * millisecond count. Time that was lost waiting for leads is not made up for. Thread-safe.
 */
public final class Metronome {
  /** Leads that may be made up for: the most by which a rate can be exceeded for a moment. */
  private static final double MOST_BEHIND = 2;

  /**
   * The share of an error that one period corrects: more would overshoot, since a correction shows
   * one period later.
   */
  private static final double GAIN = 0.5;

  private static final double NANOS = 1e9;

  private boolean ticking;
  private double lastPass;
  private double schedule;

  /**
   * A lead passed the throttle.
   *
   * @param nanoTime when, by {@link System#nanoTime}
   * @param rate the rate of now, leads a second
   * @param permits the throttle's permits
   * @return the throttle's next period, milliseconds, at least 1
   */
  public synchronized long passed(long nanoTime, double rate, int permits) {
    double interval = NANOS / rate;
    double now = nanoTime;
    // A lead that came later than the next but one was due was not held up: there was none.
    boolean idle = !ticking || now - lastPass > (permits + MOST_BEHIND) * interval;
    ticking = true;
    lastPass = now;
    schedule = idle ? now : Math.max(schedule + interval, now - MOST_BEHIND * interval);
    double period = permits * interval;
    double corrected = period - GAIN * (now - schedule) / permits;
    double bounded = Math.max(period / 2, Math.min(period * 1.5, corrected));
    return Math.max(1, Math.round(bounded / 1e6));
  }
}
