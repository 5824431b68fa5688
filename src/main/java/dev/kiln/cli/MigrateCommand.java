package dev.kiln.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.DataLock;
import dev.kiln.Places;
import dev.kiln.Settings;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.Store;
import dev.kiln.ledger.Transfer;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kiln migrate}: an embedded ledger goes to PostgreSQL. */
@Command(
    name = "migrate",
    mixinStandardHelpOptions = true,
    description =
        "Moves the ledger of the data folder to PostgreSQL, while no Kiln runs. User and password are those of"
            + " kiln.ledger.username and kiln.ledger.password. The present ledger is kept beside its place.")
final class MigrateCommand implements Callable<Integer> {
  @Mixin private PlacesOptions options;

  @Option(
      names = "--to",
      paramLabel = "URL",
      required = true,
      description =
          "Where to: jdbc:postgresql://host:5432/database, without a ledger or with an empty one.")
  private String url;

  @Option(names = "--json", description = "Print what was moved as JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    System.setProperty("kiln.log", "WARN");
    Places places = options.places();
    Store target;
    try {
      target = Settings.read(places.config()).postgres(places, url);
    } catch (IllegalArgumentException wrong) {
      throw new ParameterException(spec.commandLine(), "--to " + wrong.getMessage(), wrong);
    }
    DataLock lock = DataLock.take(places.data());
    try {
      if (!Ledger.exists(Store.embedded(places.data()))) {
        throw new InvalidConfiguration(
            places.data(), "has no ledger to move: nothing was ever read here, or it was moved");
      }
      PrintWriter progress = spec.commandLine().getErr();
      Transfer.Moved moved =
          Transfer.move(
              places.data(),
              target,
              Instant.now(),
              (table, rows) -> progress.printf(Locale.ROOT, "%s: %,d rows%n", table, rows));
      tell(target, moved);
      return 0;
    } catch (IllegalStateException another) {
      spec.commandLine().getErr().println(another.getMessage());
      return Main.USAGE;
    } finally {
      lock.close();
    }
  }

  private void tell(Store target, Transfer.Moved moved) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Map<String, Object> told = new LinkedHashMap<>();
      told.put("to", target.toString());
      told.put("rows", moved.rows());
      told.put("kept", moved.aside().toString());
      out.println(new ObjectMapper().writeValueAsString(told));
      return;
    }
    out.printf(
        Locale.ROOT,
        "Moved to %s: %,d leads, %,d rows in all. The ledger so far is kept in %s.%n",
        target,
        moved.rows().getOrDefault("lead", 0L),
        moved.rows().values().stream().mapToLong(Long::longValue).sum(),
        moved.aside());
    out.println(
        "Write kiln.ledger.url into "
            + Settings.FILE
            + " now: without it Kiln does not start on this data folder any more.");
  }
}
