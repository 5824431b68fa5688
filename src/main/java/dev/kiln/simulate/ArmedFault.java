package dev.kiln.simulate;

import java.util.SplittableRandom;

/** A fault in force: how often it may still strike, and its own row of draws. Not thread-safe. */
final class ArmedFault {
  private final Fault fault;
  private final SplittableRandom random;
  private int struck;

  ArmedFault(Fault fault, long seed) {
    this.fault = fault;
    random = new SplittableRandom(seed);
  }

  Fault fault() {
    return fault;
  }

  /** Whether it strikes this request, which it is meant for. Draws, and counts a strike. */
  boolean strikes() {
    if (fault.next() > 0 && struck == fault.next()) {
      return false;
    }
    if (fault.share() < 1 && random.nextDouble() >= fault.share()) {
      return false;
    }
    if (fault.next() > 0) {
      struck++;
    }
    return true;
  }

  long delayMillis() {
    return fault.delay().millis(random);
  }
}
