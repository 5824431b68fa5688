package dev.kiln.ledger;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A clock that stands still until a test moves it, so that tests of time take none. */
public final class SettableClock extends Clock {
  private final Queue<Error> surprises = new ConcurrentLinkedQueue<>();
  private volatile Instant now;

  /** A clock that stands at a moment. */
  public SettableClock(Instant now) {
    this.now = now;
  }

  /** Lets time pass. */
  public void advance(Duration duration) {
    set(now.plus(duration));
  }

  /** Sets the time. */
  public void set(Instant time) {
    now = time;
  }

  /** When the ledger's writer next asks for the time, it gets an error that it does not know. */
  public void surprise(Error error) {
    surprises.add(error);
  }

  @Override
  public Instant instant() {
    if (Thread.currentThread().getName().equals("kiln-ledger-writer")) {
      Error surprise = surprises.poll();
      if (surprise != null) {
        throw surprise;
      }
    }
    return now;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
