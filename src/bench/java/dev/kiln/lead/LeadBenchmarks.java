package dev.kiln.lead;

import dev.kiln.bench.Leads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The hot pure functions between a file and a lead. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LeadBenchmarks {
  private static final int ROWS = 10_000;
  private static final List<String> CELLS =
      List.of(
          " Ada.Lovelace@Firm.Example ",
          "Ada",
          "Lovelace",
          "Firm, Inc.",
          "Head of Engines",
          "Computer Software",
          "United Kingdom",
          "https://www.firm.example/");

  private final Path file = file();
  private final Hygiene hygiene =
      Hygiene.of(Industries.load(Path.of("config/industries.csv")))
          .withMail(
              MailDomains.load(
                  Path.of("config/personal-domains.txt"), Path.of("config/disposable-domains.txt")),
              Set.of());
  private final Columns columns =
      Columns.of(
          List.of(
              "Email",
              "First Name",
              "Last Name",
              "Company",
              "Title",
              "Industry",
              "Country",
              "Website"),
          hygiene);
  private final Lead lead = columns.lead(1, 2, CELLS);

  private static Path file() {
    try {
      Path folder = Files.createTempDirectory("kiln-bench");
      folder.toFile().deleteOnExit();
      Path file = new Leads(folder).csv(ROWS);
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** A row of a file framed, and written anew for the parser. */
  @Benchmark
  @OperationsPerInvocation(ROWS)
  public long frame() throws IOException {
    long length = 0;
    try (Framer framer = Framer.open(file, Limits.defaults(), hygiene)) {
      while (framer.hasNext()) {
        length += framer.next().text().length();
      }
    }
    return length;
  }

  /** A file looked at: its encoding, its delimiter, its header. */
  @Benchmark
  public List<String> sniff() throws IOException {
    Opening opening = Opening.of(file, Limits.defaults(), hygiene);
    opening.records().close();
    return opening.header();
  }

  /** A row's cells turned into a lead. */
  @Benchmark
  public Lead normalise() {
    return columns.lead(1, 2, CELLS);
  }

  /** What the ledger keeps of a lead. */
  @Benchmark
  public String json() {
    return lead.json();
  }

  /** The sector that routes choose a table by. */
  @Benchmark
  public String route() {
    return hygiene.industries().sector("Computer Software");
  }
}
