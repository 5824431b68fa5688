package dev.kiln.lead;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The records of delimited text, one at a time, as positions in a buffer that holds no more than
 * the current record and what was read ahead.
 *
 * <p>A cell is quoted when its first character, blanks aside and in the first cell a byte order
 * mark, is a quote; inside, a doubled quote is a quote and line breaks are text. A quote anywhere
 * else is text. Text after a closing quote is appended to the cell ({@code "Jane" Doe} is {@code
 * Jane Doe}), unless the quotes enclose a line break: then the first of them was never closed. A
 * quote that was never closed, by that rule, by the end of the file or by a limit, spoils its own
 * record only: scanning goes on at the line after the quote. A line break is LF, CR or CRLF. NUL
 * and U+FFFE (no character in any encoding) are dropped. Not thread-safe.
 */
final class RecordScanner implements Records {
  private static final int PLAIN = 0;

  /** Inside quotes; doubled quotes stay doubled. */
  private static final int QUOTED = 1;

  /** Plain, with quotes that are text. */
  private static final int STRAY = 2;

  /** From the opening quote on, with text after the closing quote. */
  private static final int TRAILED = 3;

  private static final char NEVER_A_CHARACTER = '\uFFFE';

  /** Stands before a row where files were put together. */
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private final TextSource source;
  private final char delimiter;
  private final int maxChars;
  private final Limits limits;
  private final boolean[] special = new boolean[128];

  private char[] buffer;
  private int start;
  private int limit;

  /** The characters and line breaks that the current record takes up, in effect at the next. */
  private int taken;

  private int breaks;
  private long line = 1;
  private boolean discardLine;

  private int cells;

  /** Whether a cell beyond {@link Limits#maxColumns}, of which nothing is kept, holds text. */
  private boolean textBeyond;

  private int[] from = new int[64];
  private int[] to = new int[64];
  private int[] kind = new int[64];
  private int end;
  private boolean clean;
  private boolean dirty;
  private boolean strayQuote;
  private boolean overflow;
  private @Nullable String fault;
  private long faultLine;

  RecordScanner(TextSource source, char delimiter, Limits limits) {
    this.source = source;
    this.delimiter = delimiter;
    this.limits = limits;
    // The line break counts into the record, hence the two.
    this.maxChars = limits.maxRecordChars() + 2;
    this.buffer = new char[Math.min(1 << 16, maxChars + 2 * TextSource.LEAST_ROOM)];
    for (char c : new char[] {delimiter, '"', '\r', '\n', 0}) {
      special[c] = true;
    }
  }

  @Override
  public boolean next() throws IOException {
    start += taken;
    line += breaks;
    if (discardLine) {
      discard();
    }
    taken = 0;
    breaks = 0;
    discardLine = false;
    cells = 0;
    textBeyond = false;
    end = 0;
    clean = true;
    dirty = false;
    overflow = false;
    fault = null;
    if (peek(0) < 0) {
      return false;
    }
    scan();
    return true;
  }

  @Override
  public long line() {
    return line;
  }

  @Override
  public int cells() {
    return cells;
  }

  @Override
  public @Nullable String fault() {
    return fault;
  }

  @Override
  public long faultLine() {
    return faultLine;
  }

  @Override
  public boolean blankFrom(int first) {
    for (int i = first; i < kept(); i++) {
      if (!blankCell(i)) {
        return false;
      }
    }
    return !textBeyond;
  }

  @Override
  public int kept() {
    return Math.min(cells, limits.maxColumns());
  }

  @Override
  public boolean blankCell(int index) {
    return blank(from[index], to[index]);
  }

  private boolean blank(int first, int last) {
    for (int i = first; i < last; i++) {
      if (!Text.isBlank(buffer[start + i])) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int rawLength(int index) {
    return to[index] - from[index];
  }

  @Override
  public char initial(int index) {
    for (int i = from[index]; i < to[index]; i++) {
      char c = buffer[start + i];
      if (c != '"' && !Text.isBlank(c)) {
        return c;
      }
    }
    return 0;
  }

  @Override
  public String cell(int index) {
    StringBuilder out = new StringBuilder();
    int state = kind[index];
    boolean inside = state == QUOTED;
    for (int i = from[index] + (state == TRAILED ? 1 : 0); i < to[index]; i++) {
      char c = buffer[start + i];
      if (c == 0 || c == NEVER_A_CHARACTER) {
        continue;
      }
      if (c == '"' && (inside || state == TRAILED)) {
        if (buffer[start + i + 1] == '"') {
          i++;
        } else if (state == TRAILED) {
          // The closing quote; from here on quotes are text.
          state = PLAIN;
          continue;
        }
      }
      out.append(c);
    }
    return out.toString();
  }

  @Override
  public List<String> texts() {
    List<String> all = new ArrayList<>(cells);
    for (int i = 0; i < kept(); i++) {
      all.add(cell(i));
    }
    return all;
  }

  @Override
  public String excerpt() {
    int length = Math.min(end, limits.excerptChars());
    if (length > 0 && Character.isHighSurrogate(buffer[start + length - 1])) {
      length--;
    }
    return new String(buffer, start, length).replace("\0", "");
  }

  @Override
  public void appendTo(StringBuilder out, int columns) {
    if (clean && !dirty && delimiter == ',' && cells == columns) {
      out.append(buffer, start, end);
    } else {
      for (int i = 0; i < columns; i++) {
        if (i > 0) {
          out.append(',');
        }
        if (i < cells) {
          appendCell(out, i);
        }
      }
    }
    out.append('\n');
  }

  private void appendCell(StringBuilder out, int index) {
    int first = start + from[index];
    int length = to[index] - from[index];
    if (dirty || kind[index] == STRAY || kind[index] == TRAILED) {
      out.append('"').append(cell(index).replace("\"", "\"\"")).append('"');
    } else if (kind[index] == QUOTED || holdsComma(first, length)) {
      out.append('"').append(buffer, first, length).append('"');
    } else {
      out.append(buffer, first, length);
    }
  }

  private boolean holdsComma(int first, int length) {
    for (int i = first; i < first + length; i++) {
      if (buffer[i] == ',') {
        return true;
      }
    }
    return false;
  }

  private void scan() throws IOException {
    int p = 0;
    while (true) {
      int first = p;
      int c = peek(p);
      while (c == ' ' || (c == '\t' && delimiter != '\t') || (c == BYTE_ORDER_MARK && cells == 0)) {
        c = peek(++p);
      }
      if (c == '"') {
        clean &= p == first;
        p = quoted(p);
        if (fault != null) {
          return;
        }
      } else {
        p = plain(p);
        add(first, p, strayQuote ? STRAY : PLAIN);
      }
      c = peek(p);
      if (c != delimiter) {
        end = p;
        if (c >= 0) {
          p++;
          breaks++;
          if (c == '\r' && peek(p) == '\n') {
            p++;
          }
        } else if (overflow) {
          tooLong(p);
          return;
        }
        taken = p;
        return;
      }
      p++;
    }
  }

  /** Runs to the end of an unquoted cell. */
  private int plain(int position) throws IOException {
    int p = position;
    strayQuote = false;
    while (true) {
      char[] chars = buffer;
      boolean[] stops = special;
      int i = start + p;
      int visible = visible();
      while (i < visible) {
        char c = chars[i];
        if (c < 128 ? stops[c] : c == NEVER_A_CHARACTER) {
          break;
        }
        i++;
      }
      p = i - start;
      if (i == visible) {
        if (peek(p) < 0) {
          return p;
        }
        continue;
      }
      char c = chars[i];
      if (c == '"') {
        strayQuote = true;
        clean = false;
        p++;
      } else if (c == 0 || c == NEVER_A_CHARACTER) {
        dirty = true;
        p++;
      } else {
        return p;
      }
    }
  }

  /** Runs to the end of a cell that begins with a quote here, and adds it. */
  private int quoted(int open) throws IOException {
    int breaksBefore = breaks;
    int nextLine = -1;
    int p = open + 1;
    while (true) {
      char[] chars = buffer;
      int i = start + p;
      int visible = visible();
      while (i < visible) {
        char c = chars[i];
        if (c == '"' || c == '\n' || c == '\r' || c == 0 || c == NEVER_A_CHARACTER) {
          break;
        }
        i++;
      }
      p = i - start;
      int c = peek(p);
      if (c < 0) {
        // One line that is too long is found so by whoever asks for its end.
        if (!overflow || nextLine >= 0) {
          unclosed(p, breaksBefore, nextLine);
        }
        return p;
      }
      p++;
      if (c == '\n' || c == '\r') {
        if (c == '\r' && peek(p) == '\n') {
          p++;
        }
        breaks++;
        if (nextLine < 0) {
          nextLine = p;
        }
        if (breaks >= limits.maxRecordLines()) {
          unclosed(p, breaksBefore, nextLine);
          return p;
        }
      } else if (c == 0 || c == NEVER_A_CHARACTER) {
        dirty = true;
      } else if (c == '"') {
        int after = peek(p);
        if (after == '"') {
          p++;
          continue;
        }
        int close = p - 1;
        while (after == ' ' || (after == '\t' && delimiter != '\t')) {
          clean = false;
          after = peek(++p);
        }
        if (after < 0 || after == delimiter || after == '\n' || after == '\r') {
          add(open + 1, close, QUOTED);
          return p;
        }
        if (nextLine >= 0) {
          unclosed(p, breaksBefore, nextLine);
          return p;
        }
        clean = false;
        p = plain(p);
        add(open, p, TRAILED);
        return p;
      }
    }
  }

  private void unclosed(int position, int breaksBefore, int nextLine) {
    end = position;
    faultLine = line + breaksBefore;
    fault =
        "the quote opened on line "
            + faultLine
            + " is never closed (a row may take up "
            + limits.maxRecordLines()
            + " lines and "
            + limits.maxRecordChars()
            + " characters)";
    taken = nextLine < 0 ? position : nextLine;
    breaks = nextLine < 0 ? breaks : breaksBefore + 1;
  }

  private void tooLong(int position) {
    end = position;
    faultLine = line;
    fault = "the row is longer than " + limits.maxRecordChars() + " characters";
    taken = position;
    discardLine = true;
  }

  private void add(int first, int last, int how) {
    if (cells < limits.maxColumns()) {
      if (cells == from.length) {
        from = Arrays.copyOf(from, cells * 2);
        to = Arrays.copyOf(to, cells * 2);
        kind = Arrays.copyOf(kind, cells * 2);
      }
      from[cells] = first;
      to[cells] = last;
      kind[cells] = how;
    } else {
      textBeyond |= !blank(first, last);
    }
    cells++;
  }

  /** The end, in the buffer, of what the current record may take up. */
  private int visible() {
    return Math.min(limit, start + maxChars);
  }

  /** The character at an offset into the record, or -1 past the end or past the limit. */
  private int peek(int offset) throws IOException {
    if (offset >= maxChars) {
      overflow = true;
      return -1;
    }
    while (start + offset >= limit) {
      if (!fill()) {
        return -1;
      }
    }
    return buffer[start + offset];
  }

  private boolean fill() throws IOException {
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, limit - start);
      limit -= start;
      start = 0;
    }
    if (buffer.length - limit < TextSource.LEAST_ROOM) {
      buffer =
          Arrays.copyOf(
              buffer,
              (int) Math.min(2L * buffer.length, (long) maxChars + 2L * TextSource.LEAST_ROOM));
    }
    int count = source.read(buffer, limit, buffer.length - limit);
    if (count < 0) {
      return false;
    }
    limit += count;
    return true;
  }

  /** Drops the rest of the line. */
  private void discard() throws IOException {
    taken = 0;
    while (true) {
      int c = peek(0);
      if (c < 0) {
        return;
      }
      start++;
      if (c == '\n' || c == '\r') {
        line++;
        if (c == '\r' && peek(0) == '\n') {
          start++;
        }
        return;
      }
    }
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
