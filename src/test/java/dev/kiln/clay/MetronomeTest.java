package dev.kiln.clay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MetronomeTest {
  private static final long SECOND = 1_000_000_000L;

  /** A throttle on a simulated clock, with leads always waiting. */
  private static final class Throttle {
    private final Deque<Long> permits = new ArrayDeque<>();
    private final Metronome metronome = new Metronome();
    private final double rate;
    private final LongUnaryOperator late;
    private long period;
    private long now;
    private long passes;

    Throttle(double rate, LongUnaryOperator late) {
      this.rate = rate;
      this.late = late;
      this.period = Pace.periodMillis(rate);
      for (int i = 0; i < Pace.permits(rate); i++) {
        permits.add(0L);
      }
    }

    long passesUntil(long end) {
      long before = passes;
      while (now < end) {
        long due = Math.max(now, permits.remove());
        now = due + late.applyAsLong(passes);
        permits.add(now + period * 1_000_000);
        period = metronome.passed(now, rate, Pace.permits(rate), false);
        passes++;
      }
      return passes - before;
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.111, 2.5, 3.3, 5, 7, 8, 9, 10, 13, 30, 50, 99, 333, 1000})
  void theRateHoldsHoweverLateEachWakeUpIs(double rate) {
    Random random = new Random(1);
    // As late as timers are: up to a millisecond, a quarter of an interval at a high rate.
    int latest = (int) Math.min(1_000_000, SECOND / rate / 4);
    Throttle throttle = new Throttle(rate, pass -> random.nextInt(latest));
    throttle.passesUntil(10 * SECOND);
    long seconds = Math.max(60, (long) (1000 / rate));
    long passes = throttle.passesUntil(throttle.now + seconds * SECOND);
    assertThat(passes / (double) seconds).isCloseTo(rate, within(rate * 0.01));
  }

  @ParameterizedTest
  @ValueSource(doubles = {8, 50, 1000})
  void aStallIsMadeUpForByTwoLeadsOrAQuarterOfASecondAtMost(double rate) {
    Throttle throttle =
        new Throttle(rate, pass -> pass == (long) (rate * 20) ? 5 * SECOND : 100_000);
    throttle.passesUntil(20 * SECOND);
    long afterStall = throttle.now;
    long passes = throttle.passesUntil(afterStall + 10 * SECOND);
    assertThat(passes)
        .isBetween(
            (long) (rate * 10) - 1,
            (long) (rate * 10) + (long) Math.max(2, rate / 4) + Pace.permits(rate));
  }

  @Test
  void nothingIsMadeUpForWhileEnoughLeadsWaitBehindTheThrottle() {
    for (boolean enough : new boolean[] {true, false}) {
      Metronome metronome = new Metronome();
      metronome.passed(0, 50, 1, enough);
      assertThat(metronome.passed(100_000_000, 50, 1, enough)).isEqualTo(enough ? 20 : 10);
    }
  }

  /** The period that a throttle of 8/s is given when its third lead passes this late. */
  private static long periodAfter(long lateMillis) {
    Metronome metronome = new Metronome();
    metronome.passed(0, 8, 1, false);
    metronome.passed(125_000_000, 8, 1, false);
    return metronome.passed((250 + lateMillis) * 1_000_000, 8, 1, false);
  }

  @Test
  void aLeadThatWasHeldUpIsMadeUpForAndOneThatCameLateByItselfIsNot() {
    assertThat(periodAfter(0)).isEqualTo(125);
    assertThat(periodAfter(20)).isEqualTo(118);
    assertThat(periodAfter(250)).as("two leads behind, at most half the period").isEqualTo(63);
    assertThat(periodAfter(251)).as("there was no lead to hold up").isEqualTo(125);
  }

  @Test
  void whatWasLearntOutlivesABreak() {
    Throttle throttle = new Throttle(8, pass -> 5_000_000);
    throttle.passesUntil(60 * SECOND);
    assertThat(throttle.metronome.passed(throttle.now + 10 * SECOND, 8, 1, false)).isEqualTo(120);
  }

  @Test
  void whatIsLearntFromEarlyPassesIsAQuarterOfThePeriodAtMost() {
    Metronome metronome = new Metronome();
    for (long pass = 0; pass < 1000; pass++) {
      metronome.passed(pass * 50_000_000, 8, 1, false);
    }
    assertThat(metronome.passed(60 * SECOND, 8, 1, false)).isEqualTo(156);
  }

  @Test
  void whatIsLearntFromLatePassesDoesNotRunAwayOnceTheyAreOnTime() {
    Deque<Long> second = new ArrayDeque<>();
    Throttle throttle = new Throttle(8, pass -> pass < 500 ? 200_000_000 : 0);
    throttle.passesUntil(60 * SECOND);
    while (throttle.now < 120 * SECOND) {
      throttle.passesUntil(throttle.now + 1);
      second.add(throttle.now);
      while (throttle.now - second.getFirst() >= SECOND) {
        second.remove();
      }
      assertThat(second).as("half as many again as the rate at most").hasSizeLessThanOrEqualTo(12);
    }
  }
}
