package dev.kiln.lead;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How a file is written, judged from its first 256 KiB. */
final class Sniffer {
  private static final int SAMPLE_BYTES = 1 << 18;

  /** A header is looked for among this many records from the top. */
  private static final int TOP = 50;

  /** A longer cell is no name of a column. */
  private static final int LONGEST_NAME = 200;

  private static final Pattern JSON = Pattern.compile("(\\[\\s*)?\\{\\s*[\"}]|\\[\\s*\\]\\s*$");

  private static final String CSV_HINT = "; save it as CSV (UTF-8) and send that";

  /**
   * What was found.
   *
   * @param bom bytes before the text
   * @param before records above the header
   */
  record Finding(
      Charset charset, int bom, char delimiter, int before, List<String> header, String note) {}

  private record Encoding(Charset charset, int bom, String note) {}

  /** One delimiter tried: how many columns of a lead its header names, how many rows fit it. */
  private record Trial(char delimiter, int before, List<String> header, int known, int fitting) {
    boolean beats(@Nullable Trial other) {
      return other == null
          || known > other.known
          || (known == other.known && fitting > other.fitting);
    }
  }

  private final Path file;
  private final Limits limits;

  Sniffer(Path file, Limits limits) {
    this.file = file;
    this.limits = limits;
  }

  Finding sniff() throws IOException, UnreadableFile {
    byte[] sample = sample();
    if (sample.length == 0) {
      throw new UnreadableFile(file, "is empty (zero bytes): export it again");
    }
    refuseOtherKinds(sample);
    Encoding encoding = encoding(sample);
    if (sample.length == encoding.bom()) {
      throw new UnreadableFile(file, "is empty but for a byte order mark: export it again");
    }
    String text = text(sample, encoding);
    refuseOtherText(text);
    Trial best = null;
    for (char delimiter : delimiters(text)) {
      Trial trial = trial(sample, encoding, delimiter);
      if (trial != null && trial.beats(best)) {
        best = trial;
      }
    }
    if (best == null) {
      throw new UnreadableFile(file, "holds only blank lines: export it again");
    }
    if (best.header().size() > limits.maxColumns()) {
      throw new UnreadableFile(
          file, "has more than " + limits.maxColumns() + " columns: export only those you need");
    }
    if (!Columns.identifies(best.header())) {
      throw new UnreadableFile(file, noHeader(best.header()));
    }
    return new Finding(
        encoding.charset(),
        encoding.bom(),
        best.delimiter(),
        best.before(),
        best.header(),
        encoding.note());
  }

  boolean holdsJson() throws IOException {
    byte[] sample = sample();
    String text = text(sample, encoding(sample));
    return JSON.matcher(text.substring(0, Math.min(text.length(), 1000)).strip()).lookingAt();
  }

  private byte[] sample() throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(SAMPLE_BYTES);
    }
  }

  private void refuseOtherKinds(byte[] sample) throws UnreadableFile {
    String kind = null;
    if (begins(sample, 'P', 'K', 3, 4)) {
      kind = "is an Excel workbook (.xlsx) or another ZIP archive, whatever its name says";
    } else if (begins(sample, 0xD0, 0xCF, 0x11, 0xE0)) {
      kind = "is an old Excel workbook (.xls), whatever its name says";
    } else if (begins(sample, '%', 'P', 'D', 'F')) {
      kind = "is a PDF document";
    } else if (begins(sample, 0x1F, 0x8B)) {
      kind = "is compressed (gzip)";
    }
    if (kind != null) {
      throw new UnreadableFile(file, kind + CSV_HINT);
    }
  }

  private void refuseOtherText(String text) throws UnreadableFile {
    int controls = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == '\uFFFD') {
        controls++;
      }
    }
    if (controls > 10 + text.length() / 20) {
      throw new UnreadableFile(file, "is binary, not text" + CSV_HINT);
    }
    if (text.chars().allMatch(c -> Text.isBlank((char) c) || ",;|\"".indexOf(c) >= 0)) {
      throw new UnreadableFile(file, "holds only blank lines: export it again");
    }
    String top = text.substring(0, Math.min(text.length(), 1000)).strip();
    if (JSON.matcher(top).lookingAt()) {
      throw new UnreadableFile(
          file, "holds JSON, not delimited text: give its name the ending .json and send it again");
    }
    if (top.regionMatches(true, 0, "<!doctype", 0, 9)
        || top.regionMatches(true, 0, "<html", 0, 5)
        || top.startsWith("<?xml")) {
      throw new UnreadableFile(
          file, "is a web page or XML, perhaps the page of an error" + CSV_HINT);
    }
  }

  private Encoding encoding(byte[] sample) {
    if (begins(sample, 0xEF, 0xBB, 0xBF)) {
      return new Encoding(StandardCharsets.UTF_8, 3, "");
    }
    if (begins(sample, 0xFF, 0xFE)) {
      return new Encoding(StandardCharsets.UTF_16LE, 2, "");
    }
    if (begins(sample, 0xFE, 0xFF)) {
      return new Encoding(StandardCharsets.UTF_16BE, 2, "");
    }
    int[] zeros = new int[2];
    for (int i = 0; i < sample.length; i++) {
      if (sample[i] == 0) {
        zeros[i % 2]++;
      }
    }
    // Text in a European language has a zero in nearly every second byte of UTF-16.
    int most = sample.length / 2 - sample.length / 10;
    if (sample.length >= 20 && zeros[1] > most && zeros[0] <= sample.length / 100) {
      return new Encoding(StandardCharsets.UTF_16LE, 0, "read as UTF-16LE, which it does not say");
    }
    if (sample.length >= 20 && zeros[0] > most && zeros[1] <= sample.length / 100) {
      return new Encoding(StandardCharsets.UTF_16BE, 0, "read as UTF-16BE, which it does not say");
    }
    return isUtf8(sample)
        ? new Encoding(StandardCharsets.UTF_8, 0, "")
        : new Encoding(
            TextSource.WINDOWS_1252, 0, "read as Windows-1252, because it is not valid UTF-8");
  }

  /** Whether multi-byte sequences of UTF-8 outnumber the bytes that belong to none. */
  private static boolean isUtf8(byte[] sample) {
    int sequences = 0;
    int strays = 0;
    int i = 0;
    while (i < sample.length) {
      int lead = sample[i] & 0xFF;
      int length =
          lead < 0x80
              ? 1
              : lead >= 0xC2 && lead < 0xE0
                  ? 2
                  : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
      int have = Math.min(length, 1);
      while (have < length && i + have < sample.length && (sample[i + have] & 0xC0) == 0x80) {
        have++;
      }
      if (have == length && length > 1) {
        sequences++;
      } else if (length != 1 && i + have < sample.length) {
        strays++;
      } else if (length != 1 && sample.length < SAMPLE_BYTES) {
        strays++;
      }
      i += Math.max(have, 1);
    }
    return strays == 0 || sequences > strays;
  }

  private static String text(byte[] sample, Encoding encoding) {
    return new String(sample, encoding.bom(), sample.length - encoding.bom(), encoding.charset());
  }

  private static char[] delimiters(String text) {
    if (text.length() > 5
        && text.regionMatches(true, 0, "sep=", 0, 4)
        && ",;|\t".indexOf(text.charAt(4)) >= 0
        && (text.charAt(5) == '\n' || text.charAt(5) == '\r')) {
      return new char[] {text.charAt(4)};
    }
    return new char[] {',', ';', '\t', '|'};
  }

  private @Nullable Trial trial(byte[] sample, Encoding encoding, char delimiter)
      throws IOException {
    Trial best = null;
    List<Integer> widths = new ArrayList<>();
    try (RecordScanner scanner =
        new RecordScanner(
            new TextSource(
                new ByteArrayInputStream(sample, encoding.bom(), sample.length - encoding.bom()),
                encoding.charset()),
            delimiter,
            limits)) {
      while (widths.size() < TOP && scanner.next()) {
        int before = widths.size();
        boolean usable = scanner.fault() == null && !scanner.blank();
        widths.add(usable ? scanner.cells() : 0);
        if (!usable) {
          continue;
        }
        List<String> names = names(scanner);
        int known = Columns.known(names);
        if (best == null || rank(known, names) > rank(best.known(), best.header())) {
          best = new Trial(delimiter, before, names, known, 0);
        }
      }
    }
    if (best == null) {
      return null;
    }
    int width = best.header().size();
    int fitting = 0;
    for (int count : widths.subList(best.before(), widths.size())) {
      fitting += count == width && width > 1 ? 1 : 0;
    }
    return new Trial(delimiter, best.before(), best.header(), best.known(), fitting);
  }

  /** The first row of the highest rank is the header. */
  private static int rank(int known, List<String> names) {
    if (known >= 2) {
      return 3;
    }
    if (Columns.identifies(names)) {
      return 2;
    }
    return names.stream().filter(name -> !name.isEmpty()).count() >= 2 ? 1 : 0;
  }

  private static List<String> names(RecordScanner scanner) {
    List<String> names = new ArrayList<>();
    for (String cell : scanner.texts()) {
      String name = Text.value(cell);
      names.add(name == null ? "" : name.length() > LONGEST_NAME ? "(long text)" : name);
    }
    if (scanner.cells() > names.size()) {
      // More than the limit: one over it says so.
      names.add("");
    }
    return names;
  }

  private static String noHeader(List<String> header) {
    String expected =
        " No column is known as e-mail, LinkedIn URL, name, company or domain: the first row must"
            + " name the columns, for example Email, First Name, Last Name, Company, Website,"
            + " LinkedIn URL, Title, Country, Industry.";
    if (header.stream().anyMatch(name -> name.matches("(?s).*(@|://|\\d{5}|\\w\\.[a-z]{2}).*"))) {
      return "has no header row: its first row looks like data." + expected;
    }
    List<String> shown =
        header.stream()
            .filter(name -> !name.isEmpty())
            .limit(20)
            .map(name -> name.length() > 40 ? name.substring(0, 40) + "..." : name)
            .toList();
    return "has no header row of a lead file; found: " + String.join(", ", shown) + "." + expected;
  }

  private static boolean begins(byte[] sample, int... signature) {
    if (sample.length < signature.length) {
      return false;
    }
    for (int i = 0; i < signature.length; i++) {
      if ((sample[i] & 0xFF) != signature[i]) {
        return false;
      }
    }
    return true;
  }
}
