package dev.kiln.cli;

import dev.kiln.Places;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.Pausable;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kiln pause} and {@code kiln resume}. */
abstract class PauseCommand extends LedgerCommand {
  @Parameters(index = "0", paramLabel = "KIND", description = "workspace or table.")
  private Pausable kind;

  @Parameters(index = "1", paramLabel = "NAME", description = "Its name in clay.yaml.")
  private String name;

  private final boolean paused;

  PauseCommand(boolean paused) {
    this.paused = paused;
  }

  @Override
  int change(Places places, Ledger ledger, PrintWriter out) {
    Known.nameAtAnyTime(places, ledger, kind, name, err());
    ledger.pause(kind, name, paused);
    String what = kind.word() + " " + name;
    out.println(
        paused
            ? "The "
                + what
                + " is paused, over restarts too; go on with \"kiln resume "
                + what
                + "\"."
            : "The " + what + " goes on.");
    return 0;
  }

  /** {@code kiln pause}. */
  @Command(
      name = "pause",
      description =
          "Sends nothing more to a table, or from a whole workspace, until it is resumed. Its leads wait.")
  static final class Pause extends PauseCommand {
    Pause() {
      super(true);
    }
  }

  /** {@code kiln resume}. */
  @Command(name = "resume", description = "Lets a paused table or workspace go on.")
  static final class Resume extends PauseCommand {
    Resume() {
      super(false);
    }
  }
}
