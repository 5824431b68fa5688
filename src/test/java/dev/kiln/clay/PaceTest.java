package dev.kiln.clay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

final class PaceTest {
  private static final Instant NOW = Instant.parse("2026-11-25T10:00:00Z");
  private static final Instant UNTIL = NOW.plusSeconds(2);
  private static final Duration RECOVERY = Duration.ofMinutes(8);
  private static final Pace FULL = Pace.full(8, RECOVERY, NOW);

  @Example
  void withoutA429ItIsTheAllowedRateAtAllTimes() {
    assertThat(FULL.rate(NOW.minusSeconds(1))).isEqualTo(8);
    assertThat(FULL.rate(NOW)).isEqualTo(8);
    assertThat(FULL.rate(NOW.plus(Duration.ofDays(9)))).isEqualTo(8);
  }

  @Example
  void a429HalvesItOncePerPauseHoweverManyComeTogether() {
    Pace halved = FULL.tooMany(NOW, UNTIL);
    for (int i = 0; i < 20; i++) {
      halved = halved.tooMany(NOW.plusMillis(50L * i), UNTIL);
    }
    assertThat(halved.rate(NOW)).isEqualTo(4);
    assertThat(halved.rate(UNTIL)).isEqualTo(4);
  }

  @Example
  void a429WithinAPauseLengthensThePauseOnly() {
    Pace longer = FULL.tooMany(NOW, UNTIL).tooMany(NOW.plusSeconds(1), UNTIL.plusSeconds(9));
    assertThat(longer.rate(UNTIL.plusSeconds(9))).isEqualTo(4);
    assertThat(longer.since()).isEqualTo(UNTIL.plusSeconds(9));
    assertThat(longer.tooMany(NOW.plusSeconds(1), UNTIL)).isEqualTo(longer);
  }

  @Example
  void a429AfterThePauseHalvesAgainDownToASixteenth() {
    Pace pace = FULL;
    Instant now = NOW;
    for (double rate : new double[] {4, 2, 1, 0.5, 0.5, 0.5}) {
      pace = pace.tooMany(now, now);
      assertThat(pace.rate(now)).isEqualTo(rate);
    }
  }

  @Example
  void itClimbsBackEvenlyOverTheRecoveryAndNoFurther() {
    Pace halved = FULL.tooMany(NOW, UNTIL);
    assertThat(halved.rate(UNTIL.plus(Duration.ofMinutes(2)))).isCloseTo(6, within(1e-9));
    assertThat(halved.rate(UNTIL.plus(Duration.ofMinutes(4)))).isEqualTo(8);
    assertThat(halved.rate(UNTIL.plus(Duration.ofDays(4)))).isEqualTo(8);
  }

  @Example
  void anotherAllowedRateHoldsAtOnceWhereNothingHoldsItDown() {
    Instant later = NOW.plus(Duration.ofHours(1));
    assertThat(FULL.allow(10, later).rate(later)).isEqualTo(10);
    assertThat(FULL.allow(5, later).rate(later)).isEqualTo(5);
    assertThat(FULL.allow(8, later).rate(later)).isEqualTo(8);
  }

  @Example
  void anotherAllowedRateDuringTheClimbGoesOnFromTheRateOfThatMoment() {
    Instant during = UNTIL.plus(Duration.ofMinutes(2));
    Pace changed = FULL.tooMany(NOW, UNTIL).allow(16, during);
    assertThat(changed.rate(during)).isCloseTo(6, within(1e-9));
    assertThat(changed.rate(during.plus(Duration.ofMinutes(1)))).isCloseTo(8, within(1e-9));
  }

  @Example
  void anotherAllowedRateDoesNotEndAPause() {
    Pace changed = FULL.tooMany(NOW, UNTIL).allow(16, NOW.plusSeconds(1));
    assertThat(changed.since()).isEqualTo(UNTIL);
    assertThat(changed.rate(UNTIL)).isEqualTo(4);
  }

  @Property
  void theThrottleIsNeverFasterThanTheRateAndSlowerByLessThanAMillisecond(
      @ForAll @DoubleRange(min = 0.1, max = 1000) double rate) {
    double exact = 1000.0 * Pace.permits(rate) / rate;
    assertThat((double) Pace.periodMillis(rate)).isBetween(exact - 1e-5, exact + 1);
    assertThat(Pace.periodMillis(rate)).isGreaterThanOrEqualTo(3);
  }

  @Property
  void atMostThreePermitsComeBackTogether(@ForAll @DoubleRange(min = 0.1, max = 1000) double rate) {
    assertThat(Pace.permits(rate)).isBetween(1, 3);
  }

  @Property
  void theRateStaysBetweenASixteenthAndAllOfTheAllowedOne(
      @ForAll @DoubleRange(min = 0.1, max = 100) double allowed,
      @ForAll List<@IntRange(max = 900) Integer> seconds) {
    Instant now = NOW;
    Pace pace = Pace.full(allowed, RECOVERY, now);
    for (int wait : seconds) {
      now = now.plusSeconds(wait);
      pace = pace.tooMany(now, now.plusSeconds(wait % 5));
      assertThat(pace.rate(now.plusSeconds(wait % 7)))
          .isBetween(allowed / 16 - 1e-9, allowed + 1e-9);
    }
  }

  @Example
  void atUsualRatesOneRowIsLetThroughAtATime() {
    for (double rate : new double[] {0.111, 1, 3, 5, 8, 9, 10, 50, 333}) {
      assertThat(Pace.permits(rate)).as("%s/s", rate).isEqualTo(1);
    }
    assertThat(Pace.periodMillis(8)).isEqualTo(125);
    assertThat(Pace.periodMillis(10)).isEqualTo(100);
  }
}
