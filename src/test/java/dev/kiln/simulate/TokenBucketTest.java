package dev.kiln.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.simulate.SimulatorOptions.Limits;
import org.junit.jupiter.api.Test;

class TokenBucketTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long START = -5 * SECOND; // nanoTime may be negative

  @Test
  void letsABurstThroughAtOnceAndNoMore() {
    TokenBucket bucket = new TokenBucket(Limits.CLAY, START);

    assertThat(taken(bucket, START, 100)).isEqualTo(20);
  }

  @Test
  void givesATokenBackEveryTenthOfASecond() {
    TokenBucket bucket = new TokenBucket(Limits.CLAY, START);
    taken(bucket, START, 20);

    assertThat(bucket.take(START + SECOND / 10 - 1)).isFalse();
    assertThat(bucket.take(START + SECOND / 10)).isTrue();
    assertThat(bucket.take(START + SECOND / 10)).isFalse();
  }

  @Test
  void sustainsTheRateAfterTheBurst() {
    TokenBucket bucket = new TokenBucket(Limits.CLAY, START);
    int taken = 0;
    for (long now = 0; now <= 10 * SECOND; now += SECOND / 1000) {
      taken += bucket.take(START + now) ? 1 : 0;
    }

    assertThat(taken).isEqualTo(20 + 100);
  }

  @Test
  void neverHoldsMoreThanTheBurst() {
    TokenBucket bucket = new TokenBucket(Limits.CLAY, START);

    assertThat(taken(bucket, START + 3600 * SECOND, 100)).isEqualTo(20);
  }

  @Test
  void takesFractionalRates() {
    TokenBucket bucket = new TokenBucket(new Limits(0.5, 1), START);

    assertThat(taken(bucket, START, 2)).isEqualTo(1);
    assertThat(bucket.take(START + 2 * SECOND - 1)).isFalse();
    assertThat(bucket.take(START + 2 * SECOND)).isTrue();
  }

  @Test
  void letsEverythingThroughWithoutARate() {
    TokenBucket bucket = new TokenBucket(new Limits(0, 1), START);

    assertThat(taken(bucket, START, 1000)).isEqualTo(1000);
  }

  private static int taken(TokenBucket bucket, long now, int tries) {
    int taken = 0;
    for (int i = 0; i < tries; i++) {
      taken += bucket.take(now) ? 1 : 0;
    }
    return taken;
  }
}
