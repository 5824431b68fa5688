package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of any shape, as they come back. */
final class EnrichedRowTest {
  private static EnrichedRow row(String body, String leadId) {
    return EnrichedRow.of(body.getBytes(StandardCharsets.UTF_8), JsonPointer.compile(leadId));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"lead_id\": \" r-x-1 \"} | /lead_id | r-x-1",
        "{\"lead_id\": 17} | /lead_id | 17",
        "{\"row\": {\"id\": \"r-x-1\"}} | /row/id | r-x-1",
        "[{\"lead_id\": \"r-x-1\"}] | /0/lead_id | r-x-1",
        "{\"lead_id\": null} | /lead_id | ``",
        "{\"lead_id\": {}} | /lead_id | ``",
        "{} | /lead_id | ``",
        "OK | /lead_id | ``",
      })
  void namesItsLead(String body, String path, String leadId) {
    assertThat(row(body, path).leadId()).isEqualTo(leadId);
  }

  @ParameterizedTest
  @ValueSource(strings = {",", "}", " {}", "\nOK", "é"})
  void whatStandsBehindItsFirstValueIsNotKept(String behind) {
    String first = "{\"lead_id\":\"r-x-1\",\"name\":\"Zoë " + "x".repeat(40_000) + "\"}";
    assertThat(row(first + behind, "/lead_id"))
        .isEqualTo(row(first, "/lead_id"))
        .extracting(EnrichedRow::body)
        .isEqualTo(first);
    assertThat(row(first + " \n", "/lead_id").body()).as("as it came").endsWith(" \n");
  }

  @Test
  void fieldsAreFlatAndAsTheyWereWritten() {
    assertThat(
            row(
                    "{\"a\":1.10,\"b\":\"1.10\",\"c\":null,\"d\":\"\",\"e\":true,\"f\":{\"g\":9007199254740993,\"h\":{\"i\":1}},\"j\":[1,\"x\"]}",
                    "/a")
                .fields())
        .containsEntry("a", "1.10")
        .containsEntry("b", "1.10")
        .containsEntry("c", null)
        .containsEntry("d", null)
        .containsEntry("e", "true")
        .containsEntry("f.g", "9007199254740993")
        .containsEntry("f.h", "{\"i\":1}")
        .containsEntry("j", "[1,\"x\"]")
        .hasSize(8);
  }

  @Test
  void whatIsNoObjectHasNoFields() {
    assertThat(row("[1]", "/x").fields()).isEmpty();
    assertThat(row("{\"a\":1", "/x").fields()).isEmpty();
    assertThat(row("", "/x").fields()).isEmpty();
  }

  @Test
  void theSameBodyHasTheSameHash() {
    assertThat(row("{}", "/x").hash())
        .isEqualTo(row("{}", "/x").hash())
        .isNotEqualTo(row("{ }", "/x").hash());
    assertThat(row("{\"secret\":1}", "/x").toString()).doesNotContain("secret");
  }
}
