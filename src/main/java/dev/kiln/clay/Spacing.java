package dev.kiln.clay;

import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;

/**
 * The last word on the pace, at the wire itself. The throttle lets leads through in time; a commit
 * that took long, a new connection or a cold JVM bunches them up on their way, and this spreads
 * them again. Whoever is first in line looks at the clock once more before it leaves, so that those
 * whose turn came while the whole JVM stood still do not leave together. Thread-safe.
 */
final class Spacing {
  /** Rows that may leave together: few enough for the receiver to see at most 5 too many. */
  private static final double MOST_TOGETHER = 3;

  /** At low rates so much less may leave together that no second has half as many again. */
  private static final double SHARE_TOGETHER = 0.25;

  /**
   * The first row leaves alone, so long before the next: it loads what the others only use, and
   * meanwhile they would be bunched up.
   */
  private static final double FIRST_ALONE_SECONDS = 0.5;

  private static final double NANOS = 1e9;

  /** Held by the row that is first in line; the others queue for it in order. */
  private final ReentrantLock line = new ReentrantLock(true);

  private boolean started;
  private double ahead;
  private long last;

  /** How many rows wait for their turn, about. */
  int waiting() {
    return line.getQueueLength();
  }

  /**
   * Takes the next turn, if it has come.
   *
   * @param nanoTime the present, by {@link System#nanoTime}, never before that of the last call
   * @param rate the rate of now, rows a second
   * @return how long until the turn comes, nanoseconds; 0 if it was taken
   */
  long take(long nanoTime, double rate) {
    double together = Math.max(1, Math.min(MOST_TOGETHER, rate * SHARE_TOGETHER));
    if (!started) {
      started = true;
      last = nanoTime;
      double alone = rate * FIRST_ALONE_SECONDS;
      ahead = alone > 1 ? together + alone - 1 : 1;
      return 0;
    }
    ahead = Math.max(0, ahead - (nanoTime - last) * rate / NANOS);
    last = nanoTime;
    double missing = ahead + 1 - together;
    if (missing > 0) {
      return (long) Math.ceil(missing / rate * NANOS);
    }
    ahead++;
    return 0;
  }

  /**
   * Waits for its turn and takes it. A line that has become too long for the rate, since that was
   * lowered meanwhile, leaves within a second or so.
   *
   * @param rate the rate of any moment, rows a second
   */
  void await(DoubleSupplier rate) {
    line.lock();
    try {
      while (!Thread.currentThread().isInterrupted()) {
        double quickest = Math.max(rate.getAsDouble(), 1 + waiting());
        long nanos = take(System.nanoTime(), quickest);
        if (nanos == 0) {
          return;
        }
        LockSupport.parkNanos(this, nanos);
      }
    } finally {
      line.unlock();
    }
  }
}
