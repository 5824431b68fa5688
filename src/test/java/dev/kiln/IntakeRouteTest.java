package dev.kiln;

import static dev.kiln.RunningKiln.EVENTS;
import static dev.kiln.RunningKiln.FINANCE;
import static dev.kiln.RunningKiln.INBOUND;
import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.kiln.clay.Delivery;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.Lead;
import dev.kiln.ledger.Findings;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Run;
import dev.kiln.ledger.Wish;
import dev.kiln.status.StatusJson;
import dev.kiln.status.StatusText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.apache.camel.Route;
import org.apache.camel.component.file.FileEndpoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The way in, through the shipped routes: from a file in the inbox to leads at their tables. */
final class IntakeRouteTest {
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) {
    kiln = new RunningKiln(folder);
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  @Test
  @DisplayName("leads go by source first, else by sector, else to the default table")
  void routesBySourceThenSectorThenDefault() throws Exception {
    kiln.start();
    kiln.drop(
        "normal/leads.csv",
        """
        email,industry
        a@tech.example,Computer Software
        b@bank.example,Banking
        c@farm.example,Farming
        d@odd.example,Nothing anybody knows
        """);
    kiln.drop("high/inbound/came.csv", "email,industry\ne@bank.example,Banking\n");
    kiln.drop("low/events/fair.csv", "email,industry\nf@bank.example,Banking\n");

    assertThat(kiln.settled("leads.csv").tables())
        .isEqualTo(
            Map.of(TECH, Map.of(LeadState.ACCEPTED, 3L), FINANCE, Map.of(LeadState.ACCEPTED, 1L)));
    assertThat(kiln.settled("came.csv").tables())
        .isEqualTo(Map.of(INBOUND, Map.of(LeadState.ACCEPTED, 1L)));
    assertThat(kiln.settled("fair.csv").tables())
        .isEqualTo(Map.of(EVENTS, Map.of(LeadState.ACCEPTED, 1L)));
    assertThat(kiln.stored("finance-1")).singleElement().asString().contains("b@bank.example");
    assertThat(kiln.stored("inbound-1")).singleElement().asString().contains("e@bank.example");
    assertThat(kiln.stored("events-1")).singleElement().asString().contains("f@bank.example");
    assertThat(kiln.stored("tech-1")).hasSize(3);
  }

  @Test
  @DisplayName("an edited branch sends the next file elsewhere after a restart")
  void editedBranchReroutes() throws Exception {
    kiln.start();
    kiln.drop("normal/before.csv", leads(1, 2, "Farming"));
    assertThat(kiln.settled("before.csv").tables().keySet()).containsExactly(TECH);
    kiln.stop();

    kiln.inRoutes(
            "choose-table.camel.yaml",
            "id: is-any-other\n              steps:\n",
            "id: is-any-other\n              steps:\n" + setTable("to-another-default", EVENTS))
        .inRoutes("choose-table.camel.yaml", setTable("to-default-table", TECH), "");
    kiln.start();
    kiln.drop("normal/after.csv", leads(3, 2, "Farming"));
    assertThat(kiln.settled("after.csv").tables())
        .isEqualTo(Map.of(EVENTS, Map.of(LeadState.ACCEPTED, 2L)));
  }

  @Test
  @DisplayName("T14: a broken row is rejected, its neighbours are kept, columns keep their names")
  void brokenRowsAreRejectedAlone() throws Exception {
    kiln.start();
    kiln.drop(
        "normal/rows.csv",
        """
        Email,Name,,Email,Industry
        a@firm.example,Ada,x,late@firm.example,Banking
        not an address,Bo,,,Banking
        c@firm.example,5" pipe,,,Banking
        e@firm.example,Di,,,Banking,extra cell
        ,Cy,,d@firm.example
        """);
    RunAccount run = kiln.settled("rows.csv");
    assertThat(run.read()).isEqualTo(5);
    assertThat(run.states()).isEqualTo(Map.of(LeadState.ACCEPTED, 3L, LeadState.REJECTED, 2L));
    assertThat(kiln.ledgerLines())
        .filteredOn(line -> line.state() == LeadState.REJECTED)
        .extracting(LeadLine::line, LeadLine::reason)
        .containsExactly(
            tuple(3L, "column \"Email\" is not an e-mail address: it has no @"),
            tuple(
                5L,
                "the row has 6 cells where the header has 5: is a delimiter inside a cell without"
                    + " quotes around it?"));

    Set<Set<String>> keySets = new HashSet<>();
    kiln.clay().rows().forEach(row -> keySets.add(Lead.parse(row.body() + "").keySet()));
    assertThat(keySets).as("every row has the same keys").hasSize(1);
    assertThat(kiln.stored("finance-1"))
        .hasSize(2)
        .anySatisfy(
            body ->
                assertThat(body)
                    .contains("\"email\":\"a@firm.example\"", "\"Email_2\":\"late@firm.example\""))
        .anySatisfy(body -> assertThat(body).contains("5\\\" pipe"));
    assertThat(kiln.stored("tech-1")).singleElement().asString().contains("\"d@firm.example\"");
  }

  @Test
  @DisplayName("a read file is archived under its run's id, a refused one goes to the rejects")
  void filesLeaveTheInboxUnderTheirRun() throws Exception {
    kiln.start();
    kiln.drop("normal/good.csv", leads(1, 1, "Banking"));
    kiln.drop("normal/pictures.csv", "\u0000\u0001\u0002 not text at all \u0000\u0000\u0003\n");
    RunAccount good = kiln.settled("good.csv");
    RunAccount refused = kiln.read("pictures.csv");

    assertThat(good.phase()).isEqualTo("READ");
    assertThat(refused.phase()).isEqualTo("REFUSED");
    assertThat(refused.problem()).isNotBlank();
    assertThat(refused.read()).isZero();
    soon()
        .untilAsserted(
            () -> {
              assertThat(kiln.files("archive")).containsExactly(good.id() + "-good.csv");
              assertThat(kiln.files("rejects")).containsExactly(refused.id() + "-pictures.csv");
              assertThat(kiln.files("inbox")).isEmpty();
            });
  }

  @Test
  @DisplayName("the name of a file neither steers a terminal nor makes lines of its own")
  void namesThatSteer() throws Exception {
    kiln.start();
    String good = "a\u001b[31m\n  forged: line\u0007.csv";
    String bad = "b\u001b[31m\n  forged: line\u0007.csv";
    kiln.drop("normal/" + good, leads(1, 1, "Software"));
    kiln.settled(good);
    kiln.drop("normal/" + bad, "no leads at all\n");
    kiln.read(bad);
    assertThat(StatusText.of(kiln.snapshot(), Instant.now()))
        .contains("a?[31m?  forged: line?.csv", "b?[31m?  forged: line?.csv was refused: ")
        .doesNotContain("\u001b", "\u0007", "\n  forged");
    assertThat(StatusJson.of(kiln.snapshot(), List.of(), Instant.now()))
        .contains("\\u001B[31m\\n  forged: line\\u0007.csv");
  }

  @Test
  @DisplayName(
      "JSON, Excel and gzip take the same way; what is unusual about a file shows in status")
  void everyFormTakesTheSameWay() throws Exception {
    kiln.start();
    Path forms = Path.of("src/test/resources/fixtures/forms");
    kiln.drop("normal/wrapper.json", Files.readAllBytes(forms.resolve("wrapper.json")));
    kiln.drop("high/events/workbook.csv", Files.readAllBytes(forms.resolve("workbook.csv")));
    kiln.drop(
        "high/inbound/numbers.json.gz", gzip(Files.readAllBytes(forms.resolve("numbers.json"))));

    RunAccount wrapper = kiln.settled("wrapper.json");
    assertThat(wrapper.states()).isEqualTo(Map.of(LeadState.ACCEPTED, 2L));
    assertThat(wrapper.note())
        .isEqualTo("rows are those under \"results\"; not read: \"companies\"");
    assertThat(StatusText.runs(kiln.snapshot().runs()))
        .contains("wrapper.json: rows are those under \"results\"");

    assertThat(kiln.settled("workbook.csv").note())
        .startsWith("not delimited text, as its name says; sheet \"Contacts\" is read");
    assertThat(kiln.stored("events-1"))
        .hasSize(2)
        .anySatisfy(body -> assertThat(body).contains("\"Phone\":\"4915112345678\""));

    assertThat(kiln.settled("numbers.json.gz").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 2L));
    assertThat(kiln.stored("inbound-1"))
        .anySatisfy(
            body ->
                assertThat(body)
                    .contains(
                        "\"id\":\"12345678901234567890\"",
                        "\"score\":\"1.10\"",
                        "\"phone\":\"4915112345678\"",
                        "\"none\":null"));
  }

  @Test
  @DisplayName("a file of which no row is a lead is refused with the reason")
  void aFileWithoutLeadsIsRefused() throws Exception {
    kiln.start();
    kiln.drop("normal/none.csv", "email,name\nnobody,Ann\n,Bob\n");
    RunAccount run = kiln.read("none.csv");
    assertThat(run.phase()).isEqualTo("REFUSED");
    assertThat(run.problem())
        .isEqualTo(
            "none.csv has no row that is a lead: all 2 rows were rejected, each with its reason;"
                + " \"kiln leads --state REJECTED --run "
                + run.id()
                + "\" lists them");
    assertThat(run.states()).isEqualTo(Map.of(LeadState.REJECTED, 2L));
    soon()
        .untilAsserted(
            () ->
                assertThat(kiln.files("rejects"))
                    .containsExactly(run.id() + "-none.csv", run.id() + ".csv"));
    assertThat(kiln.run("none.csv").orElseThrow().rejects())
        .isEqualTo("rejects/" + run.id() + ".csv");
  }

  @Test
  @DisplayName("gzip that breaks off further on refuses the file and keeps the rows before")
  void damageFurtherOnKeepsTheRowsBefore() throws Exception {
    kiln.start();
    String rows = leads(1, 30_000, "Banking").replaceAll("lead(\\d*)50@", "no address $1 ");
    byte[] whole = gzip(rows.getBytes(StandardCharsets.UTF_8));
    kiln.drop("low/torn.csv.gz", Arrays.copyOf(whole, whole.length - 1000));
    RunAccount run = kiln.read("torn.csv.gz");
    assertThat(run.phase()).isEqualTo("REFUSED");
    assertThat(run.problem()).startsWith("torn.csv.gz is damaged: its gzip data is broken");
    assertThat(run.read()).isBetween(1L, 29_999L);
    assertThat(run.states().values().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(run.read());
    soon()
        .untilAsserted(
            () ->
                assertThat(kiln.files("rejects"))
                    .containsExactly(run.id() + "-torn.csv.gz", run.id() + ".csv"));
    assertThat(run.rejects()).isEqualTo("rejects/" + run.id() + ".csv");
    assertThat(Files.readAllLines(kiln.data().resolve(run.rejects())))
        .as("the header and the rows that were read")
        .hasSize(1 + run.states().getOrDefault(LeadState.REJECTED, 0L).intValue())
        .element(1)
        .asString()
        .contains("has no @", "no address");
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    }
    return out.toByteArray();
  }

  @Test
  @DisplayName("the same content again is recognised, the same lead in another file is a duplicate")
  void sameContentIsRecognised() throws Exception {
    kiln.start();
    kiln.drop("normal/first.csv", leads(1, 3, "Banking"));
    RunAccount first = kiln.settled("first.csv");
    kiln.drop("normal/again.csv", leads(1, 3, "Banking"));
    soon()
        .untilAsserted(
            () ->
                assertThat(kiln.files("archive"))
                    .containsExactlyInAnyOrder(
                        first.id() + "-first.csv", first.id() + "-again.csv"));
    assertThat(kiln.snapshot().runs()).hasSize(1);

    kiln.drop("normal/overlap.csv", leads(3, 2, "Banking"));
    assertThat(kiln.settled("overlap.csv").states())
        .isEqualTo(Map.of(LeadState.DUPLICATE, 1L, LeadState.ACCEPTED, 1L));
    assertThat(kiln.requests("finance-1")).isEqualTo(4);
  }

  @Test
  @DisplayName("T9: a failure below the split never closes the run as read, and loses no row")
  void failureBelowTheSplitKeepsTheFile() throws Exception {
    kiln.set("kiln.intake.batch-rows", "2");
    kiln.failsAtTheThirdRecord();
    kiln.start();
    kiln.drop(
        "normal/leads.csv",
        leads(1, 1, "Banking")
            + "bad one,Banking\n"
            + leads(3, 2, "Banking").lines().skip(1).map(line -> line + "\n").collect(joining())
            + "bad two,Banking\n");
    kiln.reaches(FINANCE, LeadState.ACCEPTED, 1);
    RunAccount broken = kiln.run("leads.csv").orElseThrow();
    assertThat(broken.phase()).isEqualTo("READING");
    assertThat(broken.read()).isEqualTo(2);
    assertThat(kiln.files("inbox")).containsExactly("leads.csv");
    kiln.stop();

    kiln.failsNoMore();
    kiln.start();
    RunAccount mended = kiln.settled("leads.csv");
    assertThat(mended.id()).isEqualTo(broken.id());
    assertThat(mended.read()).isEqualTo(5);
    assertThat(mended.states()).isEqualTo(Map.of(LeadState.ACCEPTED, 3L, LeadState.REJECTED, 2L));
    assertThat(kiln.requests("finance-1")).isEqualTo(3);
    assertThat(Files.readString(kiln.data().resolve(mended.rejects())))
        .as("rejected before the failure and behind it")
        .contains("\"bad one\"", "\"bad two\"");
  }

  @Test
  @DisplayName("T12: names and columns that look like Camel's steer nothing")
  void leadDataSteersNothing() throws Exception {
    kiln.start();
    String name = "{{kiln.data}} ${sysenv.HOME} $simple{exchangeId}.csv";
    kiln.drop(
        "normal/" + name,
        """
        email,industry,CamelHttpUri,CamelHttpPath,CamelFileName,x-clay-webhook-auth,table
        a@bank.example,Banking,URL,/other,/tmp/x,secret,outbound-leads-tech
        """
            .replace("URL", kiln.clay().webhookUrl("hook-elsewhere").toString()));
    RunAccount run = kiln.settled(name);
    assertThat(run.tables()).isEqualTo(Map.of(FINANCE, Map.of(LeadState.ACCEPTED, 1L)));
    assertThat(kiln.requests("elsewhere")).isZero();
    assertThat(kiln.stored("finance-1")).singleElement().asString().contains("\"/other\"");
    soon()
        .untilAsserted(
            () -> assertThat(kiln.files("archive")).containsExactly(run.id() + "-" + name));
  }

  @Test
  @DisplayName("an inbox elsewhere must be there, since it may be a disk that is not mounted")
  void inboxElsewhereMustBeThere() throws Exception {
    Path shared = kiln.data().resolveSibling("shared");
    kiln.set("kiln.intake.inbox", shared.toString());
    assertThatThrownBy(kiln::start)
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("application.properties:")
        .hasMessageEndingWith(
            "names " + shared + ", which is not a folder: make it, or mount its disk");
    Files.createDirectories(shared);
    kiln.start();
    Path whole = Files.writeString(shared.resolveSibling("leads.csv"), leads(1, 2, "Banking"));
    Files.move(whole, shared.resolve("high/leads.csv"));
    assertThat(kiln.settled("leads.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 2L));
    assertThat(kiln.data().resolve("inbox")).doesNotExist();
  }

  @Test
  @DisplayName("what was archived costs nothing, however much it is: nobody ever looks there")
  void nobodyLooksIntoTheArchive() throws Exception {
    kiln.start();
    Path archive = kiln.data().resolve("archive").toAbsolutePath().normalize();
    List<Path> polled =
        kiln.context().getRoutes().stream()
            .map(Route::getEndpoint)
            .filter(FileEndpoint.class::isInstance)
            .map(
                endpoint ->
                    ((FileEndpoint) endpoint).getFile().toPath().toAbsolutePath().normalize())
            .toList();
    assertThat(polled).hasSize(4).noneMatch(folder -> archive.startsWith(folder));
  }

  @Test
  @DisplayName("T15: a read file that cannot be moved is read, and nothing of it is sent again")
  void failedMoveSendsNothingAgain() throws Exception {
    kiln.start();
    Path archive = kiln.data().resolve("archive");
    Files.delete(archive);
    Files.writeString(archive, "in the way");
    kiln.drop("normal/leads.csv", leads(1, 2, "Banking"));
    assertThat(kiln.settled("leads.csv").phase()).isEqualTo("READ");
    // It has its run's name for a moment with each try to move it.
    soon().untilAsserted(() -> assertThat(kiln.files("inbox")).containsExactly("leads.csv"));
    kiln.stop();

    Files.delete(archive);
    kiln.start();
    soon().untilAsserted(() -> assertThat(kiln.files("archive")).hasSize(1));
    assertThat(kiln.files("inbox")).isEmpty();
    assertThat(kiln.requests("finance-1")).isEqualTo(2);
    assertThat(kiln.snapshot().runs()).hasSize(1);
  }

  @Test
  @DisplayName("a file that the ledger cannot take stays in the inbox and is read when it can")
  void waitsForTheLedger() throws Exception {
    kiln.start();
    kiln.drop("normal/first.csv", leads(1, 2, "Banking"));
    kiln.settled("first.csv");
    String url = "jdbc:sqlite:" + kiln.data().resolve(Ledger.FILE);
    try (Connection ledger = DriverManager.getConnection(url);
        Statement sql = ledger.createStatement()) {
      sql.execute("PRAGMA busy_timeout = 30000");
      sql.execute(
          "CREATE TRIGGER broken BEFORE INSERT ON batch BEGIN SELECT RAISE(ABORT, 'broken'); END");
      kiln.drop("normal/second.csv", leads(10, 3, "Banking"));
      soon()
          .until(
              () ->
                  kiln.context()
                      .getRegistry()
                      .lookupByNameAndType("delivery", Delivery.class)
                      .standsStill());
      assertThat(kiln.files("inbox")).containsExactly("second.csv");
      sql.execute("DROP TRIGGER broken");
    }
    assertThat(kiln.settled("second.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 3L));
    assertThat(kiln.snapshot().runs()).hasSize(2);
    soon().untilAsserted(() -> assertThat(kiln.files("inbox")).isEmpty());
  }

  @Test
  @DisplayName("a file with rows that the ledger never takes is refused, and all else goes on")
  void poisonIsOfItsFileAlone() throws Exception {
    kiln.set("kiln.intake.batch-rows", "2").start();
    String url = "jdbc:sqlite:" + kiln.data().resolve(Ledger.FILE);
    try (Connection ledger = DriverManager.getConnection(url);
        Statement sql = ledger.createStatement()) {
      sql.execute("PRAGMA busy_timeout = 30000");
      sql.execute(
          "CREATE TRIGGER big BEFORE INSERT ON lead WHEN NEW.payload LIKE '%lead24@%'"
              + " BEGIN SELECT LENGTH(zeroblob(2000000000 + NEW.record)); END");
    }
    kiln.drop("normal/poison.csv", leads(1, 60, "Banking"));
    soon()
        .until(
            () -> kiln.run("poison.csv").filter(run -> run.phase().equals("REFUSED")).isPresent());
    RunAccount refused = kiln.run("poison.csv").orElseThrow();
    assertThat(refused.read()).isEqualTo(22);
    assertThat(refused.problem())
        .contains("poison.csv is read no further than row 22", "rows 23 to 24", "too big");
    kiln.drop("normal/more.csv", leads(61, 3, "Banking"));
    assertThat(kiln.settled("more.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 3L));
    soon().untilAsserted(() -> assertThat(kiln.files("inbox")).isEmpty());
    soon()
        .untilAsserted(
            () -> assertThat(kiln.files("rejects")).containsExactly(refused.id() + "-poison.csv"));
  }

  @Test
  @DisplayName("a file given to send takes the same way and stays where it lies")
  void sendLeavesTheInboxAlone(@TempDir Path elsewhere) throws Exception {
    kiln.start(App.Mode.SEND);
    kiln.drop("normal/waits.csv", leads(10, 1, "Banking"));
    Path file = Files.writeString(elsewhere.resolve("mine.csv"), leads(1, 2, "Banking"));
    Run run = kiln.app().read(file, "events", Priority.of("high"), Wish.NONE);
    assertThat(kiln.run("mine.csv").orElseThrow().id()).isEqualTo(run.id());
    assertThat(kiln.settled("mine.csv").tables())
        .isEqualTo(Map.of(EVENTS, Map.of(LeadState.ACCEPTED, 2L)));
    assertThat(file).exists();
    assertThat(kiln.files("inbox")).containsExactly("waits.csv");
  }

  @Test
  @DisplayName(
      "rejected rows go to a file that is inert in a spreadsheet and is mended and dropped")
  void rejectsAreMendedAndDroppedAgain() throws Exception {
    kiln.set("kiln.intake.batch-rows", "2");
    kiln.start();
    kiln.drop(
        "normal/rows.csv",
        """
        Email;=Title;Phone;;Notes;SSN
        a@firm.example;Head;1;x;;1
        no address;"=HYPERLINK(""http://evil.example"")";'+49 170 1234;y;"two
        lines; -1";078-05-1120
        b@firm.example;-Owner;9.2E+11;z;Zoë 🙂;2
        ;@x;9.2E+11;;;3
        c@firm.example;too;many;cells;in;this;row
        """);
    RunAccount run = kiln.settled("rows.csv");
    assertThat(run.states()).isEqualTo(Map.of(LeadState.ACCEPTED, 2L, LeadState.REJECTED, 3L));
    assertThat(run.rejects()).isEqualTo("rejects/" + run.id() + ".csv");
    soon()
        .untilAsserted(() -> assertThat(kiln.files("rejects")).containsExactly(run.id() + ".csv"));
    String rejects = Files.readString(kiln.data().resolve(run.rejects()));
    assertThat(rejects)
        .startsWith(
            "\uFEFF\"kiln_line\",\"kiln_reason\",\"kiln_text\",\"Email\",\"'=Title\",\"Phone\",\"column_4\",\"Notes\"\r\n"
                + "\"3\",\"column \"\"Email\"\" is not an e-mail address: it has no @\",\"\",\"no address\","
                + "\"'=HYPERLINK(\"\"http://evil.example\"\")\",\"''+49 170 1234\",\"y\",\"two\nlines; '-1\"\r\n")
        .contains("a spreadsheet threw digits away in column \"\"Phone\"\"\",\"\",\"\",\"'@x\",")
        .doesNotContain("078-05-1120", "this");

    kiln.drop(
        "normal/mended.csv",
        rejects
            .replace("\"no address\"", "\"d@firm.example\"")
            .replace("\"\",\"'@x\"", "\"e@firm.example\",\"'@x\""));
    RunAccount mended = kiln.settled("mended.csv");
    assertThat(mended.states()).isEqualTo(Map.of(LeadState.ACCEPTED, 2L, LeadState.REJECTED, 1L));
    Map<String, Map<String, String>> byEmail = new HashMap<>();
    kiln.stored("tech-1")
        .forEach(
            body -> {
              Map<String, String> fields = new HashMap<>();
              Lead.parse(body).forEach((name, value) -> fields.put(name, String.valueOf(value)));
              byEmail.put(fields.get("email"), fields);
            });
    assertThat(byEmail.get("d@firm.example"))
        .containsEntry("title", "=HYPERLINK(\"http://evil.example\")")
        .containsEntry("Phone", "'+49 170 1234")
        .containsEntry("Notes", "two\nlines; -1")
        .containsEntry("column_4", "y")
        .doesNotContainKeys("kiln_line", "kiln_reason", "kiln_text", "SSN");
    assertThat(byEmail.get("b@firm.example"))
        .as("a damaged number travels as it is, and no key is added")
        .containsEntry("Phone", "9.2E+11");
    assertThat(byEmail.values().stream().map(Map::keySet).distinct())
        .as("one key set, with columns of the file alone")
        .hasSize(1);
  }

  @Test
  @DisplayName("personal mail is routed by an edited branch, throw-away addresses are rejected")
  void mailboxesAreRoutedOrRejected() throws Exception {
    kiln.set("kiln.mail.disposable", "reject");
    kiln.inRoutes(
        "choose-table.camel.yaml",
        "            when:\n",
        """
            when:
              - id: is-personal
                expression:
                  simple:
                    expression: "${exchangeProperty.mail} == 'personal'"
                steps:
        """
                .indent(8)
            + setTable("to-personal", EVENTS));
    kiln.start();
    kiln.drop("normal/mail.csv", "email\na@gmail.com\nb@firm.example\nc@mailinator.com\n");
    RunAccount run = kiln.settled("mail.csv");
    assertThat(run.tables())
        .isEqualTo(
            Map.of(
                EVENTS,
                Map.of(LeadState.ACCEPTED, 1L),
                TECH,
                Map.of(LeadState.ACCEPTED, 1L, LeadState.REJECTED, 1L)));
    String rejects = Files.readString(kiln.data().resolve(run.rejects()));
    kiln.drop("normal/mended.csv", rejects.replace("c@mailinator.com", "c@firm.example"));
    assertThat(kiln.settled("mended.csv").tables())
        .as("a file of one column is still known as one")
        .isEqualTo(Map.of(TECH, Map.of(LeadState.ACCEPTED, 1L)));
  }

  @Test
  @DisplayName("what intake finds is kept with the run")
  void findings() throws Exception {
    kiln.start();
    kiln.drop(
        "normal/found.csv",
        """
        email,industry,Date of Birth,Mobile
        a@firm.example,Basket Weaving,1990-01-01,9.2E+11
        b@firm.example,Basket Weaving,,4912345
        b@firm.example,Banking,1991-01-01,
        nobody,Banking,,
        """);
    RunAccount run = kiln.settled("found.csv");
    try (LedgerView view = LedgerView.open(kiln.data())) {
      Findings findings = view.findings(run.id());
      assertThat(findings.unmapped()).containsExactly(new Findings.Named("Basket Weaving", 2));
      assertThat(findings.blocked()).containsExactly(new Findings.Named("Date of Birth", 2));
      assertThat(findings.damaged()).containsExactly(new Findings.Named("Mobile", 1));
      assertThat(findings.unsent())
          .containsExactly(new Findings.Unsent(LeadState.REJECTED, "bad e-mail address", 1, 6000));
    }
    assertThat(kiln.stored("tech-1").toString()).doesNotContain("1990-01-01");
  }

  @Test
  @DisplayName("blocked keys within JSON that becomes text go nowhere, and are counted")
  void blockedKeysOfNestedJson() throws Exception {
    kiln.start();
    kiln.drop(
        "normal/nested.ndjson",
        """
        {"email":"a@firm.example","profile":{"private":{"ssn":"078-05-1120","pet":"cat"}}}
        {"email":"b@firm.example","docs":[{"passport":"078-05-1120"}]}
        {"email":"nobody","profile":{"private":{"ssn":"078-05-1120"}}}
        {"email":"c@firm.example" "profile":{"private":{"ssn":"078-05-1120"}}}
        """);
    RunAccount run = kiln.settled("nested.ndjson");
    assertThat(run.states()).isEqualTo(Map.of(LeadState.ACCEPTED, 2L, LeadState.REJECTED, 2L));
    try (LedgerView view = LedgerView.open(kiln.data())) {
      assertThat(view.findings(run.id()).blocked())
          .containsExactlyInAnyOrder(
              new Findings.Named("profile.private.ssn", 2), new Findings.Named("docs.passport", 1));
    }
    assertThat(kiln.stored("tech-1").toString())
        .contains("pet")
        .doesNotContain("ssn", "passport", "078-05-1120");
    assertThat(Files.readString(kiln.data().resolve(run.rejects())))
        .contains("\"email\",\"profile.private\",\"docs\"\r\n", "\"nobody\",\"{}\"")
        .doesNotContain("ssn", "passport", "078-05-1120");
  }

  @Test
  @DisplayName("a folder's route may give known leads another mode")
  void aFolderMayHaveAModeOfItsOwn() throws Exception {
    kiln.inRoutes(
        "intake-files.camel.yaml", "expression: \"{{kiln.dedupe.mode}}\"", "expression: changed");
    kiln.start();
    kiln.drop("normal/first.csv", "email,title\na@firm.example,Head\nb@firm.example,Head\n");
    kiln.settled("first.csv");
    kiln.drop("normal/second.csv", "title,email\nHead,a@firm.example\nOwner,b@firm.example\n");
    assertThat(kiln.settled("second.csv").states())
        .isEqualTo(Map.of(LeadState.ACCEPTED, 1L, LeadState.DUPLICATE, 1L));
  }

  /** The step of a branch that chooses a table, as it stands in the file. */
  private static String setTable(String id, String table) {
    return """
    - setProperty:
        id: ID
        name: table
        expression:
          constant:
            expression: TABLE
    """
        .indent(16)
        .replace("ID", id)
        .replace("TABLE", table);
  }

  @Test
  @DisplayName("L: a file that changes while it is read stops its run, and is read anew")
  void changesWhileItIsRead() throws Exception {
    kiln.set("kiln.intake.batch-rows", "10").set("kiln.intake.stability", "200ms").rate(1).start();
    kiln.drop("normal/growing.csv", leads(1, 20_000, "Banking").replace("lead2@", "no address "));
    soon().until(() -> kiln.run("growing.csv").filter(run -> run.read() > 0).isPresent());
    Files.writeString(
        kiln.data().resolve("inbox/normal/growing.csv"),
        leads(20_001, 1, "Banking").lines().skip(1).findFirst().orElseThrow() + "\n",
        StandardOpenOption.APPEND);
    soon()
        .until(
            () ->
                kiln.snapshot().runs().size() == 2
                    && kiln.run("growing.csv").orElseThrow().phase().equals("READ"));
    RunAccount first = kiln.snapshot().runs().get(1);
    assertThat(first.phase()).isEqualTo("REFUSED");
    assertThat(first.problem()).contains("changed while it was read", "read anew");
    assertThat(Files.readString(kiln.data().resolve(first.rejects()))).contains("no address ");
    RunAccount second = kiln.snapshot().runs().get(0);
    assertThat(second.read()).isEqualTo(20_001);
    assertThat(second.states().getOrDefault(LeadState.DUPLICATE, 0L)).isEqualTo(first.read() - 1);
    soon()
        .untilAsserted(
            () -> assertThat(kiln.files("archive")).containsExactly(second.id() + "-growing.csv"));
    soon().untilAsserted(() -> assertThat(kiln.files("inbox")).isEmpty());
  }

  @Test
  @DisplayName("L: a file that changes behind its listing is begun once it stands still again")
  void changesBehindItsListing() throws Exception {
    kiln.set("kiln.intake.stability", "3s")
        // So seldom that one listing lets both through.
        .set("kiln.intake.poll", "700ms")
        .inRoutes(
            "intake-files.camel.yaml",
            "          recursive: true\n",
            "          recursive: true\n          sortBy: \"file:name\"\n")
        .inRoutes(
            "accept.camel.yaml",
            "        - bean:\n            id: open-run\n",
            """
                    - filter:
                        id: is-the-first
                        expression:
                          simple:
                            expression: "${header.CamelFileName} == 'first.csv'"
                        steps:
                          - delay:
                              id: read-it-slowly
                              asyncDelayed: false
                              expression:
                                constant:
                                  expression: "4000"
                    - bean:
                        id: open-run
            """);
    // Both lie there before the first listing.
    kiln.drop("normal/first.csv", leads(1, 1, "Banking"));
    kiln.drop("normal/second.csv", leads(2, 1, "Banking"));
    kiln.start();
    soon().until(() -> Files.exists(kiln.data().resolve("inbox/normal/.first.csv.claim")));
    Path second = kiln.data().resolve("inbox/normal/second.csv");
    int last = 2;
    for (int left = 20; left > 0; ) {
      String row = leads(++last, 1, "Banking").lines().skip(1).findFirst().orElseThrow();
      Files.writeString(second, row + "\n", StandardOpenOption.APPEND);
      long before = System.nanoTime();
      soon().until(() -> System.nanoTime() - before > 10_000_000);
      left -= kiln.files("archive").isEmpty() ? 0 : 1;
    }
    assertThat(kiln.settled("second.csv").read()).isEqualTo(last - 1);
    assertThat(kiln.snapshot().runs()).hasSize(2);
  }

  @Test
  @DisplayName(
      "L: what has a backslash in its name, which Camel takes for another, is told and stays")
  void backslashes() throws Exception {
    kiln.start();
    kiln.drop("normal/of\\windows.csv", leads(1, 1, "Banking"));
    kiln.drop("low/source\\s/leads.csv", leads(2, 1, "Banking"));
    soon()
        .untilAsserted(
            () ->
                assertThat(kiln.notes())
                    .singleElement()
                    .asString()
                    .contains("1 more stay where they are: ", "backslash", "another name"));
    kiln.drop("normal/leads.csv", leads(3, 1, "Banking"));
    assertThat(kiln.settled("leads.csv").phase()).isEqualTo("READ");
    assertThat(kiln.snapshot().runs()).hasSize(1);
    Path inbox = kiln.data().resolve("inbox");
    assertThat(inbox.resolve("normal/.of\\windows.csv.claim")).doesNotExist();
    Files.move(inbox.resolve("normal/of\\windows.csv"), inbox.resolve("normal/of windows.csv"));
    Files.move(inbox.resolve("low/source\\s"), inbox.resolve("low/source"));
    soon().until(() -> kiln.snapshot().runs().size() == 3);
    soon().until(() -> kiln.notes().isEmpty());
  }

  @Test
  @DisplayName("L: a name that begins with a dot is left alone; any other is read, however odd")
  void oddNames() throws Exception {
    kiln.start();
    kiln.drop("normal/.leads.csv", leads(1, 1, "Banking"));
    String odd = "K\u00e4ufer ${header.CamelFileName} {{env:HOME}} 100% #1; a'b&c=d?e.csv";
    kiln.drop("normal/" + odd, leads(2, 1, "Banking"));
    RunAccount run = kiln.settled(odd);
    assertThat(run.states()).isEqualTo(Map.of(LeadState.ACCEPTED, 1L));
    soon()
        .untilAsserted(
            () -> assertThat(kiln.files("archive")).containsExactly(run.id() + "-" + odd));
    assertThat(kiln.files("inbox")).containsExactly(".leads.csv");
  }

  @Test
  @DisplayName("files that lie where no route reads are told, and are read once they are moved")
  void strayFiles() throws Exception {
    kiln.set("kiln.intake.try-again", "100ms");
    kiln.start();
    Path inbox = kiln.data().resolve("inbox");
    kiln.drop("x.csv", leads(1, 1, "Banking"));
    kiln.drop("urgent/x.csv", leads(2, 1, "Banking"));
    kiln.drop("normal/a/b/x.csv", leads(3, 1, "Banking"));
    kiln.drop(".of-the-server/x.csv", leads(4, 1, "Banking"));
    kiln.drop("low/a/y.csv", leads(5, 1, "Banking"));
    soon()
        .untilAsserted(
            () ->
                assertThat(kiln.notes())
                    .singleElement()
                    .asString()
                    .startsWith(
                        "x.csv and 2 more stay where they are: no route reads there: move it into")
                    .contains("high, normal or low of " + inbox));
    assertThat(kiln.settled("y.csv").read()).isEqualTo(1);
    Files.move(inbox.resolve("x.csv"), inbox.resolve("high/x.csv"));
    Files.move(inbox.resolve("urgent/x.csv"), inbox.resolve("low/x.csv"));
    Files.move(inbox.resolve("normal/a/b/x.csv"), inbox.resolve("normal/a/x.csv"));
    soon().until(() -> kiln.snapshot().runs().size() == 4);
    soon().until(() -> kiln.notes().isEmpty());
  }

  /**
   * Steps that rename another file, of the same size and time of change, over the one that is read.
   */
  private static String replaceBy(String content) {
    return """
    - setBody:
        id: another-content
        expression:
          constant:
            expression: "CONTENT"
    - to:
        id: rename-over-it
        uri: file
        parameters:
          directoryName: "{{kiln.intake.inbox}}/normal"
          fileName: leads.csv
          tempPrefix: ".other-"
          eagerDeleteTargetFile: false
          keepLastModified: true
    """
        .indent(8)
        .replace("CONTENT", content.replace("\n", "\\n"));
  }

  private void replacedBehindTheClose(String other) {
    String close = "            ref: intake\n            method: close\n";
    kiln.inRoutes("accept.camel.yaml", close, close + replaceBy(other));
  }

  /** The run of the second of two files with one name, both of which are read and moved away. */
  private RunAccount bothAreRead() {
    kiln.reaches(FINANCE, LeadState.ACCEPTED, 2);
    RunAccount second = kiln.settled("leads.csv");
    soon().untilAsserted(() -> assertThat(kiln.files("inbox")).isEmpty());
    assertThat(kiln.snapshot().runs())
        .extracting(RunAccount::phase)
        .containsExactly("READ", "READ");
    return second;
  }

  @Test
  @DisplayName("a file that is renamed over one after its last row was read is read too")
  void replacedAfterItWasRead() throws Exception {
    String other = leads(2, 1, "Banking").strip();
    replacedBehindTheClose(other);
    kiln.start();
    kiln.drop("normal/leads.csv", leads(1, 1, "Banking").strip());
    RunAccount second = bothAreRead();
    soon()
        .untilAsserted(
            () -> assertThat(kiln.files("archive")).containsExactly(second.id() + "-leads.csv"));
    assertThat(Files.readString(kiln.data().resolve("archive/" + second.id() + "-leads.csv")))
        .isEqualTo(other);
  }

  @Test
  @DisplayName(
      "a file that is renamed over one whose content was read before is read, and the archive keeps"
          + " what it has")
  void replacedWhileItIsKnown() throws Exception {
    String content = leads(1, 1, "Banking").strip();
    String other = leads(2, 1, "Banking").strip();
    kiln.start();
    kiln.drop("normal/leads.csv", content);
    RunAccount first = kiln.settled("leads.csv");
    soon().untilAsserted(() -> assertThat(kiln.files("archive")).hasSize(1));
    kiln.stop();
    replacedBehindTheClose(other);
    kiln.start();
    kiln.drop("normal/leads.csv", content);
    RunAccount second = bothAreRead();
    soon()
        .untilAsserted(
            () ->
                assertThat(kiln.files("archive"))
                    .containsExactlyInAnyOrder(
                        first.id() + "-leads.csv", second.id() + "-leads.csv"));
    assertThat(Files.readString(kiln.data().resolve("archive/" + first.id() + "-leads.csv")))
        .isEqualTo(content);
  }

  @Test
  @DisplayName("a file that is renamed over one that was refused is read")
  void replacedAfterItWasRefused() throws Exception {
    kiln.inRoutes(
        "failures.camel.yaml",
        "                ref: intake\n                method: refuse\n",
        "                ref: intake\n                method: refuse\n"
            + replaceBy(leads(2, 1, "Banking")).indent(4));
    kiln.start();
    kiln.drop("normal/leads.csv", "\u0000\u0001\u0002 not text at all \u0000\u0000\u0003\n");
    kiln.reaches(FINANCE, LeadState.ACCEPTED, 1);
    RunAccount second = kiln.settled("leads.csv");
    soon()
        .untilAsserted(
            () -> assertThat(kiln.files("archive")).containsExactly(second.id() + "-leads.csv"));
    assertThat(kiln.snapshot().runs())
        .extracting(RunAccount::phase)
        .containsExactly("READ", "REFUSED");
    assertThat(kiln.files("inbox")).isEmpty();
    assertThat(kiln.files("rejects")).isEmpty();
  }

  @Test
  @DisplayName("a file with the longest of names leaves the inbox, read or refused")
  void longestNames() throws Exception {
    kiln.start();
    kiln.drop("normal/" + "x".repeat(240) + ".csv", leads(1, 1, "Banking"));
    kiln.drop("normal/" + "y".repeat(240) + ".csv", "");
    RunAccount read = kiln.settled("x".repeat(240) + ".csv");
    RunAccount refused = kiln.read("y".repeat(240) + ".csv");
    assertThat(refused.phase()).isEqualTo("REFUSED");
    soon()
        .untilAsserted(
            () -> {
              assertThat(kiln.files("archive"))
                  .containsExactly(read.id() + "-" + "x".repeat(251 - 16) + ".csv");
              assertThat(kiln.files("rejects"))
                  .containsExactly(refused.id() + "-" + "y".repeat(251 - 16) + ".csv");
              assertThat(kiln.files("inbox")).isEmpty();
            });
  }

  @Test
  @DisplayName(
      "a refused file that cannot be moved is told once, with the cure; it is one run, and moved when"
          + " it can be")
  void refusedFileThatCannotBeMoved() throws Exception {
    kiln.start();
    Path rejects = kiln.data().resolve("rejects");
    Files.delete(rejects);
    Files.writeString(rejects, "in the way");
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    Logger logger = (Logger) LoggerFactory.getLogger(Intake.class);
    log.start();
    logger.addAppender(log);
    try {
      kiln.drop("normal/none.csv", "");
      RunAccount run = kiln.read("none.csv");
      Path file = kiln.data().resolve("inbox/normal/none.csv");
      Path claim = kiln.data().resolve("inbox/normal/.none.csv.claim");
      for (int i = 1; i <= 3; i++) {
        FileTime before = Files.getLastModifiedTime(claim);
        touch(file, i);
        soon().until(() -> Files.getLastModifiedTime(claim).compareTo(before) > 0);
      }
      assertThat(kiln.snapshot().runs()).hasSize(1);
      assertThat(RunningKiln.logged(log))
          .extracting(ILoggingEvent::getFormattedMessage)
          .filteredOn(line -> line.contains("cannot be moved"))
          .singleElement()
          .asString()
          .contains(
              "none.csv",
              kiln.data().resolve("inbox/normal").toString(),
              rejects.toString(),
              "let the user");
      Files.delete(rejects);
      soon()
          .untilAsserted(
              () -> assertThat(kiln.files("rejects")).containsExactly(run.id() + "-none.csv"));
      assertThat(kiln.snapshot().runs()).hasSize(1);
      assertThat(kiln.files("inbox")).isEmpty();
    } finally {
      logger.detachAppender(log);
    }
  }

  /** Gives a file another time, so that it is looked at at once; it may be aside for a moment. */
  private static void touch(Path file, int seconds) {
    soon()
        .ignoreExceptionsInstanceOf(NoSuchFileException.class)
        .until(() -> Files.setLastModifiedTime(file, FileTime.fromMillis(seconds * 1000L)) != null);
  }
}
