package dev.kiln.ledger;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that stands still until a test moves it, so that tests of time take none. */
public final class SettableClock extends Clock {
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

  @Override
  public Instant instant() {
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
