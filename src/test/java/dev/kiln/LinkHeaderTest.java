package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The link to the next page, in the forms that servers write. */
final class LinkHeaderTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "</2>; rel=\"next\" | /2",
        "</2>;rel=next | /2",
        "</2>; REL = Next ; title=x | /2",
        "</2>; rel=\"prev next\" | /2",
        "</2>; title=\"page 2, of 3\"; rel=\"next\" | /2",
        "</2>; title=\"a \\\"quoted\\\", <word>; rel=none\"; rel=\"next\" | /2",
        "</1>; rel=prev, </2?a=1,2;b>; rel=next | /2?a=1,2;b",
        "</1>; rel=\"prev\"; title=\"rel=next\", </3>; rel=last | ''",
        "</1>; rel=prev; rel=next | ''",
        "</2>; crossorigin; rel=next | /2",
        "</2>; rel=nextish | ''",
        "</2>; title=\"never ends; rel=next | ''",
        "</2; rel=next | ''",
        "rel=next | ''",
      })
  @DisplayName("quoted parameters, several links and relations")
  void forms(String header, String next) {
    assertThat(LinkHeader.next(List.of(header))).isEqualTo(next);
  }

  @Test
  @DisplayName("of several headers the first that has one counts")
  void severalHeaders() {
    assertThat(LinkHeader.next(List.of("</1>; rel=prev", "</3>; rel=next", "</4>; rel=next")))
        .isEqualTo("/3");
    assertThat(LinkHeader.next(List.of())).isEmpty();
  }

  @Test
  @Timeout(60)
  @DisplayName("a header of a million characters takes no longer than its length")
  void longHeaders() {
    for (String piece : List.of("<", "<>;", "<>; a=\"", "\\\"", "; rel=\"prev\"", " ", "<a>,")) {
      assertThat(LinkHeader.next(List.of("<x>; b=\"" + piece.repeat(1_000_000)))).isEmpty();
      assertThat(LinkHeader.next(List.of(piece.repeat(1_000_000)))).isEmpty();
    }
  }
}
