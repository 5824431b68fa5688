package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names that intake leaves alone, and those under which it takes the same files. */
final class InboxNameTest {
  @ParameterizedTest
  @CsvSource({
    ".hid.csv, hid.csv",
    "..hid.csv, hid.csv",
    "x.csv.part, x.csv",
    "x.csv.TMP, x.csv",
    "x.csv.tmp.Part, x.csv",
    "x.csv.camelLock, x.csv",
    ".x.part, x",
    ".part, part",
    "..., leads",
    "' .part', leads"
  })
  void whatIsLeftAloneIsTakenUnderAnotherName(String name, String taken) {
    assertThat(InboxName.leftAlone(name)).isEqualTo(!name.equals(taken));
    assertThat(InboxName.of(name)).isEqualTo(taken);
    assertThat(InboxName.leftAlone(taken)).isFalse();
  }

  @Test
  void aBackslashIsTakenForNoFolder() {
    assertThat(InboxName.of("of\\windows.csv")).isEqualTo("of_windows.csv");
  }

  @ParameterizedTest
  @ValueSource(strings = {"leads.csv", "part", "a.part.csv", "my leads", "tmp.json.gz"})
  void otherNamesStayAsTheyAre(String name) {
    assertThat(InboxName.leftAlone(name)).isFalse();
    assertThat(InboxName.of(name)).isEqualTo(name);
  }
}
