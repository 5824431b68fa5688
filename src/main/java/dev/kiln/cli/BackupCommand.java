package dev.kiln.cli;

import dev.kiln.DataLock;
import dev.kiln.FileNames;
import dev.kiln.InboxName;
import dev.kiln.Places;
import dev.kiln.Settings;
import dev.kiln.Trees;
import dev.kiln.lead.ContentHash;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.Shown;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.Run;
import dev.kiln.ledger.Store;
import dev.kiln.ledger.Submission;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln backup}: a copy of the ledger, while Kiln runs or not. */
@Command(
    name = "backup",
    mixinStandardHelpOptions = true,
    description = "Writes a copy of the ledger as of now, while Kiln runs or not.")
final class BackupCommand extends LedgerCommand {
  @Parameters(paramLabel = "FILE", description = "Where to; must not exist yet.")
  private Path file;

  @Override
  int change(Places places, Ledger ledger, PrintWriter out) throws Exception {
    mustBeEmbedded(places, "pg_dump");
    NewFile.mustBeFree(file);
    Ledger.backup(places.data(), file);
    out.println(
        "The ledger is in " + file + "; \"kiln restore " + Shell.word(file) + "\" brings it back.");
    return 0;
  }

  private static void mustBeEmbedded(Places places, String instead) {
    Store store = Settings.store(places);
    if (!store.embedded()) {
      throw new InvalidConfiguration(
          places.config().resolve(Settings.FILE),
          "keeps the ledger in " + store + ": use PostgreSQL's own " + instead + " for it");
    }
  }

  /** {@code kiln restore}: a backup becomes the ledger. */
  @Command(
      name = "restore",
      mixinStandardHelpOptions = true,
      description =
          "Makes a backup the ledger, while no Kiln runs. The present ledger is kept beside it. Every lead that was not"
              + " settled in the backup is marked as a possible duplicate, since it may have been sent meanwhile.")
  static final class Restore implements Callable<Integer> {
    @Mixin private PlacesOptions options;

    @Parameters(paramLabel = "FILE", description = "The backup.")
    private Path file;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
      System.setProperty("kiln.log", "WARN");
      Places places = options.places();
      mustBeEmbedded(places, "pg_restore");
      PrintWriter out = spec.commandLine().getOut();
      DataLock lock = DataLock.take(places.data());
      try {
        Path incoming = Files.createTempDirectory(places.data(), "restoring-");
        try {
          restore(places, incoming, out);
        } finally {
          Trees.delete(incoming);
        }
      } finally {
        lock.close();
      }
      return 0;
    }

    /**
     * Prepares the backup in a folder of its own; only when that went well does it take the
     * ledger's place.
     */
    private void restore(Places places, Path incoming, PrintWriter out) throws IOException {
      Path data = places.data();
      Settings settings = Settings.read(places.config());
      Map<String, RunAccount> before = runs(data);
      if (Files.isDirectory(file)) {
        throw new InvalidConfiguration(file, "is a folder; name the file that is the backup");
      }
      Files.copy(file, incoming.resolve(Ledger.FILE));
      int doubted;
      List<String> missing;
      List<String> elsewhere;
      List<String> further;
      Waiting waiting;
      try (Ledger ledger = Ledger.openCopy(incoming, Clock.systemUTC())) {
        doubted = ledger.doubtUnsettled();
        List<RunAccount> backup = ledger.view().snapshot().runs();
        Set<String> known = read(backup);
        List<String> archived = archived(data.resolve("archive"));
        missing = missing(archived, known, before);
        elsewhere = elsewhere(archived, known, before);
        waiting = waiting(settings, data, ledger, before);
        further = further(backup, before, waiting);
      } catch (LedgerUnavailable noLedger) {
        // Opened was its copy, which is gone by now.
        String why =
            String.valueOf(noLedger.getMessage())
                .replace(incoming.resolve(Ledger.FILE).toString(), file.toString());
        throw new InvalidConfiguration(file, "cannot be restored, and nothing was changed: " + why);
      }
      Path present = data.resolve(Ledger.FILE);
      if (Files.exists(present)) {
        Path kept = data.resolve(Ledger.FILE + ".before-" + Instant.now().toEpochMilli());
        Ledger.keep(data, kept);
        out.println("The ledger so far is kept in " + kept + ".");
      }
      Path results = data.resolve("results");
      if (Files.isDirectory(results) && !isEmpty(results)) {
        // They may hold rows that the backup does not know: nothing is written to them any more.
        Path kept = data.resolve("results.before-" + Instant.now().toEpochMilli());
        Files.move(results, kept);
        out.println("The results so far are kept in " + kept + ".");
      }
      for (String suffix : new String[] {"-wal", "-shm"}) {
        Files.deleteIfExists(data.resolve(Ledger.FILE + suffix));
      }
      Files.move(
          incoming.resolve(Ledger.FILE),
          present,
          StandardCopyOption.REPLACE_EXISTING,
          StandardCopyOption.ATOMIC_MOVE);
      out.println(
          "Restored. "
              + doubted
              + " leads were not settled in the backup and are marked as possible duplicates; \"kiln hold\" or"
              + " \"kiln cancel\" them before \"kiln run\" if they must not be sent again.");
      out.println(
          "What webhooks have taken and budgets have spent is as in the backup, too: \"kiln reconcile\" sets a webhook"
              + " right by Clay's own count.");
      if (!missing.isEmpty()) {
        out.println(
            "Read since the backup, so that it does not know (all of) their leads: "
                + String.join(", ", missing)
                + " in "
                + data.resolve("archive")
                + ". Put them back into the inbox if you want them sent; what was sent of them since is sent again,"
                + " unmarked.");
      }
      if (!elsewhere.isEmpty()) {
        out.println(
            "Read since the backup, by \"kiln send\" or as messages, so that it does not know their leads: "
                + String.join(", ", elsewhere)
                + ". Sent once more, they go to Clay again, unmarked.");
      }
      if (!further.isEmpty()) {
        out.println(
            "Was being read, and went on since the backup: "
                + String.join(", ", further)
                + ". The next start reads a file on from there, and what was sent of it since is sent again, unmarked: \"kiln hold"
                + " --run RUN\" keeps the rest back where the backup knows the run, else take the file out of the inbox before."
                + " Messages have to be sent once more.");
      }
      if (!waiting.taken.isEmpty()) {
        out.println(
            "Came over HTTP since the backup and wait to be read, as they were: "
                + String.join(", ", waiting.taken)
                + " in "
                + settings.spool(data)
                + ". The next start reads them; what was sent of them since is sent again, unmarked.");
      }
      if (!waiting.unknown.isEmpty()) {
        out.println(
            "Came over HTTP, and the backup does not know them: "
                + String.join(", ", waiting.unknown)
                + " in "
                + settings.spool(data)
                + ". The next start moves them to "
                + data.resolve("rejects")
                + ": put them into the inbox if you want them sent.");
      }
    }

    /** The runs of the ledger so far, by id; none where it cannot be read. */
    private static Map<String, RunAccount> runs(Path data) {
      if (!Files.exists(data.resolve(Ledger.FILE))) {
        return Map.of();
      }
      try (LedgerView ledger = LedgerView.open(data)) {
        return ledger.snapshot().runs().stream()
            .collect(Collectors.toMap(RunAccount::id, run -> run));
      } catch (LedgerUnavailable damaged) {
        return Map.of();
      }
    }

    /** What came over HTTP, is still to be read, and was not in the backup. */
    private record Waiting(List<String> taken, List<String> unknown, Set<String> runs) {}

    /** Opens the runs of what came over HTTP and waits, as far as the ledger so far knows them. */
    private static Waiting waiting(
        Settings settings, Path data, Ledger ledger, Map<String, RunAccount> before)
        throws IOException {
      Waiting waiting = new Waiting(new ArrayList<>(), new ArrayList<>(), new HashSet<>());
      Path spool = settings.spool(data);
      if (!Files.isDirectory(spool)) {
        return waiting;
      }
      List<Path> files;
      try (Stream<Path> listed = Files.list(spool)) {
        files = listed.filter(Files::isRegularFile).sorted().toList();
      }
      for (Path file : files) {
        String id = file.getFileName().toString();
        // A claim, or what did not come in whole.
        if (InboxName.leftAlone(id) || ledger.run(id).isPresent()) {
          continue;
        }
        RunAccount was = before.get(id);
        boolean taken =
            was != null
                && was.phase().equals("READING")
                && ledger
                    .submit(again(was, file, data, settings.dedupeMode()))
                    .filter(run -> run.id().equals(id))
                    .isPresent();
        (taken ? waiting.taken : waiting.unknown).add(was == null ? id : told(was));
        waiting.runs.add(id);
      }
      return waiting;
    }

    private static Submission again(RunAccount was, Path file, Path data, DedupeMode usual)
        throws IOException {
      String hash = ContentHash.of(file);
      try (LedgerView sofar = LedgerView.open(data)) {
        DedupeMode mode = sofar.run(hash, was.source()).map(Run::dedupe).orElse(usual);
        return new Submission(
            was.id(), was.name(), was.source(), was.priority(), hash, mode, false, null);
      }
    }

    /** An upload, and where its leads go. */
    private static String told(RunAccount run) {
      return run.id()
          + " ("
          + (run.source().isEmpty() ? "no source" : "source " + run.source())
          + ", priority "
          + run.priority().word()
          + ")";
    }

    private static boolean isEmpty(Path folder) throws IOException {
      try (Stream<Path> files = Files.list(folder)) {
        return files.findAny().isEmpty();
      }
    }

    /** Files that were read to their end, and not yet so in the backup. */
    private static List<String> missing(
        List<String> archived, Set<String> known, Map<String, RunAccount> before) {
      return archived.stream()
          .filter(name -> known.stream().noneMatch(run -> FileNames.isOf(name, run)))
          .map(name -> before.containsKey(name) ? told(before.get(name)) : name)
          .sorted()
          .toList();
    }

    /** The same of what is not in the archive: it stays where it was, or was no file. */
    private static List<String> elsewhere(
        List<String> archived, Set<String> known, Map<String, RunAccount> before) {
      return before.values().stream()
          .filter(run -> run.phase().equals("READ") && !known.contains(run.id()))
          .filter(run -> archived.stream().noneMatch(name -> FileNames.isOf(name, run.id())))
          .map(run -> Shown.of(run.name()) + " (run " + run.id() + ")")
          .sorted()
          .toList();
    }

    /** Runs that were not read to their end, and further than in the backup. */
    private static List<String> further(
        List<RunAccount> backup, Map<String, RunAccount> before, Waiting waiting) {
      Map<String, Long> known =
          backup.stream().collect(Collectors.toMap(RunAccount::id, RunAccount::read));
      return before.values().stream()
          .filter(run -> run.phase().equals("READING") && !waiting.runs.contains(run.id()))
          .filter(run -> run.read() > known.getOrDefault(run.id(), 0L))
          .map(
              run ->
                  Shown.of(run.name())
                      + " (run "
                      + run.id()
                      + ": "
                      + run.read()
                      + " rows, "
                      + known.getOrDefault(run.id(), 0L)
                      + " in the backup)")
          .sorted()
          .toList();
    }

    /** The ids of runs that were read to their end. */
    private static Set<String> read(List<RunAccount> runs) {
      return runs.stream()
          .filter(run -> !run.phase().equals("READING"))
          .map(RunAccount::id)
          .collect(Collectors.toSet());
    }

    private static List<String> archived(Path archive) throws IOException {
      if (!Files.isDirectory(archive)) {
        return List.of();
      }
      try (Stream<Path> files = Files.list(archive)) {
        return files.map(file -> file.getFileName().toString()).toList();
      }
    }
  }
}
