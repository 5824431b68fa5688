package dev.kiln.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * From the start to ready, without and with the archive of classes that a demo leaves, and from a
 * dropped file to its first row, with the shipped numbers.
 */
final class Starts implements Measure {
  private static final Duration STABILITY = Duration.ofSeconds(2);
  private static final int RATE = 10;

  @Override
  public void take(Scale scale, Figures figures) throws Exception {
    Site site = scale.site("starts", List.of());
    List<Double> firsts = new ArrayList<>();
    try (Clay clay = Clay.unlimited()) {
      site.posting(clay, RATE);
      forgetArchives();
      List<Double> without = starts(scale, clay, site, firsts);
      figures.add(
          "start.first", "Start to ready, the first on a new data folder", without.remove(0), "s");
      figures.add("start.ready", "Start to ready, median", Figures.median(without), "s");
      figures.add("start.longest", "Start to ready, longest", Collections.max(without), "s");
      demo();
      List<Double> with = starts(scale, clay, site, firsts);
      figures.add(
          "start.archived", "Start to ready after a demo, median", Figures.median(with), "s");
    }
    figures.add(
        "start.first-row",
        "End of the stability window to the first row at the receiver, median",
        Figures.median(firsts),
        "s");
    figures.add(
        "start.first-row.longest",
        "End of the stability window to the first row at the receiver, longest",
        Collections.max(firsts),
        "s");
  }

  private static List<Double> starts(Scale scale, Clay clay, Site site, List<Double> firsts) {
    List<Double> starts = new ArrayList<>();
    for (int round = 0; round <= scale.of(3, 7); round++) {
      clay.forget();
      Path file = scale.leads().csv(1);
      try (KilnRun kiln = site.run()) {
        starts.add(kiln.secondsToReady());
        firsts.add(
            Duration.between(site.drop(file).plus(STABILITY), Clay.first(clay.await(1))).toMillis()
                / 1000.0);
      }
    }
    return starts;
  }

  private static void forgetArchives() throws IOException {
    try (DirectoryStream<Path> archives =
        Files.newDirectoryStream(Site.PROJECT.resolve("target"), "kiln-*.jsa*")) {
      for (Path archive : archives) {
        Files.delete(archive);
      }
    }
  }

  private static void demo() throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(Site.PROJECT.resolve("kiln").toString(), "demo")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    if (builder.start().waitFor() != 0) {
      throw new IllegalStateException("kiln demo failed.");
    }
  }
}
