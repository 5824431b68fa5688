package dev.kiln.lead;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * Looks through a ZIP archive before the library reads it: whether it is an Excel workbook, and
 * whether reading it stays within bounds, whatever it unpacks to. Rows stream; what the library
 * keeps in memory (texts that cells share, styles, names) does not.
 */
final class WorkbookGuard {
  /** The heap that shared texts may take, about. */
  private static final long MOST_SHARED = 128L << 20;

  /** Of a text beside its characters. */
  private static final int PER_TEXT = 64;

  /** A part that is kept in memory, other than shared texts. */
  private static final long LARGEST_PART = 16L << 20;

  /** Columns that Excel knows. */
  private static final int WIDEST = 16_384;

  private static final Pattern ADDRESS = Pattern.compile("\\sr\\s*=\\s*[\"']([^\"']*)");
  private static final Pattern PLACE = Pattern.compile("\\$?[A-Za-z]{1,3}\\$?[0-9]{1,7}");
  private static final Pattern SHARED = Pattern.compile("\\st\\s*=\\s*[\"']s[\"']");

  /** A date that is written as one, not as a number with a format of dates. */
  private static final Pattern ISO_DATE = Pattern.compile("\\st\\s*=\\s*[\"']d[\"']");

  private final Path file;
  private final ZipFile zip;
  private final Limits limits;
  private long texts;
  private boolean isoDates;

  WorkbookGuard(Path file, ZipFile zip, Limits limits) {
    this.file = file;
    this.zip = zip;
    this.limits = limits;
  }

  /** Whether a cell is a date that is written as one, which the library cannot read. */
  boolean isoDates() {
    return isoDates;
  }

  void check() throws IOException {
    List<ZipArchiveEntry> entries = Collections.list(zip.getEntries());
    List<String> names =
        entries.stream().map(entry -> entry.getName().toLowerCase(Locale.ROOT)).toList();
    if (!names.contains("[content_types].xml")
        || names.stream().noneMatch(name -> name.matches("(.*/)?workbook[0-9]*\\.xml"))) {
      throw new UnreadableFile(file, kind(names));
    }
    // How many shared texts there are decides which a cell may name.
    for (boolean shared : new boolean[] {true, false}) {
      for (ZipArchiveEntry entry : entries) {
        boolean its = entry.getName().toLowerCase(Locale.ROOT).contains("sharedstrings");
        if (!entry.isDirectory() && its == shared) {
          try (InputStream in = zip.getInputStream(entry)) {
            new Part(in).check();
          }
        }
      }
    }
  }

  private static String kind(List<String> names) {
    String save = ": save it as CSV (UTF-8) or .xlsx and send that";
    if (names.contains("xl/workbook.bin")) {
      return "is a binary Excel workbook (.xlsb)" + save;
    }
    if (names.stream().anyMatch(name -> name.startsWith("word/"))) {
      return "is a Word document" + save;
    }
    if (names.contains("content.xml")) {
      return "is an OpenDocument file" + save;
    }
    if (names.stream().anyMatch(name -> name.endsWith(".iwa"))) {
      return "is a Numbers document" + save;
    }
    return "is a ZIP archive: unpack it and send the files in it";
  }

  private UnreadableFile tooLarge() {
    return new UnreadableFile(
        file,
        "is an Excel workbook with more text or wider rows than Kiln takes: save it as CSV (UTF-8)"
            + " and send that");
  }

  /** One file of the archive. */
  private final class Part {
    private final InputStream in;
    private final byte[] chunk = new byte[1 << 15];

    /** The markup that began last, and the text behind it. */
    private byte[] run = new byte[1 << 10];

    private int length;
    private String root = "";
    private long size;
    private int cells;
    private boolean ofShared;

    Part(InputStream in) {
      this.in = in;
    }

    void check() throws IOException {
      int count = in.read(chunk);
      if (count <= 0 || !isXml()) {
        return;
      }
      while (count >= 0) {
        size += count;
        for (int i = 0; i < count; i++) {
          if (chunk[i] == '<') {
            ended();
            length = 0;
          }
          add(chunk[i]);
        }
        if (!root.equals("worksheet")
            && !root.startsWith("pivotCache")
            && (root.equals("sst") ? size + texts * PER_TEXT > MOST_SHARED : size > LARGEST_PART)) {
          throw tooLarge();
        }
        count = in.read(chunk);
      }
      ended();
    }

    /** Whether it could be read as XML; what is in UTF-16 is not looked through, so refused. */
    private boolean isXml() throws UnreadableFile {
      if (chunk[1] == 0
          || (chunk[0] & 0xFF) == 0xFE
          || ((chunk[0] & 0xFF) == 0xFF && (chunk[1] & 0xFF) == 0xFE)) {
        throw tooLarge();
      }
      int at = (chunk[0] & 0xFF) == 0xEF ? 3 : 0;
      while (chunk[at] <= ' ' && at < 1000) {
        at++;
      }
      return chunk[at] == '<';
    }

    private void add(byte one) throws UnreadableFile {
      if (length == limits.maxRecordChars()) {
        throw tooLarge();
      }
      if (length == run.length) {
        run = Arrays.copyOf(run, 2 * run.length);
      }
      run[length++] = one;
    }

    /** Looks at one piece of markup with the text behind it. */
    private void ended() throws UnreadableFile {
      if (length < 2 || run[1] == '?' || run[1] == '/') {
        return;
      }
      if (run[1] == '!') {
        if (length > 2 && run[2] == 'D') {
          throw tooLarge();
        }
        return;
      }
      String name = name();
      if (root.isEmpty()) {
        root = name;
      }
      switch (name) {
        case "si" -> texts++;
        case "row" -> cells = 0;
        case "c" -> {
          String markup = text();
          Matcher address = ADDRESS.matcher(markup);
          if (++cells > WIDEST || (address.find() && !PLACE.matcher(address.group(1)).matches())) {
            throw tooLarge();
          }
          isoDates |= root.equals("worksheet") && ISO_DATE.matcher(markup).find();
          ofShared = SHARED.matcher(markup).find();
        }
        case "v" -> {
          String number = text().replaceFirst("^[^>]*>", "").strip();
          if (ofShared && root.equals("worksheet") && !number.isEmpty() && !isText(number)) {
            throw new UnreadableFile(
                file, "is a damaged Excel workbook: open it in Excel, save it and send it again");
          }
        }
        default -> {}
      }
    }

    private boolean isText(String number) {
      return number.matches("[0-9]{1,9}") && Integer.parseInt(number) < texts;
    }

    /** The element's name, without a prefix. */
    private String name() {
      int from = 1;
      int to = 1;
      while (to < length && run[to] > ' ' && run[to] != '>' && run[to] != '/') {
        if (run[to] == ':') {
          from = to + 1;
        }
        to++;
      }
      return new String(run, from, to - from, StandardCharsets.UTF_8);
    }

    private String text() {
      return new String(run, 0, length, StandardCharsets.UTF_8);
    }
  }
}
