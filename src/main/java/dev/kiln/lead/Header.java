package dev.kiln.lead;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The header of a table.
 *
 * @param before records above it
 * @param line the line where it begins, from 1; in a workbook the row
 * @param names its cells, without blanks around them
 * @param known how many columns of a lead they name
 * @param fitting how many of the records below are as wide
 */
record Header(int before, long line, List<String> names, int known, int fitting) {
  /** A header is looked for among this many records from the top. */
  private static final int TOP = 50;

  /** A longer cell is no name of a column. */
  static final int LONGEST_NAME = 200;

  private static final String EXPECTED =
      " No column is known as e-mail, LinkedIn URL, name, company or domain: the first row must"
          + " name the columns, for example Email, First Name, Last Name, Company, Website,"
          + " LinkedIn URL, Title, Country, Industry.";

  /** What a cell has that is no name of a column: an address or a link. */
  private static final Pattern DATA = Pattern.compile("@|://|linkedin\\.com/");

  /**
   * The likeliest header among the first records; null where all are blank. Once one can identify a
   * lead and a record below it, as wide, has data, it is the header: what stands below is rows.
   */
  static @Nullable Header in(Records records) throws IOException {
    Header best = null;
    List<Integer> widths = new ArrayList<>();
    boolean decided = false;
    while (widths.size() < TOP && records.next()) {
      int before = widths.size();
      boolean usable = records.fault() == null && !records.blank();
      widths.add(usable ? records.cells() : 0);
      if (!usable || decided) {
        continue;
      }
      List<String> names = names(records);
      boolean data = hasData(names);
      decided =
          data
              && best != null
              && best.identifies()
              && !hasData(best.names())
              && names.size() == best.names().size();
      int known = data ? Math.min(1, Columns.known(names)) : Columns.known(names);
      if (best == null || (!decided && rank(known, names) > rank(best.known(), best.names()))) {
        best = new Header(before, records.line(), names, known, 0);
      }
    }
    if (best == null) {
      return null;
    }
    int width = best.names().size();
    int fitting = 0;
    for (int count : widths.subList(best.before(), widths.size())) {
      fitting += count == width && width > 1 ? 1 : 0;
    }
    return new Header(best.before(), best.line(), best.names(), best.known(), fitting);
  }

  /** Whether a row under it can identify a lead. */
  boolean identifies() {
    return Columns.identifies(names);
  }

  /** How many columns there are, but for Kiln's own. */
  long columns() {
    return names.stream().filter(name -> !Columns.REJECTS.contains(name)).count();
  }

  /** Whether it names more columns of a lead, or as many that more records fit. */
  boolean beats(@Nullable Header other) {
    return other == null
        || known > other.known
        || (known == other.known && fitting > other.fitting);
  }

  private static boolean hasData(List<String> names) {
    return names.stream().anyMatch(name -> DATA.matcher(name).find());
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

  private static List<String> names(Records records) {
    List<String> names = new ArrayList<>();
    for (String cell : records.texts()) {
      String name = Text.value(cell);
      names.add(name == null ? "" : name.length() > LONGEST_NAME ? "(long text)" : name);
    }
    if (records.cells() > names.size()) {
      // More than the limit: one over it says so.
      names.add("");
    }
    return names;
  }

  /** Why it is no header of a lead file; continues "the file ...". */
  String missing() {
    if (names.stream().anyMatch(name -> name.matches("(?s).*(@|://|\\d{5}|\\w\\.[a-z]{2}).*"))) {
      return "has no header row: its first row looks like data." + EXPECTED;
    }
    return "has no header row of a lead file: line "
        + line
        + ", which was taken for it, has "
        + counted(names, "column")
        + "."
        + EXPECTED;
  }

  /**
   * How many names there are, and which of them Kiln knows. The others are not told: where there is
   * no header they are somebody's data.
   *
   * @param what one of them is
   */
  static String counted(List<String> names, String what) {
    List<String> known = names.stream().filter(name -> Columns.known(List.of(name)) > 0).toList();
    return names.size()
        + " "
        + what
        + (names.size() == 1 ? "" : "s")
        + ", known of them: "
        + (known.isEmpty()
            ? "none"
            : String.join(", ", known.subList(0, Math.min(20, known.size()))));
  }
}
