package dev.kiln.status;

import dev.kiln.lead.Shown;
import dev.kiln.plan.Numbers;
import java.util.ArrayList;
import java.util.List;

/**
 * A table for people: columns as wide as their widest cell, numbers to the right. Cells are as
 * {@link Shown} has them: text from outside, but for those that are {@link Said}.
 */
public final class TextTable {
  /**
   * A cell with what Kiln says, such as a reason.
   *
   * @param text the words
   */
  public record Said(String text) {}

  private final List<List<String>> rows = new ArrayList<>();

  /** A table with a heading. */
  public TextTable(String... heading) {
    rows.add(List.of(heading));
  }

  /** Adds a row; it has as many cells as the heading. */
  public TextTable row(Object... cells) {
    List<String> row = new ArrayList<>();
    for (Object cell : cells) {
      if (cell instanceof Number number) {
        row.add(Numbers.of(number.longValue()));
      } else if (cell instanceof Said said) {
        row.add(Shown.said(said.text()));
      } else {
        row.add(Shown.of(cell.toString()));
      }
    }
    rows.add(row);
    return this;
  }

  /** Whether there is nothing below the heading. */
  public boolean isEmpty() {
    return rows.size() == 1;
  }

  /** The table's lines, each indented by two blanks and ended. */
  @Override
  public String toString() {
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    boolean[] numeric = new boolean[columns];
    for (int c = 0; c < columns; c++) {
      numeric[c] = rows.size() > 1;
      for (int r = 0; r < rows.size(); r++) {
        String cell = rows.get(r).get(c);
        widths[c] = Math.max(widths[c], cell.length());
        numeric[c] &= r == 0 || cell.matches("[0-9,.]*");
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder("  ");
      for (int c = 0; c < columns; c++) {
        String cell = row.get(c);
        String pad = " ".repeat(widths[c] - cell.length());
        line.append(numeric[c] ? pad + cell : cell + pad).append("  ");
      }
      text.append(line.toString().stripTrailing()).append(System.lineSeparator());
    }
    return text.toString();
  }
}
