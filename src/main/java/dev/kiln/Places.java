package dev.kiln;

import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.Mail;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The three folders of a Kiln.
 *
 * @param config {@code config/}: numbers, catalogue, secrets, industries
 * @param routes {@code routes/}: the YAML
 * @param data {@code data/}: inbox, archive, rejects and the ledger; created where it is missing
 */
public record Places(Path config, Path routes, Path data) {
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
  }

  /** What Kiln knows of Clay. */
  public Path clayYaml() {
    return config.resolve("clay.yaml");
  }

  /** The folder of secrets, one file each. */
  public Path secrets() {
    return config.resolve("secrets");
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
