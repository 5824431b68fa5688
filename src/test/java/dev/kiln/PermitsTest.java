package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Permits that come back late, and what stands in for them. */
final class PermitsTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final long HOUR = 3_600_000;

  private final Permits permits = new Permits();

  @Test
  void onePermitThatComesBackInTimeHasNoStandIn() {
    permits.taken(NOW + 125, 1);
    assertThat(permits.replace(125, NOW)).isFalse();
    assertThat(permits.standIns(NOW)).isZero();
  }

  @Test
  void onePermitOfALowerRateHasAStandInUntilItIsBack() {
    permits.taken(NOW + 10_000, 1);
    assertThat(permits.replace(125, NOW)).isTrue();
    assertThat(permits.replace(125, NOW)).as("once").isFalse();
    assertThat(permits.standIns(NOW + 9_999)).isEqualTo(1);
    assertThat(permits.standIns(NOW + 10_000)).isZero();
  }

  @Test
  void everyPermitHasAStandInWhileTheClockIsSetBack() {
    permits.taken(NOW + 5, 3);
    permits.taken(NOW + 6, 3);
    permits.taken(NOW + 7, 3);
    permits.taken(NOW + 8, 3);
    assertThat(permits.replace(3, NOW - HOUR)).isTrue();
    assertThat(permits.standIns(NOW - HOUR)).isEqualTo(3);
    permits.taken(NOW - HOUR + 3, 3);
    assertThat(permits.replace(3, NOW - HOUR)).isFalse();
    assertThat(permits.standIns(NOW + 8)).as("set forward again").isZero();
  }
}
