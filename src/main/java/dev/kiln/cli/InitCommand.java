package dev.kiln.cli;

import dev.kiln.Places;
import dev.kiln.Settings;
import dev.kiln.ledger.Priority;
import dev.kiln.simulate.Simulator;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln init}: a configuration to begin with. */
@Command(
    name = "init",
    mixinStandardHelpOptions = true,
    description =
        "Writes a configuration to begin with, every line of it explained: config/, routes/ and the folders of data/."
            + " Leaves what is there as it is.")
final class InitCommand implements Callable<Integer> {
  /** What is written: the shipped configuration. */
  static final List<String> FILES =
      List.of(
          "config/application.properties",
          "config/clay.yaml",
          "config/disposable-domains.txt",
          "config/industries.csv",
          "config/personal-domains.txt",
          "config/prices.yaml",
          "config/secrets/README",
          "routes/accept.camel.yaml",
          "routes/alerts.camel.yaml",
          "routes/choose-table.camel.yaml",
          "routes/delivery.camel.yaml",
          "routes/failures.camel.yaml",
          "routes/intake-files.camel.yaml",
          "routes/intake-http.camel.yaml",
          "routes/intake-jms.camel.yaml",
          "routes/intake-kafka.camel.yaml",
          "routes/intake-messages.camel.yaml",
          "routes/intake-poll.camel.yaml",
          "routes/preview.camel.yaml",
          "routes/rejects.camel.yaml",
          "routes/results.camel.yaml",
          "routes/tables.camel.yaml");

  private static final Pattern SECRET = Pattern.compile("\\{\\{secret:([A-Za-z0-9._-]+)}}");

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR",
      description =
          "Where to; made where it is missing (default: the folder of the launcher, where every command looks).")
  private @Nullable Path folder;

  @Option(
      names = "--simulator",
      description =
          "Also writes the secrets that clay.yaml names, for webhooks of \"kiln simulate\" on this computer.")
  private boolean simulator;

  @Spec private CommandSpec spec;

  private final List<Path> written = new ArrayList<>();
  private final List<Path> present = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    Places own = new PlacesOptions().places();
    Places places =
        folder == null
            ? own
            : new Places(
                folder.resolve("config"), folder.resolve("routes"), folder.resolve("data"));
    Files.createDirectories(places.config());
    Files.createDirectories(places.routes());
    if (!Files.isDirectory(places.secrets())) {
      Files.createDirectory(places.secrets(), mode(places.config(), "rwx------"));
    }
    for (String file : FILES) {
      int slash = file.lastIndexOf('/');
      Path target =
          switch (file.substring(0, slash)) {
            case "config" -> places.config();
            case "config/secrets" -> places.secrets();
            default -> places.routes();
          };
      try (InputStream content = shipped(file)) {
        write(target, file.substring(slash + 1), content);
      }
    }
    if (simulator) {
      writeSecrets(places);
    }
    Path inbox = Settings.read(places.config()).inbox(places.data());
    for (Priority priority : Priority.values()) {
      if (inbox.startsWith(places.data())) {
        Files.createDirectories(inbox.resolve(priority.word()));
      }
    }
    tell(spec.commandLine().getOut(), places, inbox);
    return 0;
  }

  /** What one of the files holds, as it was shipped. */
  static InputStream shipped(String file) {
    InputStream content = InitCommand.class.getResourceAsStream("/init/" + file);
    if (content == null) {
      throw new IllegalStateException(file + " is missing from the jar.");
    }
    return content;
  }

  /** Writes a file that is not there yet; secrets for nobody else's eyes. */
  private void write(Path into, String name, InputStream content) throws IOException {
    Path target = into.resolve(name);
    try {
      if (into.endsWith("secrets")) {
        Files.createFile(target, mode(into, "rw-------"));
      } else {
        Files.createFile(target);
      }
    } catch (FileAlreadyExistsException there) {
      present.add(target);
      return;
    }
    try {
      Files.write(target, content.readAllBytes());
    } catch (IOException failure) {
      throw Main.at(target, failure);
    }
    written.add(target);
  }

  /** Who may do what with a file or folder, where the file system of a folder knows that. */
  private static FileAttribute<?>[] mode(Path folder, String mode) throws IOException {
    return Files.getFileStore(folder).supportsFileAttributeView("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode))
        }
        : new FileAttribute<?>[0];
  }

  private void writeSecrets(Places places) throws IOException {
    URI root = URI.create("http://" + SimulateCommand.HOST + ":" + SimulateCommand.PORT);
    Set<String> names = new TreeSet<>();
    for (String line : Files.readAllLines(places.clayYaml())) {
      Matcher secret = SECRET.matcher(line.replaceFirst("^\\s*#.*", ""));
      while (secret.find()) {
        names.add(secret.group(1));
      }
    }
    for (String name : names) {
      String value =
          name.endsWith("-token")
              ? "simulated-token"
              : Simulator.webhookUrl(root, name.replaceFirst("-url$", "")).toString();
      write(
          places.secrets(),
          name,
          new ByteArrayInputStream((value + "\n").getBytes(StandardCharsets.UTF_8)));
    }
  }

  private void tell(PrintWriter out, Places places, Path inbox) {
    if (!written.isEmpty()) {
      out.println("Written:");
      written.forEach(file -> out.println("  " + file));
    }
    if (!present.isEmpty()) {
      out.println("There already, and left as it is:");
      present.forEach(file -> out.println("  " + file));
    }
    String options =
        folder == null
            ? ""
            : PlacesOptions.option("config", places.config())
                + PlacesOptions.option("routes", places.routes())
                + PlacesOptions.option("data", places.data());
    out.println();
    out.println("Next:");
    if (simulator) {
      out.println("  1. kiln simulate   in another terminal: a Clay of your own");
    } else {
      out.println(
          "  1. Write each webhook's URL into a file of its own in "
              + places.secrets()
              + " (README there), or change "
              + places.clayYaml());
    }
    out.println("  2. kiln check" + options);
    out.println(
        "  3. kiln run" + options + "   and drop a file of leads into " + inbox.resolve("normal"));
    if (!simulator) {
      out.println(
          "No Clay at hand? \"kiln demo\", or \"kiln init DIR --simulator\" for a Clay of your own.");
    }
  }
}
