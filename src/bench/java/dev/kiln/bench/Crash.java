package dev.kiln.bench;

import java.nio.file.Path;
import java.time.Duration;

/** kill -9 with many leads queued, and the time until the next start sends a row. */
final class Crash implements Measure {
  @Override
  public void take(Scale scale, Figures figures) {
    int leads = scale.of(20_000, 100_000);
    Site site = scale.site("crash");
    try (Clay clay = Clay.unlimited()) {
      site.posting(clay, 1);
      Path file = scale.leads().csv(leads);
      KilnRun killed = site.run();
      try {
        site.drop(file);
        site.awaitRead(file);
        clay.await(1);
      } finally {
        killed.kill();
      }
      clay.forget();
      site.posting(clay, 10);
      String with = "kill -9 with %,d leads queued: restart to ".formatted(leads);
      try (KilnRun next = site.run()) {
        double first =
            Duration.between(next.started(), Clay.first(clay.await(1))).toMillis() / 1000.0;
        figures.add("crash.ready", with + "ready", next.secondsToReady(), "s");
        figures.add("crash.first-row", with + "the first row at the receiver", first, "s");
      }
    }
  }
}
