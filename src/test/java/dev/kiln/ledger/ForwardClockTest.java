package dev.kiln.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What a computer's clock says that is set meanwhile. */
final class ForwardClockTest {
  private static final Instant START = Instant.parse("2026-11-25T10:00:00Z");

  private final SettableClock set = new SettableClock(START);
  private final AtomicLong monotonic = new AtomicLong(-7);
  private final ForwardClock clock = new ForwardClock(set, monotonic::get);

  private void passes(Duration time) {
    set.advance(time);
    monotonic.addAndGet(time.toNanos());
  }

  private void says(Instant wanted) {
    assertThat(clock.instant()).isEqualTo(wanted);
  }

  @Test
  void itGoesAsTheComputersDoes() {
    says(START);
    passes(Duration.ofMillis(1_234));
    says(START.plusMillis(1_234));
  }

  @Test
  void itGoesOnThoughTheComputersIsSetBack() {
    says(START);
    set.advance(Duration.ofHours(-3));
    says(START);
    passes(Duration.ofMinutes(1));
    says(START.plusSeconds(60));
    set.advance(Duration.ofHours(3));
    says(START.plusSeconds(60));
  }

  @Test
  void itFollowsOneThatIsSetForward() {
    says(START);
    set.advance(Duration.ofHours(3));
    says(START.plus(Duration.ofHours(3)));
    passes(Duration.ofSeconds(1));
    says(START.plus(Duration.ofHours(3)).plusSeconds(1));
  }
}
