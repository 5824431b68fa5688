package dev.kiln.simulate;

import java.time.Duration;
import java.util.SplittableRandom;

/**
 * A wait, drawn evenly from a range. Whole milliseconds; anything finer is cut off.
 *
 * @param min the shortest wait, not negative
 * @param max the longest, not below {@code min} and at most an hour
 */
public record Delay(Duration min, Duration max) {
  private static final Duration LONGEST = Duration.ofHours(1);

  /** No wait at all. */
  public static final Delay NONE = new Delay(Duration.ZERO, Duration.ZERO);

  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException when it is empty, negative or longer than an hour
   */
  public Delay {
    if (min.isNegative() || max.compareTo(min) < 0 || max.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "a delay is a range of milliseconds, 0 <= min <= max <= " + LONGEST.toMillis());
    }
  }

  /**
   * The same wait every time.
   *
   * @param wait its length
   * @return the fixed delay
   * @throws IllegalArgumentException when it is negative or longer than an hour
   */
  public static Delay of(Duration wait) {
    return new Delay(wait, wait);
  }

  long millis(SplittableRandom random) {
    long least = min.toMillis();
    long most = max.toMillis();
    return least == most ? least : random.nextLong(least, most + 1);
  }
}
