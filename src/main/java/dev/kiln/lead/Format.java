package dev.kiln.lead;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a file is written.
 *
 * @param kind what it is
 * @param charset its encoding: {@code UTF-8}, {@code UTF-16LE}, {@code UTF-16BE} or {@code
 *     windows-1252}
 * @param delimiter what separates the cells of delimited text: {@code ,} {@code ;} {@code |} or
 *     tab; else NUL
 * @param notes what is unusual, in words for the operator, such as a fallback encoding; empty for a
 *     plain file; holds no value of a lead
 */
public record Format(Kind kind, String charset, char delimiter, List<String> notes) {
  /** What a file is, whatever its name says. */
  public enum Kind {
    /** Text with a delimiter between its cells. */
    DELIMITED("delimited text"),
    /** JSON objects: in an array, one after the other, or within a wrapper. */
    JSON("JSON"),
    /** An Excel workbook. */
    WORKBOOK("an Excel workbook");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /** The kind of which this is the usual ending of a name, or null. */
    static @Nullable Kind ofEnding(String ending) {
      return switch (ending) {
        case "csv", "tsv", "tab", "txt" -> DELIMITED;
        case "json", "ndjson", "jsonl" -> JSON;
        case "xlsx", "xlsm" -> WORKBOOK;
        default -> null;
      };
    }

    /** In words, for a person. */
    @Override
    public String toString() {
      return words;
    }
  }

  /** Copies the notes. */
  public Format {
    notes = List.copyOf(notes);
  }

  /** For a log line: kind, encoding, separator and what is unusual. */
  @Override
  public String toString() {
    String how =
        switch (kind) {
          case DELIMITED ->
              charset + ", separated by " + (delimiter == '\t' ? "tabs" : "'" + delimiter + "'");
          case JSON -> "JSON, " + charset;
          case WORKBOOK -> "Excel workbook";
        };
    return how + (notes.isEmpty() ? "" : "; " + String.join("; ", notes));
  }
}
