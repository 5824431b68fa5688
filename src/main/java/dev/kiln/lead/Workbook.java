package dev.kiln.lead;

import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.dhatim.fastexcel.reader.ReadableWorkbook;
import org.dhatim.fastexcel.reader.ReadingOptions;
import org.dhatim.fastexcel.reader.Sheet;
import org.dhatim.fastexcel.reader.SheetVisibility;
import org.jspecify.annotations.Nullable;

/** An Excel workbook (.xlsx): the first sheet that has a header of a lead file. */
final class Workbook implements Closeable {
  /** A workbook within gzip is read in memory, so it may not be larger. */
  private static final int LARGEST_IN_GZIP = 32 << 20;

  private final Path file;
  private final ReadableWorkbook workbook;

  /** Whether some cells are dates that the library cannot read. */
  private final boolean isoDates;

  private Workbook(Path file, ReadableWorkbook workbook, boolean isoDates) {
    this.file = file;
    this.workbook = workbook;
    this.isoDates = isoDates;
  }

  private static Workbook of(Content content, Limits limits) throws IOException {
    byte[] bytes = bytes(content);
    boolean isoDates = guard(content.file(), bytes, limits).isoDates();
    return new Workbook(content.file(), readable(content.file(), bytes), isoDates);
  }

  static Opening open(Content content, Limits limits) throws IOException {
    Workbook workbook = of(content, limits);
    try {
      return workbook.open(limits);
    } catch (IOException | RuntimeException failure) {
      workbook.close();
      throw failure;
    }
  }

  /** Whether the text of any cell of any sheet is as wanted. */
  static boolean anyText(Content content, Limits limits, Predicate<String> wanted)
      throws IOException {
    try (Workbook workbook = of(content, limits)) {
      for (Sheet sheet : workbook.guarded(() -> workbook.workbook.getSheets().toList())) {
        try (SheetRecords records = new SheetRecords(workbook, sheet, () -> {})) {
          while (records.next()) {
            if (records.texts().stream().anyMatch(wanted)) {
              return true;
            }
          }
        }
      }
    }
    return false;
  }

  private Opening open(Limits limits) throws IOException {
    List<Sheet> sheets = guarded(() -> workbook.getSheets().toList());
    List<String> others = new ArrayList<>();
    Sheet chosen = null;
    Header header = null;
    Header found = null;
    for (Sheet sheet : sheets) {
      if (chosen == null) {
        try (SheetRecords records = new SheetRecords(this, sheet, () -> {})) {
          header = Header.in(records);
        }
        if (header != null && header.identifies()) {
          chosen = sheet;
          continue;
        }
        found = found == null ? header : found;
      }
      others.add(
          "\""
              + sheet.getName()
              + "\""
              + (sheet.getVisibility() == SheetVisibility.VISIBLE ? "" : " (hidden)"));
    }
    if (chosen == null || header == null) {
      throw new UnreadableFile(
          file,
          found == null
              ? "is an Excel workbook without rows: export it again, with its rows"
              : found.missing());
    }
    if (header.columns() > limits.maxColumns()) {
      throw new UnreadableFile(
          file, "has more than " + limits.maxColumns() + " columns: export only those you need");
    }
    SheetRecords records = new SheetRecords(this, chosen, this);
    String name = chosen.getName();
    return Opening.below(
        header,
        records,
        () -> new Format(Format.Kind.WORKBOOK, "UTF-8", '\0', notes(name, others, records)));
  }

  private static List<String> notes(String sheet, List<String> others, SheetRecords records) {
    List<String> notes = new ArrayList<>();
    if (!others.isEmpty()) {
      notes.add("sheet \"" + sheet + "\" is read, not " + String.join(", ", others));
    }
    if (records.uncalculated() > 0) {
      notes.add(
          records.uncalculated()
              + " formulas have no value: open the workbook in Excel, save it and send it again");
    }
    return notes;
  }

  /** A workbook within gzip; null for one that is read where it lies. */
  private static byte @Nullable [] bytes(Content content) throws IOException {
    if (!content.gzip()) {
      return null;
    }
    byte[] bytes;
    try (InputStream in = content.open()) {
      bytes = in.readNBytes(LARGEST_IN_GZIP + 1);
    }
    if (bytes.length > LARGEST_IN_GZIP) {
      throw new UnreadableFile(
          content.file(), "is a large workbook within gzip: send the .xlsx itself");
    }
    return bytes;
  }

  private static WorkbookGuard guard(Path file, byte @Nullable [] bytes, Limits limits)
      throws IOException {
    try (ZipFile zip = zip(file, bytes)) {
      WorkbookGuard guard = new WorkbookGuard(file, zip, limits);
      guard.check();
      return guard;
    } catch (UnreadableFile refusal) {
      throw refusal;
    } catch (IOException | RuntimeException damage) {
      throw damaged(file);
    }
  }

  private static ReadableWorkbook readable(Path file, byte @Nullable [] bytes) throws IOException {
    try {
      return readable(file, bytes, true);
    } catch (IOException | RuntimeException withoutStyles) {
      try {
        return readable(file, bytes, false);
      } catch (IOException | RuntimeException damage) {
        throw damaged(file);
      }
    }
  }

  private static ZipFile zip(Path file, byte @Nullable [] bytes) throws IOException {
    return bytes == null
        ? ZipFile.builder().setPath(file).get()
        : ZipFile.builder().setByteArray(bytes).get();
  }

  private static ReadableWorkbook readable(Path file, byte @Nullable [] bytes, boolean styles)
      throws IOException {
    ReadingOptions options = new ReadingOptions(styles, true);
    return bytes == null
        ? new ReadableWorkbook(file.toFile(), options)
        : new ReadableWorkbook(new ByteArrayInputStream(bytes), options);
  }

  private static UnreadableFile damaged(Path file) {
    return new UnreadableFile(
        file, "is a damaged Excel workbook: open it in Excel, save it and send it again");
  }

  ReadableWorkbook workbook() {
    return workbook;
  }

  /**
   * What the reading library gives. What it throws says that the workbook is damaged, whichever of
   * its parsers it comes from; a disk that cannot be read is told as such.
   */
  <T> T guarded(Supplier<T> call) throws IOException {
    try {
      return call.get();
    } catch (UncheckedIOException unread) {
      throw unread.getCause();
    } catch (RuntimeException damage) {
      throw isoDates
          ? new UnreadableFile(
              file,
              "is an Excel workbook with dates that Kiln cannot read (cells of the type \"d\", as in a"
                  + " Strict Open XML Spreadsheet): save it as an Excel Workbook (.xlsx) or as CSV"
                  + " (UTF-8) and send that")
          : damaged(file);
    }
  }

  @Override
  public void close() throws IOException {
    workbook.close();
  }
}
