package dev.kiln.cli;

import dev.kiln.simulate.Callback;
import dev.kiln.simulate.Delay;
import dev.kiln.simulate.Simulator;
import dev.kiln.simulate.SimulatorOptions;
import dev.kiln.simulate.SimulatorStatistics;
import dev.kiln.simulate.SimulatorStatistics.Counts;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Runs a Clay of our own until it is told to end. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    description =
        "Runs a Clay of our own: webhooks, rate limit, caps and faults. Ends on Ctrl-C or SIGTERM.")
final class SimulateCommand implements Callable<Integer> {
  /** Where it listens, unless it is told otherwise. */
  static final String PORT = "8089";

  /** Likewise. */
  static final String HOST = "127.0.0.1";

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli fills it in
  private CommandSpec spec;

  @Option(
      names = "--port",
      defaultValue = PORT,
      description = "Port to listen on; 0 = a free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--host",
      defaultValue = HOST,
      description =
          "Address to listen on. Control asks nobody for a password. Default: ${DEFAULT-VALUE}.")
  private String host = HOST;

  @Option(
      names = "--rate",
      defaultValue = "10",
      description = "Requests a second per workspace; 0 = no limit. Default: ${DEFAULT-VALUE}.")
  private double rate;

  @Option(
      names = "--burst",
      defaultValue = "20",
      description = "Requests at once per workspace. Default: ${DEFAULT-VALUE}.")
  private int burst;

  @Option(
      names = "--latency",
      defaultValue = "0",
      converter = LatencyConverter.class,
      description = "Time to an answer in ms: 20, or 150-250. Default: ${DEFAULT-VALUE}.")
  private Delay latency = Delay.NONE;

  @Option(
      names = "--cap",
      defaultValue = "50000",
      description = "Rows a webhook accepts in its life. Default: ${DEFAULT-VALUE}.")
  private int cap;

  @Option(
      names = "--callback",
      paramLabel = "URL",
      description = "Where each row comes back to, as Clay's HTTP API column sends it.")
  private @Nullable URI callback;

  @Option(
      names = "--callback-header",
      paramLabel = "NAME=VALUE",
      description = "A header of what comes back; may be given several times.")
  private Map<String, String> callbackHeaders = new LinkedHashMap<>();

  @Option(
      names = "--callback-delay",
      defaultValue = "0",
      converter = LatencyConverter.class,
      description = "Time until a row comes back in ms: 20, or 150-250. Default: ${DEFAULT-VALUE}.")
  private Delay callbackDelay = Delay.NONE;

  @Option(
      names = "--callback-share",
      defaultValue = "1",
      description = "The share of the rows that come back. Default: ${DEFAULT-VALUE}.")
  private double callbackShare;

  @Option(names = "--json", description = "Print facts as JSON, one object a line.")
  private boolean json;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    Simulator simulator;
    Callback[] callbacks = callbacks();
    try {
      simulator = Simulator.start(options());
      simulator.callbacks(callbacks);
    } catch (UncheckedIOException e) {
      spec.commandLine().getErr().println(e.getMessage());
      return CommandLine.ExitCode.USAGE;
    }
    announce(simulator, out);
    // A signal ends the process through its hooks: the last words are said there.
    Thread hook = new Thread(() -> finish(simulator, out), "simulate-end");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      new CountDownLatch(1).await();
      return CommandLine.ExitCode.OK;
    } finally {
      Runtime.getRuntime().removeShutdownHook(hook);
      finish(simulator, out);
    }
  }

  private SimulatorOptions options() {
    SimulatorOptions defaults = SimulatorOptions.defaults();
    try {
      return defaults
          .withAddress(host, port)
          .withLimits(rate, burst)
          .withCaps(cap, defaults.caps().table())
          .withLatency(latency);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private Callback[] callbacks() {
    try {
      return callback == null
          ? new Callback[0]
          : new Callback[] {
            Callback.of(callback, callbackHeaders)
                .withDelay(callbackDelay)
                .withShares(callbackShare, 0)
          };
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private void announce(Simulator simulator, PrintWriter out) {
    if (json) {
      out.printf(
          "{\"listening\":\"%s\",\"webhook\":\"%s\"}%n",
          simulator.uri(), simulator.webhookUrl("demo"));
    } else {
      out.printf("A Clay of our own listens on %s%n%n", simulator.uri());
      out.printf(
          "Webhook (any other last word works too):%n  %s%n%n", simulator.webhookUrl("demo"));
      out.printf(
          "Faults, here a 503 for a fifth of the requests; {} clears them:%n"
              + "  curl -d '{\"kind\":\"status\",\"status\":503,\"share\":0.2}' %s/control/faults%n%n",
          simulator.uri());
      out.printf("Statistics:%n  curl %s/control/statistics%n", simulator.uri());
    }
    out.flush();
  }

  private void finish(Simulator simulator, PrintWriter out) {
    SimulatorStatistics statistics = simulator.statistics();
    simulator.close();
    if (json) {
      out.println(statistics.toJson());
    } else {
      String line = "%-24s %9s %9s %9s %8s %8s %9s%n";
      out.printf(line, "Webhook", "Requests", "Stored", "Distinct", "Repeats", "429", "Most in 1s");
      statistics.webhooks().forEach((id, counts) -> print(out, line, id, counts));
      print(out, line, "Total", statistics.total());
      if (statistics.callbacks().rows() > 0) {
        out.printf(
            Locale.ROOT,
            "Rows that came back: %d acknowledged, %d given up, %d never sent back%n",
            statistics.callbacks().acknowledged(),
            statistics.callbacks().lost(),
            statistics.callbacks().withheld());
      }
    }
    out.flush();
  }

  private static void print(PrintWriter out, String line, String name, Counts counts) {
    out.printf(
        Locale.ROOT,
        line,
        name,
        counts.requests(),
        counts.accepted(),
        counts.distinct(),
        counts.repeats(),
        counts.rateLimited(),
        counts.mostRequestsInOneSecond());
  }

  /** Reads {@code 20} or {@code 150-250}, in milliseconds. */
  static final class LatencyConverter implements ITypeConverter<Delay> {
    private static final Pattern RANGE = Pattern.compile("(\\d{1,7})(?:-(\\d{1,7}))?");

    @Override
    public Delay convert(String value) {
      Matcher range = RANGE.matcher(value);
      if (!range.matches()) {
        throw new TypeConversionException("milliseconds: 20, or 150-250, not " + value);
      }
      long least = Long.parseLong(range.group(1));
      long most = range.group(2) == null ? least : Long.parseLong(range.group(2));
      try {
        return new Delay(Duration.ofMillis(least), Duration.ofMillis(most));
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
