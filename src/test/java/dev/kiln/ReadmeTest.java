package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import picocli.CommandLine;

/** The README's tables and the code name the same things. */
final class ReadmeTest {
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  private final List<String> readme;

  ReadmeTest() throws IOException {
    readme = Files.readAllLines(Path.of("README.md"));
  }

  /** The rows of the first table below a heading, each a list of cells, the two top rows off. */
  private List<List<String>> table(String heading) {
    int start = readme.indexOf(heading);
    assertThat(start).as("the README has the heading \"" + heading + "\"").isNotNegative();
    List<List<String>> rows = new ArrayList<>();
    for (String line : readme.subList(start + 1, readme.size())) {
      if (line.startsWith("|")) {
        rows.add(Stream.of(line.substring(1).split("\\|", -1)).map(String::strip).toList());
      } else if (!rows.isEmpty() || line.startsWith("#")) {
        break;
      }
    }
    assertThat(rows).as("a table below \"" + heading + "\"").hasSizeGreaterThan(2);
    return rows.subList(2, rows.size());
  }

  /** The names in backticks in the first column of a table. */
  private Set<String> names(String heading) {
    Set<String> names = new TreeSet<>();
    for (List<String> row : table(heading)) {
      Matcher code = CODE.matcher(row.get(0));
      while (code.find()) {
        names.add(code.group(1));
      }
    }
    return names;
  }

  private static void same(String cure, List<String> differences) {
    assertThat(differences).as(cure).isEmpty();
  }

  private static void walk(@Nullable Object node, BiConsumer<String, Object> visitor) {
    if (node instanceof Map<?, ?> mapping) {
      mapping.forEach(
          (key, value) -> {
            if (value != null) {
              visitor.accept(String.valueOf(key), value);
              walk(value, visitor);
            }
          });
    } else if (node instanceof List<?> sequence) {
      sequence.forEach(child -> walk(child, visitor));
    }
  }

  private static Map<String, Object> routeFiles() throws IOException {
    Map<String, Object> files = new LinkedHashMap<>();
    try (Stream<Path> listed = Files.list(Path.of("routes"))) {
      for (Path file : listed.sorted().toList()) {
        files.put(
            file.getFileName().toString(),
            new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file)));
      }
    }
    return files;
  }

  @Test
  @DisplayName("the table of routes names every route and its file, and no other")
  void routes() throws IOException {
    Map<String, String> written = new TreeMap<>();
    routeFiles()
        .forEach(
            (file, content) ->
                walk(
                    content,
                    (key, value) -> {
                      if (value instanceof Map<?, ?> route) {
                        if (key.equals("route") && route.get("id") != null) {
                          written.put(String.valueOf(route.get("id")), file);
                        } else if (key.equals("templatedRoute")) {
                          written.put(String.valueOf(route.get("routeId")), file);
                        }
                      }
                    }));
    Map<String, String> listed = new TreeMap<>();
    for (List<String> row : table("## Routes")) {
      Matcher code = CODE.matcher(row.get(0));
      while (code.find()) {
        listed.put(code.group(1), row.get(1).replace("`", ""));
      }
    }
    same("bring the table of routes in README.md up to date", Differences.between(listed, written));
  }

  @Test
  @DisplayName("the table of exchange properties names every one that routes and beans set")
  void exchangeProperties() throws IOException {
    Set<String> set = new TreeSet<>();
    routeFiles()
        .values()
        .forEach(
            content ->
                walk(
                    content,
                    (key, value) -> {
                      if (key.equals("setProperty") && value instanceof Map<?, ?> property) {
                        set.add(String.valueOf(property.get("name")));
                      }
                    }));
    Pattern inJava = Pattern.compile("exchange\\.setProperty\\(\\s*\"([^\"]+)\"");
    try (Stream<Path> sources = Files.list(Path.of("src/main/java/dev/kiln"))) {
      for (Path source : sources.filter(path -> path.toString().endsWith(".java")).toList()) {
        Matcher property = inJava.matcher(Files.readString(source));
        while (property.find()) {
          set.add(property.group(1));
        }
      }
    }
    set.removeIf(name -> name.startsWith("Camel"));
    same(
        "bring the table of exchange properties in README.md up to date",
        Differences.between(names("### Exchange properties"), set));
  }

  @Test
  @DisplayName("the table of properties has every setting with its default")
  void properties() {
    Map<String, String> listed = new TreeMap<>();
    for (List<String> row : table("## Properties")) {
      listed.put(row.get(0).replace("`", ""), row.get(1).replace("`", ""));
    }
    same(
        "bring the table of properties in README.md up to date",
        Differences.between(listed, Settings.read(Path.of("nowhere")).values()));
  }

  @Test
  @DisplayName("the table of commands has every command")
  void commands() throws IOException {
    Set<String> commands = new TreeSet<>();
    Main.commands()
        .getSubcommands()
        .forEach((name, command) -> add("kiln " + name, command, commands));
    Set<String> listed = new TreeSet<>();
    names("## Commands")
        .forEach(name -> listed.add(name.replaceAll("^(kiln(?: [a-z][a-z-]*)+).*", "$1")));
    same(
        "bring the table of commands in README.md up to date",
        Differences.between(listed, commands));
  }

  /** Every command that can be typed: those below one, and the one where it does something. */
  private static void add(String name, CommandLine command, Set<String> commands) {
    if (command.getCommand() instanceof Callable<?>) {
      commands.add(name);
    }
    command
        .getSubcommands()
        .forEach((below, subcommand) -> add(name + " " + below, subcommand, commands));
  }

  @Test
  @DisplayName("the table of checks has every one that can fail the build")
  void checks() throws IOException {
    // Those that Maven binds by itself; the rest are goals of pom.xml that judge.
    Set<String> checks = new TreeSet<>(Set.of("compiler:compile", "surefire:test"));
    Set<String> judging =
        Set.of("enforce", "run", "check", "analyze-only", "verify", "mutationCoverage");
    Matcher plugin =
        Pattern.compile("(?s)<plugin>.*?<artifactId>(.*?)</artifactId>(.*?)</plugin>")
            .matcher(Files.readString(Path.of("pom.xml")));
    while (plugin.find()) {
      Matcher goal = Pattern.compile("<goal>(.*?)</goal>").matcher(plugin.group(2));
      while (goal.find()) {
        if (judging.contains(goal.group(1))) {
          checks.add(
              plugin.group(1).replaceAll("^maven-|-maven\\b|-plugin$", "") + ":" + goal.group(1));
        }
      }
    }
    Set<String> listed = new TreeSet<>(names("### When a check fails"));
    listed.removeIf(name -> name.startsWith(".ci/"));
    same(
        "say in the table of checks in README.md what to do about each",
        Differences.between(listed, checks));
  }
}
