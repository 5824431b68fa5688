package dev.kiln.cli;

import dev.kiln.Places;
import dev.kiln.clay.Catalogue;
import dev.kiln.lead.InvalidConfiguration;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/** What has to be set before anything can be sent, all of it at once. */
final class Unconfigured {
  private Unconfigured() {}

  /**
   * Tells what is still to be set, file by file, and what works without it.
   *
   * @return whether there is any; a fault of another kind is none
   */
  static boolean tell(Places places, PrintWriter err) {
    List<String> missing;
    try {
      missing = missing(places);
    } catch (InvalidConfiguration anotherFault) {
      return false;
    }
    if (missing.isEmpty()) {
      return false;
    }
    err.println("Nothing can be sent yet. To be set:");
    missing.forEach(one -> err.println("  " + one));
    err.println(
        "A secret is a file of its own in "
            + places.secrets()
            + " that holds nothing else; where a webhook asks for no token, take \"token\" out of its line.");
    err.println("\"kiln check\" says what is left.");
    err.println(
        "No Clay at hand? \"kiln demo\" shows Kiln at work in a minute. \"kiln init DIR --simulator\" writes a"
            + " configuration for a Clay of your own, which \"kiln simulate\" runs.");
    return true;
  }

  private static List<String> missing(Places places) {
    if (!Files.exists(places.clayYaml())) {
      return List.of(
          places.clayYaml()
              + " does not exist: \"kiln init\" writes one, or --config names another folder that has it");
    }
    List<String> missing =
        new ArrayList<>(Catalogue.unset(places.clayYaml(), places.secrets(), System.getenv()));
    if (missing.isEmpty()
        && Catalogue.readWithoutSecrets(places.clayYaml(), places.secrets())
            .tables()
            .values()
            .stream()
            .allMatch(table -> table.webhooks().isEmpty())) {
      missing.add(
          places.clayYaml()
              + " has no webhook: add one under \"webhooks\" of a table, such as"
              + " - { name: tech-1, url: \"{{secret:tech-1-url}}\" }");
    }
    return missing;
  }
}
