package dev.kiln;

import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.Mail;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The folders of a Kiln.
 *
 * @param config {@code config/}: numbers, catalogue, industries
 * @param routes {@code routes/}: the YAML
 * @param data {@code data/}: inbox, archive, rejects and the ledger; created where it is missing
 * @param secrets {@code secrets/}: one file each; need not exist where it is in {@code config}
 */
public record Places(Path config, Path routes, Path data, Path secrets) {
  /** Those of a Kiln whose secrets are in {@code secrets/} of its configuration. */
  public Places(Path config, Path routes, Path data) {
    this(config, routes, data, secretsOf(config));
  }

  private static Path secretsOf(Path config) {
    return config.resolve("secrets");
  }

  /** The same configuration with another data folder. */
  Places with(Path otherData) {
    return new Places(config, routes, otherData, secrets);
  }

  /** Checks that what must be there is there. */
  void check() {
    if (!Files.isDirectory(config)) {
      throw new InvalidConfiguration(
          config, "is not a folder: --config names the folder with clay.yaml");
    }
    if (!Files.isDirectory(routes)) {
      throw new InvalidConfiguration(
          routes, "is not a folder: --routes names the folder with *.camel.yaml");
    }
    if (!secrets.equals(secretsOf(config)) && !Files.isDirectory(secrets)) {
      throw new InvalidConfiguration(
          secrets, "is not a folder: --secrets names the folder with one file for each secret");
    }
  }

  /** What Kiln knows of Clay. */
  public Path clayYaml() {
    return config.resolve("clay.yaml");
  }

  /** What Clay's plans cost. */
  public Path prices() {
    return config.resolve("prices.yaml");
  }

  Path industries() {
    return config.resolve("industries.csv");
  }

  /** The list of the domains of a kind of mailbox. */
  Path mailDomains(Mail mail) {
    return config.resolve(mail.word() + "-domains.txt");
  }
}
