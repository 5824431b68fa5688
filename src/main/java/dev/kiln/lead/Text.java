package dev.kiln.lead;

import java.text.Normalizer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Rules about the text of a cell that hold for every column. */
final class Text {
  private Text() {}

  /** Whether a character at the edge of a value means nothing: white space, NBSP, a BOM. */
  static boolean isBlank(char c) {
    if (c < 128) {
      return c <= ' ';
    }
    return c == '\u00A0'
        || c == '\u2007'
        || c == '\u202F'
        || c == '\u200B'
        || c == '\uFEFF'
        || c == '\uFFFE'
        || Character.isWhitespace(c);
  }

  /**
   * The value as it travels: without blanks around it and without control characters other than tab
   * and newline (CRLF and CR are newlines); null when nothing is left.
   */
  static @Nullable String value(String cell) {
    int from = 0;
    int to = cell.length();
    while (from < to && isBlank(cell.charAt(from))) {
      from++;
    }
    while (to > from && isBlank(cell.charAt(to - 1))) {
      to--;
    }
    if (from == to) {
      return null;
    }
    for (int i = from; i < to; i++) {
      if (isControl(cell.charAt(i))) {
        return withoutControls(cell.substring(from, to));
      }
    }
    return cell.substring(from, to);
  }

  /** A name as messages show it: without control characters, whatever a file calls its columns. */
  static String shown(String name) {
    return name.codePoints()
        .filter(c -> !Character.isISOControl(c))
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static boolean isControl(char c) {
    return c < ' ' ? c != '\t' && c != '\n' : c >= '\u007F' && c <= '\u009F';
  }

  private static @Nullable String withoutControls(String value) {
    StringBuilder out = new StringBuilder(value.length());
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\r') {
        if (i + 1 == value.length() || value.charAt(i + 1) != '\n') {
          out.append('\n');
        }
      } else if (!isControl(c)) {
        out.append(c);
      }
    }
    return out.isEmpty() ? null : out.toString();
  }

  /** A text without characters that nobody sees, such as zero-width spaces and text direction. */
  static String withoutInvisible(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 128) {
        return text.codePoints()
            .filter(c -> Character.getType(c) != Character.FORMAT)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
      }
    }
    return text;
  }

  /** The letters and digits of a text, in lower case: what names are compared by. */
  static String lettersAndDigits(String text) {
    StringBuilder out = new StringBuilder(text.length());
    Normalizer.normalize(text, Normalizer.Form.NFKC)
        .toLowerCase(Locale.ROOT)
        .codePoints()
        .filter(Character::isLetterOrDigit)
        .forEach(out::appendCodePoint);
    return out.toString();
  }
}
