package dev.kiln.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.ledger.LedgerView.Snapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code kiln status} says of folders that are not as Kiln needs them. */
final class NotReadyTest {
  @Test
  void aMissingFolderIsInTheTextAndInTheJson(@TempDir Path data) throws Exception {
    for (String folder : List.of("inbox/high", "inbox/normal", "inbox/low", "spool")) {
      Files.createDirectories(data.resolve(folder));
    }
    for (String folder : NotReady.FOLDERS) {
      Files.createDirectories(data.resolve(folder));
    }
    assertThat(NotReady.folders(data, data.resolve("inbox"), data.resolve("spool"))).isEmpty();
    Files.delete(data.resolve("inbox/high"));
    List<NotReady> reasons = NotReady.folders(data, data.resolve("inbox"), data.resolve("spool"));
    assertThat(StatusText.notReady(reasons))
        .startsWith("\nNot ready: " + data.resolve("inbox/high") + " is missing");
    JsonNode json =
        new ObjectMapper().readTree(StatusJson.of(Snapshot.EMPTY, reasons, Instant.EPOCH));
    assertThat(json.at("/not_ready/0/check").asText()).isEqualTo("folders");
    assertThat(json.at("/not_ready/0/reason").asText()).contains("make it again");
  }
}
