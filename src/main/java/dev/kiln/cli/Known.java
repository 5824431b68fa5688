package dev.kiln.cli;

import dev.kiln.Places;
import dev.kiln.clay.Catalogue;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.NearestWord;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.LedgerView.WorkspaceAccount;
import dev.kiln.ledger.Pausable;
import java.io.PrintWriter;
import java.util.Set;
import java.util.stream.Stream;

/** Names that a command is given, checked against the catalogue. */
final class Known {
  private Known() {}

  /** Refuses a workspace or table that is not in clay.yaml, with the nearest one. */
  static void name(Places places, Pausable kind, String name) {
    mustHave(places, kind, name, Catalogue.readWithoutSecrets(places.clayYaml(), places.secrets()));
  }

  /**
   * The same for what must work at any time: a name that the ledger knows is taken too, of a
   * workspace or table that went or that only other nodes have; and while clay.yaml cannot be read
   * the name is taken as it is, and that is said. An order to a name that nobody has does nothing.
   */
  static void nameAtAnyTime(
      Places places, Ledger ledger, Pausable kind, String name, PrintWriter err) {
    Catalogue catalogue;
    try {
      catalogue = Catalogue.readWithoutSecrets(places.clayYaml(), places.secrets());
    } catch (InvalidConfiguration broken) {
      err.println(
          "Whether there is a "
              + kind.word()
              + " "
              + name
              + " is not known: "
              + broken.getMessage());
      return;
    }
    if (!names(kind, catalogue).contains(name) && !isKnown(ledger, kind, name)) {
      mustHave(places, kind, name, catalogue);
    }
  }

  /** Says that there is no run of an id. */
  static String noRun(String id) {
    return "There is no run " + id + "; \"kiln status\" lists them";
  }

  private static boolean isKnown(Ledger ledger, Pausable kind, String name) {
    Snapshot account = ledger.view().snapshot();
    Stream<String> names =
        kind == Pausable.TABLE
            ? account.tables().stream().map(TableAccount::name)
            : account.workspaces().stream().map(WorkspaceAccount::name);
    return names.anyMatch(name::equals) || ledger.orders().paused(kind, name);
  }

  private static void mustHave(Places places, Pausable kind, String name, Catalogue catalogue) {
    Set<String> names = names(kind, catalogue);
    if (!names.contains(name)) {
      throw new InvalidConfiguration(
          places.clayYaml(), "has no " + kind.word() + " " + name + NearestWord.hint(name, names));
    }
  }

  private static Set<String> names(Pausable kind, Catalogue catalogue) {
    return kind == Pausable.TABLE ? catalogue.tables().keySet() : catalogue.workspaces().keySet();
  }
}
