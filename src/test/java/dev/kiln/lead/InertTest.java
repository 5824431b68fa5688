package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class InertTest {
  @Provide
  Arbitrary<String> cells() {
    return Arbitraries.strings()
        .withChars("'=+-@ab 1\t\r\n;,|\"\u00A0\uFF1D\uFF20")
        .ofMaxLength(12);
  }

  @Property
  void noCellBeginsAFormulaWhateverSeparatesCells(@ForAll("cells") String cell) {
    for (String part : Inert.of(cell).split("[;,|\t\r\n]", -1)) {
      assertThat(part.replaceAll("^[ \u00A0]+", "")).doesNotMatch("(?s)[=+\\-@\uFF1D\uFF20].*");
    }
    assertThat(Inert.of(cell)).doesNotMatch("(?s)[\t\r\n].*");
  }

  @Property
  void itCanBeUndone(@ForAll("cells") String cell) {
    assertThat(Inert.undo(Inert.of(cell))).isEqualTo(cell);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Ann", "O'Neil", "'tis", "a-b", "a@b.example", "5' 3\"", "1 + 1"})
  void plainTextStaysAsItIs(String cell) {
    assertThat(Inert.of(cell)).isEqualTo(cell);
    assertThat(Inert.undo(cell)).isEqualTo(cell);
  }

  @ParameterizedTest
  @ValueSource(strings = {"=1+1", "+49 170", "-5", "@here", "\tx", "=cmd|' /C calc'!A0"})
  void aFormulaGetsAnApostrophe(String cell) {
    assertThat(Inert.of(cell)).startsWith("'" + cell.charAt(0));
    assertThat(Inert.undo(cell)).as("what a person wrote anew").isEqualTo(cell);
  }
}
