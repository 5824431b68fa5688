package dev.kiln.cli;

import dev.kiln.App;
import dev.kiln.Places;
import dev.kiln.Settings;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code kiln run}: picks up files and delivers, until it is stopped. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description =
        "Picks up leads from the inbox and delivers them to Clay, until it is stopped (Ctrl-C, SIGTERM).")
final class RunCommand implements Callable<Integer> {
  @Mixin private PlacesOptions options;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Places places = options.places();
    if (Unconfigured.tell(places, spec.commandLine().getErr())) {
      return Main.USAGE;
    }
    App app = App.start(places, App.Mode.RUN);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  app.close();
                  stopped.countDown();
                },
                "kiln-stop"));
    spec.commandLine()
        .getOut()
        .println(
            "Kiln is running. Drop files into "
                + Settings.read(places.config()).inbox(places.data()).resolve("normal")
                + app.http().map(root -> ", or post leads to " + root + "/leads").orElse("")
                + app.http().map(root -> "; watch them at " + root + "/").orElse("")
                + app.results()
                    .map(root -> "; rows come back to " + root + "/results/TABLE")
                    .orElse("")
                + "; \"kiln status\" tells how far they are. Ctrl-C stops it and loses nothing.");
    stopped.await();
    return 0;
  }
}
