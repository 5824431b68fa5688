package dev.kiln.cli;

import dev.kiln.Places;
import dev.kiln.Settings;
import dev.kiln.ledger.LeadSelection;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.Pausable;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A command on some leads, chosen by run, table or lead_id. */
abstract class LeadsVerb extends LedgerCommand {
  @ArgGroup(exclusive = false, multiplicity = "1")
  private @Nullable Which which;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  /** Which leads are meant. */
  static final class Which {
    @Parameters(
        index = "0",
        arity = "0..1",
        paramLabel = "RUN",
        description = "The leads of this run, as with --run.")
    private @Nullable String given;

    @Option(names = "--run", paramLabel = "RUN", description = "The leads of this run.")
    private @Nullable String run;

    @Option(names = "--table", paramLabel = "TABLE", description = "The leads of this table.")
    private @Nullable String table;

    @Option(names = "--lead", paramLabel = "LEAD_ID", description = "This lead.")
    private @Nullable String lead;

    @Option(names = "--all", description = "All leads that the command is for; goes alone.")
    private boolean all;

    LeadSelection selection() {
      if (given != null && run != null) {
        throw new IllegalArgumentException("Name one run: " + given + " or --run " + run);
      }
      String its = given == null ? run : given;
      boolean narrowed = its != null || table != null;
      if (all && (narrowed || lead != null)) {
        throw new IllegalArgumentException("--all goes alone: it means every lead");
      }
      if (lead != null && narrowed) {
        throw new IllegalArgumentException("--lead goes alone: it means one lead already");
      }
      return lead == null ? new LeadSelection(its, table, null) : LeadSelection.ofLead(lead);
    }
  }

  /** Changes the leads; returns how many. */
  abstract int change(Places places, Ledger ledger, LeadSelection leads);

  /** What was done to so many leads, for a person. */
  abstract String done(int leads);

  @Override
  int change(Places places, Ledger ledger, PrintWriter out) {
    if (which == null) {
      throw new IllegalStateException("picocli requires a selection");
    }
    LeadSelection selection;
    try {
      selection = which.selection();
    } catch (IllegalArgumentException notAnId) {
      throw usage(String.valueOf(notAnId.getMessage()));
    }
    if (selection.run() != null && ledger.run(selection.run()).isEmpty()) {
      throw usage(Known.noRun(selection.run()));
    }
    if (selection.table() != null) {
      Known.nameAtAnyTime(places, ledger, Pausable.TABLE, selection.table(), err());
    }
    int leads = change(places, ledger, selection);
    out.println(json ? "{\"leads\":" + leads + "}" : done(leads));
    return 0;
  }

  /** {@code kiln hold}. */
  @Command(
      name = "hold",
      description =
          "Keeps queued leads back, and those that a budget holds, until they are released, also those on the wire that"
              + " come back; of a whole run also rows that are still to be read.")
  static final class Hold extends LeadsVerb {
    @Override
    int change(Places places, Ledger ledger, LeadSelection leads) {
      return ledger.hold(leads);
    }

    @Override
    String done(int leads) {
      return "Leads held: " + leads + ". \"kiln release\" lets them go.";
    }
  }

  /** {@code kiln release}. */
  @Command(
      name = "release",
      description =
          "Lets held leads go, also those on the wire that were to be held, and of a whole run rows that are still to be"
              + " read. Those that a budget holds stay: they go by themselves, as soon as it has room.")
  static final class Release extends LeadsVerb {
    private boolean forBudget;

    @Override
    int change(Places places, Ledger ledger, LeadSelection leads) {
      forBudget = ledger.heldForBudget();
      return ledger.release(leads);
    }

    @Override
    String done(int leads) {
      return "Leads queued again: "
          + leads
          + "."
          + (forBudget
              ? " Those that a budget holds go by themselves; \"kiln status\" says when."
              : "");
    }
  }

  /** {@code kiln cancel}. */
  @Command(
      name = "cancel",
      description =
          "Withdraws queued and held leads for good, also those on the wire that come back, and of a whole run rows that"
              + " are still to be read; nothing more of them is sent.")
  static final class Cancel extends LeadsVerb {
    @Override
    int change(Places places, Ledger ledger, LeadSelection leads) {
      return ledger.cancel(leads);
    }

    @Override
    String done(int leads) {
      return "Leads cancelled: " + leads + ".";
    }
  }

  /** {@code kiln retry}. */
  @Command(
      name = "retry",
      description =
          "Queues leads again that came to an end without getting through: REFUSED, DEAD, UNKNOWN and MISSING. Those that"
              + " may have arrived are marked as possible duplicates.")
  static final class Retry extends LeadsVerb {
    @Option(
        names = "--state",
        paramLabel = "STATE",
        description = "Only leads in this state: REFUSED, DEAD, UNKNOWN or MISSING.")
    private @Nullable LeadState state;

    private int missing;

    @Override
    int change(Places places, Ledger ledger, LeadSelection leads) {
      Set<LeadState> ended = LeadState.retried();
      if (state != null && !ended.contains(state)) {
        throw usage("--state is one of REFUSED, DEAD, UNKNOWN, MISSING");
      }
      Set<LeadState> wanted = state == null ? ended : EnumSet.of(state);
      Set<LeadState> others = EnumSet.copyOf(wanted);
      Duration window = Settings.dedupeWindow(places);
      if (others.remove(LeadState.MISSING)) {
        missing = ledger.retry(leads, EnumSet.of(LeadState.MISSING), window);
      }
      return missing + (others.isEmpty() ? 0 : ledger.retry(leads, others, window));
    }

    @Override
    String done(int leads) {
      return "Leads queued again: "
          + leads
          + "."
          + (missing == 0
              ? ""
              : " Of these, Clay has accepted "
                  + missing
                  + " before (MISSING): each becomes a second row there and costs its credits again, unless the"
                  + " table's auto-dedupe looks at lead_id. \"kiln hold\" keeps them back.");
    }
  }

  /** {@code kiln resolve}. */
  @Command(
      name = "resolve",
      description = "Settles leads in doubt (UNKNOWN), after you have looked for them at Clay.")
  static final class Resolve extends LeadsVerb {
    @Option(names = "--accepted", description = "They arrived.")
    private boolean accepted;

    @Option(names = "--resend", description = "Send them again, marked as possible duplicates.")
    private boolean resend;

    @Override
    int change(Places places, Ledger ledger, LeadSelection leads) {
      if (accepted == resend) {
        throw usage("Give one of --accepted and --resend");
      }
      return accepted
          ? ledger.accept(leads)
          : ledger.retry(leads, EnumSet.of(LeadState.UNKNOWN), Settings.dedupeWindow(places));
    }

    @Override
    String done(int leads) {
      return (accepted ? "Leads accepted: " : "Leads queued again: ") + leads + ".";
    }
  }

  /** {@code kiln move}. */
  @Command(
      name = "move",
      description =
          "Gives waiting leads to another table, such as those of a table that is full or was removed. One that the other"
              + " table knows already stays.")
  static final class Move extends LeadsVerb {
    @Option(
        names = "--to",
        required = true,
        paramLabel = "TABLE",
        description = "The other table, of clay.yaml.")
    private String to;

    @Override
    int change(Places places, Ledger ledger, LeadSelection leads) {
      Known.name(places, Pausable.TABLE, to);
      return ledger.reroute(leads, to, Settings.dedupeWindow(places));
    }

    @Override
    String done(int leads) {
      return "Leads that wait for table " + to + " now: " + leads + ".";
    }
  }
}
