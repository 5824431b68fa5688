package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** A whole file framed, and parsed as the flow parses it. */
record Frames(
    List<String> header,
    Format format,
    List<List<String>> rows,
    List<Long> records,
    List<Long> lines,
    List<Broken> broken,
    long read,
    long skipped) {
  static final Hygiene HYGIENE =
      Hygiene.of(Industries.load(Path.of("config/industries.csv")))
          .withBlocked(List.of("ssn", "passport", "date of birth", "bank account", "health"));

  static Frames of(String text) {
    return of(text, StandardCharsets.UTF_8, Limits.defaults());
  }

  static Frames of(String text, Charset charset, Limits limits) {
    return of(text.getBytes(charset), limits);
  }

  static Frames of(byte[] bytes, Limits limits) {
    try {
      return open(bytes, limits, 0);
    } catch (UnreadableFile e) {
      throw new AssertionError(e);
    }
  }

  static Frames open(byte[] bytes, Limits limits, long skip) throws UnreadableFile {
    try {
      // Not where it would stay after a test that is killed.
      Path folder = Files.createDirectories(Path.of("target", "frames"));
      Path file = Files.createTempFile(folder, "leads", ".csv");
      try {
        Files.write(file, bytes);
        return open(file, limits, skip);
      } finally {
        Files.delete(file);
      }
    } catch (UnreadableFile e) {
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Frames open(Path file, Limits limits, long skip) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    List<Long> records = new ArrayList<>();
    List<Long> lines = new ArrayList<>();
    List<Broken> broken = new ArrayList<>();
    try (Framer framer = Framer.open(file, limits, HYGIENE)) {
      framer.skipTo(skip);
      long last = framer.read();
      while (framer.hasNext()) {
        RecordBatch batch = framer.next();
        List<List<String>> parsed = parse(batch.text());
        if (batch.first() != last + 1
            || batch.last() - last != batch.size()
            || batch.size() > limits.batchRows()
            || batch.readTotal() != batch.last()
            || batch.readTotal() != framer.read()
            || batch.skippedTotal() != framer.skipped()
            || parsed.size() != batch.records().size()
            || parsed.size() != batch.lines().size()) {
          throw new AssertionError("incoherent " + batch);
        }
        last = batch.last();
        rows.addAll(parsed);
        records.addAll(batch.records());
        lines.addAll(batch.lines());
        broken.addAll(batch.broken());
      }
      return new Frames(
          framer.header(),
          framer.format(),
          rows,
          records,
          lines,
          broken,
          framer.read(),
          framer.skipped());
    }
  }

  /**
   * Looks that this is what is left of all when the first records were skipped.
   *
   * @param all the same file from its start
   * @param skipped the last record that was skipped
   */
  void mustBeTheRestOf(Frames all, long skipped) {
    int kept = (int) all.records.stream().filter(record -> record > skipped).count();
    int from = all.rows.size() - kept;
    assertThat(rows).isEqualTo(all.rows.subList(from, all.rows.size()));
    assertThat(records).isEqualTo(all.records.subList(from, all.records.size()));
    assertThat(lines).isEqualTo(all.lines.subList(from, all.lines.size()));
    assertThat(broken)
        .isEqualTo(all.broken.stream().filter(each -> each.record() > skipped).toList());
    assertThat(read).isEqualTo(all.read);
    assertThat(this.skipped).isEqualTo(all.skipped);
  }

  /** A text without what no file can carry: lone surrogates, NUL, U+FFFE. */
  static String encodable(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)
        .replaceAll("[\0\uFFFE\uFFFD]", "");
  }

  static List<List<String>> parse(String text) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    try (CSVParser parser = CSVFormat.RFC4180.parse(new StringReader(text))) {
      for (CSVRecord row : parser) {
        rows.add(row.toList());
      }
    }
    return rows;
  }
}
