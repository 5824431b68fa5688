package dev.kiln.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** From the start to ready, and from a dropped file to its first row, with the shipped numbers. */
final class Starts implements Measure {
  private static final Duration STABILITY = Duration.ofSeconds(2);
  private static final int RATE = 10;

  @Override
  public void take(Scale scale, Figures figures) {
    List<Double> starts = new ArrayList<>();
    List<Double> firsts = new ArrayList<>();
    Site site = scale.site("starts", List.of());
    try (Clay clay = Clay.unlimited()) {
      site.posting(clay, RATE);
      for (int round = 0; round <= scale.of(3, 7); round++) {
        clay.forget();
        Path file = scale.leads().csv(1);
        try (KilnRun kiln = site.run()) {
          if (round == 0) {
            figures.add(
                "start.first",
                "Start to ready, the first on a new data folder",
                kiln.secondsToReady(),
                "s");
          } else {
            starts.add(kiln.secondsToReady());
          }
          firsts.add(
              Duration.between(site.drop(file).plus(STABILITY), Clay.first(clay.await(1)))
                      .toMillis()
                  / 1000.0);
        }
      }
    }
    figures.add("start.ready", "Start to ready, median", Figures.median(starts), "s");
    figures.add("start.longest", "Start to ready, longest", Collections.max(starts), "s");
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
}
