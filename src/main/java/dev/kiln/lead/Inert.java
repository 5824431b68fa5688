package dev.kiln.lead;

import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * Text that a spreadsheet takes for text: an apostrophe stands where it would see the beginning of
 * a formula, at the start of a cell and behind what some spreadsheet takes for the end of one. Pure
 * functions; {@code undo(of(x))} is {@code x}.
 */
public final class Inert {
  /** Blanks and apostrophes, none or more, before what would be a formula, a tab or a line end. */
  private static final Pattern FORMULA =
      Pattern.compile(
          "^()('*)(?=[\\t\\r\\n])|(?<=^|[;,|\\t\\r\\n])([ \\u00A0]*)('*)(?=[=+\\-@＝＋－＠])");

  private Inert() {}

  /** A cell with its formulas put out of action. */
  public static String of(String cell) {
    return change(cell, apostrophes -> apostrophes + "'");
  }

  /** What a cell was before {@link #of}; what a person has written there since stays as it is. */
  static String undo(String cell) {
    return cell.indexOf('\'') < 0
        ? cell
        : change(
            cell, apostrophes -> apostrophes.isEmpty() ? apostrophes : apostrophes.substring(1));
  }

  private static String change(String cell, UnaryOperator<String> apostrophes) {
    return FORMULA
        .matcher(cell)
        .replaceAll(
            place -> {
              boolean atStart = place.group(1) != null;
              return place.group(atStart ? 1 : 3) + apostrophes.apply(place.group(atStart ? 2 : 4));
            });
  }
}
