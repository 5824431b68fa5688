package dev.kiln.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.Places;
import dev.kiln.Settings;
import dev.kiln.Traces;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.Ledger.Forgotten;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kiln forget}: deletes a person's data. */
@Command(
    name = "forget",
    description =
        "Deletes the data of every lead with an e-mail address from the ledger, from what came back and from the files of"
            + " results and rejected rows; those that still wait are cancelled. States, counts and a hash of the address stay,"
            + " so that the account still sums up. Names the files that still hold it, and for how long.")
final class ForgetCommand extends LedgerCommand {
  @Parameters(paramLabel = "ADDRESS", description = "The e-mail address; case does not matter.")
  private String email;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  int change(Places places, Ledger ledger, PrintWriter out) throws IOException {
    if (email.strip().indexOf('@') < 1) {
      throw usage("ADDRESS is an e-mail address, such as ada@example.com");
    }
    Forgotten forgotten = ledger.forget(email);
    Traces traces = new Traces(places.data(), email, forgotten.leads()).blank();
    List<String> waiting =
        traces.waiting(Settings.waiting(places)).stream().map(Path::toString).toList();
    List<String> left = traces.left(forgotten.runs()).stream().map(Path::toString).toList();
    List<String> unread = traces.unread(forgotten.runs()).stream().map(Path::toString).toList();
    boolean logEmptied = ledger.fold();
    if (json) {
      ObjectNode node =
          JsonNodeFactory.instance
              .objectNode()
              .put("leads", forgotten.leads().size())
              .put("sending", forgotten.sending())
              .put("strays", forgotten.strays())
              .put("rows_in_files", traces.rows())
              .put("log_emptied", logEmptied);
      left.forEach(node.putArray("files_left")::add);
      waiting.forEach(node.putArray("files_waiting")::add);
      unread.forEach(node.putArray("files_unread")::add);
      out.println(node);
    } else {
      told(places, forgotten, traces.rows(), left, waiting, unread).forEach(out::println);
      if (!logEmptied) {
        out.println(
            "What was deleted still stands in the file or the log of the ledger, since another command reads in it: run"
                + " the command again once that one has ended.");
      }
    }
    return forgotten.sending() > 0 || !logEmptied ? 1 : 0;
  }

  /** What becomes of files that were read: told of a setting that is wrong, too. */
  private static String kept(Places places) {
    try {
      return Settings.keptFiles(places)
          .map(
              kept ->
                  "Kiln deletes them "
                      + words(kept)
                      + " after their day (kiln.retention.files), or you now.")
          .orElse("Kiln keeps them (kiln.retention.files is off): delete them by hand.");
    } catch (InvalidConfiguration wrong) {
      return "Delete them by hand: " + wrong.getMessage();
    }
  }

  private static String words(Duration kept) {
    // Kiln looks once an hour.
    long hours = kept.plusHours(1).minusNanos(1).toHours();
    return hours % 24 == 0 ? hours / 24 + " days" : hours + " hours";
  }

  private static List<String> told(
      Places places,
      Forgotten forgotten,
      long rows,
      List<String> left,
      List<String> waiting,
      List<String> unread) {
    List<String> told = new ArrayList<>();
    told.add("Leads whose data was deleted: " + forgotten.leads().size() + ".");
    if (forgotten.strays() > 0) {
      told.add("Rows that came back for no lead, and are deleted: " + forgotten.strays() + ".");
    }
    if (rows > 0) {
      told.add("Rows that were blanked in files of results and rejected rows: " + rows + ".");
    }
    if (!left.isEmpty()) {
      told.add(
          "Files that still hold it, as they came: "
              + String.join(", ", left)
              + ". "
              + kept(places));
    }
    if (!waiting.isEmpty()) {
      told.add(
          "Files that hold it and wait to be read: "
              + String.join(", ", waiting)
              + ". Take them out, or run the command again once they are read.");
    }
    if (!unread.isEmpty()) {
      told.add(
          "Files that Kiln cannot look through (damaged, or of a kind that it does not read): look yourself whether they"
              + " hold it: "
              + String.join(", ", unread)
              + ".");
    }
    told.add(
        "What Kiln cannot reach: what Clay has, backups, and what was handed onward"
            + (Settings.store(places).embedded()
                ? "."
                : "; the data folders of other nodes: run the command there too."));
    if (forgotten.sending() > 0) {
      told.add(
          forgotten.sending()
              + " more are being sent at this moment; run the command again in a minute.");
    }
    return told;
  }
}
