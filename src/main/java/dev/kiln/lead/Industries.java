package dev.kiln.lead;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which free-text industry belongs to which sector, as {@code config/industries.csv} says. Names
 * match whatever their case, accents, punctuation and spacing; {@code &} and {@code and} count for
 * nothing. Thread-safe.
 */
public final class Industries {
  private static final Pattern ACCENTS = Pattern.compile("\\p{M}+");
  private static final Pattern AND = Pattern.compile("\\b(and|und)\\b");

  private record Entry(String sector, int line) {}

  /** Spellings whose sector is remembered, since files repeat a few of them in every row. */
  private static final int SPELLINGS = 10_000;

  /**
   * A longer text is no industry: to compare marks over letters takes the square of their number.
   */
  private static final int LONGEST = 200;

  private final Map<String, Entry> entries;
  private final Map<String, String> spelled = new ConcurrentHashMap<>();

  private Industries(Map<String, Entry> entries) {
    this.entries = Map.copyOf(entries);
  }

  /**
   * Reads the mapping: UTF-8, a header {@code industry,sector}, one pair a line; blank lines and
   * lines that begin with {@code #} are comments.
   *
   * @throws InvalidConfiguration with file and line, when it is missing or cannot be used
   */
  public static Industries load(Path csv) {
    List<String> lines;
    try {
      lines = ConfigText.read(csv).lines().toList();
    } catch (NoSuchFileException e) {
      throw new InvalidConfiguration(
          csv, "is missing; write a header \"industry,sector\" and one pair a line");
    } catch (IOException e) {
      throw new InvalidConfiguration(csv, "cannot be read: " + FileFault.words(e));
    }
    Map<String, Entry> entries = new HashMap<>();
    int industry = -1;
    int sector = -1;
    int columns = 0;
    int number = 0;
    for (String line : lines) {
      number++;
      String text = number == 1 && line.startsWith("\uFEFF") ? line.substring(1) : line;
      if (text.isBlank() || text.startsWith("#")) {
        continue;
      }
      List<String> cells = cells(csv, number, text);
      if (industry < 0 || sector < 0) {
        industry = column(csv, number, cells, "industry");
        sector = column(csv, number, cells, "sector");
        columns = cells.size();
      } else {
        mustFit(csv, number, cells, columns);
        put(entries, csv, number, at(cells, industry), at(cells, sector));
      }
    }
    if (industry < 0) {
      throw new InvalidConfiguration(
          csv, "has no header; write \"industry,sector\" and one pair a line");
    }
    return new Industries(entries);
  }

  /**
   * The sector of an industry.
   *
   * @param industry as it stands in a file; null when it names none
   * @return the sector, or the empty string when there is none, as for more than 200 characters
   */
  public String sector(@Nullable String industry) {
    if (industry == null || industry.length() > LONGEST) {
      return "";
    }
    String known = spelled.get(industry);
    if (known != null) {
      return known;
    }
    Entry entry = entries.get(normalised(industry));
    String sector = entry == null ? "" : entry.sector();
    if (spelled.size() < SPELLINGS) {
      spelled.put(industry, sector);
    }
    return sector;
  }

  /** Every sector that an industry maps to, in alphabetical order. */
  public Set<String> sectors() {
    Set<String> sectors = new TreeSet<>();
    entries.values().forEach(entry -> sectors.add(entry.sector()));
    return sectors;
  }

  /** How many different names there are. */
  int size() {
    return entries.size();
  }

  private static void mustFit(Path csv, int line, List<String> cells, int columns) {
    for (int i = columns; i < cells.size(); i++) {
      if (!at(cells, i).isEmpty()) {
        throw new InvalidConfiguration(
            csv,
            line,
            "there are more cells than columns; put a name that holds a comma into quotes, such as"
                + " \"Foo, Inc\",tech");
      }
    }
  }

  private static void put(
      Map<String, Entry> entries, Path csv, int line, String industry, String sector) {
    String name = normalised(industry);
    if (name.isEmpty()) {
      throw new InvalidConfiguration(csv, line, "the industry is empty; write its name");
    }
    if (industry.length() > LONGEST) {
      throw new InvalidConfiguration(
          csv, line, "the industry is longer than " + LONGEST + " characters; shorten it");
    }
    if (sector.isEmpty()) {
      throw new InvalidConfiguration(
          csv, line, "\"" + industry + "\" has no sector; write one after the comma");
    }
    Entry earlier = entries.putIfAbsent(name, new Entry(sector, line));
    if (earlier != null && !earlier.sector().equals(sector)) {
      throw new InvalidConfiguration(
          csv,
          line,
          "\""
              + industry
              + "\" is \""
              + sector
              + "\" here and \""
              + earlier.sector()
              + "\" on line "
              + earlier.line()
              + "; keep one");
    }
  }

  private static int column(Path csv, int line, List<String> header, String name) {
    for (int i = 0; i < header.size(); i++) {
      if (at(header, i).equalsIgnoreCase(name)) {
        return i;
      }
    }
    throw new InvalidConfiguration(
        csv, line, "no column \"" + name + "\"; the first line must be \"industry,sector\"");
  }

  private static String at(List<String> cells, int index) {
    String value = index < cells.size() ? Text.value(cells.get(index)) : null;
    return value == null ? "" : value;
  }

  private static List<String> cells(Path csv, int number, String line) {
    if (line.indexOf('"') < 0) {
      // A scanner has buffers for whole files: a start would spend most of its reading on them.
      return List.of(line.split(",", -1));
    }
    TextSource source =
        new TextSource(
            new ByteArrayInputStream(line.getBytes(StandardCharsets.UTF_8)),
            StandardCharsets.UTF_8);
    try (RecordScanner scanner = new RecordScanner(source, ',', Limits.defaults())) {
      boolean some = scanner.next();
      if (!some || scanner.fault() != null) {
        throw new InvalidConfiguration(csv, number, "a quote is never closed");
      }
      return scanner.texts();
    } catch (IOException e) {
      throw new InvalidConfiguration(csv, number, "cannot be read: " + e.getMessage());
    }
  }

  private static String normalised(String industry) {
    String plain =
        ACCENTS
            .matcher(Normalizer.normalize(industry, Normalizer.Form.NFKD))
            .replaceAll("")
            .toLowerCase(Locale.ROOT);
    return Text.lettersAndDigits(AND.matcher(plain).replaceAll(" "));
  }
}
