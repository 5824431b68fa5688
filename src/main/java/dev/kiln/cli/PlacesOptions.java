package dev.kiln.cli;

import dev.kiln.Places;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say where a Kiln is: common to all commands. */
final class PlacesOptions {
  @Option(
      names = "--config",
      paramLabel = "DIR",
      description =
          "Folder with clay.yaml, application.properties, industries.csv and secrets/ (default: config).")
  private @Nullable Path config;

  @Option(
      names = "--routes",
      paramLabel = "DIR",
      description = "Folder with *.camel.yaml (default: routes).")
  private @Nullable Path routes;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Folder with inbox/, archive/, rejects/ and the ledger; made where it is missing (default: data).")
  private @Nullable Path data;

  /** The folders; those not given are in Kiln's own folder, wherever the command was called. */
  Places places() {
    Path home = Path.of(System.getProperty("kiln.home", ""));
    return new Places(
        config == null ? home.resolve("config") : config,
        routes == null ? home.resolve("routes") : routes,
        data == null ? home.resolve("data") : data);
  }
}
