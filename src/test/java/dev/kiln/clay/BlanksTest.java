package dev.kiln.clay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BlanksTest {
  @ParameterizedTest
  @CsvSource({
    "No ada@example.com here,ada@example.com,No *** here",
    "No ADA@Example.com,ada@example.com,No ***",
    "ada@example.com,ada@example.com,***",
    "adaada,ada,adaada",
    "for Jo,Jo,for Jo",
    "q=R%26D+Labs&a,R&D Labs,q=***&a",
    "q=R%26D%20Labs,R&D Labs,q=***",
    "<b>R&amp;D Labs</b>,R&D Labs,<b>***</b>",
    "at \\/v3\\/abc,/v3/abc,at ***",
    "O&#39;Brien,O'Brien,***",
    "bio: 0123456789abcdefgh...,0123456789abcdefghijkl,bio: ***...",
  })
  void isBlanked(String text, String untold, String blanked) {
    assertThat(Blanks.in(text, List.of(untold))).isEqualTo(blanked);
  }

  @Test
  void theLongestGoesFirst() {
    assertThat(Blanks.in("at firm.example", List.of("firm", "firm.example"))).isEqualTo("at ***");
  }

  @Test
  void nothingIsBlankedWhereNothingIs() {
    assertThat(Blanks.in("Record limit reached", List.of("ada@example.com")))
        .isEqualTo("Record limit reached");
  }
}
