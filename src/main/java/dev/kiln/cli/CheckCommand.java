package dev.kiln.cli;

import dev.kiln.App;
import dev.kiln.Places;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code kiln check}: says whether Kiln would start. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description =
        "Checks everything under config and routes as a start would. Sends nothing, changes nothing.")
final class CheckCommand implements Callable<Integer> {
  @Mixin private PlacesOptions options;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    System.setProperty("kiln.log", "WARN");
    Places places = options.places();
    if (Unconfigured.tell(places, spec.commandLine().getErr())) {
      return Main.USAGE;
    }
    App.check(places).forEach(spec.commandLine().getOut()::println);
    return 0;
  }
}
