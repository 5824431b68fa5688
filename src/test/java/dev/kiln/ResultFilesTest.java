package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.Enriched;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Results as files: every row once, whatever a crash has left behind. */
final class ResultFilesTest {
  private static final Instant NOON = Instant.parse("2026-11-25T12:00:00Z");

  private final Path folder;
  private final ResultFiles files;

  ResultFilesTest(@TempDir Path folder) {
    this.folder = folder;
    this.files = new ResultFiles(folder, "data", 3);
  }

  private static Enriched row(long id, String table, Instant at, String body) {
    return new Enriched(id, "20261125-abcdef", id, table, body, at);
  }

  private static Enriched row(long id) {
    return row(id, "tech", NOON, "{\"lead_id\":\"x\",\"n\":\"" + id + "\"}");
  }

  private String text(String name) throws IOException {
    return Files.readString(folder.resolve(name));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  @DisplayName(
      "a row is a line of both files, with its numbers as they were, inert in a spreadsheet")
  void rows() throws IOException {
    String body =
        """
        {
          "a": 1.10, "b": "=1+1", "c": {"d": "q\\"q"}}
        """;
    files.append(List.of(row(1, "tech", NOON, body), row(2, "bank", NOON, "{}")), "");
    assertThat(text("tech/2026-11-25.ndjson").lines())
        .containsExactly(
            "{\"lead_id\":\"20261125-abcdef-1\",\"run_id\":\"20261125-abcdef\",\"table\":\"tech\","
                + "\"received_at\":\"2026-11-25T12:00:00Z\","
                + "\"result\":{   \"a\": 1.10, \"b\": \"=1+1\", \"c\": {\"d\": \"q\\\"q\"}}}");
    assertThat(text("tech/2026-11-25.csv").lines())
        .containsExactly(
            "\uFEFF\"lead_id\",\"run_id\",\"table\",\"received_at\",\"a\",\"b\",\"c.d\"",
            "\"20261125-abcdef-1\",\"20261125-abcdef\",\"tech\",\"2026-11-25T12:00:00Z\",\"1.10\",\"'=1+1\",\"q\"\"q\"");
    assertThat(text("bank/2026-11-25.csv").lines()).hasSize(2);
  }

  @Test
  @DisplayName("a row's own fields of the names of Kiln's columns are columns beside them")
  void sameNames() throws IOException {
    String body =
        "{\"lead_id\":\"x\",\"table\":\"oak\",\"table_2\":\"elm\",\"run_id\":\"r\",\"received_at\":\"noon\"}";
    String written = files.append(List.of(row(1, "tech", NOON, body)), "");
    files.append(List.of(row(2, "tech", NOON, body)), written);
    assertThat(text("tech/2026-11-25.csv").lines())
        .hasSize(3)
        .startsWith(
            "\uFEFF\"lead_id\",\"run_id\",\"table\",\"received_at\",\"table_3\",\"table_2\",\"run_id_2\",\"received_at_2\"")
        .element(1)
        .asString()
        .endsWith("\"oak\",\"elm\",\"r\",\"noon\"");
  }

  @Test
  @DisplayName("what a crash has written behind the position is cut off and written anew")
  void crash() throws IOException {
    String written = files.append(List.of(row(1)), "");
    files.append(List.of(row(2)), written);
    Files.writeString(folder.resolve("tech/2026-11-25.csv"), "\"half", StandardOpenOption.APPEND);

    files.append(List.of(row(2)), written);
    assertThat(text("tech/2026-11-25.ndjson").lines())
        .extracting(line -> line.replaceAll(".*\"n\":\"(.)\".*", "$1"))
        .containsExactly("1", "2");
    assertThat(text("tech/2026-11-25.csv").lines()).hasSize(3);
  }

  private List<String> numbers(String name) throws IOException {
    return text(name).lines().map(line -> line.replaceAll(".*\"n\":\"(\\d+)\".*", "$1")).toList();
  }

  @Test
  @DisplayName("what a crash has left of a file that no position names yet is written anew too")
  void crashInANewFile() throws IOException {
    files.append(List.of(row(1), row(2)), "");
    String written = files.append(List.of(row(1), row(2), row(3)), "");
    files.append(List.of(row(4)), written);
    written = files.append(List.of(row(4), row(5)), written);
    files.append(List.of(row(6)), written);
    assertThat(names())
        .containsExactly(
            "tech/2026-11-25-2.csv",
            "tech/2026-11-25-2.ndjson",
            "tech/2026-11-25.csv",
            "tech/2026-11-25.ndjson");
    assertThat(numbers("tech/2026-11-25.ndjson")).containsExactly("1", "2", "3");
    assertThat(numbers("tech/2026-11-25-2.ndjson")).containsExactly("4", "5", "6");
    assertThat(text("tech/2026-11-25-2.csv").lines()).hasSize(4);
  }

  @Test
  @DisplayName("a file with other rows is never begun anew, whatever the position says")
  void otherRows() throws IOException {
    files.append(List.of(row(1), row(2)), "");
    String written = files.append(List.of(row(3)), "");
    assertThat(numbers("tech/2026-11-25.ndjson")).containsExactly("1", "2");
    assertThat(numbers("tech/2026-11-25-2.ndjson")).containsExactly("3");
    Files.writeString(folder.resolve("tech/2026-11-25-3.csv"), "by hand");
    files.append(List.of(row(4, "tech", NOON, "{\"n\":\"4\",\"new\":\"x\"}")), written);
    assertThat(text("tech/2026-11-25-3.csv")).isEqualTo("by hand");
    assertThat(numbers("tech/2026-11-25-4.ndjson")).hasSize(1);
  }

  @Test
  @DisplayName("a length that was written in another data folder cuts nothing off in this one")
  void otherFolders(@TempDir Path there) throws IOException {
    ResultFiles others = new ResultFiles(there, "other", 3);
    files.append(List.of(row(1), row(2)), "");
    // This one was killed before that was booked, so the other one wrote a part of the same name.
    String written = others.append(List.of(row(1)), "");

    written = files.append(List.of(row(2)), written);
    assertThat(numbers("tech/2026-11-25.ndjson")).containsExactly("1", "2");
    assertThat(numbers("tech/2026-11-25-2.ndjson")).containsExactly("2");
    written = others.append(List.of(row(3)), written);
    assertThat(Files.readString(there.resolve("tech/2026-11-25.ndjson")).lines()).hasSize(1);
    assertThat(Files.readString(there.resolve("tech/2026-11-25-3.ndjson")).lines()).hasSize(1);
    others.append(List.of(row(4)), written);
    assertThat(Files.readString(there.resolve("tech/2026-11-25-3.ndjson")).lines()).hasSize(2);
  }

  @Test
  @DisplayName("files of an older Kiln, whose position tells no folder, go on")
  void olderPosition() throws IOException {
    String written = files.append(List.of(row(1)), "");
    files.append(List.of(row(2)), written.replaceAll(",\"by\":\"data\"", ""));
    assertThat(numbers("tech/2026-11-25.ndjson")).containsExactly("1", "2");
  }

  @Test
  @DisplayName(
      "a new file begins with a day, with new columns, when one is full, and when one was taken away")
  void rotation() throws IOException {
    String written = files.append(List.of(row(1), row(2), row(3), row(4)), "");
    assertThat(names())
        .containsExactly(
            "tech/2026-11-25-2.csv",
            "tech/2026-11-25-2.ndjson",
            "tech/2026-11-25.csv",
            "tech/2026-11-25.ndjson");
    written = files.append(List.of(row(5, "tech", NOON, "{\"n\":\"5\",\"new\":\"x\"}")), written);
    assertThat(text("tech/2026-11-25-3.csv")).contains("\"received_at\",\"n\",\"new\"");
    written = files.append(List.of(row(6)), written);
    assertThat(text("tech/2026-11-25-3.csv").lines()).as("a column less is no new file").hasSize(3);
    written =
        files.append(List.of(row(7, "tech", NOON.plusSeconds(86_400), "{\"n\":\"7\"}")), written);
    assertThat(text("tech/2026-11-26.ndjson").lines()).hasSize(1);
    Files.delete(folder.resolve("tech/2026-11-26.ndjson"));
    files.append(List.of(row(8)), written);
    assertThat(text("tech/2026-11-26-2.ndjson").lines())
        .as("a clock that went back does not go back to files of before")
        .hasSize(1);
  }
}
