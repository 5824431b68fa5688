package dev.kiln.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.ledger.LedgerView.Snapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
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

  @Test
  @DisplayName("the folders of sources are looked at as far as intake looks into them")
  void sources(@TempDir Path data) throws Exception {
    Path inbox = data.resolve("inbox");
    for (String folder :
        List.of("high", "low", "normal/crm/deeper", "normal/.hidden", "../spool")) {
      Files.createDirectories(inbox.resolve(folder));
    }
    for (String folder : NotReady.FOLDERS) {
      Files.createDirectories(data.resolve(folder));
    }
    Files.writeString(inbox.resolve("normal/leads.csv"), "email\n");
    List<Path> asked = new ArrayList<>();
    assertThat(
            NotReady.folders(
                data,
                inbox,
                data.resolve("spool"),
                folder -> {
                  asked.add(folder);
                  return !folder.endsWith("crm");
                }))
        .containsExactly(
            new NotReady(
                "folders",
                inbox.resolve("normal/crm")
                    + " may not be read and written by Kiln's user: give it those rights"));
    assertThat(asked)
        .contains(inbox.resolve("normal"), inbox.resolve("normal/crm"))
        .doesNotContain(inbox.resolve("normal/crm/deeper"), inbox.resolve("normal/.hidden"));
  }
}
