package dev.kiln.lead;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Iterator;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dhatim.fastexcel.reader.Cell;
import org.dhatim.fastexcel.reader.CellType;
import org.dhatim.fastexcel.reader.Row;
import org.dhatim.fastexcel.reader.Sheet;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a sheet. Text is as it is; a number has no exponent and, with a fraction, the 15
 * digits that Excel keeps; a number with a format of zeros only ({@code 00000}) has those; a date
 * is ISO 8601; a duration is {@code 26:00:00}; a formula is the value that it had when the workbook
 * was saved. Not thread-safe.
 */
final class SheetRecords extends CellRecords {
  private static final MathContext EXCEL = new MathContext(15, RoundingMode.HALF_UP);
  private static final int MOST_DIGITS = 400;

  /** The last day that Excel knows: 9999-12-31. */
  private static final BigDecimal LAST_DAY = new BigDecimal("2958466");

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

  /** In a format of numbers, what stands for no part of a date. */
  private static final Pattern LITERALS =
      Pattern.compile("\"[^\"]*\"|\\\\.|_.|\\*.|\\[[^hmsHMS\\]][^\\]]*\\]");

  /** A format of a duration: hours, minutes or seconds beyond what a day or an hour has. */
  private static final Pattern ELAPSED =
      Pattern.compile("\\[(h+|m+|s+)]", Pattern.CASE_INSENSITIVE);

  private static final BigDecimal SECONDS_OF_A_DAY = new BigDecimal(86_400);
  private static final int LONGEST_FORMAT = 255;

  private static final Pattern ZEROS = Pattern.compile("0{2,20}");
  private static final Pattern ESCAPED = Pattern.compile("_x([0-9A-Fa-f]{4})_");

  private final Workbook workbook;
  private final Stream<Row> stream;
  private final Iterator<Row> rows;
  private final Closeable closing;
  private long line;
  private long uncalculated;

  /**
   * The rows of a sheet.
   *
   * @param closing what is closed with it
   */
  SheetRecords(Workbook workbook, Sheet sheet, Closeable closing) throws IOException {
    this.workbook = workbook;
    this.closing = closing;
    this.stream =
        workbook.guarded(
            () -> {
              try {
                return sheet.openStream();
              } catch (IOException failure) {
                throw new IllegalStateException(failure);
              }
            });
    this.rows = stream.iterator();
  }

  /** Formulas so far that were saved without a value. */
  long uncalculated() {
    return uncalculated;
  }

  @Override
  public boolean next() throws IOException {
    clear();
    if (!workbook.guarded(rows::hasNext)) {
      return false;
    }
    Row row = workbook.guarded(rows::next);
    line = row.getRowNum();
    for (int i = 0; i < row.getCellCount(); i++) {
      Cell cell = row.getCell(i);
      if (cell != null) {
        set(i, workbook.guarded(() -> text(cell)));
      }
    }
    return true;
  }

  private @Nullable String text(Cell cell) {
    String raw = cell.getRawValue();
    if (raw == null || raw.isEmpty()) {
      uncalculated += cell.getType() == CellType.FORMULA ? 1 : 0;
      return null;
    }
    return switch (cell.getType()) {
      case EMPTY -> null;
      case BOOLEAN -> truth(raw);
      case STRING, ERROR -> unescaped(raw);
      case NUMBER -> number(cell, raw);
      case FORMULA -> formula(cell, raw);
    };
  }

  private String formula(Cell cell, String raw) {
    if (cell.getValue() instanceof Boolean) {
      return truth(raw);
    }
    return cell.getValue() instanceof BigDecimal ? number(cell, raw) : unescaped(raw);
  }

  private static String truth(String raw) {
    return raw.equals("1") ? "TRUE" : "FALSE";
  }

  private String number(Cell cell, String raw) {
    BigDecimal number = (BigDecimal) cell.getValue();
    if (Math.abs((long) number.scale()) > MOST_DIGITS) {
      return raw;
    }
    String format = cell.getDataFormatString();
    if (format != null && format.length() <= LONGEST_FORMAT && isDate(cell, format)) {
      boolean elapsed = ELAPSED.matcher(LITERALS.matcher(format).replaceAll("")).find();
      String date = elapsed ? duration(number) : date(cell, number);
      if (date != null) {
        return date;
      }
    }
    String plain = plain(number);
    if (format != null && ZEROS.matcher(format).matches() && plain.matches("\\d+")) {
      return "0".repeat(Math.max(0, format.length() - plain.length())) + plain;
    }
    return plain;
  }

  private static String plain(BigDecimal number) {
    boolean whole = number.scale() <= 0;
    BigDecimal kept = whole ? number : number.round(EXCEL);
    if (kept.signum() == 0) {
      return "0";
    }
    return kept.scale() > 0 ? kept.stripTrailingZeros().toPlainString() : kept.toPlainString();
  }

  private static boolean isDate(Cell cell, String format) {
    Integer id = cell.getDataFormatId();
    if (id != null && ((id >= 14 && id <= 22) || (id >= 45 && id <= 47))) {
      return true;
    }
    String letters = LITERALS.matcher(format).replaceAll("");
    return !letters.equalsIgnoreCase("general")
        && letters.chars().anyMatch(c -> "ymdhsYMDHS".indexOf(c) >= 0);
  }

  private static @Nullable String duration(BigDecimal days) {
    if (days.signum() < 0 || days.compareTo(LAST_DAY) >= 0) {
      return null;
    }
    long seconds =
        days.multiply(SECONDS_OF_A_DAY).setScale(0, RoundingMode.HALF_UP).longValueExact();
    return String.format(
        Locale.ROOT, "%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }

  private static @Nullable String date(Cell cell, BigDecimal days) {
    if (days.signum() < 0 || days.compareTo(LAST_DAY) >= 0) {
      return null;
    }
    LocalDateTime date = cell.asDate();
    if (days.compareTo(BigDecimal.ONE) < 0) {
      return TIME.format(date);
    }
    boolean midnight = date.toLocalTime().toSecondOfDay() == 0;
    return midnight ? date.toLocalDate().toString() : date.toLocalDate() + "T" + TIME.format(date);
  }

  /** With the characters that XML cannot carry and Excel writes as {@code _x000D_}. */
  private static String unescaped(String text) {
    return text.contains("_x") ? ESCAPED.matcher(text).replaceAll(SheetRecords::character) : text;
  }

  private static String character(MatchResult escaped) {
    return Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(escaped.group(1), 16)));
  }

  @Override
  public long line() {
    return line;
  }

  @Override
  public @Nullable String fault() {
    return null;
  }

  @Override
  public long faultLine() {
    return line;
  }

  @Override
  public String excerpt() {
    return String.join(" | ", texts());
  }

  @Override
  public void close() throws IOException {
    try (closing) {
      stream.close();
    } catch (UncheckedIOException failure) {
      throw failure.getCause();
    }
  }
}
