package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a stop does where one of its steps fails. */
final class StopStepsTest {
  @Test
  @DisplayName("a step that fails, however it does, keeps no other from being done")
  void allAreDone() {
    List<String> done = new ArrayList<>();
    StopSteps.all(
        () -> done.add("first"),
        () -> {
          throw new IllegalStateException("Shutdown in progress");
        },
        () -> done.add("second"),
        () -> {
          throw new NoClassDefFoundError();
        },
        () -> {
          throw new IOException("no space");
        },
        StopSteps.closing(() -> done.add("third")),
        StopSteps.closing(null),
        () -> done.add("last"));
    assertThat(done).containsExactly("first", "second", "third", "last");
  }
}
