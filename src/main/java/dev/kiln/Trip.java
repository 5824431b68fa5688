package dev.kiln;

import dev.kiln.ledger.Sending;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One row on its way to Clay, and how far it is. Confined to the thread that posts it, but for the
 * end of its time, which comes on the clock's.
 */
final class Trip {
  private final Sending sending;
  private final ScheduledExecutorService clock;
  private @Nullable Runnable hangUp;
  private @Nullable Future<?> end;
  private boolean turn;
  private boolean left;
  private volatile boolean late;

  /**
   * A row that has not left.
   *
   * @param sending the begun lead
   * @param clock tells when its time is over
   */
  Trip(Sending sending, ScheduledExecutorService clock) {
    this.sending = sending;
    this.clock = clock;
  }

  Sending sending() {
    return sending;
  }

  /**
   * From here on there is so much time.
   *
   * @param hangsUp breaks the request off once that is over; does nothing where it has ended by
   *     then
   */
  void within(Duration time, Runnable hangsUp) {
    hangUp = hangsUp;
    within(time);
  }

  /** The same for the request that runs. */
  void within(Duration time) {
    untimed();
    Runnable hangsUp = hangUp;
    if (hangsUp != null) {
      end =
          clock.schedule(
              () -> {
                late = true;
                hangsUp.run();
              },
              time.toNanos(),
              TimeUnit.NANOSECONDS);
    }
  }

  /** There is as much time as it takes. */
  void untimed() {
    if (end != null) {
      end.cancel(false);
      end = null;
    }
  }

  /** Whether it was broken off since its time was over. */
  boolean isLate() {
    return late;
  }

  void takesTurn() {
    turn = true;
  }

  /** Whether its turn has come. */
  boolean hasTurn() {
    return turn;
  }

  void leaves() {
    left = true;
  }

  /** Whether a byte of it may have left: it never has where this is false. */
  boolean hasLeft() {
    return left;
  }
}
