package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small files that unpack to large ones stay within the limits. */
final class BombTest {
  private static final int CHUNKS = 200;
  private static final byte[] CHUNK = "a".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
  private static final String TYPES =
      "<Types><Override PartName=\"/xl/workbook.xml\""
          + " ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>"
          + "</Types>";

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @Test
  void oneRowWithinGzip() throws IOException {
    Path file = folder.resolve("bomb.csv.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write("Email\na@example.com\n".getBytes(StandardCharsets.UTF_8));
      fill(out);
      out.write("\nb@example.com\n".getBytes(StandardCharsets.UTF_8));
    }
    Frames frames = Frames.open(file, Limits.defaults(), 0);
    assertThat(frames.rows()).hasSize(2);
    assertThat(frames.broken())
        .singleElement()
        .extracting(Broken::reason)
        .isEqualTo("the row is longer than 1000000 characters");
  }

  @Test
  void oneCellOfAWorkbook() throws IOException {
    assertTooLarge("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row><c t=\"inlineStr\"><t>");
  }

  @Test
  void partsThatAreKeptInMemory() throws IOException {
    assertTooLarge("xl/styles.xml", "<styleSheet>" + "<a>".repeat(10));
    assertTooLarge("xl/workbook.xml", "<!DOCTYPE w [<!ENTITY e \"x\">]><workbook>");
  }

  @Test
  void sharedTexts() throws IOException {
    Path file = folder.resolve("texts.xlsx");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      entry(zip, "[Content_Types].xml", TYPES);
      entry(zip, "xl/workbook.xml", "<workbook/>");
      entry(zip, "xl/sharedStrings.xml", "<sst>");
      byte[] texts = "<si><t>x</t></si>".repeat(10_000).getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < 200; i++) {
        zip.write(texts);
      }
    }
    assertTooLarge(file);
  }

  private void assertTooLarge(String name, String start) throws IOException {
    Path file = folder.resolve("bomb.xlsx");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      entry(zip, "[Content_Types].xml", TYPES);
      if (!name.equals("xl/workbook.xml")) {
        entry(zip, "xl/workbook.xml", "<workbook/>");
      }
      entry(zip, name, start);
      fill(zip);
    }
    assertTooLarge(file);
  }

  private static void assertTooLarge(Path file) {
    assertThatThrownBy(() -> Frames.open(file, Limits.defaults(), 0))
        .isInstanceOf(UnreadableFile.class)
        .hasMessageContaining("with more text or wider rows than Kiln takes");
  }

  private static void entry(ZipOutputStream zip, String name, String start) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(start.getBytes(StandardCharsets.UTF_8));
  }

  private static void fill(OutputStream out) throws IOException {
    for (int i = 0; i < CHUNKS; i++) {
      out.write(CHUNK);
    }
  }
}
