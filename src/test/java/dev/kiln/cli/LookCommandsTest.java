package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import dev.kiln.DataLock;
import dev.kiln.lead.ContentHash;
import dev.kiln.lead.LeadKey;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerFixture;
import dev.kiln.ledger.LedgerFixture.Row;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.ListedWebhook;
import dev.kiln.ledger.Pausable;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Run;
import dev.kiln.ledger.Store;
import dev.kiln.ledger.WaitReason;
import dev.kiln.ledger.Waiting;
import dev.kiln.ledger.Wish;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The commands that look into a ledger: find, reconcile, forget, support-bundle. */
final class LookCommandsTest {
  private static final String EMAIL = "ada@example.com";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Path data;

  LookCommandsTest(@TempDir Path data) {
    this.data = data;
  }

  private int kiln(Object command, String... options) {
    out.getBuffer().setLength(0);
    List<String> arguments = new ArrayList<>(List.of("--data", data.toString()));
    arguments.addAll(List.of(options));
    return new CommandLine(command)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .setExecutionExceptionHandler(
            (failure, line, result) -> {
              line.getErr().println(failure.getMessage());
              return Main.USAGE;
            })
        .execute(arguments.toArray(String[]::new));
  }

  /** Three leads of one run: one accepted, one in doubt, one queued. */
  private Run ledger() {
    try (LedgerFixture fixture = LedgerFixture.in(data)) {
      fixture
          .ledger()
          .register(
              List.of(new ListedWebhook("id", "tech-1", "tech", "clay", 45_000, 50_000, 100)));
      Run run = fixture.run("people");
      fixture.store(
          run, Row.keyed("tech", LeadKey.ofEmail(EMAIL)).at(EMAIL), Row.of("tech"), Row.of("tech"));
      fixture.send("tech", 200);
      fixture.send("tech", 504);
      return run;
    }
  }

  @Test
  void aRunIsNamedOnceAndReleasedOrCancelledWhole() {
    Run run;
    try (LedgerFixture fixture = LedgerFixture.in(data)) {
      fixture.ledger().ask("hash of sampled", "", new Wish(null, 1L));
      run = fixture.run("sampled");
      fixture.store(run, "tech", 3);
    }
    assertThat(kiln(new LeadsVerb.Cancel(), run.id(), "--run", run.id())).isEqualTo(Main.USAGE);
    assertThat(err.toString()).contains("Name one run: " + run.id() + " or --run " + run.id());
    assertThat(kiln(new LeadsVerb.Release(), run.id())).isZero();
    assertThat(out.toString()).contains("Leads queued again: 2.");
    assertThat(kiln(new LeadsVerb.Cancel(), run.id(), "--json")).isZero();
    assertThat(out.toString()).contains("{\"leads\":3}");
  }

  @Test
  void aSampleHasAtLeastOneRow() {
    assertThat(kiln(new SendCommand(), "--sample", "0", "leads.csv")).isEqualTo(Main.USAGE);
    assertThat(err.toString()).contains("--sample is a number of rows, at least 1");
  }

  @Test
  void aFileIsHandedOverAlsoWhileTheLedgerIsAway(@TempDir Path folder) throws Exception {
    Path config = Files.createDirectories(folder.resolve("config"));
    Files.writeString(
        config.resolve("application.properties"),
        "kiln.ledger.url = jdbc:postgresql://localhost:1/kiln\n");
    Path leads = Files.writeString(folder.resolve("leads.csv"), "email\n" + EMAIL + "\n");
    Path inbox = data.resolve("inbox/normal");
    DataLock running = DataLock.take(data);
    try {
      String[] send = {"--config", config.toString(), leads.toString()};
      assertThat(kiln(new SendCommand(), send)).as(err.toString()).isZero();
      assertThat(out.toString()).contains("Handed to the running Kiln: " + inbox);
      assertThat(inbox.resolve("leads.csv")).hasSameTextualContentAs(leads);
      assertThat(err.toString()).contains("localhost:1/kiln", "--dedupe or --sample still counts");

      Files.delete(inbox.resolve("leads.csv"));
      err.getBuffer().setLength(0);
      String[] again = {"--config", config.toString(), "--dedupe", "force", leads.toString()};
      assertThat(kiln(new SendCommand(), again)).isEqualTo(Main.USAGE);
      assertThat(err.toString()).contains("localhost:1/kiln").doesNotContain("still counts");
      assertThat(inbox)
          .isDirectoryNotContaining("glob:**/leads*")
          .isDirectoryNotContaining("glob:**.part");
    } finally {
      running.close();
    }
  }

  @ParameterizedTest
  @CsvSource({"skip", "force"})
  void waitingEndsWithTheRunThatReadsTheFileNotWithAnOlderRefusal(String mode, @TempDir Path folder)
      throws Exception {
    Path leads = Files.writeString(folder.resolve("leads.csv"), "email\nnobody\n");
    String hash = ContentHash.of(leads);
    DataLock running = DataLock.take(data);
    try (LedgerFixture books = LedgerFixture.in(data)) {
      Run old = books.ledger().open("leads.csv", "", Priority.NORMAL, hash, DedupeMode.SKIP);
      books.ledger().refuse(old.id(), "of before", "");
      List<String> send =
          List.of(
              "send",
              "--wait",
              "--dedupe",
              mode,
              "--data",
              data.toString(),
              "--config",
              folder.toString(),
              leads.toString());
      CompletableFuture<KilnProcess.Ended> sent =
          CompletableFuture.supplyAsync(() -> CommandHere.end(send));
      await()
          .atMost(KilnProcess.LONGEST)
          .until(() -> Files.exists(data.resolve("inbox/normal/leads.csv")));
      Run run = books.ledger().open("leads.csv", "", Priority.NORMAL, hash, DedupeMode.SKIP);
      books.ledger().refuse(run.id(), "of now", "");
      assertThat(sent.get(1, TimeUnit.MINUTES).out()).contains(run.id(), "of now");
      assertThat(sent.get().out()).doesNotContain(old.id());
    } finally {
      running.close();
    }
  }

  @Test
  void waitingForAFileThatNobodyReadsIsSaid(@TempDir Path folder) throws Exception {
    Path leads = Files.writeString(folder.resolve("leads.csv"), "email\nnobody\n");
    DataLock running = DataLock.take(data);
    try (LedgerFixture books = LedgerFixture.in(data)) {
      String[] send = {"--wait", "--config", folder.toString(), leads.toString()};
      CompletableFuture<Integer> sent =
          CompletableFuture.supplyAsync(() -> kiln(new SendCommand(), send));
      await()
          .atMost(KilnProcess.LONGEST)
          .until(
              () ->
                  err.toString()
                      .contains(data.resolve("inbox/normal/leads.csv") + " has not been read yet"));
      assertThat(err.toString()).contains("\"kiln route list\"");
      String hash = ContentHash.of(leads);
      Run run = books.ledger().open("leads.csv", "", Priority.NORMAL, hash, DedupeMode.SKIP);
      books.ledger().refuse(run.id(), "of now", "");
      assertThat(sent.get(1, TimeUnit.MINUTES)).isOne();
      assertThat(out.toString()).contains(run.id());
    } finally {
      running.close();
    }
  }

  @Test
  void aLeadIsFoundWithWhatBecameOfIt() throws Exception {
    Run run = ledger();
    assertThat(kiln(new FindCommand(), "--email", "Ada@Example.com")).isZero();
    assertThat(out.toString())
        .contains(run.id() + "-1", "ACCEPTED", "Requests for", "tech-1", "200", "180", "300")
        .doesNotContain(run.id() + "-2", EMAIL);

    assertThat(kiln(new FindCommand(), "--run", run.id(), "--json")).isZero();
    List<String> lines = out.toString().lines().toList();
    assertThat(lines).hasSize(3);
    JsonNode second = new ObjectMapper().readTree(lines.get(1));
    assertThat(second.path("state").asText()).isEqualTo("UNKNOWN");
    assertThat(second.at("/requests/0/status").asInt()).isEqualTo(504);

    assertThat(kiln(new FindCommand(), "--lead", run.id() + "-3")).isZero();
    assertThat(out.toString()).contains("was never sent");
    assertThat(kiln(new FindCommand(), "--lead", run.id() + "-9")).isZero();
    assertThat(out.toString()).contains("No such lead");
    assertThat(kiln(new FindCommand(), "--lead", "x")).isEqualTo(Main.USAGE);
    assertThat(kiln(new FindCommand())).isEqualTo(Main.USAGE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tech-1=101 | 0 | agrees: of 1 in doubt, 0 arrived",
        "tech-1=102 | 0 | agrees: of 1 in doubt, 1 arrived",
        "tech-1=110 | 1 | 8 rows more than Kiln sent",
        "tech-1=103 | 1 | 1 row more than Kiln sent",
        "tech-1=90  | 1 | 11 rows fewer than Clay acknowledged",
        "tech-2=90  | 2 | There is no webhook \"tech-2\"; did you mean \"tech-1\"?",
        "tech-1=-1  | 2 | A counter is a number, 0 or more, not \"-1\"",
        "tech-1=abc | 2 | A counter is a number, 0 or more, not \"abc\"",
      })
  void claysCounterIsExplained(String counter, int exit, String words) {
    ledger();
    assertThat(kiln(new ReconcileCommand(), counter)).isEqualTo(exit);
    assertThat(out + err.toString()).contains(words);
  }

  @Test
  void claysCounterIsAdopted() throws Exception {
    ledger();
    assertThat(kiln(new ReconcileCommand())).isZero();
    assertThat(out.toString()).contains("101 to 102", "100 of them from before Kiln", "1 in doubt");
    assertThat(kiln(new ReconcileCommand(), "--adopt")).isEqualTo(Main.USAGE);
    assertThat(kiln(new ReconcileCommand(), "tech-1=110", "--adopt")).isZero();
    assertThat(kiln(new ReconcileCommand(), "tech-1=110", "--json")).isZero();
    JsonNode json = new ObjectMapper().readTree(out.toString()).get(0);
    assertThat(json.path("agrees").asBoolean()).isTrue();
    assertThat(json.path("most").asLong()).isEqualTo(110);
  }

  @Test
  void claysCounterIsAdoptedWhereItOnlySettlesADoubt() throws Exception {
    ledger();
    assertThat(kiln(new ReconcileCommand(), "tech-1=101", "--adopt")).isZero();
    assertThat(out.toString()).contains("Kiln now counts 101 rows for tech-1.");
    assertThat(kiln(new ReconcileCommand(), "--json")).isZero();
    JsonNode json = new ObjectMapper().readTree(out.toString()).get(0);
    assertThat(json.path("least").asLong()).isEqualTo(101);
    assertThat(json.path("most").asLong()).isEqualTo(101);
  }

  @Test
  void whatKilnSaysIsNotCutBeforeTheCure() {
    String refusal = "people.csv " + "is odd ".repeat(50) + "and this cures the file.";
    String waits = "The webhooks " + "are full ".repeat(50) + "and this cures the table.";
    try (LedgerFixture fixture = LedgerFixture.in(data)) {
      Run run = fixture.run("people");
      fixture.store(run, "tech", 1);
      fixture.ledger().refuse(run.id(), refusal, "");
      fixture.ledger().waiting(Map.of("tech", new Waiting(WaitReason.EXHAUSTED, waits, null)));
    }
    assertThat(kiln(new StatusCommand())).as(err.toString()).isZero();
    assertThat(out.toString()).contains(refusal, "tech waits: " + waits);
    assertThat(kiln(new LeadsCommand())).as(err.toString()).isZero();
    assertThat(out.toString()).contains(waits);
  }

  @Test
  void aPersonIsForgotten() throws Exception {
    Run run = ledger();
    Path archived =
        Files.writeString(
            Files.createDirectories(data.resolve("archive")).resolve(run.id() + "-people.csv"),
            EMAIL);
    Files.writeString(
        Files.createDirectories(data.resolve("rejects")).resolve(run.id() + ".csv"),
        "\"line\",\"reason\",\"email\"\r\n\"2\",\"no name\",\"" + EMAIL + "\"\r\n");
    assertThat(kiln(new ForgetCommand(), EMAIL)).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("deleted: 1.", "results and rejected rows: 1.", archived.toString())
        .contains("kiln.retention.files", "Clay has", "backups");
    assertThat(kiln(new ForgetCommand(), EMAIL, "--json")).isZero();
    JsonNode forgotten = new ObjectMapper().readTree(out.toString());
    assertThat(forgotten.path("leads").asInt()).isEqualTo(1);
    assertThat(forgotten.path("rows_in_files").asInt()).isZero();
    assertThat(forgotten.path("files_left").path(0).asText()).isEqualTo(archived.toString());
    assertThat(kiln(new FindCommand(), "--email", "bob@example.com")).isZero();
    assertThat(out.toString()).contains("No such lead");
    assertThat(kiln(new ForgetCommand(), "ada")).isEqualTo(Main.USAGE);
  }

  @Test
  void filesThatWaitAreNamed() throws Exception {
    ledger();
    Path inbox = Files.createDirectories(data.resolve("inbox/normal"));
    Path waits = Files.writeString(inbox.resolve("people.csv"), EMAIL + "\n");
    assertThat(kiln(new ForgetCommand(), EMAIL)).as(err.toString()).isZero();
    assertThat(out.toString()).contains("wait to be read: " + waits + ". Take them out");
    assertThat(kiln(new ForgetCommand(), EMAIL, "--json")).isZero();
    JsonNode forgotten = new ObjectMapper().readTree(out.toString());
    assertThat(forgotten.path("files_waiting").path(0).asText()).isEqualTo(waits.toString());
    assertThat(forgotten.path("files_left")).isEmpty();
  }

  @Test
  void whatTheLedgerKnowsTakesOrdersAndIsNoLongerShown(@TempDir Path folder) throws Exception {
    ledger();
    try (Ledger beside = Ledger.openBeside(Store.embedded(data))) {
      beside.rate("second", new BigDecimal("5"));
      beside.pause(Pausable.WORKSPACE, "second", true);
      beside.pause(Pausable.TABLE, "gone", true);
    }
    Files.writeString(
        folder.resolve("clay.yaml"),
        """
        workspaces:
          main:
            rate-per-second: 5
        tables:
          tech:
            webhooks:
              - { name: tech-1, url: "{{secret:tech-1-url}}" }
        """);
    String config = folder.toString();
    assertThat(kiln(new StatusCommand(), "--config", config)).as(err.toString()).isZero();
    assertThat(out.toString()).contains("people").doesNotContain("second");
    assertThat(kiln(new RateCommand(), "--config", config, "second", "--reset"))
        .as(err.toString())
        .isZero();
    assertThat(kiln(new RateCommand(), "--config", config, "main", "5,5")).isEqualTo(Main.USAGE);
    assertThat(err.toString()).contains("RATE is a number, such as 5 or 0.5, not \"5,5\"");
    assertThat(kiln(new PauseCommand.Resume(), "--config", config, "workspace", "second")).isZero();
    assertThat(kiln(new PauseCommand.Resume(), "--config", config, "table", "gone")).isZero();
    assertThat(kiln(new PauseCommand.Pause(), "--config", config, "table", "tecj"))
        .isEqualTo(Main.USAGE);
    assertThat(err.toString()).contains("has no table tecj; did you mean \"tech\"?");
    try (LedgerView view = LedgerView.open(data)) {
      assertThat(view.snapshot().workspaces())
          .filteredOn(workspace -> workspace.name().equals("second"))
          .allSatisfy(
              workspace -> {
                assertThat(workspace.rate()).isZero();
                assertThat(workspace.paused()).isFalse();
              });
    }
  }

  @Test
  void whatRemainsToDoIsSaidAlsoWhereNoLeadIsLeft() throws Exception {
    ledger();
    Path archive = Files.createDirectories(data.resolve("archive"));
    Path old = Files.writeString(archive.resolve("20250101-aaaaaa-old.csv"), "x;bob@x.example\n");
    Path pdf = Files.writeString(archive.resolve("20250101-bbbbbb-old.pdf"), "%PDF-1.7");
    assertThat(kiln(new ForgetCommand(), "bob@x.example")).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("deleted: 0.", "still hold it, as they came: " + old, "Clay has", "backups")
        .contains("cannot look through", pdf.toString());
    try (Ledger running = Ledger.openBeside(Store.embedded(data))) {
      running.waits(running.onward("crm"), null, "down", running.now());
      assertThat(Files.size(data.resolve(Ledger.FILE + "-wal"))).isPositive();
      assertThat(kiln(new ForgetCommand(), "bob@x.example", "--json")).isZero();
      assertThat(Files.size(data.resolve(Ledger.FILE + "-wal"))).isZero();
    }
    JsonNode forgotten = new ObjectMapper().readTree(out.toString());
    assertThat(forgotten.path("files_left").path(0).asText()).isEqualTo(old.toString());
    assertThat(forgotten.path("files_unread").path(0).asText()).isEqualTo(pdf.toString());
  }

  @Test
  void aWrongSettingKeepsNoOperatorFromWorking(@TempDir Path config) throws Exception {
    ledger();
    Path archive = Files.createDirectories(data.resolve("archive"));
    Files.writeString(archive.resolve("20250101-aaaaaa-old.csv"), "x;bob@x.example\n");
    Path properties = config.resolve("application.properties");
    Files.writeString(properties, "kiln.breaker.opne = 1s\nkiln.retention.files = 36h\n");
    String[] here = {"--config", config.toString(), "bob@x.example"};
    assertThat(kiln(new ForgetCommand(), here)).as(err.toString()).isZero();
    assertThat(out.toString()).contains("deletes them 36 hours after their day");
    Files.writeString(properties, "kiln.retention.files = ever\n");
    assertThat(kiln(new ForgetCommand(), here)).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("Delete them by hand: " + properties + ":1: kiln.retention.files is \"ever\"");
    assertThat(kiln(new StatusCommand(), "--config", config.toString()))
        .as(err.toString())
        .isZero();
    assertThat(kiln(new LeadsVerb.Retry(), "--config", config.toString(), "--all"))
        .as(err.toString())
        .isZero();
    Files.writeString(properties, "kiln.dedupe.window = ever\n");
    assertThat(kiln(new LeadsVerb.Retry(), "--config", config.toString(), "--all"))
        .isEqualTo(Main.USAGE);
    assertThat(err.toString()).contains(properties + ":1: kiln.dedupe.window is \"ever\"");
  }

  @Test
  void aFileIsKeptForDaysOrHours(@TempDir Path config) throws Exception {
    ledger();
    Path archive = Files.createDirectories(data.resolve("archive"));
    Files.writeString(archive.resolve("20250101-aaaaaa-old.csv"), "x;bob@x.example\n");
    for (String[] kept :
        new String[][] {{"30d", "30 days"}, {"36h", "36 hours"}, {"20m", "1 hours"}}) {
      Files.writeString(
          config.resolve("application.properties"), "kiln.retention.files = " + kept[0] + "\n");
      assertThat(kiln(new ForgetCommand(), "--config", config.toString(), "bob@x.example"))
          .isZero();
      assertThat(out.toString()).contains("deletes them " + kept[1] + " after their day");
    }
  }

  @Test
  void whatStaysInTheLogIsToldWhereAnotherCommandReadsInIt() throws Exception {
    ledger();
    try (Connection reading =
            DriverManager.getConnection("jdbc:sqlite:" + data.resolve(Ledger.FILE));
        Statement look = reading.createStatement()) {
      reading.setAutoCommit(false);
      look.executeQuery("SELECT COUNT(*) FROM lead").close();
      assertThat(kiln(new ForgetCommand(), EMAIL)).isEqualTo(1);
      assertThat(out.toString())
          .contains("deleted: 1.", "another command reads in it: run the command again");
      assertThat(kiln(new ForgetCommand(), EMAIL, "--json")).isEqualTo(1);
      assertThat(new ObjectMapper().readTree(out.toString()).path("log_emptied"))
          .isEqualTo(BooleanNode.FALSE);
    }
    assertThat(kiln(new ForgetCommand(), EMAIL, "--json")).isZero();
    assertThat(new ObjectMapper().readTree(out.toString()).path("log_emptied"))
        .isEqualTo(BooleanNode.TRUE);
    assertThat(kiln(new ForgetCommand(), EMAIL)).isZero();
    assertThat(out.toString()).doesNotContain("another command");
  }

  @Test
  void aBundleHoldsNoSecretAndNoLead(@TempDir Path folder) throws Exception {
    ledger();
    Path config = Files.createDirectories(folder.resolve("config"));
    Files.writeString(
        config.resolve("clay.yaml"),
        "url: https://api.clay.com/v3/sources/webhook/abc\ntoken: hush\n  - { name: a, url: \"HTTPS://x.example/y\", token: 'hush', cap: 1 }\nkept: {{secret:tech-1-token}}\n");
    Files.writeString(
        config.resolve("application.properties"),
        "kiln.http.token = hush\nother.password: hush\nkiln.http.listen = 127.0.0.1:8040\n");
    Path zip = folder.resolve("bundle.zip");
    String[] call = {"--config", config.toString(), zip.toString()};
    assertThat(kiln(new SupportBundleCommand(), call)).as(err.toString()).isZero();

    Map<String, String> files = unpacked(zip);
    assertThat(files)
        .containsKeys(
            "system.txt", "check.txt", "status.json", "webhooks.txt", "routes/accept.camel.yaml");
    assertThat(files.toString())
        .doesNotContain("hush", "clay.com", "x.example", EMAIL, "Ada")
        .contains("{{secret:tech-1-token}}", "cap: 1", "127.0.0.1:8040", Ledger.FILE);
    assertThat(kiln(new SupportBundleCommand(), call)).as("not over a file").isEqualTo(Main.USAGE);
  }

  private static Map<String, String> unpacked(Path zip) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (ZipInputStream in = new ZipInputStream(Files.newInputStream(zip))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        files.put(entry.getName(), new String(in.readAllBytes(), StandardCharsets.UTF_8));
      }
    }
    return files;
  }

  @Test
  void aBundleIsMadeOfWhatIsDamagedToo(@TempDir Path folder) throws Exception {
    Files.writeString(data.resolve(Ledger.FILE), "this is no ledger at all ".repeat(400));
    Path config = Files.createDirectories(folder.resolve("config"));
    Files.write(
        config.resolve("application.properties"),
        "kiln.intake.blocked = größe\n".getBytes(StandardCharsets.ISO_8859_1));
    Files.writeString(config.resolve("clay.yaml"), "tables: {}\n");
    for (boolean readable : new boolean[] {false, true}) {
      Path zip = folder.resolve(readable + ".zip");
      String[] call = {"--config", config.toString(), zip.toString()};
      assertThat(kiln(new SupportBundleCommand(), call)).as(err.toString()).isZero();
      Map<String, String> files = unpacked(zip);
      assertThat(files.get("config/clay.yaml")).isEqualTo("tables: {}\n");
      assertThat(files.get("config/application.properties")).contains("kiln.intake.blocked");
      for (String part : List.of("status.txt", "status.json", "webhooks.txt")) {
        assertThat(files.get(part))
            .startsWith("could not be read: ")
            .contains(readable ? Ledger.FILE : "application.properties");
      }
      Files.delete(config.resolve("application.properties"));
      Files.writeString(config.resolve("application.properties"), "kiln.intake.blocked = x\n");
    }
  }

  @Test
  void whatARouteGivesToAHeaderThatSoundsLikeASecretIsLeftOut() {
    String yaml =
        """
        - setHeader:
            id: one
            name: Authorization
            constant: "Bearer hush"
        - setHeader:
            constant: hush
            name: X-Api-Key
        - setHeader:
            name: "x-auth-token"
            expression:
              constant:
                expression: >-
                  hush
                  hush

        - setHeaders:
            headers:
              - name: Cookie
                simple: hush
              - name: Accept
                constant: kept-one
        - setHeader: { name: Authorization, constant: hush }
        - setHeader: { constant: hush, name: Authorization }
        - setHeader:
            name: Content-Type
            constant: kept-two
        - templatedRoute:
            parameters:
              - name: secret
                value: kept-three
        """;
    String redacted = SupportBundleCommand.redacted(yaml);
    assertThat(redacted)
        .doesNotContain("hush")
        .contains("kept-one", "kept-two", "kept-three", "id: one", "constant: (left out)")
        .hasLineCount((int) yaml.lines().count());
  }

  private String refused(Object... command) {
    List<String> words = new ArrayList<>(Stream.of(command).map(Object::toString).toList());
    words.addAll(List.of("--data", data.toString()));
    KilnProcess.Ended ended = CommandHere.end(words);
    assertThat(ended.exit()).as("%s: %s", words, ended.out()).isEqualTo(Main.USAGE);
    return ended.err();
  }

  @Test
  void aFileThatCannotBeReadOrWrittenIsToldWithTheReason(@TempDir Path folder) throws Exception {
    String run = ledger().id();
    Path nowhere = folder.resolve("nowhere");
    Path aFolder = Files.createDirectory(folder.resolve("folder.csv"));
    Path aFile = Files.writeString(folder.resolve("a file"), "of something else");
    assertThat(refused("join", run, "-o", nowhere.resolve("a.csv")))
        .contains(nowhere + ": does not exist");
    assertThat(refused("join", run, "-o", aFolder)).contains(aFolder + ": is a folder");
    for (String command : List.of("backup", "support-bundle")) {
      assertThat(refused(command, nowhere.resolve("a"))).contains(nowhere + ": does not exist");
      assertThat(refused(command, aFile)).contains(aFile + ": is there already");
    }
    assertThat(refused("restore", nowhere)).contains(nowhere + ": does not exist");
    assertThat(refused("restore", aFolder)).contains(aFolder + ": is a folder");
    assertThat(refused("restore", aFile))
        .contains(aFile + ": cannot be restored", "The ledger " + aFile + " cannot be opened")
        .doesNotContain("restoring-");
    assertThat(refused("status", "--config", nowhere))
        .contains(nowhere + ": does not exist; --config names the folder");
    assertThat(folder)
        .isDirectoryContaining("glob:**/a file")
        .isDirectoryNotContaining("glob:**.part");
  }

  @Test
  void aCommandThatIsNamedHasTheSamePlaces(@TempDir Path folder) throws Exception {
    Path config = Files.createDirectory(folder.resolve("Ada's"));
    PlacesOptions options = new PlacesOptions();
    new CommandLine(CommandLine.Model.CommandSpec.forAnnotatedObject(options))
        .parseArgs("--config", config.toString(), "--data", "/srv/kiln", "--secrets", "/run/s");
    assertThat(options.again())
        .isEqualTo(" --config '" + folder + "/Ada'\\''s' --data /srv/kiln --secrets /run/s");
  }

  @Test
  void aWatchPrintsAgainUntilItIsStopped() throws Exception {
    ledger();
    Thread watch = new Thread(() -> kiln(new StatusCommand(), "--watch", "1"));
    watch.start();
    await()
        .atMost(KilnProcess.LONGEST)
        .until(() -> out.toString().split("people.csv", -1).length > 2);
    watch.interrupt();
    watch.join();
    assertThat(kiln(new StatusCommand(), "--watch", "0")).isEqualTo(Main.USAGE);
  }

  @Test
  void aWatchPrintsOneLineOfJsonEachTime() throws Exception {
    Run run = ledger();
    for (String[] options :
        new String[][] {
          {"--watch", "1", "--json"}, {"--watch", "1", "--json", "--run", run.id()}
        }) {
      Thread watch = new Thread(() -> kiln(new StatusCommand(), options));
      watch.start();
      await().atMost(KilnProcess.LONGEST).until(() -> out.toString().lines().count() > 1);
      watch.interrupt();
      watch.join();
      for (String line : out.toString().lines().toList()) {
        assertThat(new ObjectMapper().readTree(line).isObject()).isTrue();
      }
    }
  }

  @Test
  void leadsThatAreLeftOutAreSaid() {
    Run run = ledger();
    for (Object command : List.of(new LeadsCommand(), new FindCommand())) {
      err.getBuffer().setLength(0);
      assertThat(kiln(command, "--run", run.id(), "--limit", "2", "--json")).isZero();
      assertThat(out.toString().lines()).hasSize(2);
      assertThat(err.toString())
          .contains("There are more leads than the 2 that are shown; --limit N shows more.");
      err.getBuffer().setLength(0);
      assertThat(kiln(command, "--run", run.id(), "--limit", "3")).isZero();
      assertThat(err.toString()).isEmpty();
    }
  }

  @Test
  void aRunThatIsNotKnownHasNoLeadsToList() {
    for (boolean written : new boolean[] {false, true}) {
      if (written) {
        ledger();
      }
      for (Object command : List.of(new LeadsCommand(), new FindCommand())) {
        err.getBuffer().setLength(0);
        assertThat(kiln(command, "--run", "nope")).isEqualTo(Main.USAGE);
        assertThat(err.toString()).contains(Known.noRun("nope"));
      }
    }
    Run run;
    try (LedgerFixture fixture = LedgerFixture.in(data)) {
      run = fixture.run("empty");
    }
    assertThat(kiln(new LeadsCommand(), "--run", run.id())).isZero();
    assertThat(out.toString()).contains(LeadsCommand.NONE);
  }
}
