package dev.kiln.bench;

import dev.kiln.WithoutLedger;
import dev.kiln.simulate.SimulatorStatistics.Counts;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How fast rows go when the pace holds nothing up: from a file to the receiver; from a full queue;
 * by the same routes with the ledger taken out; and by a client that does nothing else, over as
 * many connections. All of them post to the same receiver, one after the other.
 */
final class Unpaced implements Measure {
  @Override
  public void take(Scale scale, Figures figures) throws Exception {
    try (Clay clay = Clay.unlimited()) {
      withLedger(scale, figures, clay);
      Site site = scale.site("without-ledger").posting(clay, Site.UNPACED);
      try (KilnRun kiln =
          KilnRun.java(
              site.folder(), WithoutLedger.class, Site.PROJECT.resolve("routes").toString())) {
        stream(scale, figures, clay, kiln, "without", "The same routes without ledger");
      }
      try (KilnRun client =
          KilnRun.java(site.folder(), BareClient.class, clay.webhook("tech-1").toString())) {
        stream(scale, figures, clay, client, "bare", "A bare client");
      }
    }
    figures.ratio(
        "unpaced.queue.ratio",
        "Unpaced, from the queue, beside the same routes without ledger",
        "unpaced.queue",
        "unpaced.without");
    figures.ratio(
        "unpaced.warm.ratio",
        "Unpaced, file to receiver, beside the same routes without ledger",
        "unpaced.warm",
        "unpaced.without");
    figures.ratio(
        "unpaced.bare.ratio",
        "Unpaced, file to receiver, beside a bare client",
        "unpaced.warm",
        "unpaced.bare");
  }

  private static int cold(Scale scale) {
    return scale.of(5_000, 10_000);
  }

  private static int warmUp(Scale scale) {
    return scale.of(20_000, 60_000);
  }

  private static int rows(Scale scale) {
    return scale.of(20_000, 60_000);
  }

  private static void withLedger(Scale scale, Figures figures, Clay clay) {
    Site site = scale.site("unpaced").posting(clay, Site.UNPACED);
    try (KilnRun kiln = site.run()) {
      clay.forget();
      site.drop(scale.leads().csv(cold(scale)));
      figures.add(
          "unpaced.cold",
          "Unpaced, file to receiver, cold",
          Clay.rowsPerSecond(clay.await(cold(scale))),
          "rows/s");
      clay.forget();
      site.drop(scale.leads().csv(warmUp(scale)));
      clay.await(warmUp(scale));

      Path file = scale.leads().csv(rows(scale));
      clay.forget();
      Duration used = kiln.used();
      Duration receiver = Machine.used();
      site.drop(file);
      Counts warm = clay.await(rows(scale));
      figures.add(
          "unpaced.warm", "Unpaced, file to receiver, warm", Clay.rowsPerSecond(warm), "rows/s");
      figures.add(
          "unpaced.processor",
          "Unpaced, file to receiver, warm: Kiln's processor time for a row",
          perRow(scale, kiln.used().minus(used)),
          "µs");
      figures.add(
          "unpaced.receiver",
          "Unpaced, file to receiver, warm: the receiver's processor time for a row",
          perRow(scale, Machine.used().minus(receiver)),
          "µs");

      site.pause(true);
      Path queued = scale.leads().csv(rows(scale));
      site.drop(queued);
      site.awaitRead(queued);
      clay.forget();
      site.pause(false);
      used = kiln.used();
      Counts emptied = clay.await(rows(scale));
      figures.add(
          "unpaced.queue", "Unpaced, from the queue, warm", Clay.rowsPerSecond(emptied), "rows/s");
      figures.add(
          "unpaced.queue.processor",
          "Unpaced, from the queue, warm: Kiln's processor time for a row",
          perRow(scale, kiln.used().minus(used)),
          "µs");
    }
  }

  private static double perRow(Scale scale, Duration used) {
    return used.toNanos() / 1e3 / rows(scale);
  }

  /** Measures something that posts without end. */
  private static void stream(
      Scale scale, Figures figures, Clay clay, KilnRun process, String id, String what) {
    clay.forget();
    clay.await(warmUp(scale) + (long) cold(scale));
    clay.forget();
    Duration used = process.used();
    Counts counts = clay.await(rows(scale));
    process.mustRun();
    figures.add("unpaced." + id, what + ", warm", Clay.rowsPerSecond(counts), "rows/s");
    figures.add(
        "unpaced." + id + ".processor",
        what + ", warm: its processor time for a row",
        process.used().minus(used).toNanos() / 1e3 / counts.accepted(),
        "µs");
  }
}
