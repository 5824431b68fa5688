package dev.kiln.clay;

import dev.kiln.bench.Leads;
import dev.kiln.ledger.Due;
import dev.kiln.ledger.Priority;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The hot pure functions between a lead and Clay's answer. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ClayBenchmarks {
  private final Table table =
      new Table(
          "outbound-leads-tech",
          "main",
          0,
          BigDecimal.valueOf(6),
          BigDecimal.valueOf(4),
          0,
          true,
          Set.of("phone"),
          Set.of(),
          Set.of(),
          Map.of("enrichment", "waterfall"),
          null,
          List.of());
  private final Due lead =
      new Due(
          1,
          "20261125-abcdef",
          1,
          "",
          table.name(),
          Priority.NORMAL,
          Leads.payload("1-1"),
          false,
          0,
          0);
  private final Reply accepted = reply(200, "{\"success\":true}");
  private final Reply limit = reply(403, "Record limit reached for webhook");

  private static Reply reply(int status, String text) {
    return new Reply(Reply.Kind.ANSWERED, status, null, text, 180, 300);
  }

  /** The row as Clay gets it, before it is JSON. */
  @Benchmark
  public Map<String, @Nullable Object> payload() {
    return Body.of(table, lead, Map.of());
  }

  /** What an answer means. */
  @Benchmark
  public Answer answer() {
    return Answer.of(accepted);
  }

  /** The same of the one answer that is told by its text. */
  @Benchmark
  public Answer answerByText() {
    return Answer.of(limit);
  }
}
