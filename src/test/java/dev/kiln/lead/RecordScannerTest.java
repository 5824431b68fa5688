package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

// Line breaks are what these tests are about: they stay visible as escapes.
@SuppressWarnings("StringConcatToTextBlock")
final class RecordScannerTest {
  private static final Limits LIMITS = new Limits(100, 1000, 40, 3, 70, 12);

  /** A record that can be used: its line, the text of its cells, and how it is written anew. */
  private record Good(long line, List<String> cells, String written) {}

  /** A record that cannot: where it begins, where its fault is, and what is said of it. */
  private record Bad(long line, long faultLine, String fault, String excerpt) {}

  /** A stream that gives its bytes in pieces, as a slow disk does, and knows whether it is open. */
  private static final class Pieces extends FilterInputStream {
    private final int most;
    private boolean open = true;

    Pieces(String text, int most) {
      super(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
      this.most = most;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return super.read(bytes, offset, Math.min(length, most));
    }

    @Override
    public void close() throws IOException {
      open = false;
      super.close();
    }
  }

  private static RecordScanner scanner(InputStream in, char delimiter, Limits limits) {
    return new RecordScanner(new TextSource(in, StandardCharsets.UTF_8), delimiter, limits);
  }

  /** Every record, written anew in this many columns; the same in whatever pieces it is read. */
  private static List<Object> scan(String text, char delimiter, int columns, Limits limits) {
    List<Object> whole = scan(text, delimiter, columns, limits, 1 << 16);
    for (int most = 1; most < 4; most++) {
      assertThat(scan(text, delimiter, columns, limits, most))
          .as("in pieces of %d bytes", most)
          .isEqualTo(whole);
    }
    return whole;
  }

  private static List<Object> scan(
      String text, char delimiter, int columns, Limits limits, int most) {
    List<Object> records = new ArrayList<>();
    try (RecordScanner scanner = scanner(new Pieces(text, most), delimiter, limits)) {
      while (scanner.next()) {
        String fault = scanner.fault();
        if (fault == null) {
          StringBuilder written = new StringBuilder();
          scanner.appendTo(written, columns);
          records.add(new Good(scanner.line(), scanner.texts(), written.toString()));
        } else {
          records.add(new Bad(scanner.line(), scanner.faultLine(), fault, scanner.excerpt()));
        }
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return records;
  }

  private static List<Object> scan(String text, char delimiter) {
    return scan(text, delimiter, 2, LIMITS);
  }

  private static Good good(long line, String first, String second, String written) {
    return new Good(line, List.of(first, second), written + "\n");
  }

  private static String neverClosed(long line) {
    return "the quote opened on line "
        + line
        + " is never closed (a row may take up 3 lines and 40 characters)";
  }

  @Test
  void aRecordThatIsCleanIsWrittenAsItStands() {
    assertThat(scan("a,b\n\"c,\"\"d\"\"\",e\r\n \u0080é,\r\"f\",\"g\n\"", ','))
        .containsExactly(
            good(1, "a", "b", "a,b"),
            good(2, "c,\"d\"", "e", "\"c,\"\"d\"\"\",e"),
            good(3, " \u0080é", "", " \u0080é,"),
            good(4, "f", "g\n", "\"f\",\"g\n\""));
  }

  @Test
  void anotherDelimiterBecomesACommaAndACommaIsQuoted() {
    assertThat(scan("a;b\n1,5;\"c;\"\"d\"\"\"\n,;x,\n", ';'))
        .containsExactly(
            good(1, "a", "b", "a,b"),
            good(2, "1,5", "c;\"d\"", "\"1,5\",\"c;\"\"d\"\"\""),
            good(3, ",", "x,", "\",\",\"x,\""));
    assertThat(scan("\ta\n\"b\"\t\"c\"\t\n", '\t', 3, LIMITS))
        .containsExactly(
            new Good(1, List.of("", "a"), ",a,\n"),
            new Good(2, List.of("b", "c", ""), "\"b\",\"c\",\n"));
  }

  @Test
  void rowsArePaddedAndCutToTheColumns() {
    assertThat(scan("a\nb,c,d\n\n", ','))
        .containsExactly(
            new Good(1, List.of("a"), "a,\n"),
            new Good(2, List.of("b", "c", "d"), "b,c\n"),
            new Good(3, List.of(""), ",\n"));
  }

  @Test
  void blanksAroundQuotesAreNoText() {
    assertThat(scan(" \"a\",b\n\t \"c\" \t,\"d\"\t\n", ','))
        .containsExactly(good(1, "a", "b", "\"a\",b"), good(2, "c", "d", "\"c\",\"d\""));
    assertThat(scan("\"e\" ;f", ';')).containsExactly(good(1, "e", "f", "\"e\",f"));
  }

  @Test
  void quotesElsewhereAreText() {
    assertThat(scan("5\" pipe,b\"\"c\n\"d\",e\n", ','))
        .containsExactly(
            good(1, "5\" pipe", "b\"\"c", "\"5\"\" pipe\",\"b\"\"\"\"c\""),
            good(2, "d", "e", "\"d\",e"));
  }

  @Test
  void textAfterAClosingQuoteIsAppended() {
    assertThat(scan("\"Jane \"\"J\"\"\" Doe \"x\"\"y\",b\n\"c\"d,\"e\" f", ','))
        .containsExactly(
            good(
                1, "Jane \"J\" Doe \"x\"\"y\"", "b", "\"Jane \"\"J\"\" Doe \"\"x\"\"\"\"y\"\"\",b"),
            good(2, "cd", "e f", "\"cd\",\"e f\""));
  }

  @Test
  void everyLineBreakCountsOnceInsideQuotesAndOut() {
    assertThat(scan("a,\"b\r\nc\"\r\nd,\"e\rf\"\rg,\"h\ni\"\nj,k", ','))
        .extracting(record -> ((Good) record).line())
        .containsExactly(1L, 3L, 5L, 7L);
  }

  @Test
  void nulAndTheReversedByteOrderMarkAreDroppedWhereverTheyStand() {
    for (String nothing : List.of("\0", "\uFFFE", "\0\0\uFFFE")) {
      assertThat(
              scan(
                  "@a,b\n\"c@\",\"d\"\n\"e\"@,@\nf@,\"g,@@\"\"h\"\nx,y".replace("@", nothing), ','))
          .containsExactly(
              good(1, "a", "b", "\"a\",\"b\""),
              good(2, "c", "d", "\"c\",\"d\""),
              good(3, "e", "", "\"e\",\"\""),
              good(4, "f", "g,\"h", "\"f\",\"g,\"\"h\""),
              good(5, "x", "y", "x,y"));
    }
  }

  @Test
  void aQuoteThatIsNeverClosedSpoilsItsOwnRecordOnly() {
    assertThat(scan("a,\"b\nc,d\ne,f\ng,h\n", ','))
        .as("by the number of lines")
        .containsExactly(
            new Bad(1, 1, neverClosed(1), "a,\"b\nc,d\ne,f"),
            good(2, "c", "d", "c,d"),
            good(3, "e", "f", "e,f"),
            good(4, "g", "h", "g,h"));
    assertThat(scan("a,\"b\n\"c\",d\n", ','))
        .as("by text after what would close it")
        .containsExactly(new Bad(1, 1, neverClosed(1), "a,\"b\n\""), good(2, "c", "d", "\"c\",d"));
    assertThat(scan("a,\"b\r\nc,d", ','))
        .as("by the end")
        .containsExactly(new Bad(1, 1, neverClosed(1), "a,\"b\r\nc,d"), good(2, "c", "d", "c,d"));
    assertThat(scan("a,\"b", ',')).containsExactly(new Bad(1, 1, neverClosed(1), "a,\"b"));
    assertThat(scan("a,\"b\n" + "c".repeat(34) + ",d", ','))
        .as("by the number of characters")
        .containsExactly(
            new Bad(1, 1, neverClosed(1), "a,\"b\nccccccc"),
            good(2, "c".repeat(34), "d", "c".repeat(34) + ",d"));
    assertThat(scan("\"a\nb\",\"c\nd,e", ','))
        .as("on a later line than its record")
        .containsExactly(
            new Bad(1, 2, neverClosed(2), "\"a\nb\",\"c\nd,e"), good(3, "d", "e", "d,e"));
  }

  @Test
  void aRecordMayTakeUpAsManyLinesAsTheLimit() {
    assertThat(scan("a,\"b\n\nc\"\nd,e", ','))
        .containsExactly(good(1, "a", "b\n\nc", "a,\"b\n\nc\""), good(4, "d", "e", "d,e"));
    assertThat(scan("a,\"b\n\n\nc\"", ',')).first().isInstanceOf(Bad.class);
  }

  @Test
  void aRecordMayBeAsLongAsTheLimit() {
    String longest = "a".repeat(38);
    assertThat(scan(longest + ",b\r\nc,d", ','))
        .containsExactly(good(1, longest, "b", longest + ",b"), good(2, "c", "d", "c,d"));
    for (String end : List.of("\r\n", "\r", "\n")) {
      for (String cell : List.of("a".repeat(50) + "\0\"", "\"" + "a".repeat(50) + "\"\0")) {
        assertThat(scan(cell + ",b" + end + "c,d" + end, ','))
            .containsExactly(
                new Bad(1, 1, "the row is longer than 40 characters", cell.substring(0, 12)),
                good(2, "c", "d", "c,d"));
      }
    }
    assertThat(scan("a,b\n" + "a".repeat(50), ',')).hasSize(2);
    assertThat(scan("", ',')).isEmpty();
  }

  @Test
  void aRecordLongerThanTheBufferIsReadWhole() {
    Limits limits = new Limits(100, 1000, 100_000, 3, 3, 12);
    String longest = "a".repeat(99_998);
    assertThat(scan("x,y\n" + longest + ",b\r\nc,d", ',', 2, limits, 1 << 16))
        .containsExactly(
            good(1, "x", "y", "x,y"),
            good(2, longest, "b", longest + ",b"),
            good(3, "c", "d", "c,d"));
  }

  @Test
  void theSmallestLimitWorks() {
    assertThat(scan("a\nbcdef\ng", ',', 1, new Limits(1, 1, 1, 1, 1, 1)))
        .containsExactly(
            new Good(1, List.of("a"), "a\n"),
            new Bad(2, 2, "the row is longer than 1 characters", "b"),
            new Good(3, List.of("g"), "g\n"));
  }

  @Test
  void anExcerptDoesNotCutACharacterInTwo() {
    String cell = "a".repeat(11) + "🚀" + "b".repeat(50);
    assertThat(scan(cell, ','))
        .containsExactly(new Bad(1, 1, "the row is longer than 40 characters", "a".repeat(11)));
  }

  @Test
  void cellsBeyondTheLimitAreCountedAndNotKept() throws IOException {
    List<String> kept = new ArrayList<>();
    for (int i = 0; i < 70; i++) {
      kept.add("" + i % 10);
    }
    String full = String.join(",", kept);
    Limits limits = new Limits(100, 1000, 1000, 3, 70, 12);
    assertThat(scan(full + "\n", ',', 70, limits)).containsExactly(new Good(1, kept, full + "\n"));
    try (RecordScanner scanner =
        scanner(new Pieces(full + ",x,\n" + ",".repeat(200) + "\n", 9), ',', limits)) {
      assertThat(scanner.next()).isTrue();
      assertThat(scanner.cells()).isEqualTo(72);
      assertThat(scanner.kept()).isEqualTo(70);
      assertThat(scanner.texts()).isEqualTo(kept);
      assertThat(scanner.blankFrom(70)).as("the 71st holds text").isFalse();
      assertThat(scanner.next()).isTrue();
      assertThat(scanner.cells()).isEqualTo(201);
      assertThat(scanner.blank()).isTrue();
    }
  }

  @Test
  void aCellIsBlankWithoutText() throws IOException {
    try (RecordScanner scanner =
        scanner(new Pieces(" \t,\u00A0,\"\",\"  x\",\n", 9), ',', LIMITS)) {
      assertThat(scanner.next()).isTrue();
      assertThat(List.of(0, 1, 2, 3, 4))
          .extracting(scanner::blankCell)
          .containsExactly(true, true, true, false, true);
      assertThat(scanner.blank()).isFalse();
      assertThat(scanner.blankFrom(3)).isFalse();
      assertThat(scanner.blankFrom(4)).isTrue();
      assertThat(scanner.initial(0)).isEqualTo('\0');
      assertThat(scanner.initial(3)).isEqualTo('x');
      assertThat(scanner.initial(4)).isEqualTo('\0');
      assertThat(scanner.rawLength(3)).isEqualTo(3);
      assertThat(scanner.rawLength(4)).isZero();
    }
  }

  @Test
  void closingItClosesTheStream() throws IOException {
    Pieces in = new Pieces("a,b", 9);
    scanner(in, ',', LIMITS).close();
    assertThat(in.open).isFalse();
  }
}
