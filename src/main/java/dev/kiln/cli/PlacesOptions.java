package dev.kiln.cli;

import dev.kiln.Places;
import dev.kiln.Settings;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options that say where a Kiln is: common to all commands. A variable of the environment
 * stands in for one that is not given, so that a command in a container needs none.
 */
final class PlacesOptions {
  @Option(
      names = "--config",
      paramLabel = "DIR",
      defaultValue = "${env:KILN_CONFIG}",
      description =
          "Folder with clay.yaml, application.properties, industries.csv, prices.yaml, the lists of mail domains"
              + " and secrets/ (default: $KILN_CONFIG, else config).")
  private @Nullable Path config;

  @Option(
      names = "--routes",
      paramLabel = "DIR",
      defaultValue = "${env:KILN_ROUTES}",
      description = "Folder with *.camel.yaml (default: $KILN_ROUTES, else routes).")
  private @Nullable Path routes;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "${env:KILN_DATA}",
      description =
          "Folder with inbox/, archive/, rejects/ and the ledger; made where it is missing (default:"
              + " $KILN_DATA, else data).")
  private @Nullable Path data;

  @Option(
      names = "--secrets",
      paramLabel = "DIR",
      defaultValue = "${env:KILN_SECRETS}",
      description =
          "Folder with one file for each secret (default: $KILN_SECRETS, else secrets of --config).")
  private @Nullable Path secrets;

  /**
   * The folders; those not given are in Kiln's own folder, wherever the command was called.
   *
   * @throws InvalidConfiguration if the folder of the configuration was named and does not exist:
   *     what the command did would be of another Kiln
   */
  Places places() {
    if (config != null && !Files.isDirectory(config)) {
      throw new InvalidConfiguration(
          config,
          "does not exist; --config names the folder with clay.yaml and application.properties:"
              + " \"kiln init\" writes one");
    }
    Path home = Path.of(System.getProperty("kiln.home", ""));
    Places places =
        new Places(
            config == null ? home.resolve("config") : config,
            routes == null ? home.resolve("routes") : routes,
            data == null ? home.resolve("data") : data);
    return secrets == null
        ? places
        : new Places(places.config(), places.routes(), places.data(), secrets);
  }

  /** What another command on the same ledger has to be given: empty, or with a blank before it. */
  String again() {
    return option("config", config) + option("data", data) + option("secrets", secrets);
  }

  /** A folder as an option is given, with a blank before it; empty where there is none. */
  static String option(String name, @Nullable Path folder) {
    return folder == null ? "" : " --" + name + " " + Shell.word(folder);
  }

  /**
   * Where the ledger is kept.
   *
   * @throws InvalidConfiguration if nothing was ever read into it
   */
  Store ledger() {
    Store store = Settings.store(places());
    if (!Ledger.exists(store)) {
      throw new InvalidConfiguration(
          places().data(), "has no ledger yet: nothing was ever read here");
    }
    return store;
  }

  /**
   * Looks into the ledger, for a command that changes nothing.
   *
   * @param look what to read
   * @param nothing the answer where nothing was ever read into a ledger
   * @throws InvalidConfiguration if a data folder was named and does not exist
   */
  <T> T read(Function<LedgerView, T> look, T nothing) {
    if (data != null && !Files.isDirectory(data)) {
      throw new InvalidConfiguration(
          data, "does not exist; --data names the data folder of a Kiln");
    }
    Store store = Settings.store(places());
    if (!Ledger.exists(store)) {
      return nothing;
    }
    try (LedgerView view = LedgerView.open(store)) {
      return look.apply(view);
    }
  }
}
