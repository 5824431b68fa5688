package dev.kiln.cli;

import dev.kiln.App;
import dev.kiln.Places;
import dev.kiln.lead.FileFault;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.status.Reconciliation;
import dev.kiln.status.StatusJson;
import dev.kiln.status.StatusText;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln support-bundle}: what somebody needs who helps from afar, and nothing secret. */
@Command(
    name = "support-bundle",
    mixinStandardHelpOptions = true,
    description =
        "Writes a ZIP for somebody who helps from afar: versions, the account, configuration and routes. URLs, tokens and all"
            + " data of leads are left out; names of files that were read are in it.")
final class SupportBundleCommand implements Callable<Integer> {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);
  private static final String LEFT_OUT = "(left out)";

  /** What follows a scheme may be a webhook's URL, which is a secret; a reference is none. */
  private static final Pattern URL =
      Pattern.compile("(?i)\\b(https?|jdbc:[a-z]+):(?!\\s)[^\\s\"']+");

  /** A value that is not a reference, of a key that sounds like a secret. */
  private static final Pattern SECRET =
      Pattern.compile(
          "(?im)((?<!\\{)(?:token|secret|password|passwd|authorization|api[-_]?key)[\\w.-]*[\"']?\\s*[:=]\\s*)"
              + "(?![\"']?\\{\\{)[\"']?[^\\s,}\"'{][^,}\\r\\n]*");

  /** A header, or another name, that sounds like the holder of a secret. */
  private static final Pattern SECRET_NAME =
      Pattern.compile(
          "(?i)(?:^|[ {])name:\\s*[\"']?[\\w.-]*(?:token|secret|passw|authorization|api-?key|cookie)");

  /** What a step of a route gives to a name, up to where a name may follow on the same line. */
  private static final Pattern GIVEN =
      Pattern.compile("((?:^|[ {])(?:constant|expression|simple):)(?:.*(?=, *name:)|.*)");

  /** A piece of the bundle. */
  private interface Part {
    String text() throws Exception;
  }

  @Mixin private PlacesOptions options;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "Where to; must not exist yet (default: kiln-support-<time>.zip here).")
  private @Nullable Path file;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    System.setProperty("kiln.log", "WARN");
    Path target =
        file == null ? Path.of("kiln-support-" + STAMP.format(Instant.now()) + ".zip") : file;
    NewFile.mustBeFree(target);
    Places places = options.places();
    OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW);
    try (out;
        ZipOutputStream zip = new ZipOutputStream(out, StandardCharsets.UTF_8)) {
      add(zip, "system.txt", () -> system(places));
      add(zip, "check.txt", () -> check(places));
      add(
          zip,
          "status.txt",
          () -> options.read(view -> StatusText.of(view.snapshot(), view.now()), ""));
      add(
          zip,
          "status.json",
          () ->
              options.read(
                  view -> StatusJson.of(view.snapshot(), List.of(), view.now()),
                  StatusJson.of(Snapshot.EMPTY, List.of(), Instant.now())));
      add(zip, "webhooks.txt", () -> options.read(SupportBundleCommand::webhooks, ""));
      addFolder(zip, "config", places.config(), List.of(".properties", ".yaml"));
      addFolder(zip, "routes", places.routes(), List.of(".camel.yaml"));
    } catch (IOException failure) {
      Files.deleteIfExists(target);
      throw Main.at(target, failure);
    }
    spec.commandLine()
        .getOut()
        .println(
            target
                + " is written. URLs, tokens and data of leads are not in it; look through it before you pass it on. The log"
                + " is not in it either: add what Kiln printed, and \"jstack\" of its process where it hangs.");
    return 0;
  }

  /** Adds a piece, or why it cannot be read: the others are needed all the more. */
  private static void add(ZipOutputStream zip, String name, Part part) throws IOException {
    String text;
    try {
      text = part.text();
    } catch (Exception failure) {
      text = redacted("could not be read: " + why(failure) + "\n");
    }
    zip.putNextEntry(new ZipEntry(name));
    zip.write(text.getBytes(StandardCharsets.UTF_8));
    zip.closeEntry();
  }

  private static String why(Exception failure) {
    return failure instanceof IOException file
        ? FileFault.words(file)
        : failure instanceof InvalidConfiguration || failure instanceof LedgerUnavailable
            ? String.valueOf(failure.getMessage())
            : failure.toString();
  }

  private static String webhooks(LedgerView view) {
    return view.traffic().stream()
        .map(one -> new Reconciliation(one, null))
        .map(one -> one.name() + ": " + one.ours() + " " + one.words() + "\n")
        .collect(Collectors.joining());
  }

  private static void addFolder(
      ZipOutputStream zip, String name, Path folder, List<String> suffixes) throws IOException {
    if (!Files.isDirectory(folder)) {
      add(zip, name + ".txt", () -> folder + " is not there");
      return;
    }
    List<Path> found;
    try (Stream<Path> files = Files.list(folder)) {
      found = files.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException failure) {
      add(
          zip,
          name + ".txt",
          () -> {
            throw failure;
          });
      return;
    }
    for (Path one : found) {
      String file = one.getFileName().toString();
      if (suffixes.stream().anyMatch(file::endsWith)) {
        // What is not UTF-8 may be what is wrong.
        add(
            zip,
            name + "/" + file,
            () -> redacted(new String(Files.readAllBytes(one), StandardCharsets.UTF_8)));
      }
    }
  }

  /** A text without URLs and without values that sound like secrets. */
  static String redacted(String text) {
    return SECRET
        .matcher(URL.matcher(withoutGiven(text)).replaceAll("$1:" + LEFT_OUT))
        .replaceAll("$1" + LEFT_OUT);
  }

  /** A text without what steps of a route give to names that sound like secrets. */
  private static String withoutGiven(String text) {
    List<String> lines = new ArrayList<>(text.lines().toList());
    for (int i = 0; i < lines.size(); i++) {
      if (SECRET_NAME.matcher(lines.get(i)).find()) {
        int depth = depth(lines.get(i));
        int from = i;
        while (from > 0
            && indent(lines.get(from)) >= depth
            && depth(lines.get(from - 1)) >= depth) {
          from--;
        }
        int to = i + 1;
        while (to < lines.size() && indent(lines.get(to)) >= depth) {
          to++;
        }
        withoutGiven(lines.subList(from, to), depth);
      }
    }
    return String.join("\n", lines) + (text.endsWith("\n") ? "\n" : "");
  }

  /** Where the text of a line begins; one without any goes with those before it. */
  private static int indent(String line) {
    return line.isBlank() ? Integer.MAX_VALUE : line.length() - line.stripLeading().length();
  }

  /** The same behind what makes it an item of a list. */
  private static int depth(String line) {
    return line.isBlank()
        ? Integer.MAX_VALUE
        : line.length() - line.replaceFirst("^[ -]*", "").length();
  }

  /** Leaves out what the lines of one step give, and what stands deeper below that. */
  private static void withoutGiven(List<String> step, int depth) {
    boolean given = false;
    for (int i = 0; i < step.size(); i++) {
      if (depth(step.get(i)) > depth && given) {
        step.set(i, " ".repeat(depth) + "  # " + LEFT_OUT);
      } else {
        Matcher value = GIVEN.matcher(step.get(i));
        given = value.find();
        step.set(i, value.replaceAll("$1 " + LEFT_OUT));
      }
    }
  }

  private static String check(Places places) {
    try {
      return redacted(String.join("\n", App.check(places)) + "\n");
    } catch (Exception fault) {
      return redacted(fault.getMessage() + "\n");
    }
  }

  private static String system(Places places) throws IOException {
    StringBuilder text = new StringBuilder();
    Path data = places.data();
    line(text, "written", Instant.now());
    line(text, "kiln", new Main.Version().getVersion()[0]);
    for (String key : List.of("java.version", "java.vm.name", "os.name", "os.version", "os.arch")) {
      line(text, key, System.getProperty(key));
    }
    line(text, "processors", Runtime.getRuntime().availableProcessors());
    if (Files.isDirectory(data)) {
      line(text, "free for data, bytes", Files.getFileStore(data).getUsableSpace());
      for (String ledger : List.of(Ledger.FILE, Ledger.FILE + "-wal")) {
        if (Files.exists(data.resolve(ledger))) {
          line(text, ledger + ", bytes", Files.size(data.resolve(ledger)));
        }
      }
      for (String folder :
          List.of("inbox/high", "inbox/normal", "inbox/low", "archive", "rejects", "spool")) {
        if (Files.isDirectory(data.resolve(folder))) {
          try (Stream<Path> files = Files.list(data.resolve(folder))) {
            line(text, folder + ", files", files.count());
          }
        }
      }
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String what, Object value) {
    text.append(what).append(": ").append(value).append('\n');
  }
}
