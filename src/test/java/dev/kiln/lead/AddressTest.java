package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where an address is found: as a whole, whatever is around it and however it is written. */
final class AddressTest {
  private static final Charset UTF_8 = StandardCharsets.UTF_8;
  private static final String EMAIL = "ada@x.example";

  private final Address address = new Address(" Ada@X.example ");
  private final Path folder;

  AddressTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ada@x.example",
        "ADA@x.example, ada2@x.example",
        "see ada@x.example.",
        "'ada@x.example",
        "{\"a\":\"see\\nada@x.example\"}",
        "[\"ada\\u0040x.example\"]",
        "{\"\\u0061DA@x.example\":1}",
        "{\"a\":\"{\\\"b\\\":\\\"see\\\\nada@x.example\\\"}\"}",
        "\"[\"\"see\\nada@x.example\"\"]\"",
        "C:\\ada@x.example",
        "'ada@x.example'",
        "name='ada@x.example'",
        "('Ada','ada@x.example')",
        "<ada@x.example>",
        "{ada@x.example}",
        "mailto:ada@x.example",
        "email=ada@x.example&a=b",
        "https://x.example/u?email=ada@x.example",
        "https://x.example/unsubscribe/ada@x.example",
        "https:\\/\\/x.example\\/ada@x.example",
        "1|Ada|ada@x.example|",
        "bob@x.example/ada@x.example",
        "bob@x.example'ada@x.example",
        "nada@x.example ada@x.example",
        "\u90AE\u7BB1ada@x.example\u3002",
        "ada@x.example\uC73C\uB85C",
        "\u2709\uFE0Fada@x.example",
        "\u30E1\u30F3\u30D0\u30FCada@x.example"
      })
  void holds(String text) {
    assertThat(address.isIn(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nada@x.example",
        "not.ada@x.example",
        "ada@x.example.au",
        "ada@x.examples",
        "adaXx.example",
        "{\"a\":\"\\u006eada@x.example\"}",
        "o'ada@x.example",
        "'o'ada@x.example'",
        "mailto:o'ada@x.example",
        "bob@x.example/o'ada@x.example",
        "{\"a\":\"o\\u0027ada@x.example\"}",
        "sales/ada@x.example",
        "sales\\/ada@x.example",
        "R&ada@x.example",
        "o!ada@x.example",
        "o#ada@x.example",
        "o$ada@x.example",
        "o*ada@x.example",
        "o?ada@x.example",
        "o^ada@x.example",
        "o`ada@x.example",
        "o{ada@x.example",
        "o}ada@x.example",
        "o~ada@x.example",
        "\u00FCada@x.example",
        "u\u0308ada@x.example",
        "{\"a\":\"\\u00fcada@x.example\"}",
        "\u0438ada@x.example",
        "ada@x.example\u00FC",
        "ada@x.example.\u00FC",
        "\\",
        "\\u00",
        "\\uuuuu@"
      })
  void holdsNot(String text) {
    assertThat(address.isIn(text)).isFalse();
  }

  @Test
  void anEscapeIsNoLetter() {
    String json = "{\"a\":\"see\\nada@x.example\"}";
    assertThat(new Address("nada@x.example").isIn(json)).isFalse();
  }

  @Test
  void escapesWithinEscapesCostLittle() {
    assertThat(address.isIn("{" + "\\" + "u005c".repeat(200_000) + "@")).isFalse();
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private Path file(String name, String text, Charset charset) throws IOException {
    return file(name, text.getBytes(charset));
  }

  @Test
  void filesOfEveryForm() throws Exception {
    String text = "email;name\nbob@x.example;B\u00F6b\n" + EMAIL + ";Ada\n";
    for (Charset charset :
        new Charset[] {UTF_8, StandardCharsets.UTF_16LE, Charset.forName("windows-1252")}) {
      assertThat(address.isInFile(file("a.csv", text, charset))).as(charset.name()).contains(true);
      assertThat(new Address("eve@x.example").isInFile(folder.resolve("a.csv"))).contains(false);
    }
    assertThat(address.isInFile(file("a.json", "[{\"a\":\"\\nada\\u0040x.example\"}]", UTF_8)))
        .contains(true);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(text.getBytes(UTF_8));
    }
    assertThat(address.isInFile(file("a.csv.gz", packed.toByteArray()))).contains(true);
    byte[] torn = Arrays.copyOf(packed.toByteArray(), 12);
    assertThat(address.isInFile(file("b.csv.gz", torn))).isEmpty();
    assertThat(address.isInFile(file("a.pdf", "%PDF-1.7", UTF_8))).isEmpty();
    assertThat(
            address.isInFile(file("a.bin", new byte[] {1, 0, 0, 2, 3, 1, 0, 0, 4, 5, 6, 7, 2, 2})))
        .isEmpty();
    assertThat(address.isInFile(file("none.csv", new byte[0]))).contains(false);
  }

  @Test
  void everySheetOfAWorkbook() throws Exception {
    assertThat(address.isInFile(workbook("a.xlsx", "see " + EMAIL))).contains(true);
    assertThat(address.isInFile(workbook("b.xlsx", "not." + EMAIL))).contains(false);
    assertThat(address.isInFile(file("c.xlsx", "PK\3\4 broken", UTF_8))).isEmpty();
  }

  private Path workbook(String name, String cell) throws IOException {
    String main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    String relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    String packages = "http://schemas.openxmlformats.org/package/2006/relationships";
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, String> part :
          Map.of(
                  "[Content_Types].xml",
                  "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>",
                  "_rels/.rels",
                  "<Relationships xmlns='%s'><Relationship Id='r' Type='%s/officeDocument' Target='xl/workbook.xml'/></Relationships>"
                      .formatted(packages, relations),
                  "xl/_rels/workbook.xml.rels",
                  "<Relationships xmlns='%1$s'><Relationship Id='s1' Type='%2$s/worksheet' Target='worksheets/sheet1.xml'/><Relationship Id='s2' Type='%2$s/worksheet' Target='worksheets/sheet2.xml'/></Relationships>"
                      .formatted(packages, relations),
                  "xl/workbook.xml",
                  "<workbook xmlns='%s' xmlns:r='%s'><sheets><sheet name='a' sheetId='1' r:id='s1'/><sheet name='b' sheetId='2' r:id='s2'/></sheets></workbook>"
                      .formatted(main, relations),
                  "xl/worksheets/sheet1.xml",
                  sheet(main, "first"),
                  "xl/worksheets/sheet2.xml",
                  sheet(main, cell))
              .entrySet()) {
        zip.putNextEntry(new ZipEntry(part.getKey()));
        zip.write(part.getValue().getBytes(UTF_8));
        zip.closeEntry();
      }
    }
    return file(name, bytes.toByteArray());
  }

  private static String sheet(String main, String cell) {
    return "<worksheet xmlns='%s'><sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>%s</t></is></c></row></sheetData></worksheet>"
        .formatted(main, cell);
  }

  @Test
  void acrossTheEdgesOfWhatIsReadAtOnce() throws Exception {
    Path file = folder.resolve("long.csv");
    for (int shift = 0; shift < 40; shift++) {
      for (String filling : new String[] {"x".repeat(65_500), "line\n".repeat(13_100)}) {
        String before = filling + " ".repeat(1 + shift);
        Files.writeString(file, before + EMAIL + " " + "x".repeat(70_000));
        assertThat(address.isInFile(file)).as("shift %s", shift).contains(true);
        Files.writeString(file, before + "\nnada@x.example\n" + "x".repeat(70_000));
        assertThat(address.isInFile(file)).as("shift %s", shift).contains(false);
      }
    }
  }

  @Test
  void namesOfFieldsAreMaskedWhereItStandsAlsoBehindADot() {
    Address address = new Address("zoë@x.example");
    assertThat(address.masked("\"zoë@x.example\",\"ok.ZOË@x.example\""))
        .isEqualTo("\"**************\",\"ok.**************\"");
    for (String other : List.of("azoë@x.example", "zoë@x.example.au", "no zoe@x.example")) {
      assertThat(address.masked(other)).isEqualTo(other);
    }
    assertThat(Address.mayBeIn("ok.zoë@x.example")).isTrue();
    assertThat(Address.mayBeIn("price @ 5")).isFalse();
  }
}
