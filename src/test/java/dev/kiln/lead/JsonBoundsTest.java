package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** JSON larger than the limits: what is over them is broken, its neighbours survive. */
final class JsonBoundsTest {
  private static final Limits SMALL = new Limits(100, 10_000, 200, 6, 5, 20);
  private static final String A = "{\"email\":\"a@example.com\"}";
  private static final String C = "{\"email\":\"c@example.com\"}";
  private static final List<List<String>> NEIGHBOURS =
      List.of(List.of("a@example.com"), List.of("c@example.com"));

  @Test
  void longObjectWithinOneLine() {
    String big =
        "{\"email\":\"b@example.com\",\"x\":[{\"y\":\"\\\"}" + "z".repeat(200_000) + "\"}]}";
    Frames frames = small("[" + A + "," + big + "," + C + "]");
    assertThat(frames.rows()).isEqualTo(NEIGHBOURS);
    assertThat(frames.broken())
        .containsExactly(
            new Broken(
                2,
                1,
                "the JSON object that begins on line 1 is longer than 200 characters",
                "{\"email\":\"b@example."));
  }

  @Test
  void longLine() {
    Frames frames = small(A + "\n{\"x\":\"" + "z".repeat(200_000) + "\n" + C);
    assertThat(frames.rows()).isEqualTo(NEIGHBOURS);
    assertThat(frames.lines()).containsExactly(1L, 3L);
    assertThat(frames.broken()).extracting(Broken::line).containsExactly(2L);
  }

  @Test
  void listThatIsNeverClosed() {
    String list = "  {\n    \"x\": [\n      1,\n" + "      2,\n".repeat(50);
    Frames frames = small("[\n  " + A + ",\n" + list + "  " + C + "]");
    assertThat(frames.rows()).isEqualTo(NEIGHBOURS);
    assertThat(frames.broken())
        .singleElement()
        .extracting(Broken::reason)
        .isEqualTo("the JSON object that begins on line 3 takes up more than 6 lines");
  }

  @Test
  void longKeyAndDeepNesting() {
    String key = "{\"" + "k".repeat(201) + "\":1}";
    String deep = "{\"x\":" + "[".repeat(600) + "]".repeat(600) + "}";
    Frames frames =
        Frames.of(String.join("\n", A, key, deep, C), StandardCharsets.UTF_8, Limits.defaults());
    assertThat(frames.rows()).isEqualTo(NEIGHBOURS);
    assertThat(frames.broken())
        .extracting(Broken::reason)
        .containsExactly(
            "the JSON object that begins on line 2 has a key of more than 200 characters",
            "the JSON object that begins on line 3 misses a brace or bracket on or before line 3");
  }

  @Test
  void tooManyKeys() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      text.append("{\"email\":\"a@example.com\",\"k" + i + "\":1}\n");
    }
    assertThatThrownBy(
            () -> Frames.open(text.toString().getBytes(StandardCharsets.UTF_8), SMALL, 0))
        .isInstanceOf(UnreadableFile.class)
        .hasMessageEndingWith("has more than 5 different keys: export only those you need");
  }

  @Test
  void deepContainersAround() {
    Frames frames = small(A + "\n" + "[".repeat(2000) + "\n" + "]".repeat(500) + "\n" + C);
    assertThat(frames.rows()).isEqualTo(NEIGHBOURS);
  }

  private static Frames small(String text) {
    return Frames.of(text, StandardCharsets.UTF_8, SMALL);
  }

  @Test
  void keysAreToldWithoutControlCharacters() {
    String twice = "{\"no\\u0000te\\n\":\"1\",\"no\\u0000te\\n\":\"2\"}";
    Frames frames =
        Frames.of(String.join("\n", A, twice, C), StandardCharsets.UTF_8, Limits.defaults());
    assertThat(frames.rows()).hasSize(2);
    assertThat(frames.broken())
        .extracting(Broken::reason)
        .containsExactly(
            "the JSON object that begins on line 2 has the key \"note\" twice, with different values");
  }

  @Test
  void textAmongRecordsEndsWithItself() {
    Frames frames = small("[" + A + ",\"5\\\" pipe\"," + C + ",\"\\\\\"," + A + "]");
    assertThat(frames.rows()).hasSize(3);
    assertThat(frames.broken())
        .extracting(Broken::original)
        .containsExactly("\"5\\\" pipe\"", "\"\\\\\"");
    assertThat(frames.format().notes()).noneMatch(note -> note.contains("ends before"));
  }

  @Test
  void arraysBehindABraceTooManyAreNotThoseOfTheRecords() {
    String early = "{\"email\":\"b@example.com\"},\"x\":[\"]\",{\"y\":[1]} ] ,\"z\":[\n2]}";
    Frames frames = small("{\"results\":[" + A + "," + early + "," + C + "]}");
    assertThat(frames.rows())
        .containsExactly(
            List.of("a@example.com"), List.of("b@example.com"), List.of("c@example.com"));
    assertThat(frames.broken()).hasSize(2);
  }

  @Test
  void keysAroundTheRecordsMayBeWrittenWithEscapes() {
    for (String key : List.of("donn\\u00e9es", "a\\/b\\\"", "\\u00e9".repeat(120))) {
      Frames frames =
          Frames.of(
              "{\"x\":\"\\\\\",\"" + key + "\":[" + A + "," + C + "]}",
              StandardCharsets.UTF_8,
              Limits.defaults());
      assertThat(frames.rows()).isEqualTo(NEIGHBOURS);
    }
  }
}
