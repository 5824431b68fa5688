package dev.kiln.cli;

import dev.kiln.App;
import dev.kiln.Places;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.Traffic;
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
import java.util.List;
import java.util.concurrent.Callable;
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
    Snapshot snapshot = options.read(LedgerView::snapshot, Snapshot.EMPTY);
    Instant now = options.read(LedgerView::now, Instant.now());
    List<Traffic> traffic = options.read(LedgerView::traffic, List.of());
    OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW);
    try (out;
        ZipOutputStream zip = new ZipOutputStream(out, StandardCharsets.UTF_8)) {
      add(zip, "system.txt", system(places));
      add(zip, "check.txt", check(places));
      add(zip, "status.txt", StatusText.of(snapshot, now));
      add(zip, "status.json", StatusJson.of(snapshot, List.of(), now));
      add(
          zip,
          "webhooks.txt",
          traffic.stream()
              .map(one -> new Reconciliation(one, null))
              .map(one -> one.name() + ": " + one.ours() + " " + one.words() + "\n")
              .collect(Collectors.joining()));
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

  private static void add(ZipOutputStream zip, String name, String text) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(text.getBytes(StandardCharsets.UTF_8));
    zip.closeEntry();
  }

  private static void addFolder(
      ZipOutputStream zip, String name, Path folder, List<String> suffixes) throws IOException {
    if (!Files.isDirectory(folder)) {
      add(zip, name + ".txt", folder + " is not there");
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path one : files.filter(Files::isRegularFile).sorted().toList()) {
        String file = one.getFileName().toString();
        if (suffixes.stream().anyMatch(file::endsWith)) {
          add(zip, name + "/" + file, redacted(Files.readString(one)));
        }
      }
    }
  }

  /** A text without URLs and without values that sound like secrets. */
  static String redacted(String text) {
    return SECRET
        .matcher(URL.matcher(text).replaceAll("$1:" + LEFT_OUT))
        .replaceAll("$1" + LEFT_OUT);
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
