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

  private static final double NANOS = 1e9;

  /**
   * So long the first row is alone once it has left, where Clay does not answer it sooner,
   * nanoseconds.
   */
  private static final long ALONE = (long) (0.5 * NANOS);

  /** So long it is alone at most, whatever becomes of it, nanoseconds. */
  private static final long MOST_ALONE = (long) (5 * NANOS);

  /** How often whoever waits for the first row looks what became of it, nanoseconds. */
  private static final long LOOK = (long) (0.005 * NANOS);

  /** Held by the row that is first in line; the others queue for it in order. */
  private final ReentrantLock line = new ReentrantLock(true);

  private double ahead;
  private long last;

  /** How far the first row is. Once its turn has come, its own thread says so. */
  private volatile First first = First.AWAITED;

  /** When the first row left, by {@link System#nanoTime}. */
  private volatile long left;

  /**
   * The first row loads what the others only use, for a second or more on a busy machine. If they
   * had their turns meanwhile, they would be bunched up behind it.
   */
  private enum First {
    AWAITED,
    LEAVING,
    LEFT,
    ANSWERED,
    OVER
  }

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
    if (first == First.AWAITED) {
      first = First.LEAVING;
      last = nanoTime;
      ahead = 1;
      return 0;
    }
    if (first != First.OVER) {
      if (isAlone(nanoTime)) {
        return LOOK;
      }
      first = First.OVER;
      // One may leave now, if its turn has come, and the others after it.
      ahead = together - Math.min(1, (nanoTime - last) * rate / NANOS);
      last = nanoTime;
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

  /** Whether the others wait for the first row. */
  private boolean isAlone(long nanoTime) {
    return nanoTime - last < MOST_ALONE
        && (first == First.LEAVING || (first == First.LEFT && nanoTime - left < ALONE));
  }

  /**
   * A row whose turn it was has left.
   *
   * @param nanoTime when, by {@link System#nanoTime}
   */
  void left(long nanoTime) {
    if (first == First.LEAVING) {
      left = nanoTime;
      first = First.LEFT;
    }
  }

  /** A row whose turn it was has its answer, or gets none. */
  void answered() {
    if (first == First.LEAVING || first == First.LEFT) {
      first = First.ANSWERED;
    }
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
