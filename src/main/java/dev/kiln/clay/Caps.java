package dev.kiln.clay;

import java.math.BigDecimal;

/**
 * Most that may be spent; 0, the default, is no cap.
 *
 * @param creditsPerRun Data Credits of one file or submission
 * @param creditsPerDay Data Credits a day
 * @param creditsPerMonth Data Credits a month
 * @param actionsPerRun Actions of one file or submission
 * @param actionsPerDay Actions a day
 * @param actionsPerMonth Actions a month
 */
public record Caps(
    BigDecimal creditsPerRun,
    BigDecimal creditsPerDay,
    BigDecimal creditsPerMonth,
    BigDecimal actionsPerRun,
    BigDecimal actionsPerDay,
    BigDecimal actionsPerMonth) {
  /** No cap on anything. */
  public static final Caps NONE =
      new Caps(
          BigDecimal.ZERO,
          BigDecimal.ZERO,
          BigDecimal.ZERO,
          BigDecimal.ZERO,
          BigDecimal.ZERO,
          BigDecimal.ZERO);
}
