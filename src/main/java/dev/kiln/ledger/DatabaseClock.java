package dev.kiln.ledger;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;

/**
 * The clock of a database, so that all who use it have the same time, whatever their own clocks
 * say. Between two looks at it the time goes on by this computer's monotonic clock; no look moves
 * it further than it must, so one that took long, since it waited or this process was frozen, does
 * no harm. Thread-safe.
 */
final class DatabaseClock extends Clock {
  private static final long NANOS_OF_MICRO = 1_000;

  /** The database's time less the monotonic clock's, nanoseconds. */
  private long ahead;

  private boolean seen;

  /**
   * Takes note of the database's time.
   *
   * @param micros its time, microseconds since 1970
   * @param asked by {@link System#nanoTime}, when it was not yet told
   * @param answered by {@link System#nanoTime}, when it had been told
   */
  synchronized void saw(long micros, long asked, long answered) {
    long nanos = micros * NANOS_OF_MICRO;
    long least = nanos - answered;
    long most = nanos - asked;
    ahead = seen ? Math.min(most, Math.max(least, ahead)) : least + (most - least) / 2;
    seen = true;
  }

  /** Whether the database's time was seen yet. */
  synchronized boolean knows() {
    return seen;
  }

  /** The database's time at a reading of {@link System#nanoTime}. */
  synchronized Instant at(long nanoTime) {
    long nanos = nanoTime + ahead;
    return Instant.ofEpochSecond(
        TimeUnit.NANOSECONDS.toSeconds(nanos), nanos % TimeUnit.SECONDS.toNanos(1));
  }

  @Override
  public Instant instant() {
    return at(System.nanoTime());
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
