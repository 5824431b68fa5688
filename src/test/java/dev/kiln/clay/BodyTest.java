package dev.kiln.clay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.Due;
import dev.kiln.ledger.Priority;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class BodyTest {
  private static final String RUN = "20261125-k3f9zq";

  private static Table table(Set<String> omitFields, Map<String, String> constants) {
    return new Table(
        "tech",
        "main",
        0,
        BigDecimal.ONE,
        BigDecimal.ONE,
        1,
        false,
        omitFields,
        Set.of(),
        Set.of(),
        constants,
        List.of());
  }

  private static Due lead(String source, String payload) {
    return new Due(1, RUN, 17, source, "tech", Priority.NORMAL, payload, false);
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
  void aConstantReplacesAColumnOfItsName() {
    assertThat(body(table(Set.of(), Map.of("region", "EU")), "{\"region\":\"US\"}"))
        .containsEntry("region", "EU");
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
