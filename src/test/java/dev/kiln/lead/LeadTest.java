package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class LeadTest {
  @Test
  void jsonKeepsOrderAndNulls() {
    Map<String, @Nullable String> fields = new LinkedHashMap<>();
    fields.put("email", "a@example.com");
    fields.put("phone", "007");
    fields.put("company", null);
    fields.put("# \"x\"", "é\n🚀\"");
    Lead lead = new Lead(1, 2, fields, "tech", "work", "key");
    fields.clear();
    assertThat(lead.json())
        .isEqualTo(
            "{\"email\":\"a@example.com\",\"phone\":\"007\",\"company\":null,"
                + "\"# \\\"x\\\"\":\"é\\n🚀\\\"\"}");
    assertThat(Lead.parse(lead.json())).isEqualTo(lead.fields());
    assertThat(Lead.parse(lead.json()).keySet())
        .containsExactly("email", "phone", "company", "# \"x\"");
    assertThat(lead.rejected()).isFalse();
    assertThat(lead.toString()).doesNotContain("example.com");
  }

  @Test
  void parseKeepsNumbersExactly() {
    assertThat(Lead.parse("{\"a\":12345678901234567890,\"b\":0.10}"))
        .containsEntry("a", new BigInteger("12345678901234567890"))
        .containsEntry("b", new BigDecimal("0.10"));
  }

  @Test
  void whatIsNoObjectIsRefusedWithoutItsContent() {
    for (String text :
        new String[] {"", "null", "[1]", "\"secret\"", "{\"a\":secret", "{} secret"}) {
      assertThatThrownBy(() -> Lead.parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("not a JSON object")
          .hasMessageNotContaining("secret");
    }
  }

  private static Lead rejected(List<String> original) {
    return new Lead(
        1,
        2,
        Map.of(),
        "",
        "",
        null,
        "",
        new Problem(Problem.Kind.ADDRESS, "no @"),
        List.of(),
        original);
  }

  @Test
  void aRejectedLeadNamesEveryCell() {
    Lead lead = rejected(List.of("", "1", "2", "", "3", "4"));
    assertThat(lead.named(List.of("Phone", "Phone", "Phone", "Phone_2", "Phone")).original())
        .containsExactly("", "Phone", "1", "Phone_3", "2", "Phone_2", "3", "Phone_4", "4");
  }

  @Test
  void aRejectedLeadKeepsWhatItWas() {
    Lead lead = rejected(List.of("", "a\n\"secret\"", "\uD83D\uDE42"));
    assertThat(lead.rejected()).isTrue();
    assertThat(lead.json()).isEqualTo("[\"\",\"a\\n\\\"secret\\\"\",\"\uD83D\uDE42\"]");
    assertThat(Lead.parseOriginal(lead.json())).isEqualTo(lead.original());
    assertThat(Lead.parseOriginal("{\"email\":\"x\"}"))
        .as("what an earlier Kiln kept")
        .containsExactly("{\"email\":\"x\"}");
    assertThatThrownBy(() -> Lead.parseOriginal("[\"secret"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("not a JSON array of text")
        .hasMessageNotContaining("secret");
    assertThat(lead.toString()).contains("no @").doesNotContain("secret");
  }

  @Test
  void contentIsWhatTheFieldsSayInAnyOrderAndWithoutTheEmptyOnes() {
    Map<String, @Nullable String> fields = new LinkedHashMap<>();
    fields.put("b", "2");
    fields.put("a", "1");
    fields.put("c", null);
    Lead lead = new Lead(1, 2, fields, "tech", "work", "key");
    assertThat(lead.content())
        .hasSize(24)
        .isEqualTo(ContentHash.of(Map.of("a", "1", "b", "2")))
        .isEqualTo(ContentHash.of(Lead.parse(lead.json())))
        .isNotEqualTo(ContentHash.of(Map.of("a", "1", "b", "3")))
        .isNotEqualTo(ContentHash.of(Map.of("a", "12", "b", "")));
  }
}
