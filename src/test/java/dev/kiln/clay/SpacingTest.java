package dev.kiln.clay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.ledger.Together;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.awaitility.Awaitility;

final class SpacingTest {
  private static final long SECOND = 1_000_000_000L;

  /** When rows leave that come to the wire at such times, in seconds. */
  private static double[] leaving(Spacing spacing, double rate, double... coming) {
    return leaving(spacing, rate, () -> 0, coming);
  }

  /** The same where each look at the clock comes so much later than it was meant to, in seconds. */
  private static double[] leaving(
      Spacing spacing, double rate, DoubleSupplier late, double... coming) {
    double[] leaving = new double[coming.length];
    long now = Long.MIN_VALUE;
    for (int i = 0; i < coming.length; i++) {
      now = Math.max(now, (long) (coming[i] * SECOND));
      for (long wait = spacing.take(now, rate); wait > 0; wait = spacing.take(now, rate)) {
        now += wait + (long) (late.getAsDouble() * SECOND);
      }
      leaving[i] = now / (double) SECOND;
    }
    return leaving;
  }

  /** A spacing whose first row has left long ago. */
  private static Spacing started(double rate) {
    Spacing spacing = new Spacing();
    assertThat(spacing.take(-100 * SECOND, rate)).isZero();
    spacing.answered();
    assertThat(spacing.take(-50 * SECOND, rate)).isZero();
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
      assertThat(spacing.take(i * SECOND / 8, 8)).isZero();
    }
  }

  @Example
  void whatIsBunchedUpIsSpreadAgain() {
    assertThat(leaving(started(10), 10, 0, 0, 0, 0, 0))
        .usingComparatorWithPrecision(1e-6)
        .containsExactly(0, 0, 0.05, 0.15, 0.25);
  }

  @Property
  void atMostThreeLeaveBeyondTheRateInAnyTimeHoweverLateTheyComeAndTheClockIsLookedAt(
      @ForAll @DoubleRange(min = 2, max = 1000) double rate,
      @ForAll @Size(min = 1, max = 60) List<@IntRange(max = 300) Integer> late,
      @ForAll Random random) {
    double[] coming = new double[late.size()];
    double latest = 0;
    for (int i = 0; i < coming.length; i++) {
      latest = Math.max(latest, i / rate + late.get(i) / 1000.0);
      coming[i] = latest;
    }
    // Now and then the whole JVM stands still, for so many rows' time.
    DoubleSupplier stall = () -> random.nextInt(5) == 0 ? random.nextDouble() * 20 / rate : 0;
    assertThat(tooMany(rate, leaving(started(rate), rate, stall, coming)))
        .isLessThanOrEqualTo(3 + 1e-3);
  }

  @Example
  void aStallOfTwoRowsIsMadeUpFor() {
    double[] together = new double[1000];
    double[] stalls = {0};
    // Every tenth look at the clock is two rows late.
    DoubleSupplier stall = () -> ++stalls[0] % 10 == 0 ? 0.002 : 0;
    double[] leaving = leaving(started(1000), 1000, stall, together);
    assertThat(leaving[999]).isCloseTo(0.997, within(0.004));
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

  /** A spacing whose first row had its turn at 0. */
  private static Spacing begun(double rate) {
    Spacing spacing = new Spacing();
    assertThat(spacing.take(0, rate)).isZero();
    return spacing;
  }

  @Example
  void theFirstRowIsAloneForHalfASecondOnceItHasLeft() {
    Spacing spacing = begun(50);
    assertThat(spacing.take(3 * SECOND, 50)).as("it has not left").isPositive();
    spacing.left(3 * SECOND);
    assertThat(leaving(spacing, 50, 3, 3, 3))
        .usingComparatorWithPrecision(0.006)
        .containsExactly(3.5, 3.52, 3.54);
  }

  @Example
  void theFirstRowsAnswerLetsTheOthersLeave() {
    Spacing spacing = begun(10);
    spacing.left(0);
    spacing.answered();
    assertThat(leaving(spacing, 10, 0.04, 0.04, 0.04))
        .usingComparatorWithPrecision(1e-6)
        .containsExactly(0.1, 0.2, 0.3);
  }

  @Example
  void aFirstRowThatFailsBeforeItLeavesLetsTheOthersLeave() {
    Spacing spacing = begun(10);
    spacing.answered();
    assertThat(leaving(spacing, 10, 0.04, 0.04))
        .usingComparatorWithPrecision(1e-6)
        .containsExactly(0.1, 0.2);
  }

  @Example
  void aFirstRowThatNeitherLeavesNorFailsIsNotWaitedForForEver() {
    Spacing spacing = new Spacing();
    assertThat(spacing.take(7 * SECOND, 10)).isZero();
    assertThat(leaving(spacing, 10, 7, 7))
        .usingComparatorWithPrecision(0.006)
        .containsExactly(12, 12.1);
  }

  private static CompletableFuture<Void> waiting(Spacing spacing, double rate) {
    return CompletableFuture.runAsync(() -> spacing.await(() -> rate), Together.threads());
  }

  @Example
  void whoWaitsBehindTheFirstInLineIsCounted() {
    Spacing spacing = new Spacing();
    spacing.await(() -> 1);
    CompletableFuture<?> both = CompletableFuture.allOf(waiting(spacing, 1), waiting(spacing, 1));
    Awaitility.await().until(() -> spacing.waiting() == 1);
    spacing.answered();
    assertThat(both).succeedsWithin(Duration.ofSeconds(30));
  }

  @Example
  void onlyTheFirstRowIsWaitedFor() {
    Spacing spacing = started(10);
    assertThat(spacing.take(0, 10)).isZero();
    spacing.left(0);
    assertThat(spacing.take(0, 10)).isZero();
  }

  @Example
  void atALowRateTheFirstRowDelaysNoOther() {
    for (double rate : new double[] {2, 0.1}) {
      Spacing spacing = begun(rate);
      spacing.left(0);
      assertThat(leaving(spacing, rate, 1 / rate, 2 / rate)).containsExactly(1 / rate, 2 / rate);
    }
  }

  @Example
  void aLineThatIsTooLongForALoweredRateLeavesAllTheSame() {
    Spacing spacing = new Spacing();
    spacing.await(() -> 0.001);
    assertThat(
            CompletableFuture.allOf(
                IntStream.range(0, 4)
                    .mapToObj(i -> waiting(spacing, 0.001))
                    .toArray(CompletableFuture[]::new)))
        .succeedsWithin(Duration.ofSeconds(30));
    assertThat(spacing.waiting()).isZero();
  }

  @Example
  void aRateThatIsRaisedHoldsForWhoWaitsNext() {
    Spacing spacing = started(1);
    assertThat(spacing.take(0, 1)).isZero();
    assertThat(spacing.take(SECOND / 10, 1)).isEqualTo(SECOND * 9 / 10);
    assertThat(spacing.take(SECOND / 10 + 1, 100)).isZero();
  }

  @Example
  void aWaitThatIsInterruptedEndsAndStaysInterrupted() {
    Spacing spacing = new Spacing();
    spacing.await(() -> 1);
    Thread.currentThread().interrupt();
    spacing.await(() -> 1);
    assertThat(Thread.interrupted()).isTrue();
  }
}
