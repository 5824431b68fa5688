package dev.kiln.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How amounts that are kept in thousandths are told to programs. */
final class NumbersTest {
  @ParameterizedTest
  @CsvSource({"0, 0", "1, 0.001", "1500, 1.5", "10000, 10", "300000000, 300000", "-2500, -2.5"})
  void thousandthsHaveNoExponentAndNoNeedlessDecimals(long thousandths, String amount) {
    assertThat(Numbers.ofThousandths(thousandths)).hasToString(amount);
  }

  @ParameterizedTest
  @CsvSource({
    "8, 8/s",
    "0.12345, 444.4/h",
    "0.0001, 0.36/h",
    "0.000001, 0.0036/h",
    "0.00000001, 0.000036/h"
  })
  void aRateIsNeverRoundedToNothing(double perSecond, String rate) {
    assertThat(Numbers.rate(perSecond)).isEqualTo(rate);
  }
}
