package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Text from outside, as people see it. */
final class ShownTest {
  @Test
  @DisplayName("what steers a terminal, ends a line or turns the text around is a question mark")
  void unseen() {
    assertThat(Shown.of("a\u001b[31mb\u0007\r\nc\u009bd\u202ee\u2069f\u2028g\th"))
        .isEqualTo("a?[31mb???c?d?e?f?g?h");
    assertThat(Shown.of("M\u00fcller & S\u00f6hne, \ud83d\ude00 \u5c71\u7530"))
        .isEqualTo("M\u00fcller & S\u00f6hne, \ud83d\ude00 \u5c71\u7530");
  }

  @Test
  @DisplayName("it is 300 characters long at most, and no pair of characters is cut")
  void bounded() {
    assertThat(Shown.of("x".repeat(300))).isEqualTo("x".repeat(300));
    assertThat(Shown.of("x".repeat(500_000))).isEqualTo("x".repeat(299) + "\u2026");
    assertThat(Shown.of("x".repeat(298) + "\ud83d\ude00" + "y".repeat(9)))
        .isEqualTo("x".repeat(298) + "\u2026");
  }

  @Test
  @DisplayName("what Kiln says is not cut, but harmless all the same, and has an end")
  void said() {
    assertThat(Shown.said("x".repeat(3_999) + "\u001b")).isEqualTo("x".repeat(3_999) + "?");
    assertThat(Shown.said("x".repeat(500_000))).isEqualTo("x".repeat(3_999) + "\u2026");
  }

  @Test
  @DisplayName("an e-mail address, or anything at all, is no lead_id")
  void leadIds() {
    assertThat(EnrichedRow.mayBeLeadId("20261125-k3f9zq-7")).isTrue();
    for (String other : new String[] {"", "ada@firm.example", "a\u001b", "x".repeat(101)}) {
      assertThat(EnrichedRow.mayBeLeadId(other)).isFalse();
    }
  }
}
