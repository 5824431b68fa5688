package dev.kiln.cli;

import dev.kiln.Places;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.Ledger.Forgotten;
import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kiln forget}: deletes a person's data. */
@Command(
    name = "forget",
    description =
        "Deletes the data of every lead with an e-mail address from the ledger; those that still wait are cancelled. States,"
            + " counts and a hash of the address stay, so that the account still sums up.")
final class ForgetCommand extends LedgerCommand {
  @Parameters(paramLabel = "ADDRESS", description = "The e-mail address; case does not matter.")
  private String email;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  int change(Places places, Ledger ledger, PrintWriter out) {
    if (email.strip().indexOf('@') < 1) {
      throw usage("ADDRESS is an e-mail address, such as ada@example.com");
    }
    Forgotten forgotten = ledger.forget(email);
    if (json) {
      out.println("{\"leads\":" + forgotten.leads() + ",\"sending\":" + forgotten.sending() + "}");
    } else {
      out.println("Leads whose data was deleted: " + forgotten.leads() + ".");
      if (!forgotten.runs().isEmpty()) {
        out.println(
            "Files may still hold it: those in "
                + places.data().resolve("archive")
                + " and "
                + places.data().resolve("rejects")
                + " that begin with "
                + String.join(", ", forgotten.runs())
                + ", and what Clay has.");
      }
      if (forgotten.sending() > 0) {
        out.println(
            forgotten.sending()
                + " more are being sent at this moment; run the command again in a minute.");
      }
    }
    return forgotten.sending() > 0 ? 1 : 0;
  }
}
