package dev.kiln.bench;

import dev.kiln.Signal;
import dev.kiln.WithoutLedger;
import dev.kiln.simulate.SimulatorStatistics.Counts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * How fast rows go when the pace holds nothing up: from a file to the receiver; from a full queue;
 * by the same routes with the ledger taken out; and by a client that does nothing else, over as
 * many connections. All of them post to the same receiver, in turn and more than once, since a
 * computer is not equally fast all the time; who has not its turn is frozen or has nothing to do.
 * The figures are the medians of the turns.
 */
final class Unpaced implements Measure {
  /** What one turn came to: rows a second, and the processor time of a row, µs. */
  private record Turn(double rate, double sender, double receiver) {}

  @Override
  public void take(Scale scale, Figures figures) throws Exception {
    List<Turn> warm = new ArrayList<>();
    List<Turn> queue = new ArrayList<>();
    List<Turn> without = new ArrayList<>();
    List<Turn> bare = new ArrayList<>();
    try (Clay clay = Clay.unlimited()) {
      Site site = scale.site("unpaced").posting(clay, Site.UNPACED);
      Site beside = scale.site("without-ledger").posting(clay, Site.UNPACED);
      try (KilnRun kiln = site.run()) {
        figures.add(
            "unpaced.cold",
            "Unpaced, file to receiver, cold",
            Clay.rowsPerSecond(fromFile(scale, clay, site, cold(scale))),
            "rows/s");
        fromFile(scale, clay, site, warmUp(scale));
        String routes = Site.PROJECT.resolve("routes").toString();
        String webhook = clay.webhook("tech-1").toString();
        try (KilnRun same = warm(scale, clay, beside, WithoutLedger.class, routes);
            KilnRun client = warm(scale, clay, beside, BareClient.class, webhook)) {
          for (int round = 0; round < scale.of(1, 3); round++) {
            warm.add(turn(kiln, () -> fromFile(scale, clay, site, rows(scale))));
            fill(scale, site);
            queue.add(turn(kiln, () -> emptied(scale, clay, site)));
            without.add(turn(same, () -> streamed(scale, clay, same)));
            bare.add(turn(client, () -> streamed(scale, clay, client)));
          }
        }
      }
    }
    add(figures, "unpaced.warm", "Unpaced, file to receiver, warm", warm);
    add(
        figures,
        "unpaced.processor",
        "Unpaced, file to receiver, warm: Kiln's",
        warm,
        Turn::sender);
    add(
        figures,
        "unpaced.receiver",
        "Unpaced, file to receiver, warm: the receiver's",
        warm,
        Turn::receiver);
    add(figures, "unpaced.queue", "Unpaced, from the queue, warm", queue);
    add(
        figures,
        "unpaced.queue.processor",
        "Unpaced, from the queue, warm: Kiln's",
        queue,
        Turn::sender);
    add(figures, "unpaced.without", "The same routes without ledger, warm", without);
    add(
        figures,
        "unpaced.without.processor",
        "The same routes without ledger, warm: its",
        without,
        Turn::sender);
    add(figures, "unpaced.bare", "A bare client, warm", bare);
    add(figures, "unpaced.bare.processor", "A bare client, warm: its", bare, Turn::sender);
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

  /** Rows until the second compiler, which waits for ten times as many calls, is done. */
  private static int warmUp(Scale scale) {
    return scale.of(20_000, 300_000);
  }

  private static int rows(Scale scale) {
    return scale.of(20_000, 60_000);
  }

  private static Counts fromFile(Scale scale, Clay clay, Site site, int rows) {
    Path file = scale.leads().csv(rows);
    clay.forget();
    site.drop(file);
    return clay.await(rows);
  }

  private static void fill(Scale scale, Site site) {
    site.pause(true);
    Path queued = scale.leads().csv(rows(scale));
    site.drop(queued);
    site.awaitRead(queued);
  }

  private static Counts emptied(Scale scale, Clay clay, Site site) {
    clay.forget();
    site.pause(false);
    return clay.await(rows(scale));
  }

  /** Lets something run that posts without end, as long as that takes. */
  private static Counts streamed(Scale scale, Clay clay, KilnRun endless) {
    endless.signal(Signal.CONT);
    clay.forget();
    Counts counts = clay.await(rows(scale));
    endless.mustRun();
    endless.signal(Signal.STOP);
    return counts;
  }

  /** Starts something that posts without end, and freezes it once it is warm. */
  private static KilnRun warm(
      Scale scale, Clay clay, Site site, Class<?> main, String... arguments) {
    clay.forget();
    KilnRun endless = KilnRun.java(site.folder(), main, arguments);
    clay.await(warmUp(scale) + (long) cold(scale));
    endless.mustRun();
    endless.signal(Signal.STOP);
    return endless;
  }

  private static Turn turn(KilnRun process, Supplier<Counts> turn) {
    Duration used = process.used();
    Duration receiver = Machine.used();
    Counts counts = turn.get();
    double rows = 1e3 * counts.accepted();
    return new Turn(
        Clay.rowsPerSecond(counts),
        process.used().minus(used).toNanos() / rows,
        Machine.used().minus(receiver).toNanos() / rows);
  }

  private static void add(Figures figures, String id, String what, List<Turn> turns) {
    figures.add(id, what, median(turns, Turn::rate), "rows/s");
  }

  private static void add(
      Figures figures,
      String id,
      String whose,
      List<Turn> turns,
      ToDoubleFunction<Turn> processorTime) {
    figures.add(id, whose + " processor time for a row", median(turns, processorTime), "µs");
  }

  private static double median(List<Turn> turns, ToDoubleFunction<Turn> figure) {
    return Figures.median(turns.stream().mapToDouble(figure).boxed().toList());
  }
}
