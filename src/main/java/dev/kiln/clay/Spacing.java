package dev.kiln.clay;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The last word on the pace, at the wire itself. The throttle lets leads through in time; a commit
 * that took long, a new connection or a cold JVM bunches them up on their way, and this spreads
 * them again. Thread-safe.
 */
final class Spacing {
  /** Leads that may leave together: few enough for the receiver to see at most 5 too many. */
  private static final double MOST_TOGETHER = 3;

  /** And at high rates those of so many seconds, since timers are late by milliseconds. */
  private static final double SECONDS_TOGETHER = 0.02;

  /** At low rates so much less may leave together that no second has half as many again. */
  private static final double SHARE_TOGETHER = 0.25;

  /** What is bunched up further than this leaves sooner: the rate was lowered meanwhile. */
  private static final double LONGEST_SECONDS = 1;

  /**
   * The first row leaves alone, so long before the next, where more would be bunched up than may
   * leave together: it loads what the others only use.
   */
  private static final double FIRST_ALONE_SECONDS = 0.3;

  private static final double NANOS = 1e9;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition turn = lock.newCondition();
  private boolean started;
  private double ahead;
  private long last;

  /**
   * Takes the next turn.
   *
   * @param nanoTime the present, by {@link System#nanoTime}
   * @param rate the rate of now, leads a second
   * @return how long to wait for it, nanoseconds, at most a second
   */
  long next(long nanoTime, double rate) {
    lock.lock();
    try {
      double together =
          Math.max(
              Math.max(1, Math.min(MOST_TOGETHER, rate * SHARE_TOGETHER)), rate * SECONDS_TOGETHER);
      if (!started) {
        started = true;
        last = nanoTime;
        double alone = rate * FIRST_ALONE_SECONDS;
        ahead = alone > MOST_TOGETHER ? together + alone - 1 : 1;
        return 0;
      }
      double gone = (nanoTime - last) * rate / NANOS;
      last = nanoTime;
      ahead = Math.min(Math.max(0, ahead - gone) + 1, together + rate * LONGEST_SECONDS);
      return (long) (Math.max(0, ahead - together) / rate * NANOS);
    } finally {
      lock.unlock();
    }
  }

  /** Takes the next turn and waits for it. */
  void await(double rate) {
    long nanos = next(System.nanoTime(), rate);
    lock.lock();
    try {
      while (nanos > 0) {
        nanos = turn.awaitNanos(nanos);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
