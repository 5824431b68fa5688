package dev.kiln;

import com.sun.management.OperatingSystemMXBean;
import dev.kiln.lead.Framer;
import dev.kiln.lead.Limits;
import dev.kiln.ledger.Priority;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How fast rows of a CSV file become durable leads, through the shipped routes: {@code
 * src/bench/intake}. Beside it, how fast the same file is framed and nothing else.
 */
final class IntakeBench {
  private static final int ROWS = 100_000;
  private static final int ROUNDS = 5;

  private IntakeBench() {}

  public static void main(String[] arguments) throws Exception {
    PrintStream out = System.out;
    Path folder = Files.createTempDirectory("kiln-bench");
    try {
      Path config = Files.createDirectories(folder.resolve("config"));
      Files.copy(Path.of("config/industries.csv"), config.resolve("industries.csv"));
      // A webhook that nobody answers: next to nothing is delivered meanwhile.
      Files.writeString(
          config.resolve("clay.yaml"),
          """
          workspaces:
            main: { rate-per-second: 0.1 }
          tables:
            outbound-leads-tech: { webhooks: [ { name: tech-1, url: "http://127.0.0.1:9/tech" } ] }
            outbound-leads-finance: { webhooks: [ { name: fin-1, url: "http://127.0.0.1:9/fin" } ] }
            inbound-leads: { webhooks: [ { name: in-1, url: "http://127.0.0.1:9/in" } ] }
            event-attendees: { webhooks: [ { name: ev-1, url: "http://127.0.0.1:9/ev" } ] }
          """);
      Places places = new Places(config, Path.of("routes"), folder.resolve("data"));
      try (App kiln = App.start(places, App.Mode.SEND)) {
        for (int round = 1; round <= ROUNDS; round++) {
          Path file = leads(folder, round);
          long begun = System.nanoTime();
          long used = processor();
          kiln.read(file, "", Priority.of("normal"));
          double stored = seconds(begun);
          double busy = (processor() - used) / 1e9;
          begun = System.nanoTime();
          frame(file);
          double framed = seconds(begun);
          out.printf(
              "%s: %,d rows/s to durable leads (%,d a second of processor time); framed alone %,d rows/s,"
                  + " %.0f times as fast%n",
              round == 1 ? "cold" : "warm",
              Math.round(ROWS / stored),
              Math.round(ROWS / busy),
              Math.round(ROWS / framed),
              stored / framed);
        }
      }
    } finally {
      Trees.delete(folder);
    }
  }

  /** Processor time of this process, all threads together, nanoseconds. */
  private static long processor() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  private static double seconds(long since) {
    return Duration.ofNanos(System.nanoTime() - since).toMillis() / 1000.0;
  }

  private static void frame(Path file) throws IOException {
    try (Framer framer = Framer.open(file, Limits.defaults())) {
      while (framer.hasNext()) {
        framer.next();
      }
    }
  }

  private static Path leads(Path folder, int round) throws IOException {
    Path file = folder.resolve("leads-" + round + ".csv");
    try (Writer csv = Files.newBufferedWriter(file)) {
      csv.write("Email,First Name,Last Name,Company,Title,Industry,Country,Website\n");
      for (int i = 0; i < ROWS; i++) {
        String name = round + "-" + i;
        csv.write(
            "lead" + name + "@firm" + name + ".example,Ada,Lovelace,\"Firm " + name + ", Inc.\",");
        csv.write("Head of Engines,Computer Software,United Kingdom,https://www.firm" + name);
        csv.write(".example\n");
      }
    }
    return file;
  }
}
