package dev.kiln.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.Priority;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of runs. */
final class StatusTextTest {
  @ParameterizedTest
  @CsvSource({"'', drop that file", "events, drop that file into low/events of the inbox"})
  void mendedRowsGoIntoTheFolderOfTheirSource(String source, String says) {
    RunAccount run =
        new RunAccount(
            "r",
            "leads.csv",
            source,
            Priority.LOW,
            "READ",
            false,
            "",
            "",
            1,
            0,
            Map.of(),
            Map.of(),
            0,
            "rejects/r.csv");
    assertThat(StatusText.runs(List.of(run)).stripTrailing()).endsWith(says);
    assertThat(StatusText.runs(List.of(run), gone -> "gone").stripTrailing()).endsWith("are gone");
  }
}
