package dev.kiln.lead;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Delimited text: its delimiter and its header, judged from its first 256 KiB. */
final class DelimitedText {
  private DelimitedText() {}

  static Opening open(Content content, Encoding encoding, String text, Limits limits)
      throws IOException {
    Header best = null;
    char found = ',';
    for (char delimiter : delimiters(text)) {
      byte[] sample = content.sample();
      try (RecordScanner scanner =
          new RecordScanner(
              source(
                  new ByteArrayInputStream(sample, encoding.bom(), sample.length - encoding.bom()),
                  encoding),
              delimiter,
              limits.withOwnColumns())) {
        Header header = Header.in(scanner);
        if (header != null && header.beats(best)) {
          best = header;
          found = delimiter;
        }
      }
    }
    if (best == null) {
      throw new UnreadableFile(content.file(), "holds only blank lines: export it again");
    }
    if (best.columns() > limits.maxColumns()) {
      throw new UnreadableFile(
          content.file(),
          "has more than " + limits.maxColumns() + " columns: export only those you need");
    }
    if (!best.identifies()) {
      throw new UnreadableFile(content.file(), best.missing());
    }
    char delimiter = found;
    InputStream in = content.open();
    in.skipNBytes(encoding.bom());
    TextSource source = source(in, encoding);
    return Opening.below(
        best,
        new RecordScanner(source, delimiter, limits.withOwnColumns()),
        () ->
            new Format(
                Format.Kind.DELIMITED,
                encoding.charset().name(),
                delimiter,
                notes(encoding, source)));
  }

  /** What is unusual about the encoding, as far as the text was read. */
  static List<String> notes(Encoding encoding, TextSource source) {
    String malformed =
        source.malformed() == 0
            ? ""
            : source.malformed()
                + " bytes are not "
                + encoding.charset().name()
                + " and were read "
                + (encoding.charset().name().equals("UTF-8") ? "as Windows-1252" : "as U+FFFD");
    return List.of(encoding.note(), malformed).stream().filter(note -> !note.isEmpty()).toList();
  }

  static TextSource source(InputStream in, Encoding encoding) {
    return new TextSource(in, encoding.charset());
  }

  private static char[] delimiters(String text) {
    if (text.length() > 5
        && text.regionMatches(true, 0, "sep=", 0, 4)
        && ",;|\t".indexOf(text.charAt(4)) >= 0
        && (text.charAt(5) == '\n' || text.charAt(5) == '\r')) {
      return new char[] {text.charAt(4)};
    }
    return new char[] {',', ';', '\t', '|'};
  }
}
