package dev.kiln.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How fast a workspace is told to be. */
final class SpeedTest {
  private static final Instant START = Instant.parse("2026-11-25T10:00:00Z");
  private static final Set<String> BUSY = Set.of("main");

  private final Speed speed = new Speed();

  private void note(int second, long accepted, Set<String> busy) {
    speed.note(START.plusSeconds(second), Map.of("main", new Answers(accepted, 0, 0, 0)), busy);
  }

  @Test
  void workOfTenSecondsTellsHowFastTheRestGoes() {
    note(0, 0, Set.of());
    note(2, 0, BUSY);
    note(9, 18, BUSY);
    assertThat(speed.sustained("main")).isEmpty();
    note(12, 24, BUSY);
    assertThat(speed.sustained("main")).hasValue(2);
    assertThat(speed.sustained("other")).isEmpty();
    note(13, 24, Set.of());
    assertThat(speed.sustained("main")).isEmpty();
  }
}
