package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.DataLock;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.PostgresServer;
import dev.kiln.ledger.Priority;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code kiln migrate}, and the commands on a ledger in PostgreSQL. */
@Tag("postgresql")
final class MigrateCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path folder;

  @BeforeEach
  void prepare(@TempDir Path temp) throws Exception {
    folder = temp;
    Files.createDirectories(folder.resolve("config"));
    Files.createDirectories(folder.resolve("data"));
    settings("kiln.ledger.username = postgres\n");
    try (Ledger ledger = Ledger.open(folder.resolve("data"), Clock.systemUTC())) {
      ledger.open("leads.csv", "", Priority.NORMAL, "hash", DedupeMode.SKIP);
    }
  }

  private void settings(String text) throws Exception {
    Files.writeString(folder.resolve("config/application.properties"), text);
  }

  private int kiln(Object command, String... options) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--config", folder.resolve("config") + "", "--data", folder.resolve("data") + ""));
    arguments.addAll(List.of(options));
    return new CommandLine(command)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .setParameterExceptionHandler(
            (wrong, given) -> {
              err.append(wrong.getMessage());
              return Main.USAGE;
            })
        .setExecutionExceptionHandler(
            (failure, line, result) -> {
              err.append(failure.getMessage());
              return Main.USAGE;
            })
        .execute(arguments.toArray(String[]::new));
  }

  @Test
  void aLedgerIsMovedAndEveryCommandFindsItThere() throws Exception {
    String url = PostgresServer.ledger().toString();
    assertThat(kiln(new MigrateCommand(), "--to", url, "--json")).as("%s", err).isZero();
    JsonNode told = new ObjectMapper().readTree(out.toString());
    assertThat(told.path("to").asText()).isEqualTo(url);
    assertThat(told.at("/rows/run").asLong()).isEqualTo(1);
    assertThat(Path.of(told.path("kept").asText())).exists();
    assertThat(err.toString()).contains("run: 1 rows");

    settings("kiln.ledger.username = postgres\nkiln.ledger.url = " + url + "\n");
    assertThat(kiln(new StatusCommand())).as("%s", err).isLessThan(Main.USAGE);
    assertThat(out.toString()).contains("leads.csv");
    settings("kiln.ledger.username = postgres\nkiln.ledger.url = " + url + "\nkiln.unknown = 1\n");
    assertThat(kiln(new LeadsVerb.Hold(), "--all")).as("%s", err).isZero();
    assertThat(kiln(new BackupCommand(), folder.resolve("copy.db").toString()))
        .isEqualTo(Main.USAGE);
    assertThat(err.toString()).contains("pg_dump");
    assertThat(kiln(new MigrateCommand(), "--to", url)).isEqualTo(Main.USAGE);
  }

  @Test
  void aLedgerThatAnotherCommandReadsInStaysUntilThatHasEnded() throws Exception {
    String url = PostgresServer.ledger().toString();
    Path file = folder.resolve("data").resolve(Ledger.FILE);
    try (Connection reading = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement look = reading.createStatement()) {
      reading.setAutoCommit(false);
      look.executeQuery("SELECT COUNT(*) FROM run").close();
      try (Ledger ledger = Ledger.open(folder.resolve("data"), Clock.systemUTC())) {
        ledger.open("more.csv", "", Priority.NORMAL, "another hash", DedupeMode.SKIP);
      }
      assertThat(kiln(new MigrateCommand(), "--to", url)).isEqualTo(Main.USAGE);
      assertThat(err.toString()).contains("another command reads in it");
      assertThat(file).exists();
    }
    assertThat(kiln(new MigrateCommand(), "--to", url)).as("%s", err).isZero();
    assertThat(file).doesNotExist();
  }

  @Test
  void whatCannotBeMovedIsToldWithTheCure() throws Exception {
    String url = PostgresServer.ledger().toString();
    assertThat(kiln(new MigrateCommand(), "--to", "jdbc:sqlite:x")).isEqualTo(Main.USAGE);
    assertThat(err.toString()).contains("--to is no URL of PostgreSQL");
    settings("kiln.ledger.password = hush\n");
    assertThat(kiln(new MigrateCommand(), "--to", url)).isEqualTo(Main.USAGE);
    assertThat(err.toString()).contains("ledger-password").doesNotContain("hush");
    settings("kiln.ledger.username = postgres\n");
    DataLock running = DataLock.take(folder.resolve("data"));
    assertThat(kiln(new MigrateCommand(), "--to", url)).isEqualTo(Main.USAGE);
    assertThat(err.toString()).contains("already running");
    running.close();
    assertThat(folder.resolve("data").resolve(Ledger.FILE)).exists();
    assertThat(kiln(new MigrateCommand(), "--to", url)).as("%s", err).isZero();
    assertThat(out.toString()).contains("Moved to " + url, "kiln.ledger.url");
    assertThat(kiln(new MigrateCommand(), "--to", url)).isEqualTo(Main.USAGE);
    assertThat(err.toString()).contains("has no ledger to move");
  }
}
