package dev.kiln.cli;

import dev.kiln.Places;
import dev.kiln.ledger.Ledger;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * A command that changes the ledger, beside a running Kiln (which sees it at once) or without one.
 */
@Command(mixinStandardHelpOptions = true)
abstract class LedgerCommand implements Callable<Integer> {
  @Mixin private PlacesOptions options;
  @Spec private CommandSpec spec;

  /** Does it and says what was done. */
  abstract int change(Places places, Ledger ledger, PrintWriter out) throws Exception;

  /** Where it is said what is no part of the answer. */
  PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** A fault in what was typed: told with a hint to the usage, exit code 2. */
  ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  @Override
  public Integer call() throws Exception {
    System.setProperty("kiln.log", "WARN");
    try (Ledger ledger = Ledger.openBeside(options.ledger())) {
      return change(options.places(), ledger, spec.commandLine().getOut());
    }
  }
}
