package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files as they really come: each of {@code fixtures/forms} is read as the {@code .expected.json}
 * beside it says.
 */
final class FormsTest {
  private static final Path FORMS = Path.of("src/test/resources/fixtures/forms");
  private static final Path SPECTRUM = Path.of("src/test/resources/fixtures/csv-spectrum");
  private static final String EXPECTED = ".expected.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  static List<Path> forms() throws IOException {
    try (Stream<Path> files = Files.list(FORMS)) {
      return files.filter(file -> !file.toString().endsWith(EXPECTED)).sorted().toList();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4_000, 17})
  void aRowOfAWorkbookThatIsTooWideKeepsTheStartOfItsText(int most) throws IOException {
    Limits limits = new Limits(100, 4_000_000, 1_000_000, 2_000, 1_000, most);
    String text = "c@b.example | Cy | FALSE | Software |  | call back";
    assertThat(Frames.open(FORMS.resolve("formula-and-wide-row.xlsx"), limits, 0).broken())
        .extracting(Broken::original)
        .containsExactly(text.substring(0, Math.min(most, text.length())));
  }

  @ParameterizedTest
  @MethodSource("forms")
  void isReadAsExpected(Path form) throws IOException {
    JsonNode expected = JSON.readTree(form.resolveSibling(form.getFileName() + EXPECTED).toFile());
    if (expected.has("refused")) {
      assertThatThrownBy(() -> Frames.open(form, Limits.defaults(), 0))
          .as(expected.path("why").asText())
          .isInstanceOf(UnreadableFile.class)
          .hasMessage(expected.path("refused").asText());
      return;
    }
    Frames frames = Frames.open(form, Limits.defaults(), 0);
    ObjectNode found = JSON.createObjectNode();
    found.set("why", expected.path("why"));
    found.set("header", JSON.valueToTree(frames.header()));
    found.set("rows", JSON.valueToTree(frames.rows()));
    found.set("lines", JSON.valueToTree(frames.lines().stream().map(Long::intValue).toList()));
    found.put("format", frames.format().toString());
    found.set(
        "broken",
        JSON.valueToTree(
            frames.broken().stream()
                .map(
                    broken ->
                        JSON.createObjectNode()
                            .put("record", (int) broken.record())
                            .put("line", (int) broken.line())
                            .put("reason", broken.reason()))
                .toList()));
    found.put("skipped", (int) frames.skipped());
    assertThat(found.toPrettyString()).isEqualTo(inOrder(expected).toPrettyString());
  }

  private static ObjectNode inOrder(JsonNode expected) {
    ObjectNode ordered = JSON.createObjectNode();
    for (String key : List.of("why", "header", "rows", "lines", "format", "broken", "skipped")) {
      ordered.set(key, expected.path(key));
    }
    return ordered;
  }

  @ParameterizedTest
  @MethodSource("forms")
  @DisplayName("reading goes on behind any record, whatever the size of the batches")
  void goesOnBehindAnyRecord(Path form) throws IOException {
    Frames all;
    try {
      all = Frames.open(form, Limits.defaults(), 0);
    } catch (UnreadableFile refused) {
      return;
    }
    for (long stored = 0; stored <= all.read(); stored++) {
      Frames rest = Frames.open(form, Limits.defaults().withBatchRows(1 + (int) stored), stored);
      rest.mustBeTheRestOf(all, stored);
      assertThat(rest.format()).isEqualTo(all.format());
    }
  }

  static List<Path> spectrum() throws IOException {
    try (Stream<Path> files = Files.list(SPECTRUM.resolve("csvs"))) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("spectrum")
  @DisplayName("csv-spectrum: every case comes out as the JSON beside it")
  void spectrumOfCsv(Path csv) throws IOException {
    String name = csv.getFileName().toString().replace(".csv", ".json");
    // The number of location_coordinates is another in the JSON than in the CSV.
    JsonNode expected =
        JSON.readTree(
            Files.readString(SPECTRUM.resolve("json").resolve(name))
                .replace("1234567890", "2095257564"));
    List<List<String>> rows = new ArrayList<>();
    try (RecordScanner scanner =
        new RecordScanner(
            new TextSource(Files.newInputStream(csv), StandardCharsets.UTF_8),
            ',',
            Limits.defaults())) {
      StringBuilder text = new StringBuilder();
      while (scanner.next()) {
        scanner.appendTo(text, scanner.cells());
      }
      rows.addAll(Frames.parse(text.toString()));
    }
    List<JsonNode> found = new ArrayList<>();
    for (List<String> row : rows.subList(1, rows.size())) {
      ObjectNode object = JSON.createObjectNode();
      for (int i = 0; i < row.size(); i++) {
        object.put(rows.get(0).get(i), row.get(i));
      }
      found.add(object);
    }
    assertThat(found).isEqualTo(expected.isArray() ? list(expected) : List.of(expected));
  }

  private static List<JsonNode> list(JsonNode array) {
    List<JsonNode> all = new ArrayList<>();
    array.forEach(all::add);
    return all;
  }
}
