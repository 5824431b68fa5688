package dev.kiln.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;

/** {@code src/bench/compare A.json B.json}: each figure of both runs, and B beside A. */
final class Compare {
  private Compare() {}

  public static void main(String[] arguments) {
    if (arguments.length != 2) {
      System.err.println("Usage: src/bench/compare A.json B.json");
      System.exit(2);
    }
    System.out.print(table(read(arguments[0]), read(arguments[1])));
  }

  private static Figures read(String file) {
    try {
      return Figures.read(Path.of(file));
    } catch (IOException unreadable) {
      System.err.println(
          file + ": cannot be read as what \"src/bench/run --json\" writes: " + unreadable);
      System.exit(2);
      throw new UncheckedIOException(unreadable);
    }
  }

  /** A table for people, in Markdown, of what both have. */
  static String table(Figures a, Figures b) {
    StringBuilder out = new StringBuilder("| | A | B | B / A |\n|---|---|---|---|\n");
    for (Figure of : b.all()) {
      if (a.has(of.id())) {
        Figure before = new Figure(of.id(), of.what(), a.value(of.id()), of.unit());
        out.append("| ")
            .append(of.what())
            .append(" | ")
            .append(before.text())
            .append(" | ")
            .append(of.text())
            .append(" | ")
            .append(
                before.value() == 0
                    ? "-"
                    : String.format(Locale.ROOT, "%.2f", of.value() / before.value()))
            .append(" |\n");
      }
    }
    return out.toString();
  }
}
