package dev.kiln.clay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class SpacingTest {
  private static final long SECOND = 1_000_000_000L;

  /** When rows leave that come to the wire at such times, in seconds. */
  private static double[] leaving(Spacing spacing, double rate, double... coming) {
    return Arrays.stream(coming)
        .map(second -> second + spacing.next((long) (second * SECOND), rate) / (double) SECOND)
        .toArray();
  }

  /** A spacing whose first row has left long ago. */
  private static Spacing started(double rate) {
    Spacing spacing = new Spacing();
    assertThat(spacing.next(-100 * SECOND, rate)).isZero();
    return spacing;
  }

  /** The most rows beyond rate x T that leave in any time T. */
  private static double tooMany(double rate, double[] leaving) {
    double[] times = Arrays.stream(leaving).sorted().toArray();
    double most = 0;
    double lowest = Double.MAX_VALUE;
    for (int i = 0; i < times.length; i++) {
      double beyond = i - rate * times[i];
      lowest = Math.min(lowest, beyond);
      most = Math.max(most, beyond - lowest + 1);
    }
    return most;
  }

  @Example
  void whatComesInTimeLeavesAtOnce() {
    Spacing spacing = started(8);
    for (int i = 0; i < 100; i++) {
      assertThat(spacing.next(i * SECOND / 8, 8)).isZero();
    }
  }

  @Example
  void whatIsBunchedUpIsSpreadAgain() {
    assertThat(leaving(started(10), 10, 0, 0, 0, 0, 0))
        .usingComparatorWithPrecision(1e-6)
        .containsExactly(0, 0, 0.05, 0.15, 0.25);
  }

  @Property
  void atMostThreeLeaveBeyondTheRateInAnyTimeOrAFiftiethOfASecondAtHighRates(
      @ForAll @DoubleRange(min = 2, max = 1000) double rate,
      @ForAll @Size(min = 1, max = 60) List<@IntRange(max = 300) Integer> late) {
    // Half a second's worth is on its way at most: more is never bunched up.
    Spacing spacing = started(rate);
    List<Double> leaving = new ArrayList<>();
    double latest = 0;
    for (int i = 0; i < late.size(); i++) {
      latest = Math.max(latest, i / rate + Math.min(late.get(i) / 1000.0, 0.4));
      leaving.add(leaving(spacing, rate, latest)[0]);
    }
    assertThat(tooMany(rate, leaving.stream().mapToDouble(Double::doubleValue).toArray()))
        .isLessThanOrEqualTo(Math.max(3, rate / 50) + 1e-3);
  }

  @Example
  void noSecondHasHalfAsManyAgain() {
    for (double rate : new double[] {2, 4, 8, 10, 20, 50, 1000}) {
      double[] together = new double[(int) (rate * 0.9)];
      double inASecond =
          Arrays.stream(leaving(started(rate), rate, together)).filter(at -> at < 1).count();
      assertThat(inASecond).as("%s/s", rate).isLessThanOrEqualTo(1.5 * rate);
    }
  }

  @Example
  void theFirstRowLeavesAlone() {
    double[] leaving = leaving(new Spacing(), 50, 0, 0.02, 0.04, 0.06);
    assertThat(leaving[0]).isZero();
    assertThat(leaving[1]).isCloseTo(0.3, within(1e-6));
    assertThat(new Spacing().next(0, 0.1)).isZero();
  }

  @Example
  void atALowRateTheFirstRowDelaysNoOther() {
    assertThat(leaving(new Spacing(), 2, 0, 0.5, 1)).containsExactly(0, 0.5, 1);
    assertThat(leaving(new Spacing(), 10, 0, 0.1, 0.2)).containsExactly(0, 0.1, 0.2);
  }

  @Example
  void nobodyWaitsLongerThanASecondHoweverFarTheRateWasLowered() {
    Spacing spacing = started(1000);
    for (int i = 0; i < 50; i++) {
      spacing.next(0, 1000);
    }
    assertThat(spacing.next(0, 0.1)).isLessThanOrEqualTo(SECOND);
    assertThat(spacing.next(0, 0.1)).isLessThanOrEqualTo(SECOND);
  }

  @Example
  void whoHasTakenATurnHoldsNobodyUp() {
    Spacing spacing = new Spacing();
    spacing.await(1000);
    assertThat(CompletableFuture.runAsync(() -> spacing.await(1000)))
        .succeedsWithin(Duration.ofSeconds(10));
  }

  @Example
  void aWaitThatIsInterruptedEndsAndStaysInterrupted() {
    Spacing spacing = new Spacing();
    spacing.await(1);
    Thread.currentThread().interrupt();
    spacing.await(1);
    assertThat(Thread.interrupted()).isTrue();
  }
}
