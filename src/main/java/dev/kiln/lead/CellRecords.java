package dev.kiln.lead;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Records whose cells are texts of their own. What no file can carry is dropped or replaced. */
abstract class CellRecords implements Records {
  private @Nullable String[] values = new @Nullable String[64];
  private int count;

  /** Forgets the cells of the record before. */
  final void clear() {
    Arrays.fill(values, 0, count, null);
    count = 0;
  }

  /** Sets a cell; null is empty. The record has at least so many cells then. */
  final void set(int index, @Nullable String text) {
    if (index >= values.length) {
      values = Arrays.copyOf(values, Math.max(index + 1, values.length * 2));
    }
    values[index] = text == null ? null : carried(text);
    count = Math.max(count, index + 1);
  }

  /** The text of a cell as it was set, or null. */
  final @Nullable String value(int index) {
    return index < count ? values[index] : null;
  }

  @Override
  public final int cells() {
    return count;
  }

  @Override
  public final boolean blankFrom(int first) {
    for (int i = first; i < count; i++) {
      if (!blankCell(i)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public final boolean blankCell(int index) {
    return initial(index) == 0;
  }

  @Override
  public final int rawLength(int index) {
    return cell(index).length();
  }

  @Override
  public final char initial(int index) {
    String text = cell(index);
    for (int i = 0; i < text.length(); i++) {
      if (!Text.isBlank(text.charAt(i))) {
        return text.charAt(i);
      }
    }
    return 0;
  }

  @Override
  public final String cell(int index) {
    String text = value(index);
    return text == null ? "" : text;
  }

  @Override
  public final List<String> texts() {
    List<String> all = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      all.add(cell(i));
    }
    return all;
  }

  @Override
  public final void appendTo(StringBuilder out, int columns) {
    for (int i = 0; i < columns; i++) {
      if (i > 0) {
        out.append(',');
      }
      String text = cell(i);
      if (text.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r')) {
        out.append('"').append(text.replace("\"", "\"\"")).append('"');
      } else {
        out.append(text);
      }
    }
    out.append('\n');
  }

  /** Without NUL and U+FFFE; halves of surrogate pairs are U+FFFD. */
  private static String carried(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0 || c == '\uFFFE' || Character.isSurrogate(c)) {
        return mended(text);
      }
    }
    return text;
  }

  private static String mended(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .filter(c -> c != 0 && c != 0xFFFE)
        .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
        .forEach(out::appendCodePoint);
    return out.toString();
  }
}
