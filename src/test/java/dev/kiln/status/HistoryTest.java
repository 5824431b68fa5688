package dev.kiln.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What was answered within the last hour. */
final class HistoryTest {
  private static final Instant START = Instant.parse("2026-11-25T10:00:00Z");

  private final History history = new History();

  private void note(int second, Map<String, Long> accepted) {
    Map<String, Answers> answers =
        accepted.entrySet().stream()
            .collect(
                Collectors.toMap(Map.Entry::getKey, one -> new Answers(one.getValue(), 0, 0, 0)));
    history.note(START.plusSeconds(second), 8, answers);
  }

  @Test
  void aWorkspaceThatComesOrGoesTakesNothingAway() {
    note(0, Map.of("main", 100L));
    note(10, Map.of("main", 110L, "second", 5L));
    note(20, Map.of("second", 7L));
    note(30, Map.of("second", 8L, "main", 3L));
    ObjectNode json = history.json();
    assertThat(json.path("accepted").toString()).isEqualTo("[15,2,4]");
    assertThat(json.path("seconds")).hasSize(3);
  }
}
