package dev.kiln.clay;

/**
 * Clay, or the way to it, failed. The lead is settled already: this only tells the circuit breaker.
 * Carries no stack trace, since it is an ordinary outcome.
 */
public final class ClayFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ClayFailed(String message) {
    super(message, null, false, false);
  }
}
