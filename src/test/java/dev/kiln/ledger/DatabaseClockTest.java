package dev.kiln.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a database's clock says between two looks at it. */
final class DatabaseClockTest {
  private static final Instant START = Instant.parse("2026-11-25T10:00:00Z");

  private final DatabaseClock clock = new DatabaseClock();

  private static long millis(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** A look: when it was asked, when answered, and what the database said (all from the start). */
  private void look(long asked, long answered, long said) {
    clock.saw(
        TimeUnit.SECONDS.toMicros(START.getEpochSecond()) + said * 1_000,
        millis(asked),
        millis(answered));
  }

  private void says(long at, long wanted) {
    assertThat(clock.at(millis(at))).isEqualTo(START.plusMillis(wanted));
  }

  @Test
  void itGoesOnByTheMonotonicClock() {
    assertThat(clock.knows()).isFalse();
    look(0, 4, 3_600_000);
    assertThat(clock.knows()).isTrue();
    says(2, 3_600_000);
    says(10_002, 3_610_000);
  }

  @Test
  void aLookThatTookLongMovesItNoFurtherThanItMust() {
    look(0, 4, 2);
    look(1_000, 6_000, 6_000);
    says(7_000, 7_000);
    // Frozen for half a minute, before or after the database looked at its clock.
    look(10_000, 40_000, 10_001);
    says(41_000, 41_000);
    look(50_000, 80_000, 79_999);
    says(81_000, 81_000);
  }

  @Test
  void itFollowsAClockThatIsSet() {
    look(0, 4, 2);
    look(1_000, 1_010, 61_000);
    says(2_000, 61_990);
    look(3_000, 3_010, -3_600_000);
    says(3_010, -3_599_990);
  }
}
