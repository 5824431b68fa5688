package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class FramerPropertyTest {
  private static final String FULL_HEADER = "Email,Name,Notes";
  private static final Limits SMALL = new Limits(7, 500, 120, 6, 8, 30);

  @Property
  void whateverWasWrittenIsRead(
      @ForAll("tables") List<List<String>> rows, @ForAll long style, @ForAll("delimiters") char d) {
    Frames frames =
        Frames.of(write(rows, d, new Random(style)), StandardCharsets.UTF_8, Limits.defaults());
    assertThat(frames.format().delimiter()).isEqualTo(d);
    assertThat(frames.header()).containsExactly("Email", "Name", "Notes");
    assertThat(frames.rows()).isEqualTo(rows);
    assertThat(frames.broken()).isEmpty();
    assertThat(frames.read()).isEqualTo(rows.size());
  }

  @Property
  void skippingIsReadingAndDropping(
      @ForAll("fragments") List<String> fragments,
      @ForAll @IntRange(max = 40) int skip,
      @ForAll @IntRange(min = 1, max = 12) int batchRows)
      throws UnreadableFile {
    byte[] bytes =
        (FULL_HEADER + "\na@example.com,x,y\n" + String.join("", fragments))
            .getBytes(StandardCharsets.UTF_8);
    Frames all = Frames.open(bytes, SMALL, 0);
    Frames rest = Frames.open(bytes, SMALL.withBatchRows(batchRows), skip);
    rest.mustBeTheRestOf(all, skip);
  }

  @Property
  void noTextCrashesOrHangs(@ForAll("fragments") List<String> fragments) throws UnreadableFile {
    byte[] bytes =
        (FULL_HEADER + "\na@example.com,x,y\n" + String.join("", fragments))
            .getBytes(StandardCharsets.UTF_8);
    Frames frames = Frames.open(bytes, SMALL, 0);
    assertThat(frames.rows()).allSatisfy(row -> assertThat(row).hasSize(3));
    assertThat(frames.read()).isEqualTo(frames.rows().size() + frames.broken().size());
    assertThat(frames.broken())
        .allSatisfy(broken -> assertThat(broken.original().length()).isLessThanOrEqualTo(30));
  }

  @Property
  void noBytesCrashOrHang(@ForAll @Size(max = 3000) byte[] bytes, @ForAll boolean headed) {
    byte[] head = headed ? (FULL_HEADER + "\n").getBytes(StandardCharsets.UTF_8) : new byte[0];
    byte[] all = new byte[head.length + bytes.length];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(bytes, 0, all, head.length, bytes.length);
    try {
      Frames frames = Frames.open(all, SMALL, 0);
      assertThat(frames.read()).isPositive();
    } catch (UnreadableFile e) {
      assertThat(e).hasMessageMatching("(?s)leads.* \\S.*");
    }
  }

  @Provide
  Arbitrary<Character> delimiters() {
    return Arbitraries.of(',', ';', '\t', '|');
  }

  @Provide
  Arbitrary<List<List<String>>> tables() {
    Arbitrary<String> cell =
        Arbitraries.oneOf(
            Arbitraries.of("", " ", "007", "9.2E+11", "\"", "\"\"", "a\nb", "\r\n", "\r", "x, y"),
            Arbitraries.strings().withChars("ab\",;|\t\r\n é王'#\\ ").ofMaxLength(12),
            Arbitraries.strings()
                .ofMaxLength(8)
                .map(text -> Frames.encodable(text).replaceAll("\\p{Cntrl}", "")));
    Arbitrary<String> email = Arbitraries.integers().between(0, 99).map(n -> n + "@example.com");
    return Combinators.combine(email, cell, cell)
        .as((a, b, c) -> List.of(a, b, c))
        .list()
        .ofMinSize(1)
        .ofMaxSize(30);
  }

  @Provide
  Arbitrary<List<String>> fragments() {
    return Arbitraries.of(
            "a@example.com",
            "b",
            ",",
            ",",
            "\n",
            "\n",
            "\r",
            "\r\n",
            "\"",
            "\"\"",
            ",\"",
            "\",",
            " ",
            "\0",
            "Total",
            ",,,,\n",
            "é",
            "longer text of several words ",
            "c@example.com,c,c\n",
            "d@example.com,\"d\nd\",d\n")
        .list()
        .ofMaxSize(120);
  }

  private static String write(List<List<String>> rows, char delimiter, Random style) {
    StringBuilder out = new StringBuilder();
    Stream.concat(Stream.of(List.of("Email", "Name", "Notes")), rows.stream())
        .forEach(row -> writeRow(out, row, delimiter, style));
    return out.toString();
  }

  private static void writeRow(StringBuilder out, List<String> row, char delimiter, Random style) {
    for (int i = 0; i < row.size(); i++) {
      String cell = row.get(i);
      if (i > 0) {
        out.append(delimiter);
      }
      boolean must =
          cell.indexOf(delimiter) >= 0
              || cell.indexOf('"') >= 0
              || cell.indexOf('\n') >= 0
              || cell.indexOf('\r') >= 0;
      if (must || style.nextBoolean()) {
        out.append('"').append(cell.replace("\"", "\"\"")).append('"');
      } else {
        out.append(cell);
      }
    }
    out.append(List.of("\n", "\r\n", "\r").get(style.nextInt(3)));
  }
}
