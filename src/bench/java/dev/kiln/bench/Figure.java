package dev.kiln.bench;

import java.util.Locale;

/**
 * One measured number.
 *
 * @param id names it for ever, such as {@code unpaced.warm}: what two runs are compared by
 * @param what it is, for a person
 * @param value the number
 * @param unit its unit; {@code %}, {@code x} (times as much) and the empty one (a count) included
 */
record Figure(String id, String what, double value, String unit) {
  /** The number as a person reads it, with its unit. */
  String text() {
    String number =
        switch (unit) {
          case "x" -> String.format(Locale.ROOT, "%.2f", value);
          case "%", "MB/s" -> String.format(Locale.ROOT, "%.1f", value);
          case "s" -> String.format(Locale.ROOT, "%.2f", value);
          default -> String.format(Locale.ROOT, "%,.0f", value);
        };
    return unit.isEmpty() ? number : number + " " + unit;
  }
}
