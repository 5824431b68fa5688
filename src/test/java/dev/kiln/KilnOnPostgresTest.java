package dev.kiln;

import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.WorkspaceAccount;
import dev.kiln.ledger.Onward;
import dev.kiln.ledger.PostgresServer;
import dev.kiln.ledger.Store;
import dev.kiln.ledger.Transfer;
import dev.kiln.simulate.StoredRow;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.slf4j.LoggerFactory;

/** A whole Kiln whose ledger is in PostgreSQL. */
@Tag("postgresql")
@ResourceLock(RunningKiln.MANAGED)
final class KilnOnPostgresTest {
  private static final String INDUSTRY = "Computer Software";
  private static final Duration LONG = Duration.ofMinutes(3);

  private static RunningKiln kiln(Path folder, Object ledger) throws Exception {
    Files.createDirectories(folder);
    return new RunningKiln(folder)
        .set(Settings.LEDGER, ledger.toString())
        .set(Settings.LEDGER_USER, "postgres")
        .set("kiln.delivery.lease", "3s")
        // Whoever goes on for another waits for so long.
        .set("kiln.http.response-timeout", "3s");
  }

  private static void await(RunningKiln kiln, long accepted) {
    Awaitility.await()
        .atMost(LONG)
        .ignoreExceptions()
        .until(() -> kiln.count(TECH, LeadState.ACCEPTED) == accepted);
  }

  private static HttpResponse<String> ready(RunningKiln kiln) throws Exception {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(kiln.http("/health/ready")).build(), BodyHandlers.ofString());
  }

  @Test
  @DisplayName("a second Kiln runs beside the first one, and goes on alone where it ended")
  void twoKilnsOnALedger(@TempDir Path folder) throws Exception {
    Store ledger = PostgresServer.ledger();
    try (RunningKiln first = kiln(folder.resolve("first"), ledger);
        RunningKiln second = kiln(folder.resolve("second"), ledger)) {
      for (String webhook : List.of("tech-1", "finance-1", "inbound-1", "events-1")) {
        second.inClayYaml(
            "{{webhook:" + webhook + "}}", first.clay().webhookUrl("hook-" + webhook).toString());
      }
      for (RunningKiln node : List.of(first, second)) {
        // A pause of the machine is no reason for another leader.
        node.set("kiln.delivery.lease", "15s").set("kiln.http.response-timeout", "9s");
      }
      first.start();
      first.drop("normal/leads.csv", leads(1, 20, INDUSTRY));
      await(first, 20);
      second.start();
      second.drop("normal/more.csv", leads(11, 20, INDUSTRY));
      await(second, 30);
      Snapshot both = second.snapshot();
      assertThat(both.nodes()).hasSize(2);
      assertThat(both.workspaces())
          .singleElement()
          .extracting(WorkspaceAccount::epoch)
          .isEqualTo(1L);
      assertThat(first.data().resolve("kiln.db")).doesNotExist();
      first.stop();
      second.drop("normal/last.csv", leads(31, 5, INDUSTRY));
      await(second, 35);
      Snapshot one = second.snapshot();
      assertThat(one.nodes()).hasSize(1);
      assertThat(one.workspaces())
          .singleElement()
          .extracting(WorkspaceAccount::epoch)
          .isEqualTo(2L);
      assertThat(first.clay().rows()).hasSize(35);
      assertThat(second.count(TECH, LeadState.DUPLICATE)).isEqualTo(10);
    }
  }

  @Test
  @DisplayName("a duty whose route is stopped goes to another node")
  void aStoppedRouteOfADuty(@TempDir Path folder) throws Exception {
    String duty = Onward.duty("files");
    try (RunningKiln kiln = kiln(folder, PostgresServer.ledger())) {
      kiln.start();
      soon().until(() -> !kiln.app().ledger().duty(duty, "another", Duration.ofMillis(1)));
      kiln.context().getRouteController().stopRoute("onward-files");
      Awaitility.await()
          .atMost(LONG)
          .until(() -> kiln.app().ledger().duty(duty, "another", Duration.ofMinutes(1)));
    }
  }

  @Test
  @DisplayName("T8: no password and no lead in logs at DEBUG, JMX or what routes can name")
  void thePasswordShowsNowhere(@TempDir Path folder) throws Exception {
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Level level = root.getLevel();
    SecretsTest.Kept kept = new SecretsTest.Kept();
    kept.setContext(root.getLoggerContext());
    kept.start();
    Path secrets = Files.createDirectories(folder.resolve("config/secrets"));
    Files.writeString(secrets.resolve("ledger-password"), "hush-hush\n");
    try (RunningKiln kiln = kiln(folder, PostgresServer.ledger())) {
      kiln.set(Settings.LEDGER_PASSWORD, "{{secret:ledger-password}}");
      root.addAppender(kept);
      root.setLevel(Level.DEBUG);
      kiln.start();
      kiln.drop("normal/leads.csv", leads(1, 3, INDUSTRY));
      await(kiln, 3);
      assertThat(SecretsTest.showing(SecretsTest.jmx(), "hush-hush")).isEmpty();
      for (String key : List.of(Settings.LEDGER, Settings.LEDGER_USER, Settings.LEDGER_PASSWORD)) {
        assertThat(kiln.context().resolvePropertyPlaceholders("{{" + key + "}}")).isEmpty();
      }
      kiln.stop();
      assertThat(kept.lines).hasSizeGreaterThan(100);
      assertThat(SecretsTest.showing(kept.lines, "hush-hush", "lead1@firm1.example")).isEmpty();
    } finally {
      root.setLevel(level);
      root.detachAppender(kept);
    }
  }

  @Test
  @DisplayName("a Kiln whose ledger was moved goes on where it was")
  void theLedgerIsMoved(@TempDir Path folder) throws Exception {
    Store ledger = PostgresServer.ledger();
    try (RunningKiln kiln = new RunningKiln(folder).rate(20).start()) {
      kiln.drop("normal/leads.csv", leads(1, 80, INDUSTRY));
      Awaitility.await().atMost(LONG).until(() -> kiln.count(TECH, LeadState.ACCEPTED) > 10);
      kiln.stop();
      Transfer.move(kiln.data(), ledger, Instant.now(), (table, rows) -> {});
      assertThatThrownBy(kiln::start).hasMessageContaining("kiln.ledger.url");
      kiln.set(Settings.LEDGER, ledger.toString()).set(Settings.LEDGER_USER, "postgres").start();
      await(kiln, 80);
      assertThat(kiln.clay().rows().stream().map(StoredRow::leadId))
          .hasSize(80)
          .doesNotHaveDuplicates();
    }
  }

  @Test
  @DisplayName("a restart of the database: writes wait, nothing is lost or sent twice")
  void theDatabaseIsStartedAgain(@TempDir Path folder) throws Exception {
    Path files = folder.resolve("postgres");
    EmbeddedPostgres server = PostgresServer.start(files, 0);
    int port = server.getPort();
    try (RunningKiln kiln =
        kiln(folder.resolve("kiln"), "jdbc:postgresql://localhost:" + port + "/postgres")) {
      kiln.rate(100).start();
      kiln.drop("normal/leads.csv", leads(1, 300, INDUSTRY));
      Awaitility.await().atMost(LONG).until(() -> kiln.count(TECH, LeadState.ACCEPTED) > 50);
      PostgresServer.stop(server, files);
      soon()
          .atMost(LONG)
          .untilAsserted(
              () -> {
                HttpResponse<String> answer = ready(kiln);
                assertThat(answer.statusCode()).isEqualTo(503);
                assertThat(answer.body())
                    .contains("PostgreSQL cannot be reached", "goes on by itself");
              });
      kiln.drop("normal/more.csv", leads(301, 50, INDUSTRY));
      server = PostgresServer.start(files, port);
      await(kiln, 350);
      assertThat(kiln.clay().rows().stream().map(StoredRow::leadId))
          .hasSize(350)
          .doesNotHaveDuplicates();
      soon().untilAsserted(() -> assertThat(ready(kiln).statusCode()).isEqualTo(200));
    } finally {
      server.close();
    }
  }

  @Test
  @DisplayName("a check refuses a database that does not hold every character, where it can ask")
  void aCheckLooksAtTheEncoding(@TempDir Path folder) throws Exception {
    try (RunningKiln kiln = kiln(folder, PostgresServer.latin())) {
      assertThatThrownBy(() -> App.check(kiln.places()))
          .isInstanceOf(LedgerUnavailable.class)
          .hasMessageContainingAll("LATIN1", "ENCODING 'UTF8'");
      kiln.set(Settings.LEDGER, PostgresServer.ledger().toString());
      assertThat(App.check(kiln.places())).singleElement().asString().endsWith("are in order.");
      kiln.set(Settings.LEDGER, "jdbc:postgresql://localhost:1/kiln");
      assertThat(App.check(kiln.places()))
          .hasSize(2)
          .last()
          .asString()
          .contains("jdbc:postgresql://localhost:1/kiln was not reached", "every name");
    }
  }

  @Test
  @DisplayName("a file with rows that the database never takes is refused, and all else goes on")
  void poisonIsOfItsFileAlone(@TempDir Path folder) throws Exception {
    Store ledger = PostgresServer.ledger();
    try (RunningKiln kiln = kiln(folder, ledger)) {
      kiln.set("kiln.intake.batch-rows", "2").start();
      kiln.drop(
          "normal/keys.json",
          "[{\"email\":\"ada@example.com\",\"no\\u0000te\":\"1\",\"no\\u0000te\":\"2\"},"
              + "{\"email\":\"bob@example.com\"}]");
      await(kiln, 1);
      assertThat(kiln.run("keys.json").orElseThrow().states())
          .containsEntry(LeadState.REJECTED, 1L);
      try (Connection connection =
              DriverManager.getConnection(ledger.toString(), "postgres", null);
          Statement sql = connection.createStatement()) {
        sql.execute("ALTER TABLE lead ALTER COLUMN payload TYPE VARCHAR(2000)");
      }
      String rows = leads(1, 20, INDUSTRY);
      kiln.drop(
          "normal/poison.csv", rows + "x".repeat(3_000) + rows.substring(rows.indexOf('\n') + 1));
      soon()
          .atMost(LONG)
          .until(
              () ->
                  kiln.run("poison.csv").filter(run -> run.phase().equals("REFUSED")).isPresent());
      assertThat(kiln.run("poison.csv").orElseThrow().problem())
          .contains("poison.csv is read no further than row 20", "rows 21 to 22", "too long")
          .doesNotContain("firm1.example");
      kiln.drop("normal/more.csv", leads(21, 5, INDUSTRY));
      await(kiln, 26);
      soon().untilAsserted(() -> assertThat(kiln.files("inbox")).isEmpty());
      soon()
          .untilAsserted(
              () ->
                  assertThat(kiln.files("rejects")).anyMatch(file -> file.endsWith("-poison.csv")));
    }
  }
}
