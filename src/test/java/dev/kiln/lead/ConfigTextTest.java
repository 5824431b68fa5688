package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigTextTest {
  @Test
  void anotherEncodingIsToldWithItsLine(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("industries.csv");
    String text = "industry,sector\r\nBanking,finance\r\nCafés,other\r\n";
    Files.write(file, text.getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> ConfigText.read(file))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessage(file + ":3: is not UTF-8 text; save it as UTF-8");
    Files.write(file, new byte[] {'\n', (byte) 0xc3});
    assertThatThrownBy(() -> ConfigText.read(file)).hasMessageStartingWith(file + ":2: ");
    Files.writeString(file, "\uFEFF" + text + "\uD83D\uDE00");
    assertThat(ConfigText.read(file)).isEqualTo("\uFEFF" + text + "\uD83D\uDE00");
  }
}
