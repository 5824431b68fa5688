package dev.kiln.lead;

import com.fasterxml.jackson.core.JsonFactory;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file of leads as batches of records. It streams: the heap it takes is bounded by {@link
 * Limits}, not by the file; of an Excel workbook alone, the texts that cells share are kept, within
 * a bound. What a file is, its content decides, not its name: JSON, an Excel workbook or delimited
 * text, each also within gzip. Whatever it is, a batch is RFC 4180 text.
 *
 * <p>Encoding: by byte order mark; else UTF-16 where every second byte is zero; else UTF-8; else,
 * when the first 256 KiB are not UTF-8, Windows-1252. A byte further on that is not UTF-8 is read
 * as Windows-1252, loses no row and shows in {@link #format()}.
 *
 * <p>JSON: objects in an array, one after the other, or within a wrapper. Their keys, of all rows,
 * are the header. What {@link Hygiene} blocks is left out of what becomes text, and has a column of
 * its own, which says where it was filled. Excel: the first sheet that has a header.
 *
 * <p>Delimited text: of {@code , ; tab |} the delimiter under which the header names the most
 * columns of a lead; a first line {@code sep=;} decides it.
 *
 * <p>Header: the first row of the top 50 with two known column names, else with one; what stands
 * above it is skipped. Blank rows (no cell with more than white space) and total lines (first cell
 * {@code Total} or a like word, no e-mail, URL or domain in the row) are skipped and counted apart.
 * Every other record is counted as read: short ones are padded, ones with more filled cells than
 * the header are {@link Broken}, as are ones with a quote that is never closed or over a limit; the
 * records around them survive.
 *
 * <p>Quotes: a cell is quoted when its first character, blanks aside, is a quote; inside, a doubled
 * quote is a quote and line breaks are text. A quote anywhere else is text ({@code 5" pipe}). Text
 * after a closing quote is appended ({@code "Jane" Doe} is {@code Jane Doe}), unless the quotes
 * enclose a line break: then the first of them counts as never closed, as it does at the end of the
 * file and at a limit. Reading goes on at the line after it. NUL and U+FFFE are dropped.
 *
 * <p>Reading fails with {@link UncheckedIOException}, behind which there is no next batch. Not
 * thread-safe.
 */
public final class Framer implements Iterator<RecordBatch>, Closeable {
  private static final Pattern TOTAL =
      Pattern.compile(
          "((grand|sub|report)[ -]?)?totals?( (rows|records|leads|contacts|count|general))?"
              + "|totaux|(gesamt|zwischen)?summen?|gesamt|sum|total général",
          Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);

  private static final int LONGEST_TOTAL = 40;

  private static final Pattern ADDRESS = Pattern.compile("://|[\\p{L}\\p{N}-]\\.\\p{L}{2}");

  private final Path file;
  private final Records records;
  private final Limits limits;
  private final Opening opening;
  private final int columns;
  private long read;
  private long skipped;

  /** Whether the records stand on one that no batch has taken. */
  private boolean pending;

  private Framer(Path file, Opening opening, Limits limits) {
    this.file = file;
    this.records = opening.records();
    this.limits = limits;
    this.opening = opening;
    this.columns = opening.header().size();
    this.skipped = opening.above();
  }

  /**
   * Opens a file, judges how it is written and finds its header.
   *
   * @param hygiene says what is left out of JSON that becomes text
   * @throws UnreadableFile when it can yield no lead; the message says why and what to do
   * @throws IOException when it cannot be read, as when it vanished
   */
  public static Framer open(Path file, Limits limits, Hygiene hygiene) throws IOException {
    return begun(new Framer(file, Opening.of(file, limits, hygiene), limits));
  }

  /**
   * Opens a text that is no file, such as that of a message.
   *
   * @param name what it is called in messages
   * @param text JSON or delimited text
   * @param hygiene says what is left out of JSON that becomes text
   * @throws UnreadableFile when it can yield no lead; the message says why and what to do
   */
  public static Framer ofText(String name, String text, Limits limits, Hygiene hygiene)
      throws IOException {
    Path called = Path.of(name);
    return begun(new Framer(called, Opening.of(called, text, limits, hygiene), limits));
  }

  /** JSON as files of leads may hold it: with NaN, and with control characters within texts. */
  public static JsonFactory json() {
    return JsonRecords.FACTORY;
  }

  private static Framer begun(Framer framer) throws IOException {
    try {
      if (!framer.advance()) {
        throw new UnreadableFile(
            framer.file, "has a header and no rows: export it again, with its rows");
      }
      return framer;
    } catch (IOException | RuntimeException e) {
      framer.close();
      throw e;
    }
  }

  /**
   * The cells of the header, without blanks around them, as often as they occur; of JSON the keys,
   * with one for each blocked key that was left out of a text.
   */
  public List<String> header() {
    return opening.header();
  }

  /** How the file is written, as far as it was read. */
  public Format format() {
    return opening.format().get();
  }

  /**
   * Goes on after this record: the next batch begins with record {@code record + 1}. Records up to
   * it are framed and counted, nothing else. Past the end of the file there is no next batch.
   *
   * @param record the number of the last record already taken, 0 for none
   * @throws IllegalArgumentException when that record lies behind
   */
  public void skipTo(long record) {
    if (record < read) {
      throw new IllegalArgumentException("record " + record + " lies behind " + read);
    }
    try {
      while (pending && read < record) {
        read++;
        advance();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String excerpt() {
    String excerpt = records.excerpt();
    int most = Math.min(excerpt.length(), limits.excerptChars());
    boolean torn = most > 0 && Character.isHighSurrogate(excerpt.charAt(most - 1));
    return excerpt.substring(0, torn ? most - 1 : most);
  }

  @Override
  public boolean hasNext() {
    return pending;
  }

  @Override
  public RecordBatch next() {
    if (!pending) {
      throw new NoSuchElementException();
    }
    long first = read + 1;
    StringBuilder text = new StringBuilder(1 << 14);
    List<Long> good = new ArrayList<>();
    List<Long> lines = new ArrayList<>();
    List<Broken> broken = new ArrayList<>();
    try {
      do {
        read++;
        String fault = records.fault();
        if (fault != null) {
          broken.add(new Broken(read, records.faultLine(), fault, excerpt()));
        } else if (!records.blankFrom(columns)) {
          String wide =
              "the row has "
                  + records.cells()
                  + " cells where the header has "
                  + columns
                  + ": is a delimiter inside a cell without quotes around it?";
          broken.add(new Broken(read, records.line(), wide, excerpt()));
        } else {
          good.add(read);
          lines.add(records.line());
          records.appendTo(text, columns);
        }
      } while (advance()
          && good.size() + broken.size() < limits.batchRows()
          && text.length() < limits.maxBatchChars());
    } catch (IOException e) {
      // Who lets go of all batches after a failure, as Camel does, asks on.
      pending = false;
      throw new UncheckedIOException(e);
    }
    return new RecordBatch(first, read, text.toString(), good, lines, broken, read, skipped);
  }

  /**
   * The refusal of a file all of whose rows were rejected.
   *
   * @param run its run
   */
  public UnreadableFile withoutLeads(String run) {
    return new UnreadableFile(
        file,
        "has no row that is a lead: "
            + (read == 1
                ? "its only row was rejected; "
                : "all " + read + " rows were rejected, each with its reason; ")
            + "\"kiln leads --state REJECTED --run "
            + run
            + (read == 1 ? "\" says why" : "\" lists them"));
  }

  /**
   * The refusal of a file some of whose rows the ledger does not take.
   *
   * @param first the first of these rows
   * @param last the last one
   * @param why in words without what they hold
   */
  public UnreadableFile refusedRows(long first, long last, String why) {
    return new UnreadableFile(
        file,
        "is read no further than row "
            + (first - 1)
            + ": the ledger does not take rows "
            + first
            + " to "
            + last
            + " ("
            + why
            + "). Mend them and drop the file again");
  }

  /** Data records taken so far, the broken ones included; 0 at first. */
  public long read() {
    return read;
  }

  /** Blank, title and total lines so far, up to the record that comes next; 0 at first. */
  public long skipped() {
    return skipped;
  }

  /** Moves on to the next data record. */
  private boolean advance() throws IOException {
    while (records.next()) {
      if (records.fault() != null || !(records.blank() || (opening.tabular() && isTotal()))) {
        pending = true;
        return true;
      }
      skipped++;
    }
    pending = false;
    return false;
  }

  private boolean isTotal() {
    int first = 0;
    while (first < records.kept() && records.blankCell(first)) {
      first++;
    }
    return first < records.kept()
        && records.rawLength(first) <= LONGEST_TOTAL
        && "tgsrzTGSRZ".indexOf(records.initial(first)) >= 0
        && saysTotal(Text.value(records.cell(first)))
        && !holdsAddress();
  }

  private static boolean saysTotal(@Nullable String value) {
    return value != null
        && TOTAL.matcher(value.replaceFirst("\\s*[:=]?\\s*[(]?[\\d.,\\s]*[)]?$", "")).matches();
  }

  /** Whether the record holds an e-mail address, a URL or a domain. */
  private boolean holdsAddress() {
    return records.texts().stream()
        .anyMatch(cell -> cell.indexOf('@') >= 0 || ADDRESS.matcher(cell).find());
  }

  @Override
  public void close() throws IOException {
    records.close();
  }
}
