package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.cli.KilnProcess.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** How Kiln starts, refuses to start, and stops. */
@Execution(ExecutionMode.CONCURRENT)
final class StartIT {
  private Rehearsal rehearsal;

  @BeforeEach
  void open(@TempDir Path folder) {
    rehearsal = new Rehearsal(folder, "--rate", "0");
    rehearsal.properties();
  }

  @AfterEach
  void close() {
    rehearsal.close();
  }

  /** A command that has nothing to do with the rehearsal's folders. */
  private Ended plain(String... arguments) {
    try (KilnProcess process = KilnProcess.start(rehearsal.folder(), List.of(arguments))) {
      return process.end();
    }
  }

  private void allRefuse(String... says) {
    rehearsal.write("good.csv", Rehearsal.leads("good", 1));
    Stream.of(
            rehearsal.start("check", "--routes", "routes"),
            rehearsal.start("run", "--routes", "routes"),
            rehearsal.start("send", "--routes", "routes", "good.csv"))
        .toList()
        .forEach(process -> refuse(process.end(), says));
  }

  private void checkRefuses(String... says) {
    refuse(check(), says);
  }

  private Ended check() {
    return rehearsal.here("check", "--routes", rehearsal.folder().resolve("routes").toString());
  }

  private void refuse(Ended ended, String... says) {
    assertThat(ended.exit()).as(ended.err()).isEqualTo(2);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err().lines()).singleElement().asString().contains(says);
    assertThat(rehearsal.received().path("requests").asInt()).isZero();
  }

  private void shippedRoutes() throws IOException {
    Path shipped = KilnProcess.PROJECT.resolve("routes");
    try (Stream<Path> files = Files.list(shipped)) {
      for (Path file : files.toList()) {
        rehearsal.write("routes/" + file.getFileName(), Rehearsal.read(file));
      }
    }
  }

  private void edit(String file, String from, String to) {
    String text = Rehearsal.read(rehearsal.folder().resolve(file));
    assertThat(text).contains(from);
    rehearsal.write(file, text.replace(from, to));
  }

  @Test
  void everyCommandNamesFileAndLineOfAFaultyConfiguration() throws Exception {
    shippedRoutes();
    Ended good = check();
    assertThat(good.exit()).as(good.err()).isZero();

    edit("config/clay.yaml", "rate-per-second", "rate-per-secnd");
    allRefuse("config/clay.yaml:2: ", "rate-per-secnd", "did you mean \"rate-per-second\"?");
    rehearsal.configure(10);
    edit("config/clay.yaml", "tables:", "tables: [");
    checkRefuses("config/clay.yaml:", "is not valid YAML");
    rehearsal.configure(10);
    edit("config/clay.yaml", "name: tech-1, url: ", "name: tech-1, token: \"{{secret:t}}\", url: ");
    Ended unset = check();
    assertThat(unset.exit()).isEqualTo(2);
    assertThat(unset.err()).contains("config/clay.yaml:", "config/secrets/t", "does not exist");
    rehearsal.configure(10);

    rehearsal.write("config/prices.yaml", "as-of: 2026-03-11\nplan: {}\n");
    Ended bad = check();
    assertThat(bad.exit()).isEqualTo(2);
    assertThat(bad.err()).contains("config/prices.yaml:2: ", "did you mean \"plans\"?");
    Files.delete(rehearsal.folder().resolve("config/prices.yaml"));

    rehearsal.properties("kiln.delivery.inflight = 3");
    checkRefuses("application.properties:3: ", "did you mean \"kiln.delivery.in-flight\"?");
    rehearsal.properties();

    edit("routes/choose-table.camel.yaml", "expression: inbound-leads", "expression: inbound-lead");
    checkRefuses("routes/choose-table.camel.yaml:", "unknown table inbound-lead;");
    shippedRoutes();
    edit("routes/accept.camel.yaml", "steps:", "steps: [");
    allRefuse("routes/accept.camel.yaml:", "is not YAML");
  }

  @Test
  void theFirstKilnOnADataFolderIsTheOnlyOne() {
    KilnProcess first = rehearsal.run();
    Ended second = rehearsal.kiln("run");
    assertThat(second.exit()).isEqualTo(3);
    assertThat(second.err())
        .isEqualTo("Kiln is already running on data (process " + first.pid() + ").\n");
    first.terminate();
    rehearsal.run().terminate();
  }

  @Test
  void aDataFolderThatCannotBeMadeIsNamed() {
    rehearsal.write("file", "");
    for (String command : List.of("run", "send")) {
      List<String> arguments =
          command.equals("run")
              ? List.of(command, "--config", "config", "--data", "file/data")
              : List.of(command, "--config", "config", "--data", "file/data", "file");
      Ended ended = plain(arguments.toArray(String[]::new));
      assertThat(ended.exit()).isEqualTo(2);
      assertThat(ended.err())
          .isEqualTo("file/data: cannot be used as the data folder: Not a directory\n");
    }
  }

  @Test
  void whatDoesNotPassByItselfIsNotTriedAgain() {
    rehearsal.configure(10);
    rehearsal.write("data/archive", "a file in place of a folder");
    Ended file = plain("run", "--config", "config", "--data", "data");
    assertThat(file.err()).isEqualTo("data/archive: is there already\n");
    assertThat(file.exit()).isEqualTo(2);
    rehearsal.write(
        "config/application.properties",
        "kiln.http.token = {{env:HOME}}\nkiln.http.listen = nobody-knows.invalid:8040\n");
    Ended host = plain("run", "--config", "config", "--data", "other");
    assertThat(host.err())
        .contains(
            "application.properties:2: kiln.http.listen is \"nobody-knows.invalid:8040\", of which"
                + " nobody knows the host");
    assertThat(host.exit()).isEqualTo(2);
  }

  @Test
  void stopsInTimeWithLeadsWaitingAndGoesOnWhereItWas() {
    rehearsal.configure(0.2);
    rehearsal.drop("leads.csv", Rehearsal.leads("lead", 20));
    KilnProcess slow = rehearsal.run();
    rehearsal.awaitDistinct(1);
    Ended stopped = slow.terminate();
    assertThat(stopped.err()).doesNotContain("WARN", "ERROR");

    rehearsal.configure(100);
    KilnProcess quick = rehearsal.run();
    rehearsal.awaitDistinct(20);
    assertThat(quick.terminate().err()).doesNotContain("WARN", "ERROR");
    JsonNode status = rehearsal.status();
    assertThat(Rehearsal.count(status, "ACCEPTED")).isEqualTo(20);
    assertThat(rehearsal.received().path("requests").asInt()).isEqualTo(20);
  }

  @Test
  void aMistypedCommandLineIsAnsweredWithItsUsage() {
    Ended command = plain("sent");
    assertThat(command.exit()).isEqualTo(2);
    assertThat(command.err())
        .contains("'sent'", "Did you mean: send?", "Usage: kiln", "kiln --help");
    Ended option = plain("status", "--jsn");
    assertThat(option.exit()).isEqualTo(2);
    assertThat(option.err())
        .contains("'--jsn'", "--json", "Usage: kiln status", "kiln status --help");
    assertThat(plain().exit()).isEqualTo(2);
  }

  @Test
  void aSimulatorOnABusyPortIsRefused() {
    String port = rehearsal.simulatorPort();
    Ended busy = plain("simulate", "--port", port);
    assertThat(busy.exit()).isEqualTo(2);
    assertThat(busy.err().lines()).singleElement().asString().contains("127.0.0.1:" + port);
  }
}
