package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kiln.Proof;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.RunAccount;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Files far larger than the heap: 20 MB each within 64 MB, in the long form 1 GB within 256 MB. */
@Execution(ExecutionMode.CONCURRENT)
final class LargeFileIT {
  private static final long BYTES = Proof.of(20, 1000) * 1_000_000L;
  private static final String HEAP = Proof.LONG ? "256m" : "64m";

  /** A note of a size that leads have: a gigabyte is a million rows then. */
  private static final String NOTE = "Met at the fair, wants a call. ".repeat(30);

  @Test
  @DisplayName("the heap does not grow with the file, be it CSV, JSON or within gzip")
  void theHeapIsFlat(@TempDir Path folder) throws IOException {
    try (Rehearsal rehearsal = new Rehearsal(folder)) {
      rehearsal.configure(0.2);
      rehearsal.properties();
      LongFunction<String> csv = i -> "csv" + i + "@example.com,Ada,\"" + NOTE + i + "\"\n";
      LongFunction<String> json =
          i ->
              "{\"email\":\"json%d@example.com\",\"company\":{\"name\":\"Acme\"},\"note\":\"%s\"}%n"
                  .formatted(i, NOTE);
      LongFunction<String> zipped = i -> "gzip" + i + "@example.com,Ada,\"" + NOTE + "\"\n";
      String header = "email,first name,note\n";
      List<Long> rows =
          List.of(
              drop(rehearsal, "leads.csv", header, csv),
              drop(rehearsal, "leads.ndjson", "", json),
              drop(rehearsal, "leads.csv.gz", header, zipped));

      KilnProcess kiln = rehearsal.runWithin(HEAP);
      try (LedgerView view = LedgerView.open(rehearsal.data())) {
        await("all files read")
            .atMost(Duration.ofMinutes(Proof.of(2, 60)))
            .pollInterval(Duration.ofMillis(200))
            .until(
                () -> {
                  assertThat(kiln.isAlive()).as("it said %s", kiln.err()).isTrue();
                  List<RunAccount> runs = view.snapshot().runs();
                  return runs.size() == 3
                      && runs.stream().noneMatch(run -> run.phase().equals("READING"));
                });
        assertThat(view.snapshot().runs())
            .allSatisfy(run -> assertThat(run.phase()).as(run.problem()).isEqualTo("READ"));
        assertThat(
                view.snapshot().runs().stream()
                    .collect(Collectors.toMap(RunAccount::name, RunAccount::read)))
            .containsEntry("leads.csv", rows.get(0))
            .containsEntry("leads.ndjson", rows.get(1))
            .containsEntry("leads.csv.gz", rows.get(2));
      }
      kiln.terminate();
    }
  }

  /** Drops a file of a size; returns its rows. */
  private static long drop(
      Rehearsal rehearsal, String name, String header, LongFunction<String> row)
      throws IOException {
    Path file = rehearsal.folder().resolve("ready-" + name);
    long rows = 0;
    try (var out = Files.newOutputStream(file);
        Writer writer =
            new BufferedWriter(
                new OutputStreamWriter(
                    name.endsWith(".gz") ? new GZIPOutputStream(out) : out,
                    StandardCharsets.UTF_8))) {
      writer.write(header);
      for (long written = header.length(); written < BYTES; rows++) {
        String text = row.apply(rows);
        writer.write(text);
        written += text.length();
      }
    }
    rehearsal.drop(name, file);
    return rows;
  }
}
