package dev.kiln.cli;

import dev.kiln.Places;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.Pausable;
import java.io.PrintWriter;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kiln rate}: another rate for a workspace, at once. */
@Command(
    name = "rate",
    description =
        "Sets the rate of a workspace at once, over restarts too, in place of rate-per-second in clay.yaml.")
final class RateCommand extends LedgerCommand {
  @Parameters(index = "0", paramLabel = "WORKSPACE", description = "Its name in clay.yaml.")
  private String workspace;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "RATE",
      description = "Leads a second, 0.1 to 1000, to the thousandth.")
  private @Nullable String given;

  @Option(names = "--reset", description = "Goes back to the rate in clay.yaml.")
  private boolean reset;

  @Override
  int change(Places places, Ledger ledger, PrintWriter out) {
    if (reset == (given != null)) {
      throw usage("Give either a rate, such as \"kiln rate main 5\", or --reset.");
    }
    Known.nameAtAnyTime(places, ledger, Pausable.WORKSPACE, workspace, err());
    BigDecimal rate = given == null ? null : number(given);
    try {
      ledger.rate(workspace, rate);
    } catch (IllegalArgumentException wrong) {
      throw usage(String.valueOf(wrong.getMessage()));
    }
    out.println(
        rate == null
            ? "The workspace " + workspace + " has the rate of clay.yaml again."
            : "The workspace "
                + workspace
                + " sends at most "
                + rate.toPlainString()
                + " leads a second, over restarts too; \"kiln rate "
                + workspace
                + " --reset\" goes back to clay.yaml's.");
    return 0;
  }

  private BigDecimal number(String text) {
    try {
      return new BigDecimal(text);
    } catch (NumberFormatException notANumber) {
      throw usage("RATE is a number, such as 5 or 0.5, not \"" + text + "\"");
    }
  }
}
