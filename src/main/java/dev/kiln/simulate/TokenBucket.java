package dev.kiln.simulate;

/**
 * The allowance of one workspace: it starts full, and every request takes one token. Counts in
 * whole nanoseconds, so the same times always give the same answers. Not thread-safe.
 */
final class TokenBucket {
  private static final double NANOS_PER_SECOND = 1e9;

  /** The time one token takes to come back; 0 lets everything through. */
  private final long intervalNanos;

  private final long fullNanos;
  private long creditNanos;
  private long lastNanos;

  TokenBucket(SimulatorOptions.Limits limits, long nowNanos) {
    intervalNanos =
        limits.ratePerSecond() == 0
            ? 0
            : Math.max(1, Math.round(NANOS_PER_SECOND / limits.ratePerSecond()));
    fullNanos = intervalNanos * limits.burst();
    creditNanos = fullNanos;
    lastNanos = nowNanos;
  }

  /**
   * Takes a token.
   *
   * @param nowNanos a time that never goes back
   * @return false when none is left; then nothing is taken
   */
  boolean take(long nowNanos) {
    creditNanos = Math.min(fullNanos, creditNanos + (nowNanos - lastNanos));
    lastNanos = nowNanos;
    if (creditNanos < intervalNanos) {
      return false;
    }
    creditNanos -= intervalNanos;
    return true;
  }
}
