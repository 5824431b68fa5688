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
    this.files = new ResultFiles(folder, 3);
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
