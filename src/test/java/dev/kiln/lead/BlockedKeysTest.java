package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys that never leave, within JSON that becomes text. */
final class BlockedKeysTest {
  private static final String OBJECT =
      "{\"email\":\"bl1@b.example\",\"profile\":{\"private\":{\"ssn\":\"078-05-1120\"},"
          + "\"ssn\":\"111\"},\"docs\":[{\"passport\":\"P1234567\"}]}";

  @ParameterizedTest
  @ValueSource(strings = {"%s", "[%s]", "{\"results\": [%s]}", "%s\n{\"email\":\"b@b.example\"}"})
  @DisplayName("they are left out at any depth, in every form of JSON, and named")
  void areLeftOutAndNamed(String form) {
    Frames frames = Frames.of(String.format(form, OBJECT));
    Columns columns = Columns.of(frames.header(), Frames.HYGIENE);
    assertThat(columns.blocked())
        .containsExactly("profile.private.ssn", "profile.ssn", "docs.passport");
    Lead lead = columns.lead(1, 1, frames.rows().get(0));
    assertThat(lead.json())
        .contains("\"profile.private\":\"{}\",\"docs\":\"[{}]\"")
        .doesNotContain("ssn", "078-05-1120", "111", "passport", "P1234567");
    assertThat(lead.notices())
        .containsExactly(
            new Notice(Notice.Kind.BLOCKED, "profile.private.ssn"),
            new Notice(Notice.Kind.BLOCKED, "profile.ssn"),
            new Notice(Notice.Kind.BLOCKED, "docs.passport"));
  }

  @Test
  @DisplayName("a rejected row has nothing of them")
  void rejectedRows() {
    Frames frames =
        Frames.of(
            OBJECT.replace("bl1@b.example", "nobody")
                + "\n{\"email\":\"x@b.example\" \"docs\":[{\"passport\":\"P1234567\"}]}");
    Columns columns = Columns.of(frames.header(), Frames.HYGIENE);
    assertThat(columns.original()).containsExactly("email", "profile.private", "docs");
    assertThat(columns.lead(1, 1, frames.rows().get(0)).original())
        .containsExactly("", "nobody", "{}", "[{}]");
    assertThat(columns.broken(frames.broken().get(0)).original()).containsExactly("");
  }

  @Test
  @DisplayName("the rest of the text is as it was")
  void whatIsLeft() {
    Frames frames =
        Frames.of(
            """
            {"email": "a@b.example", "x": {"a": {"SSN": 1 , "k" :1.10, "b": [2, {"ssn": null}],
              "Passport No": {"n": "}"} , "c": "é,\\"ssn\\":1", "Ssn":true}},
             "y": [[{"dateofbirth": "1", "z": 1e5}, {"z": 2, "dateofbirth": " "}]]}
            """);
    assertThat(frames.header())
        .containsExactly(
            "email",
            "x.a.SSN",
            "x.a.ssn",
            "x.a.Passport No",
            "x.a.Ssn",
            "x.a",
            "y.dateofbirth",
            "y");
    assertThat(frames.rows())
        .containsExactly(
            List.of(
                "a@b.example",
                "left out",
                "",
                "left out",
                "left out",
                "{\"k\":1.10,\"b\":[2,{}],\"c\":\"é,\\\"ssn\\\":1\"}",
                "left out",
                "[[{\"z\":1e5},{\"z\":2}]]"));
  }

  @Test
  @DisplayName("keys are blocked with those above them, and those that are data are not named")
  void keysAboveThem() {
    Frames frames =
        Frames.of(
            "{\"email\":\"a@b.example\",\"z\":{\"bank\":{\"account\":\"1\",\"name\":\"n\"}},"
                + "\"w\":[{\"ada@k.example\":{\"bank\":{\"account\":\"1\"}}}],"
                + "\"person\":{\"home\":{\"ssn\":\"1\"}},\"health\":{\"notes\":[{\"a\":1}]}}");
    Columns columns = Columns.of(frames.header(), Frames.HYGIENE);
    assertThat(columns.blocked())
        .containsExactly("z.bank.account", "w.bank.account", "home.ssn", "health.notes");
    Lead lead = columns.lead(1, 1, frames.rows().get(0));
    assertThat(lead.fields())
        .containsEntry("z.bank", "{\"name\":\"n\"}")
        .containsEntry("w", "[{\"ada@k.example\":{\"bank\":{}}}]")
        .containsEntry("home", "{}")
        .doesNotContainKey("health.notes");
  }

  @Test
  @DisplayName("a text that holds JSON is a text, in JSON as in CSV")
  void textsStayAsTheyAre() {
    String text = "{\"ssn\":\"1\"}";
    assertThat(
            Frames.of("email,notes\na@b.example,\"" + text.replace("\"", "\"\"") + "\"\n").rows())
        .containsExactly(List.of("a@b.example", text));
    assertThat(
            Frames.of(
                    "{\"email\":\"a@b.example\",\"notes\":\"" + text.replace("\"", "\\\"") + "\"}")
                .rows())
        .containsExactly(List.of("a@b.example", text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"email\":\"x@b.example\" \"ssn\":\"1\"}",
        "{\"email\":\"x@b.example\",\"ssn\" \"1\"}",
        "{\"email\":\"x@b.example\",ssn\":\"1\"}",
        "{\"notes\":\"x ssn\":\"1\"}",
        "email;City;DateOfBirth",
      })
  @DisplayName("a text that cannot be taken apart may hold one where it is named")
  void mayHoldOne(String text) {
    assertThat(Frames.HYGIENE.mentions(text)).isTrue();
  }

  @Test
  @DisplayName("a broken JSON row whose values alone have such words keeps its text")
  void valuesAreNoNames() {
    String row = "{\"email\":nobody,\"industry\": \"Hospital & Health Care\"}";
    assertThat(Frames.of("{\"email\":\"a@b.example\"}\n" + row).broken())
        .extracting(Broken::original)
        .containsExactly(row);
    assertThat(Frames.of("{\"email\":\"a@b.example\"}\n" + row.replace("industry", "ssn")).broken())
        .extracting(Broken::original)
        .containsExactly("");
  }

  @Test
  @DisplayName("keys may be long and deep")
  void longAndDeep() {
    String deep =
        ("{\"" + "k".repeat(1000) + "\":").repeat(400) + "{\"ssn\":1,\"a\":2}" + "}".repeat(400);
    String dots = "{\"" + ".".repeat(40_000) + "\":1}";
    Frames frames =
        Frames.of("{\"email\":\"a@b.example\",\"x\":[" + deep + "],\"y\":[" + dots + "]}\n");
    assertThat(frames.broken()).isEmpty();
    assertThat(frames.header()).containsExactly("email", "x.ssn", "x", "y");
    assertThat(frames.rows().get(0)).contains("[" + deep.replace("\"ssn\":1,", "") + "]");
  }
}
