package dev.kiln.clay;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.ledger.Due;
import dev.kiln.ledger.Priority;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BodyTest {
  private static final String RUN = "20261125-k3f9zq";

  private static Table table(Set<String> omitFields, Map<String, String> constants) {
    return table(omitFields, List.of(), Set.of(), constants);
  }

  private static Table table(Set<Stamp> stamps, List<String> trimFields) {
    return table(Set.of(), trimFields, stamps, Map.of());
  }

  private static Table table(
      Set<String> omitFields,
      List<String> trimFields,
      Set<Stamp> stamps,
      Map<String, String> constants) {
    return new Table(
        "tech",
        "main",
        0,
        BigDecimal.ONE,
        BigDecimal.ONE,
        1,
        false,
        omitFields,
        new LinkedHashSet<>(trimFields),
        stamps,
        constants,
        null,
        List.of());
  }

  private static Due lead(String source, String payload) {
    return new Due(1, RUN, 17, source, "tech", Priority.NORMAL, payload, false, 0, 0);
  }

  private static Map<String, @Nullable Object> body(Table table, String payload) {
    return Body.of(table, lead("events", payload), Map.of());
  }

  @Test
  void aRowCarriesItsStampsThenItsColumnsThenTheConstants() {
    Map<String, String> constants = new LinkedHashMap<>();
    constants.put("enrichment", "waterfall");
    constants.put("region", "EU");
    Map<String, @Nullable Object> expected = new LinkedHashMap<>();
    expected.put("lead_id", RUN + "-17");
    expected.put("run_id", RUN);
    expected.put("source", "events");
    expected.put("possible_duplicate", false);
    expected.put("email", "ann@example.com");
    expected.put("phone", null);
    expected.put("enrichment", "waterfall");
    expected.put("region", "EU");
    assertThat(body(table(Set.of(), constants), "{\"email\":\"ann@example.com\",\"phone\":null}"))
        .containsExactlyEntriesOf(expected);
  }

  @Test
  void anOmittedFieldIsLeftOutHoweverItIsSpelt() {
    Table table = table(Set.of("Phone Number", "annual_revenue"), Map.of());
    assertThat(
            body(
                table,
                """
                {"email":"a@b.example","phone_number":"1","Phone-Number":"2","PHONE.NUMBER":"3",
                 "annualRevenue":"4","phone":"5","revenue":"6"}
                """))
        .containsOnlyKeys(
            "lead_id", "run_id", "source", "possible_duplicate", "email", "phone", "revenue");
  }

  @Test
  void anOmittedFieldIsLeftOutInEveryColumnAndObject() {
    assertThat(
            body(
                table(Set.of("phone", "notes"), Map.of()),
                """
                {"email":"a@b.example","phone":"1","Phone_2":"2","Phone_in_file":"3","notes.x":"4",
                 "contact.phone":"5","a.notes.b":"6","phones":"7","notes_of":"8"}
                """))
        .containsOnlyKeys(
            "lead_id", "run_id", "source", "possible_duplicate", "email", "phones", "notes_of");
  }

  @Test
  void aConstantReplacesAColumnOfItsName() {
    assertThat(body(table(Set.of(), Map.of("region", "EU")), "{\"region\":\"US\"}"))
        .containsEntry("region", "EU");
  }

  @Test
  void stampsGoOnRequestAndReplaceAColumnOfTheirName() {
    Table table = table(Set.of(Stamp.BATCH, Stamp.WEBHOOK), List.of());
    Map<String, @Nullable Object> body =
        Body.of(
            table,
            lead("", "{\"webhook\":\"mine\",\"email\":\"a@b.example\"}"),
            Map.of(Stamp.BATCH, RUN + "-b1", Stamp.WEBHOOK, "tech-1"));
    assertThat(body).containsEntry("batch_id", RUN + "-b1").containsEntry("webhook", "tech-1");
    assertThat(body(table(Set.of(), Map.of()), "{\"webhook\":\"mine\"}"))
        .containsEntry("webhook", "mine")
        .doesNotContainKey("batch_id");
  }

  // ---- Size ----

  private static final ObjectMapper JSON = new ObjectMapper();

  private static int size(Map<String, @Nullable Object> body) throws JsonProcessingException {
    return JSON.writeValueAsBytes(body).length;
  }

  private static Map<String, @Nullable Object> row(Table table, Map<String, String> columns)
      throws JsonProcessingException {
    return Body.of(table, lead("", JSON.writeValueAsString(columns)), Map.of());
  }

  @Test
  void aRowThatFitsIsNotCut() throws JsonProcessingException {
    Table table = table(Set.of(), List.of("notes"));
    Map<String, @Nullable Object> body = row(table, Map.of("notes", "n".repeat(89_000)));
    assertThat(Body.fit(table, body)).isEmpty();
    assertThat(body).containsEntry("notes", "n".repeat(89_000));
  }

  @Test
  void aRowWithNothingToCutStaysAsItIs() throws JsonProcessingException {
    Table table = table(Set.of(), List.of());
    Map<String, @Nullable Object> body = row(table, Map.of("notes", "n".repeat(120_000)));
    assertThat(Body.fit(table, body)).isEmpty();
    assertThat(size(body)).isGreaterThan(120_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"n", "\"", "\u0001", "\u00e9", "\u6f22", "\ud83d\ude80"})
  void whatMayBeCutIsCutToTheSizeWhateverItIsMadeOf(String unit) throws JsonProcessingException {
    Table table = table(Set.of(), List.of("Notes"));
    Map<String, @Nullable Object> body =
        row(table, Map.of("notes", unit.repeat(60_000), "more", "m".repeat(60_000)));
    assertThat(Body.fit(table, body)).containsExactly("notes");
    assertThat(size(body)).isBetween(89_980, 90_000);
    assertThat(body).containsEntry("more", "m".repeat(60_000));
    assertThat(body.get("notes"))
        .asString()
        .endsWith("\u2026")
        .matches(
            text ->
                text.substring(0, text.length() - 1)
                    .equals(unit.repeat((text.length() - 1) / unit.length())));
  }

  @Test
  void fieldsAreCutInTheirOrderAndNoFurtherThanNeeded() throws JsonProcessingException {
    Table table = table(Set.of(), List.of("about", "notes", "never"));
    Map<String, String> columns = new LinkedHashMap<>();
    columns.put("notes", "n".repeat(80_000));
    columns.put("about", "a".repeat(30_000));
    columns.put("never", "x".repeat(20_000));
    Map<String, @Nullable Object> body = row(table, columns);
    assertThat(Body.fit(table, body)).containsExactly("about", "notes");
    assertThat(body).containsEntry("about", "").containsEntry("never", "x".repeat(20_000));
    assertThat(size(body)).isBetween(89_980, 90_000);
  }

  @Test
  void theKeySetIsTheSameWhateverIsEmpty() {
    Table table = table(Set.of("phone"), Map.of("enrichment", "waterfall"));
    String full = "{\"email\":\"a@b.example\",\"phone\":\"1\",\"title\":\"CTO\"}";
    String empty = "{\"email\":null,\"phone\":null,\"title\":null}";
    assertThat(List.copyOf(Body.of(table, lead("", empty), Map.of()).keySet()))
        .isEqualTo(List.copyOf(Body.of(table, lead("events", full), Map.of()).keySet()));
  }

  @Test
  void withoutASourceTheSourceIsNull() {
    assertThat(Body.of(table(Set.of(), Map.of()), lead("", "{}"), Map.of()))
        .containsEntry("source", null);
  }
}
