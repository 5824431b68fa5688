package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.lead.Address;
import dev.kiln.ledger.Enriched;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the files of a data folder hold of a person who is to be forgotten. */
final class TracesTest {
  private static final String RUN = "20261125-abc123";
  private static final String EMAIL = "ada@example.com";
  private static final Instant AT = Instant.parse("2026-11-25T10:00:00Z");

  private final Path data;

  TracesTest(@TempDir Path data) {
    this.data = data;
  }

  private static Enriched row(long id, String body) {
    return new Enriched(id, RUN, id, "tech", body, AT);
  }

  private Traces traces() throws Exception {
    return new Traces(data, EMAIL, Set.of(RUN + "-1")).blank();
  }

  @Test
  @DisplayName("rows of results are blanked in place, and Kiln writes on behind them")
  void results() throws Exception {
    Path folder = Files.createDirectories(data.resolve("results"));
    ResultFiles files = new ResultFiles(folder, "data");
    String written =
        files.append(
            List.of(
                row(1, "{\"name\":\"Ada \\\"Countess\\\"\\nLovelace\",\"city\":\"London, UK\"}"),
                row(2, "{\"name\":\"Bob\",\"city\":\"Bath\"}"),
                row(3, "{\"name\":\"of ADA@example.com\",\"city\":\"Bern\"}"),
                row(4, "{\"name\":\"not.ada@example.com\",\"city\":\"Rome\"}")),
            "");
    Path csv = folder.resolve("tech/2026-11-25.csv");
    Path ndjson = folder.resolve("tech/2026-11-25.ndjson");
    long csvBytes = Files.size(csv);

    assertThat(traces().rows()).isEqualTo(4);

    assertThat(Files.size(csv)).isEqualTo(csvBytes);
    for (Path file : List.of(csv, ndjson)) {
      assertThat(Files.readString(file))
          .doesNotContain("Lovelace", "London", "Bern", "ADA@")
          .contains(RUN + "-1", "Bob", "Bath", RUN + "-3", "not.ada@example.com", "Rome");
    }
    List<String> lines = Files.readAllLines(ndjson);
    assertThat(lines).hasSize(4);
    assertThat(new ObjectMapper().readTree(lines.get(0)).path("result")).isEmpty();
    assertThat(Files.readAllLines(csv).get(1))
        .matches("\"" + RUN + "-1\",\"" + RUN + "\",\"tech\",\"2026-11-25T10:00:00Z\",, *");

    files.append(List.of(row(5, "{\"name\":\"Eve\",\"city\":\"Oslo\"}")), written);
    assertThat(Files.readAllLines(ndjson)).hasSize(5);
    assertThat(folder.resolve("tech/2026-11-25-2.ndjson")).doesNotExist();
    assertThat(traces().rows()).as("nothing is left to blank").isZero();
  }

  @Test
  @DisplayName("an address that is the name of a column is blanked in the header")
  void header() throws Exception {
    Path folder = Files.createDirectories(data.resolve("results"));
    ResultFiles files = new ResultFiles(folder, "data");
    String written =
        files.append(
            List.of(row(2, "{\"ok\":{\"Ada@example.com\":1,\"bada@example.com\":2},\"n\":3}")), "");
    Path csv = folder.resolve("tech/2026-11-25.csv");
    long bytes = Files.size(csv);
    traces();
    assertThat(Files.size(csv)).isEqualTo(bytes);
    assertThat(Files.readAllLines(csv).get(0))
        .endsWith("\"received_at\",\"ok.***************\",\"ok.bada@example.com\",\"n\"");
    files.append(List.of(row(3, "{\"n\":4}")), new Address(EMAIL).masked(written));
    assertThat(Files.readAllLines(csv)).hasSize(3);
  }

  @Test
  @DisplayName("results that a restore has put aside are blanked too")
  void putAside() throws Exception {
    Path folder = Files.createDirectories(data.resolve("results.before-1764064800000"));
    new ResultFiles(folder, "data").append(List.of(row(1, "{\"name\":\"Lovelace\"}")), "");
    assertThat(traces().rows()).isEqualTo(2);
    assertThat(Files.readString(folder.resolve("tech/2026-11-25.csv")))
        .doesNotContain("Lovelace")
        .contains(RUN + "-1");
  }

  @Test
  @DisplayName("files that wait to be read are looked through, however deep they lie")
  void waiting() throws Exception {
    Path inbox = Files.createDirectories(data.resolve("inbox/normal/events"));
    Path spool = Files.createDirectories(data.resolve("spool"));
    Path waits = Files.writeString(inbox.resolve("a.csv"), "email\n" + EMAIL + "\n");
    Files.writeString(inbox.resolve("b.csv"), "email\nbob@example.com\n");
    Path spooled = Files.writeString(spool.resolve(RUN), "[{\"email\":\"" + EMAIL + "\"}]");
    Path pdf = Files.writeString(inbox.resolve("c.pdf"), "%PDF-1.7");
    Traces traces = traces();
    assertThat(traces.waiting(List.of(data.resolve("inbox"), spool, data.resolve("is-not-there"))))
        .containsExactlyInAnyOrder(waits, spooled);
    assertThat(traces.unread(Set.of())).containsExactly(pdf);
    assertThat(traces.left(Set.of())).isEmpty();
  }

  @Test
  @DisplayName("rejected rows are blanked but for their line; what people sent is named")
  void rejects() throws Exception {
    Path folder = Files.createDirectories(data.resolve("rejects"));
    Path archive = Files.createDirectories(data.resolve("archive"));
    Path rejected =
        Files.writeString(
            folder.resolve(RUN + ".csv"),
            """
            \uFEFF"line","reason","email","name"
            "2","name: none","Ada@Example.com",""
            "3","name: none","bob@example.com",""
            """
                .replace("\n", "\r\n"));
    Path broken =
        Files.writeString(
            folder.resolve("20261125-zzzzzz.csv"), "\"line\"\r\n\"2\",\"" + EMAIL + "\r\n");
    Path refused = Files.writeString(folder.resolve(RUN + "-people.csv"), EMAIL);
    Path read = Files.writeString(archive.resolve(RUN + "-people.csv"), EMAIL);
    Files.writeString(archive.resolve("20261124-xyz789-others.csv"), "bob@example.com");

    Traces traces = traces();

    assertThat(traces.rows()).isEqualTo(1);
    assertThat(Files.readAllLines(rejected).get(1)).matches("\"2\",,, *");
    assertThat(Files.readString(rejected)).contains("bob@example.com", "\"3\"");
    assertThat(traces.left(Set.of(RUN))).containsExactlyInAnyOrder(broken, refused, read);
    assertThat(Files.readString(refused)).isEqualTo(EMAIL);
  }

  @Test
  @DisplayName("an address is found behind the escapes of JSON, and only as a whole")
  void escapes() throws Exception {
    Path folder = Files.createDirectories(data.resolve("results"));
    new ResultFiles(folder, "data")
        .append(
            List.of(
                row(2, "{\"note\":\"see\\nada@example.com\",\"city\":\"Bath\"}"),
                row(3, "{\"note\":\"see\\tada@example.com\",\"city\":\"Bern\"}"),
                row(4, "{\"note\":\"ada\\u0040example.com\",\"city\":\"Rome\"}"),
                row(5, "{\"deep\":{\"a\":[\"see\\nada@example.com\"]},\"city\":\"Oslo\"}"),
                row(6, "{\"note\":\"\\u0061nada@example.com\",\"city\":\"Nice\"}")),
            "");
    assertThat(traces().rows()).isEqualTo(8);
    for (String ending : List.of("csv", "ndjson")) {
      String before = Files.readString(folder.resolve("tech/2026-11-25." + ending));
      String behind = Files.readString(folder.resolve("tech/2026-11-25-2." + ending));
      assertThat(before + behind)
          .doesNotContain("Bath", "Bern", "Rome", "Oslo")
          .contains("Nice", RUN + "-2", RUN + "-5");
    }
  }

  @Test
  @DisplayName("files that people sent are looked through, whatever run they were")
  void sent() throws Exception {
    Path archive = Files.createDirectories(data.resolve("archive"));
    Path rejects = Files.createDirectories(data.resolve("rejects"));
    Path old = Files.writeString(archive.resolve("20260101-aaaaaa-old.csv"), "email\n" + EMAIL);
    Path refused = Files.writeString(rejects.resolve("20260101-bbbbbb-x.csv"), "x;" + EMAIL + ";");
    Files.writeString(archive.resolve("20260101-cccccc-others.csv"), "not." + EMAIL + "\n");
    Path pdf = Files.writeString(rejects.resolve("20260101-dddddd-x.pdf"), "%PDF-1.7");
    Files.writeString(rejects.resolve(RUN + "-y.pdf"), "%PDF-1.7");
    Files.createFile(rejects.resolve("20260101-eeeeee-none.csv"));
    Files.createDirectories(archive.resolve("folder"));

    Traces traces = traces();

    assertThat(traces.left(Set.of())).containsExactlyInAnyOrder(old, refused);
    assertThat(traces.unread(Set.of())).containsExactly(pdf, rejects.resolve(RUN + "-y.pdf"));
    assertThat(traces.left(Set.of(RUN))).contains(rejects.resolve(RUN + "-y.pdf"));
    assertThat(traces.unread(Set.of(RUN))).containsExactly(pdf);
  }

  @Test
  @DisplayName("what came over HTTP or from a source has the bare name of its run")
  void spooled() throws Exception {
    Path archive = Files.createDirectories(data.resolve("archive"));
    Path rejects = Files.createDirectories(data.resolve("rejects"));
    Path read = Files.writeString(archive.resolve(RUN), "email\nada at example.com\n");
    Path refused = Files.writeString(rejects.resolve(RUN), "%PDF-1.7");
    Files.writeString(archive.resolve(RUN + "x"), "email\nbob@example.com\n");

    Traces traces = traces();

    assertThat(traces.left(Set.of(RUN))).containsExactlyInAnyOrder(read, refused);
    assertThat(traces.unread(Set.of(RUN))).isEmpty();
  }
}
