package dev.kiln.cli;

import dev.kiln.App;
import dev.kiln.plan.Preview;
import dev.kiln.plan.Preview.FilePreview;
import dev.kiln.status.PreviewJson;
import dev.kiln.status.PreviewText;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kiln preview}: what sending files would do. */
@Command(
    name = "preview",
    mixinStandardHelpOptions = true,
    description = {
      "Says what sending files would do: rows by table, rejects and duplicates, sizes, the first body of each table,"
          + " webhooks, time, credits and budget. Sends nothing and changes nothing.",
      "The files go through the same intake and router as with \"kiln send\"; the ledger is looked at as it is now, with a"
          + " Kiln running or without one."
    })
final class PreviewCommand implements Callable<Integer> {
  @Mixin private PlacesOptions options;
  @Mixin private FilesOptions given;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    System.setProperty("kiln.log", "ERROR");
    String source = given.source(spec);
    if (!given.canBeRead(spec)) {
      return Main.USAGE;
    }
    PrintWriter err = spec.commandLine().getErr();
    Preview preview =
        App.preview(
            options.places(),
            given.files(),
            source,
            given.priority(),
            given.dedupe(),
            new Lines(err));
    for (FilePreview file : preview.files()) {
      if (file.refused() != null) {
        err.println(file.refused());
      }
    }
    spec.commandLine()
        .getOut()
        .println(json ? PreviewJson.of(preview) : PreviewText.of(preview).stripTrailing());
    return preview.refusesSome() ? Main.USAGE : 0;
  }

  /** A line every few seconds. */
  private static final class Lines implements LongConsumer {
    private static final Duration EVERY = Duration.ofSeconds(5);

    private final PrintWriter err;
    private long last;
    private boolean begun;

    Lines(PrintWriter err) {
      this.err = err;
    }

    @Override
    public void accept(long rows) {
      long now = System.nanoTime();
      if (!begun) {
        begun = true;
        last = now;
      } else if (now - last >= EVERY.toNanos()) {
        err.printf(Locale.ROOT, "%,d rows read%n", rows);
        last = now;
      }
    }
  }
}
