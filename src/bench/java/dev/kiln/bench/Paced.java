package dev.kiln.bench;

import dev.kiln.ledger.Together;
import dev.kiln.simulate.SimulatorStatistics.Counts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * How well the allowed rate is used, and kept, at several latencies of the receiver: Kilns of 10
 * leads a second beside each other, each with a receiver of its own that allows as much.
 */
final class Paced implements Measure {
  private static final int RATE = 10;
  private static final List<Integer> LATENCIES = List.of(50, 250, 2000);

  @Override
  public void take(Scale scale, Figures figures) {
    List<CompletableFuture<Counts>> kilns = new ArrayList<>();
    for (int latency : LATENCIES) {
      kilns.add(CompletableFuture.supplyAsync(() -> deliver(scale, latency), Together.threads()));
    }
    for (int i = 0; i < LATENCIES.size(); i++) {
      Counts counts = kilns.get(i).join();
      String id = "paced." + LATENCIES.get(i) + "ms";
      String at = "Paced, 10/s allowed, " + LATENCIES.get(i) + " ms latency: ";
      double share = 100 * (counts.requests() - 1) / Clay.seconds(counts) / RATE;
      figures.add(id + ".share", at + "share of the rate used", share, "%");
      figures.add(id + ".429", at + "answers 429", (double) counts.rateLimited(), "");
      figures.add(
          id + ".most", at + "most requests in any second", counts.mostRequestsInOneSecond(), "");
    }
  }

  private static Counts deliver(Scale scale, int latency) {
    int leads = RATE * scale.of(20, 60);
    Site site = scale.site("paced-" + latency);
    try (Clay clay = Clay.limited(Duration.ofMillis(latency));
        KilnRun kiln = site.posting(clay, RATE).run()) {
      site.drop(scale.leads().csv(leads));
      Counts counts = clay.await(leads);
      kiln.mustRun();
      return counts;
    }
  }
}
