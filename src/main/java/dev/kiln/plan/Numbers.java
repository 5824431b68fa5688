package dev.kiln.plan;

import java.math.BigDecimal;
import java.math.MathContext;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;

/** How numbers are written for people: exact, with commas between thousands, in every locale. */
public final class Numbers {
  private Numbers() {}

  /**
   * A whole number, such as {@code 50,000}.
   *
   * @param number the number
   */
  public static String of(long number) {
    return of(BigDecimal.valueOf(number));
  }

  /**
   * An exact amount, such as {@code 1,234.5}: all its decimals but no needless ones.
   *
   * @param number the number, with at most 12 decimals
   */
  public static String of(BigDecimal number) {
    return format("#,##0.############").format(number);
  }

  /**
   * The amount of so many thousandths, for JSON: no needless decimals, and no exponent however it
   * is written.
   *
   * @param thousandths the thousandths
   */
  public static BigDecimal ofThousandths(long thousandths) {
    BigDecimal amount = BigDecimal.valueOf(thousandths, 3).stripTrailingZeros();
    return amount.scale() < 0 ? amount.setScale(0) : amount;
  }

  /**
   * A measure with one decimal, such as {@code 20.8}; below one with three.
   *
   * @param number the number
   */
  public static String rounded(double number) {
    return format(number < 1 ? "0.###" : "#,##0.0").format(number);
  }

  /**
   * A rate, such as {@code 8/s}; below one a second by the hour, such as {@code 400/h}.
   *
   * @param perSecond leads a second, above 0
   */
  public static String rate(double perSecond) {
    if (perSecond >= 1) {
      return format("#,##0.##").format(perSecond) + "/s";
    }
    double perHour = perSecond * 3600;
    return (perHour >= 1
            ? format("#,##0.#").format(perHour)
            : of(new BigDecimal(perHour).round(new MathContext(2))))
        + "/h";
  }

  private static DecimalFormat format(String pattern) {
    return new DecimalFormat(pattern, DecimalFormatSymbols.getInstance(Locale.ROOT));
  }
}
