package dev.kiln.bench;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * How fast the rows of a CSV file become durable leads, with next to nothing delivered meanwhile;
 * beside it, how fast the parser alone reads the same file.
 */
final class IntakeSpeed implements Measure {
  @Override
  public void take(Scale scale, Figures figures) throws IOException {
    int rows = scale.of(40_000, 100_000);
    List<Double> warm = new ArrayList<>();
    List<Double> parsed = new ArrayList<>();
    double megabytes = 0;
    Site site = scale.site("intake");
    try (Clay clay = Clay.unlimited()) {
      site.posting(clay, 1);
      try (KilnRun kiln = site.run()) {
        site.pause(true);
        for (int round = 0; round < scale.of(3, 5); round++) {
          Path file = scale.leads().csv(rows);
          megabytes = Files.size(file) / 1e6;
          parsed.add(parse(file));
          site.drop(file);
          double seconds = site.awaitRead(file);
          kiln.mustRun();
          if (round == 0) {
            figures.add("intake.cold", "Intake to durable leads, cold", rows / seconds, "rows/s");
          } else {
            warm.add(seconds);
          }
        }
      }
    }
    double seconds = Figures.median(warm);
    figures.add("intake.warm", "Intake to durable leads, warm", rows / seconds, "rows/s");
    figures.add("intake.megabytes", "Intake, warm", megabytes / seconds, "MB/s");
    double bare = Figures.median(parsed.subList(1, parsed.size()));
    figures.add(
        "intake.parsed", "The same file parsed by commons-csv alone", rows / bare, "rows/s");
    figures.ratio("intake.ratio", "Intake beside bare parsing", "intake.warm", "intake.parsed");
  }

  private static double parse(Path file) throws IOException {
    long begun = System.nanoTime();
    long cells = 0;
    try (Reader reader = Files.newBufferedReader(file);
        CSVParser parser = CSVFormat.RFC4180.parse(reader)) {
      for (CSVRecord csvRecord : parser) {
        cells += csvRecord.size();
      }
    }
    if (cells == 0) {
      throw new IllegalStateException(file + " has no cells");
    }
    return (System.nanoTime() - begun) / 1e9;
  }
}
