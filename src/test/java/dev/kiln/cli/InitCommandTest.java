package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code kiln init}, and what is told where nothing is configured. */
final class InitCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Path folder;

  InitCommandTest(@TempDir Path folder) {
    this.folder = folder.resolve("own");
  }

  private int kiln(Object command, String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return new CommandLine(command)
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .setExecutionExceptionHandler(
            (failure, line, result) -> {
              line.getErr().println(failure.getMessage());
              return Main.USAGE;
            })
        .execute(arguments);
  }

  private int beside(Object command) {
    return kiln(
        command,
        "--config",
        folder.resolve("config").toString(),
        "--routes",
        folder.resolve("routes").toString(),
        "--data",
        folder.resolve("data").toString());
  }

  @Test
  @DisplayName("every shipped file is written, the secrets for nobody else's eyes")
  void writesAll() throws Exception {
    List<String> shipped = new ArrayList<>();
    try (Stream<Path> config = Files.list(Path.of("config"));
        Stream<Path> routes = Files.list(Path.of("routes"))) {
      Stream.concat(config, routes)
          .filter(Files::isRegularFile)
          .forEach(file -> shipped.add(file.toString()));
    }
    shipped.add("config/secrets/README");
    assertThat(InitCommand.FILES)
        .as("say in InitCommand what a new configuration has")
        .containsExactlyInAnyOrderElementsOf(shipped);

    assertThat(kiln(new InitCommand(), folder.toString())).as("%s", err).isZero();
    for (String file : InitCommand.FILES) {
      assertThat(folder.resolve(file)).hasSameTextualContentAs(Path.of(file));
    }
    Path secrets = folder.resolve("config/secrets");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secrets)))
        .isEqualTo("rwx------");
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(secrets.resolve("README"))))
        .isEqualTo("rw-------");
    assertThat(folder.resolve("data/inbox/high")).isDirectory();
    assertThat(out.toString())
        .contains("  1. ", "  2. kiln check --config " + folder.resolve("config"), "  3. kiln run");
  }

  @Test
  @DisplayName("what is there stays as it is and is named")
  void overwritesNothing() throws Exception {
    Files.createDirectories(folder.resolve("config"));
    Path own = Files.writeString(folder.resolve("config/prices.yaml"), "mine");
    assertThat(kiln(new InitCommand(), folder.toString())).isZero();
    assertThat(own).hasContent("mine");
    assertThat(out.toString().lines().toList())
        .containsSequence("There already, and left as it is:", "  " + own);
    Files.delete(folder.resolve("routes/alerts.camel.yaml"));
    assertThat(kiln(new InitCommand(), folder.toString())).isZero();
    assertThat(out.toString().lines().toList())
        .containsSequence("Written:", "  " + folder.resolve("routes/alerts.camel.yaml"));
    assertThat(own).hasContent("mine");
  }

  @Test
  @DisplayName("a check and a run say all that is to be set, and what works without")
  void whatIsToBeSet() throws Exception {
    Files.createDirectories(folder.resolve("config"));
    assertThat(beside(new RunCommand())).isEqualTo(Main.USAGE);
    assertThat(err.toString()).contains("clay.yaml does not exist", "kiln init", "kiln demo");
    assertThat(kiln(new InitCommand(), folder.toString())).isZero();
    for (Object command : List.of(new RunCommand(), new CheckCommand())) {
      assertThat(beside(command)).isEqualTo(Main.USAGE);
      for (String secret :
          List.of("tech-1-url", "tech-1-token", "tech-2-url", "finance-1-url", "events-1-url")) {
        assertThat(err.toString())
            .containsPattern(
                "clay.yaml:\\d+: .*config/secrets/" + secret + ", which does not exist");
      }
      assertThat(err.toString()).contains("kiln simulate", "kiln init DIR --simulator");
    }
    Files.writeString(
        folder.resolve("config/clay.yaml"), "workspaces: { main: {} }\ntables: { some: {} }\n");
    assertThat(beside(new RunCommand())).isEqualTo(Main.USAGE);
    assertThat(err.toString()).contains("has no webhook");
    Files.writeString(folder.resolve("config/clay.yaml"), "workspace: {}\n");
    assertThat(beside(new CheckCommand())).isEqualTo(Main.USAGE);
    assertThat(err.toString()).contains("did you mean").doesNotContain("kiln demo");
  }

  @Test
  @DisplayName("with the simulator's secrets the check passes")
  void forTheSimulator() throws Exception {
    assertThat(kiln(new InitCommand(), folder.toString(), "--simulator")).as("%s", err).isZero();
    assertThat(folder.resolve("config/secrets/tech-1-url"))
        .content()
        .startsWith("http://127.0.0.1:8089/")
        .endsWith("-tech-1\n");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("config/secrets/tech-1-token"))))
        .isEqualTo("rw-------");
    assertThat(out.toString()).contains("1. kiln simulate");
    assertThat(beside(new CheckCommand())).as("%s", err).isZero();
    try (Stream<Path> data = Files.walk(folder.resolve("data"))) {
      assertThat(data.filter(Files::isRegularFile)).as("a check touches no data").isEmpty();
    }
  }
}
