package dev.kiln.bench;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** A small drawing: the time of a row, by the size of the file. */
final class Plot {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 320;
  private static final int LEFT = 70;
  private static final int RIGHT = 600;
  private static final int TOP = 50;
  private static final int BOTTOM = 270;

  private Plot() {}

  /** One point: a size and the microseconds of a row. */
  private record Point(int rows, double micros) {}

  /**
   * Draws what the part "growth" found.
   *
   * @return SVG that reads well on white and on black
   */
  static String of(Figures figures) {
    List<Point> points =
        Stream.of(1_000, 10_000, 50_000, 100_000, 1_000_000)
            .filter(rows -> figures.has(Growth.id(rows)))
            .map(rows -> new Point(rows, figures.value(Growth.id(rows))))
            .toList();
    if (points.isEmpty()) {
      throw new IllegalStateException("There is nothing to draw without the part growth.");
    }
    double most = 1.25 * points.stream().mapToDouble(Point::micros).max().orElseThrow();
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13" fill="#777">
        <text x="%d" y="24" font-size="15">Time of a row, file to receiver, by the size of the file</text>
        <path d="M%d %dV%dH%d" fill="none" stroke="#777"/>
        """
            .formatted(WIDTH, HEIGHT, LEFT, LEFT, TOP, BOTTOM, RIGHT));
    StringBuilder line = new StringBuilder();
    for (Point point : points) {
      double x = LEFT + 60 + (RIGHT - LEFT - 120) * (Math.log10(point.rows) - 3) / 3;
      double y = BOTTOM - (BOTTOM - TOP) * point.micros / most;
      line.append(line.isEmpty() ? "M" : "L").append(format("%.1f %.1f", x, y));
      svg.append(format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"#c2410c\"/>%n", x, y));
      svg.append(
          format(
              "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.0f µs, %,.0f/s</text>%n",
              x, y + 24, point.micros, 1e6 / point.micros));
      svg.append(
          format(
              "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s rows</text>%n",
              x, BOTTOM + 22, Growth.size(point.rows)));
    }
    svg.append(
        format("<path d=\"%s\" fill=\"none\" stroke=\"#c2410c\" stroke-width=\"2\"/>%n", line));
    svg.append(
        format("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">0 µs</text>%n", LEFT - 8, BOTTOM));
    return svg.append("</svg>\n").toString();
  }

  private static String format(String text, Object... values) {
    return String.format(Locale.ROOT, text, values);
  }
}
