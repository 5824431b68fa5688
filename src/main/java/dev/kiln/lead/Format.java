package dev.kiln.lead;

import java.util.List;

/**
 * How a file is written.
 *
 * @param charset its encoding: {@code UTF-8}, {@code UTF-16LE}, {@code UTF-16BE} or {@code
 *     windows-1252}
 * @param delimiter what separates its cells: {@code ,} {@code ;} {@code |} or tab
 * @param notes sentences for the operator about what is unusual, such as a fallback encoding; empty
 *     for a plain file
 */
public record Format(String charset, char delimiter, List<String> notes) {
  /** Copies the notes. */
  public Format {
    notes = List.copyOf(notes);
  }

  /** For a log line: encoding, separator and what is unusual. */
  @Override
  public String toString() {
    return charset
        + ", separated by "
        + (delimiter == '\t' ? "tabs" : "'" + delimiter + "'")
        + (notes.isEmpty() ? "" : "; " + String.join("; ", notes));
  }
}
