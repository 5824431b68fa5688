package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kiln.Proof;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.RunAccount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Two Kilns with ledgers of their own read one inbox, and one of them is killed while it reads. */
@Execution(ExecutionMode.CONCURRENT)
final class SharedInboxIT {
  private static final int FILES = Proof.of(40, 200);
  private static final int ROWS = 20;
  private static final int LARGE = 30_000;

  @Test
  void eachFileIsReadByOneOfThem(@TempDir Path folder) throws IOException {
    Path inbox = Files.createDirectories(folder.resolve("shared"));
    try (Rehearsal rehearsal = new Rehearsal(folder)) {
      rehearsal.configure(0.2);
      rehearsal.properties("kiln.intake.inbox = " + inbox, "kiln.intake.batch-rows = 10");
      KilnProcess one = rehearsal.run();
      rehearsal.write("large.csv", Rehearsal.leads("large", LARGE));
      Files.move(folder.resolve("large.csv"), inbox.resolve("normal/large.csv"));
      rehearsal.awaitLedger(
          "the large file half read",
          snapshot -> !snapshot.runs().isEmpty() && snapshot.runs().get(0).read() > 0);
      one.kill();
      rehearsal.properties("kiln.intake.inbox = " + inbox);

      KilnProcess other = rehearsal.runOn("other");
      drop(rehearsal, inbox, "first");
      awaitInbox(inbox, "large.csv");
      assertThat(runs(folder.resolve("data")))
          .singleElement()
          .satisfies(run -> assertThat(run.phase()).as("killed in mid-file").isEqualTo("READING"));
      assertThat(runs(folder.resolve("other"))).hasSize(FILES);

      one = rehearsal.run();
      drop(rehearsal, inbox, "second");
      awaitInbox(inbox);
      one.terminate();
      other.terminate();

      List<RunAccount> all =
          Stream.of("data", "other").flatMap(data -> runs(folder.resolve(data)).stream()).toList();
      assertThat(all)
          .allSatisfy(run -> assertThat(run.phase()).isEqualTo("READ"))
          .allSatisfy(
              run ->
                  assertThat(run.read()).isEqualTo(run.name().equals("large.csv") ? LARGE : ROWS));
      assertThat(all.stream().map(RunAccount::name).distinct()).hasSize(2 * FILES + 1);
      assertThat(all).as("each file by one of them").hasSize(2 * FILES + 1);
      assertThat(inbox.resolve("normal")).as("no claim is left").isEmptyDirectory();
    }
  }

  private static void drop(Rehearsal rehearsal, Path inbox, String name) {
    IntStream.range(0, FILES)
        .mapToObj(i -> name + i + ".csv")
        .forEach(
            file -> {
              try {
                Files.move(
                    rehearsal.write(file, Rehearsal.leads(file, ROWS)),
                    inbox.resolve("normal").resolve(file));
              } catch (IOException failure) {
                throw new UncheckedIOException(failure);
              }
            });
  }

  /** Waits until only these files are in the inbox. */
  private static void awaitInbox(Path inbox, String... left) {
    await("the inbox read")
        .atMost(KilnProcess.LONGEST.multipliedBy(Proof.of(1, 5)))
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(
            () -> {
              try (Stream<Path> files = Files.list(inbox.resolve("normal"))) {
                assertThat(files.map(file -> file.getFileName().toString()))
                    .filteredOn(name -> !name.startsWith("."))
                    .containsExactlyInAnyOrder(left);
              }
            });
  }

  private static List<RunAccount> runs(Path data) {
    try (LedgerView view = LedgerView.open(data)) {
      return view.snapshot().runs();
    }
  }
}
