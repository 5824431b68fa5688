package dev.kiln.lead;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A file that is open for reading, whatever its format: content decides, not the name.
 *
 * @param records stand before the first record that is no header
 * @param header the names of their cells
 * @param above records above the header
 * @param tabular whether the rows were laid out for people, with totals below
 * @param format how the file is written, as far as it was read
 */
record Opening(
    Records records, List<String> header, long above, boolean tabular, Supplier<Format> format) {

  /**
   * Opens a file.
   *
   * @throws UnreadableFile when it can yield no lead
   */
  static Opening of(Path file, Limits limits, Hygiene hygiene) throws IOException {
    Content content = Content.of(file);
    Opening opening = of(content, limits, hygiene);
    Format.Kind named = Format.Kind.ofEnding(content.ending());
    List<String> notes = new ArrayList<>();
    if (content.gzip()) {
      notes.add("compressed (gzip)");
    }
    if (named != null && named != opening.format.get().kind()) {
      notes.add("not " + named + ", as its name says");
    }
    return notes.isEmpty() ? opening : opening.noting(notes);
  }

  /**
   * Opens a text that is no file.
   *
   * @param name what it is called in messages
   * @throws UnreadableFile when it can yield no lead
   */
  static Opening of(Path name, String text, Limits limits, Hygiene hygiene) throws IOException {
    return ofText(Content.of(name, text), limits, hygiene);
  }

  private static Opening of(Content content, Limits limits, Hygiene hygiene) throws IOException {
    Strangers.refuse(content);
    if (content.begins('P', 'K', 3, 4)) {
      return Workbook.open(content, limits);
    }
    return ofText(content, limits, hygiene);
  }

  private static Opening ofText(Content content, Limits limits, Hygiene hygiene)
      throws IOException {
    Encoding encoding = Encoding.of(content);
    if (content.sample().length == encoding.bom()) {
      throw new UnreadableFile(
          content.file(), "is empty but for a byte order mark: export it again");
    }
    String text = encoding.text(content);
    Strangers.refuseText(content, text);
    return JsonText.is(text)
        ? JsonText.open(content, encoding, text, limits, hygiene)
        : DelimitedText.open(content, encoding, text, limits);
  }

  private Opening noting(List<String> more) {
    return new Opening(
        records,
        header,
        above,
        tabular,
        () -> {
          Format format = this.format.get();
          List<String> notes = new ArrayList<>(more);
          notes.addAll(format.notes());
          return new Format(format.kind(), format.charset(), format.delimiter(), notes);
        });
  }

  /** Goes behind a header. */
  static Opening below(Header header, Records records, Supplier<Format> format) throws IOException {
    long above = 0;
    try {
      for (int i = 0; i < header.before(); i++) {
        above += records.next() ? 1 : 0;
      }
      // The header itself: neither read nor skipped.
      records.next();
    } catch (IOException | RuntimeException failure) {
      records.close();
      throw failure;
    }
    return new Opening(records, List.copyOf(header.names()), above, true, format);
  }
}
