package dev.kiln.cli;

import dev.kiln.Places;
import dev.kiln.ledger.Ledger;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kiln redeliver}: hands the dead letters of a target to it again. */
@Command(
    name = "redeliver",
    description = "Hands results that a target did not take to it again, one by one.")
final class RedeliverCommand extends LedgerCommand {
  @Parameters(paramLabel = "TARGET", description = "The target; \"kiln results\" lists them.")
  private String target;

  @Override
  int change(Places places, Ledger ledger, PrintWriter out) {
    if (ledger.view().onward().stream().noneMatch(onward -> onward.target().equals(target))) {
      throw usage("There is no target " + target + "; \"kiln results\" lists them");
    }
    out.println("Rows that target " + target + " gets again: " + ledger.redeliver(target) + ".");
    return 0;
  }
}
