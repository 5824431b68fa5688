package dev.kiln.ledger;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A computer's clock that never runs back. One that is set forward is followed; where it is set
 * back, the time goes on by the monotonic clock, ahead of it by as much. Thread-safe.
 */
final class ForwardClock extends Clock {
  private final Clock clock;
  private final LongSupplier nanoTime;

  /** The time that was told less the monotonic clock's, nanoseconds: grows, or stays. */
  private long ahead = Long.MIN_VALUE;

  /**
   * A clock over two others.
   *
   * @param clock what may be set
   * @param nanoTime the monotonic clock, nanoseconds
   */
  ForwardClock(Clock clock, LongSupplier nanoTime) {
    this.clock = clock;
    this.nanoTime = nanoTime;
  }

  @Override
  public synchronized Instant instant() {
    // In this order: who is frozen between the two must not find the clock set forward.
    Instant said = clock.instant();
    long elapsed = nanoTime.getAsLong();
    long nanos = TimeUnit.SECONDS.toNanos(said.getEpochSecond()) + said.getNano();
    ahead = Math.max(ahead, nanos - elapsed);
    return Instant.EPOCH.plusNanos(elapsed + ahead);
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  /**
   * A view of it for another zone is not needed: due times and leases have none.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException("The ledger's clock tells UTC.");
  }
}
