package dev.kiln.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SlidingSecondTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void hasNothingBeforeTheFirstEvent() {
    assertThat(new SlidingSecond().most()).isZero();
  }

  @Test
  void leavesOutWhatIsExactlyASecondOld() {
    SlidingSecond window = new SlidingSecond();
    window.add(0);
    window.add(SECOND);
    assertThat(window.most()).isEqualTo(1);

    window.add(2 * SECOND - 1);
    assertThat(window.most()).isEqualTo(2);
  }

  @Test
  void seesAPeakThatStraddlesTwoFullSeconds() {
    SlidingSecond window = new SlidingSecond();
    for (int i = 0; i < 50; i++) {
      window.add(SECOND - 100 + i);
    }
    for (int i = 0; i < 50; i++) {
      window.add(SECOND + 100 + i);
    }
    window.add(10 * SECOND);

    assertThat(window.most()).isEqualTo(100);
  }

  @Test
  void agreesWithCountingByHand() {
    SplittableRandom random = new SplittableRandom(7);
    long[] times = random.longs(2000, 0, 30 * SECOND).sorted().toArray();
    SlidingSecond window = new SlidingSecond();
    long most = 0;
    for (long time : times) {
      window.add(time);
      most =
          Math.max(most, Arrays.stream(times).filter(t -> t > time - SECOND && t <= time).count());
    }

    assertThat((long) window.most()).isEqualTo(most);
  }
}
