package dev.kiln.cli;

import dev.kiln.Places;
import dev.kiln.clay.Catalogue;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.NearestWord;
import dev.kiln.ledger.Pausable;
import java.util.Set;

/** Names that a command is given, checked against the catalogue. */
final class Known {
  private Known() {}

  /** Refuses a workspace or table that is not in clay.yaml, with the nearest one. */
  static void name(Places places, Pausable kind, String name) {
    Catalogue catalogue = Catalogue.read(places.clayYaml(), places.secrets(), System.getenv());
    Set<String> names =
        kind == Pausable.TABLE ? catalogue.tables().keySet() : catalogue.workspaces().keySet();
    if (!names.contains(name)) {
      throw new InvalidConfiguration(
          places.clayYaml(), "has no " + kind.word() + " " + name + NearestWord.hint(name, names));
    }
  }
}
