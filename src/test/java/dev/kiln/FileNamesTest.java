package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class FileNamesTest {
  @Test
  @DisplayName("a name that fits stays whole")
  void fits() {
    assertThat(FileNames.fitting("run-", "leads.csv", "")).isEqualTo("run-leads.csv");
    assertThat(FileNames.fitting("", "leads.csv.gz", "-2")).isEqualTo("leads.csv-2.gz");
    assertThat(FileNames.fitting("", "leads", "-2")).isEqualTo("leads-2");
    assertThat(FileNames.fitting("", ".leads", "-2")).isEqualTo(".leads-2");
    assertThat(FileNames.fitting("1-", "x".repeat(253), "")).isEqualTo("1-" + "x".repeat(253));
  }

  @Test
  @DisplayName("one that does not is cut by whole characters before its ending, to 255 bytes")
  void tooLong() {
    String chinese = FileNames.fitting("20261125-abcdef-", "\u5ba2".repeat(80) + ".csv", "");
    assertThat(chinese).isEqualTo("20261125-abcdef-" + "\u5ba2".repeat(78) + ".csv");
    assertThat(FileNames.fitting("", "\ud83d\ude42".repeat(63) + ".c", "-2"))
        .isEqualTo("\ud83d\ude42".repeat(62) + "-2.c");
    assertThat(FileNames.fitting("1-", "x".repeat(100) + "." + "\u5ba2".repeat(51), ""))
        .satisfies(
            name -> assertThat(name.getBytes(StandardCharsets.UTF_8)).hasSizeBetween(253, 255))
        .startsWith("1-" + "x".repeat(100) + ".\u5ba2");
  }
}
