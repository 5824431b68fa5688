package dev.kiln.bench;

import dev.kiln.simulate.SimulatorStatistics.Counts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What larger files cost: the time of a row from file to receiver, and memory, as one warm Kiln
 * takes file after file, unpaced, each ten times as large as the one before.
 */
final class Growth implements Measure {
  private static final Pattern COLLECTION = Pattern.compile("(\\d+)M->(\\d+)M\\((\\d+)M\\)");

  /** The id of a size's time per row. */
  static String id(int rows) {
    return "growth." + rows + ".row";
  }

  static List<Integer> sizes(boolean quick) {
    return quick ? List.of(1_000, 10_000, 50_000) : List.of(1_000, 10_000, 100_000, 1_000_000);
  }

  @Override
  public void take(Scale scale, Figures figures) throws IOException {
    Site site = scale.site("growth");
    Path log = site.folder().resolve("collections.log");
    try (Clay clay = Clay.unlimited();
        KilnRun kiln = site.posting(clay, Site.UNPACED).run("-Xlog:gc:file=" + log.getFileName())) {
      deliver(scale, site, clay, scale.of(20_000, 60_000));
      for (int rows : sizes(scale.quick())) {
        Counts counts = deliver(scale, site, clay, rows);
        String size = size(rows) + " rows: ";
        String id = "growth." + rows;
        figures.add(
            id(rows), size + "time of a row", 1e6 * Clay.seconds(counts) / (rows - 1), "µs");
        Heap heap = heap(log);
        figures.add(id + ".heap", size + "most heap in use", heap.most, "MB");
        figures.add(
            id + ".live", size + "most heap in use after a collection", heap.mostLive, "MB");
        figures.add(id + ".rss", size + "most memory of the process", kiln.mostMegabytes(), "MB");
      }
    }
    List<Integer> sizes = sizes(scale.quick());
    int largest = sizes.get(sizes.size() - 1);
    figures.ratio(
        "growth.ratio", "Time of a row: " + size(largest) + " beside 10K", id(largest), id(10_000));
  }

  private static Counts deliver(Scale scale, Site site, Clay clay, int rows) {
    clay.forget();
    site.drop(scale.leads().csv(rows));
    return clay.await(rows);
  }

  static String size(int rows) {
    return rows < 1_000_000 ? rows / 1000 + "K" : String.format(Locale.ROOT, "%.0fM", rows / 1e6);
  }

  /** By the collector's own log, megabytes. */
  private record Heap(double most, double mostLive) {}

  private static Heap heap(Path log) throws IOException {
    double most = 0;
    double mostLive = 0;
    Matcher collection = COLLECTION.matcher(Files.readString(log));
    while (collection.find()) {
      most = Math.max(most, Double.parseDouble(collection.group(1)));
      mostLive = Math.max(mostLive, Double.parseDouble(collection.group(2)));
    }
    return new Heap(most, mostLive);
  }
}
