package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

final class JsonPropertyTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Limits SMALL = new Limits(7, 500, 200, 12, 8, 30);

  /** How objects are put into one file. */
  enum Layout {
    ARRAY,
    ONE_LINE_ARRAY,
    LINES,
    CONCATENATED,
    INDENTED,
    WRAPPER
  }

  @Property(tries = 500)
  void whateverWasWrittenIsRead(
      @ForAll("objects") List<Map<String, String>> objects,
      @ForAll Layout layout,
      @ForAll("charsets") Charset charset)
      throws JsonProcessingException {
    Frames frames = Frames.of(write(objects, layout), charset, Limits.defaults());
    assertThat(frames.broken()).isEmpty();
    assertThat(frames.rows()).hasSize(objects.size());
    for (int i = 0; i < objects.size(); i++) {
      Map<String, String> read = new LinkedHashMap<>();
      for (int j = 0; j < frames.header().size(); j++) {
        if (!frames.rows().get(i).get(j).isEmpty()) {
          read.put(frames.header().get(j), frames.rows().get(i).get(j));
        }
      }
      Map<String, String> written = new LinkedHashMap<>(objects.get(i));
      written.values().removeIf(String::isEmpty);
      assertThat(read).isEqualTo(written);
    }
  }

  @Property(tries = 500)
  void aTornLineOfManySpoilsItselfOnly(
      @ForAll("objects") List<Map<String, String>> objects,
      @ForAll @IntRange(max = 1000) int where,
      @ForAll @IntRange(max = 1000) int cut)
      throws JsonProcessingException {
    String line = JSON.writeValueAsString(objects.get(0));
    String torn = line.substring(0, 1 + cut % (line.length() - 1));
    List<String> lines = new ArrayList<>();
    for (Map<String, String> object : objects) {
      lines.add(JSON.writeValueAsString(object));
    }
    int at = 1 + where % lines.size();
    lines.add(at, torn);
    Frames frames = Frames.of(String.join("\n", lines));
    // A text such as }{" looks like another object: its piece of the line is broken too.
    assertThat(frames.broken()).isNotEmpty().allMatch(broken -> broken.line() == at + 1L);
    assertThat(frames.rows()).hasSize(objects.size());
  }

  @Property(tries = 500)
  void skippingIsReadingAndDropping(
      @ForAll("fragments") List<String> fragments,
      @ForAll @IntRange(max = 40) int skip,
      @ForAll @IntRange(min = 1, max = 12) int batchRows)
      throws UnreadableFile {
    byte[] bytes =
        ("{\"email\":\"a@example.com\"}\n" + String.join("", fragments))
            .getBytes(StandardCharsets.UTF_8);
    Frames all;
    try {
      all = Frames.open(bytes, SMALL, 0);
    } catch (UnreadableFile tooManyKeys) {
      return;
    }
    assertThat(all.read()).isEqualTo(all.rows().size() + all.broken().size());
    assertThat(all.broken())
        .allSatisfy(broken -> assertThat(broken.original().length()).isLessThanOrEqualTo(30));
    Frames rest = Frames.open(bytes, SMALL.withBatchRows(batchRows), skip);
    rest.mustBeTheRestOf(all, skip);
  }

  @Provide
  Arbitrary<Charset> charsets() {
    return Arbitraries.of(
        StandardCharsets.UTF_8, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE);
  }

  @Provide
  Arbitrary<List<Map<String, String>>> objects() {
    Arbitrary<String> value =
        Arbitraries.oneOf(
            Arbitraries.of("", " ", "007", "9.2E+11", "\"", "\\", "a\nb", "\r\n", "},{\"", "[{"),
            Arbitraries.strings().withChars("ab\",;|\t\r\n é王'#\\ {}[]:").ofMaxLength(12),
            Arbitraries.strings().ofMaxLength(8).map(Frames::encodable));
    Arbitrary<String> email = Arbitraries.integers().between(0, 99).map(n -> n + "@example.com");
    Arbitrary<Map<String, String>> rest =
        Arbitraries.maps(Arbitraries.of("name", "title", "Notes", "é {", "a\"b"), value)
            .ofMaxSize(4);
    return Combinators.combine(email, rest)
        .as(
            (address, more) -> {
              Map<String, String> object = new LinkedHashMap<>();
              object.put("email", address);
              object.putAll(more);
              return object;
            })
        .list()
        .ofMinSize(1)
        .ofMaxSize(20);
  }

  @Provide
  Arbitrary<List<String>> fragments() {
    return Arbitraries.of(
            "{\"email\":\"b@example.com\"}",
            "{\"email\":\"c@example.com\",\"x\":[1,{\"y\":null}]}\n",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\n",
            "\r\n",
            " ",
            "null",
            "1.50",
            "\"email\":",
            "{\"",
            "é\0",
            "  {\"email\":\n  \"d@example.com\"}")
        .list()
        .ofMaxSize(60);
  }

  private static String write(List<Map<String, String>> objects, Layout layout)
      throws JsonProcessingException {
    ObjectWriter indented = JSON.writerWithDefaultPrettyPrinter();
    return switch (layout) {
      case ARRAY -> indented.writeValueAsString(objects);
      case ONE_LINE_ARRAY -> JSON.writeValueAsString(objects);
      case LINES -> joined(objects, JSON.writer(), "\n");
      case CONCATENATED -> joined(objects, JSON.writer(), "");
      case INDENTED -> joined(objects, indented, "\r\n");
      case WRAPPER -> {
        ObjectNode wrapper = JSON.createObjectNode().put("total", new Random(1).nextInt());
        wrapper.set("results", JSON.valueToTree(objects));
        wrapper.put("next", "}]");
        yield indented.writeValueAsString(wrapper);
      }
    };
  }

  private static String joined(
      List<Map<String, String>> objects, ObjectWriter writer, String between)
      throws JsonProcessingException {
    List<String> texts = new ArrayList<>();
    for (Map<String, String> object : objects) {
      texts.add(writer.writeValueAsString(object));
    }
    return String.join(between, texts);
  }
}
