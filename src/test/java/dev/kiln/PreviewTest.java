package dev.kiln;

import static dev.kiln.RunningKiln.FINANCE;
import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.lead.ContentHash;
import dev.kiln.ledger.Amount;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.DryRun;
import dev.kiln.ledger.Findings.Unsent;
import dev.kiln.ledger.LeadSelection;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerFixture;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Run;
import dev.kiln.plan.Preview;
import dev.kiln.plan.Preview.FilePreview;
import dev.kiln.plan.Preview.TablePreview;
import dev.kiln.plan.Preview.WebhookPreview;
import dev.kiln.status.PreviewJson;
import dev.kiln.status.PreviewText;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code kiln preview} through the shipped routes, beside what a real run then does. */
final class PreviewTest {
  private Path folder;
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path temporary) {
    folder = temporary;
    kiln = new RunningKiln(temporary);
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  private Path file(String name, String content) throws Exception {
    return Files.writeString(folder.resolve(name), content);
  }

  /** Leads of several tables, rejects of two kinds, duplicates of three. */
  private static String mixed() {
    return leads(1, 130, "Computer Software")
        + rows(leads(131, 40, "Banking"))
        + "no address,Eve,Firm,Banking\n"
        + ",Nobody,,Computer Software\n"
        + "\n"
        + rows(leads(5, 7, "Computer Software"))
        + rows(leads(140, 3, "Banking"))
        + rows(leads(5, 2, "Banking"))
        + rows(leads(1_001, 20, "Nothing anybody knows"));
  }

  private static String rows(String csv) {
    return csv.substring(csv.indexOf('\n') + 1);
  }

  private static List<TablePreview> tables(Preview preview) {
    return preview.tables();
  }

  @Test
  @DisplayName("rows, reasons, sizes, bodies, webhooks and cost are those of the run that follows")
  void equalsWhatARealRunThenDoes() throws Exception {
    kiln.inClayYaml(
        "- { name: tech-1, url: \"{{webhook:tech-1}}\" }",
        "- { name: tech-1, url: \"{{webhook:tech-1}}\", cap: 60 }\n      - { name: tech-2, url: \"{{webhook:tech-2}}\" }");
    kiln.inClayYaml(
        "  outbound-leads-tech:\n",
        "  outbound-leads-tech:\n    constants: { campaign: \"spring\", wave: 7 }\n    stamps: [ batch ]\n");
    kiln.inClayYaml("tables:\n", "budgets:\n  credits: { day: 1000000, month: 0 }\ntables:\n");
    kiln.start();
    kiln.drop("normal/earlier.csv", leads(10, 30, "Computer Software"));
    kiln.settled("earlier.csv");
    Path mixed = file("mixed.csv", mixed());
    Snapshot before = kiln.snapshot();

    Preview preview = kiln.preview(null, mixed);

    Snapshot after = kiln.snapshot();
    assertThat(after.runs()).as("a preview changes nothing").isEqualTo(before.runs());
    assertThat(after.webhooks()).isEqualTo(before.webhooks());
    assertThat(kiln.files("rejects")).isEmpty();
    assertThat(kiln.requests("tech-1") + kiln.requests("tech-2")).isEqualTo(30);

    kiln.drop("normal/mixed.csv", Files.readAllBytes(mixed));
    RunAccount run = kiln.settled("mixed.csv");
    assertThat(preview.files())
        .containsExactly(new FilePreview("mixed.csv", run.read(), run.skipped(), "", null));
    assertThat(states(preview)).isEqualTo(run.tables());
    try (LedgerView view = LedgerView.open(kiln.data())) {
      assertThat(preview.findings()).isEqualTo(view.findings(run.id()));
      assertThat(preview.findings().unsent())
          .extracting(Unsent::kind)
          .contains("twice in the file", "sent before")
          .hasSize(4);
      assertThat(sum(tables(preview).stream().map(TablePreview::credits)))
          .isEqualTo(credits(view.spent(run.id())));
      assertThat(preview.held()).isEmpty();
      assertThat(preview.covers())
          .singleElement()
          .satisfies(budget -> assertThat(then(budget)).isEqualTo(spent(budget.account())));
    }
    Map<String, Long> used = new HashMap<>();
    kiln.snapshot().webhooks().forEach(webhook -> used.put(webhook.name(), webhook.used()));
    assertThat(preview.webhooks()).extracting(WebhookPreview::name).contains("tech-1", "tech-2");
    assertThat(preview.webhooks())
        .allSatisfy(webhook -> assertThat(webhook.then()).isEqualTo(used.get(webhook.name())));

    for (TablePreview table : tables(preview)) {
      List<String> rows = new ArrayList<>();
      Stream.of("tech-1", "tech-2", "finance-1")
          .filter(webhook -> webhook.startsWith(table.name().equals(TECH) ? "tech" : "finance"))
          .forEach(webhook -> rows.addAll(kiln.stored(webhook)));
      rows.removeIf(row -> !row.contains(run.id()));
      LongSummaryStatistics bytes =
          rows.stream()
              .mapToLong(row -> row.getBytes(StandardCharsets.UTF_8).length)
              .summaryStatistics();
      assertThat(table.rows().rows()).isEqualTo(rows.size());
      assertThat(table.rows().largestBytes()).isEqualTo(bytes.getMax());
      assertThat(table.rows().averageBytes()).isEqualTo(Math.round(bytes.getAverage()));
      assertThat(rows).contains(table.rows().first().replace(PreviewBean.RUN, run.id()));
    }
    assertThat(PreviewText.of(preview))
        .contains("Nothing is sent and nothing is changed", "sent before", "tech-2", "\"wave\":");
    assertThat(PreviewJson.of(preview)).contains("\"used_then\"", "\"first_body\"");
  }

  /** What an account has spent once all is sent that it covers. */
  private static Amount then(DryRun.Cover cover) {
    return new Amount(
        cover.spent().credits() + cover.before().credits() + cover.these().credits(),
        cover.spent().actions() + cover.before().actions() + cover.these().actions());
  }

  private Amount spent(String account) {
    return kiln.snapshot().budget().spendings().stream()
        .filter(spending -> spending.account().equals(account))
        .findFirst()
        .orElseThrow()
        .spent();
  }

  @Test
  @DisplayName("what budgets hold of a file, and until when, is what they then hold")
  void foretellsWhatBudgetsHold() throws Exception {
    kiln.inClayYaml("tables:\n", "budgets:\n  credits: { run: 300, day: 1000 }\ntables:\n");
    kiln.inClayYaml(
        "  outbound-leads-tech:\n",
        "  outbound-leads-tech:\n    credits-per-lead: 6\n    actions-per-lead: 4\n");
    kiln.inClayYaml(
        "  outbound-leads-finance:\n",
        "  outbound-leads-finance:\n    credits-per-lead: 2.5\n    actions-per-lead: 1\n");
    kiln.inClayYaml(
        "  outbound-leads-finance:\n",
        "  outbound-leads-finance:\n    budgets: { actions: { day: 25 } }\n");
    kiln.start();
    kiln.drop("normal/earlier.csv", leads(10, 30, "Computer Software"));
    kiln.settled("earlier.csv");
    Path mixed = file("mixed.csv", mixed());
    Path more = file("more.csv", leads(2_000, 9, "Banking") + rows(leads(3_000, 9, "Software")));

    Preview preview = kiln.preview(null, mixed, more);

    assertThat(preview.held())
        .extracting(DryRun.Held::table)
        .as("of both tables, by several caps")
        .contains(TECH, FINANCE);
    assertThat(tables(preview)).allSatisfy(table -> assertThat(table.sent()).isPositive());
    List<String> held = new ArrayList<>();
    for (Path file : List.of(mixed, more)) {
      String name = file.getFileName().toString();
      kiln.drop("normal/" + name, Files.readAllBytes(file));
      RunAccount run = kiln.idle(name);
      kiln.snapshot().budget().held().stream()
          .filter(some -> some.run().equals(run.id()))
          .forEach(
              some ->
                  held.add(
                      "%s %s %s %s %s"
                          .formatted(name, some.table(), some.by(), some.leads(), some.until())));
    }
    assertThat(preview.held())
        .extracting(
            some ->
                "%s %s %s %s %s"
                    .formatted(some.file(), some.table(), some.by(), some.leads(), some.until()))
        .containsExactlyInAnyOrderElementsOf(held);
    Map<String, Map<LeadState, Long>> came = new HashMap<>();
    kiln.snapshot().runs().stream()
        .filter(run -> !run.name().equals("earlier.csv"))
        .forEach(
            run ->
                run.tables()
                    .forEach(
                        (table, states) ->
                            states.forEach(
                                (state, leads) ->
                                    came.computeIfAbsent(table, name -> new HashMap<>())
                                        .merge(state, leads, Long::sum))));
    assertThat(states(preview)).isEqualTo(came);
    assertThat(preview.covers())
        .extracting(DryRun.Cover::account)
        .hasSize(2)
        .anyMatch(account -> account.endsWith(" of table " + FINANCE));
    assertThat(preview.covers())
        .allSatisfy(cover -> assertThat(then(cover)).isEqualTo(spent(cover.account())));
    DryRun.Held first = preview.held().get(0);
    assertThat(kiln.ledgerLines())
        .filteredOn(line -> line.state() == LeadState.HELD && line.table().equals(first.table()))
        .first()
        .satisfies(line -> assertThat(line.line()).isEqualTo(first.line()));
    assertThat(PreviewText.of(preview))
        .contains("Held by a budget", "raise budgets", "a cap is raised");
  }

  /** What became of the rows: what is queued is accepted then. */
  private static Map<String, Map<LeadState, Long>> states(Preview preview) {
    Map<String, Map<LeadState, Long>> states = new HashMap<>();
    tables(preview)
        .forEach(
            table -> {
              Map<LeadState, Long> its = new HashMap<>(table.states());
              Long queued = its.remove(LeadState.QUEUED);
              if (queued != null) {
                its.put(LeadState.ACCEPTED, queued);
              }
              states.put(table.name(), its);
            });
    return states;
  }

  private static BigDecimal sum(Stream<BigDecimal> amounts) {
    return amounts.reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  private static BigDecimal credits(Amount spent) {
    return BigDecimal.valueOf(spent.credits() / 1000);
  }

  @Test
  @DisplayName("rows over Clay's limit are foretold as refused, and cost nothing")
  void foretellsRowsThatAreTooLarge() throws Exception {
    kiln.inClayYaml(
        "  outbound-leads-finance:\n", "  outbound-leads-finance:\n    trim-fields: [ notes ]\n");
    String large = "x".repeat(120_000);
    Path file =
        file(
            "large.csv",
            "email,industry,notes\na@b.example,Banking,"
                + large
                + "\nc@d.example,Software,"
                + large
                + "\ne@f.example,Software,short\n");

    Preview preview = kiln.preview(null, file);

    assertThat(kiln.data()).as("no ledger is made").doesNotExist();
    assertThat(tables(preview)).extracting(TablePreview::name).containsExactly(TECH, FINANCE);
    assertThat(tables(preview).get(0).rows().tooLarge()).isEqualTo(1);
    assertThat(tables(preview).get(0).sent()).isEqualTo(1);
    assertThat(tables(preview).get(1).rows().cut()).isEqualTo(1);
    assertThat(tables(preview).get(1).rows().largestBytes()).isLessThan(100_000);
    assertThat(preview.notes()).singleElement().asString().contains("1 rows", "trim-fields");
    assertThat(tables(preview).get(0).count(LeadState.REFUSED)).isEqualTo(1);
    assertThat(preview.covers()).isEmpty();

    kiln.start();
    kiln.drop("normal/large.csv", Files.readAllBytes(file));
    assertThat(kiln.settled("large.csv").states())
        .isEqualTo(Map.of(LeadState.ACCEPTED, 2L, LeadState.REFUSED, 1L));
  }

  @Test
  @DisplayName("a file that nobody could read is told, and the others are previewed")
  void tellsWhatWouldBeRefused() throws Exception {
    Preview preview =
        kiln.preview(
            null,
            file("header.csv", "email,industry\n"),
            file("good.csv", leads(1, 3, "Banking")),
            file("bad.csv", "email,industry\nnobody,Banking\n"),
            file("strange.csv", "Colour,Size\nred,4\n"));

    assertThat(preview.refusesSome()).isTrue();
    assertThat(preview.files())
        .extracting(FilePreview::name)
        .containsExactly("header.csv", "good.csv", "bad.csv", "strange.csv");
    assertThat(preview.files().get(0).refused()).contains("has a header and no rows");
    assertThat(preview.files().get(1).refused()).isNull();
    assertThat(preview.files().get(2).refused()).contains("no row that is a lead");
    assertThat(tables(preview))
        .singleElement()
        .satisfies(table -> assertThat(table.sent()).isEqualTo(3));
    assertThat(PreviewText.of(preview))
        .contains("refused: header.csv has a header", "refused: strange.csv has no header row")
        .as("with the cure, which stands at the end")
        .contains("Title, Country, Industry.");
  }

  /** The rows of a run that were stored before, not counted by a preview of the rest. */
  private static Map<String, Map<LeadState, Long>> without(
      Map<String, Map<LeadState, Long>> tables, Map<String, Map<LeadState, Long>> before) {
    Map<String, Map<LeadState, Long>> rest = new HashMap<>();
    tables.forEach((table, states) -> rest.put(table, new HashMap<>(states)));
    before.forEach(
        (table, states) ->
            states.forEach(
                (state, leads) ->
                    rest.computeIfPresent(
                        table,
                        (name, its) -> {
                          its.merge(state, -leads, Long::sum);
                          return its;
                        })));
    rest.values().forEach(states -> states.values().removeIf(leads -> leads == 0));
    return rest;
  }

  @ParameterizedTest
  @EnumSource(
      value = LeadState.class,
      names = {"CANCELLED", "HELD"})
  @DisplayName("what an operator ordered for a run that was half read counts for its other rows")
  void foretellsWhatAnOperatorOrdered(LeadState ordered) throws Exception {
    Path mixed = file("mixed.csv", mixed());
    Run run;
    Map<String, Map<LeadState, Long>> before;
    try (LedgerFixture books = LedgerFixture.in(kiln.data())) {
      run =
          books
              .ledger()
              .open("mixed.csv", "", Priority.NORMAL, ContentHash.of(mixed), DedupeMode.SKIP);
      books.store(run, TECH, 100);
      LeadSelection all = new LeadSelection(run.id(), null, null);
      int rows = ordered == LeadState.HELD ? books.ledger().hold(all) : books.ledger().cancel(all);
      assertThat(rows).isEqualTo(100);
      before = books.account(run).tables();
    }

    Preview preview = kiln.preview(null, mixed);

    assertThat(tables(preview)).allSatisfy(table -> assertThat(table.sent()).isZero());
    assertThat(tables(preview)).anySatisfy(table -> assertThat(table.count(ordered)).isPositive());
    assertThat(preview.held()).as("no budget holds any").isEmpty();
    assertThat(preview.files().get(0).note())
        .contains("read before as run " + run.id(), "whose other rows are ");
    assertThat(PreviewText.of(preview)).contains("cancelled");

    kiln.start();
    kiln.drop("normal/mixed.csv", Files.readAllBytes(mixed));
    RunAccount account = kiln.idle("mixed.csv");
    assertThat(account.id()).isEqualTo(run.id());
    assertThat(preview.files().get(0).read()).isEqualTo(account.read());
    assertThat(states(preview)).isEqualTo(without(account.tables(), before));
  }

  @Test
  @DisplayName("of a file that breaks off, the rows before are counted as those of the run")
  void countsTheRowsBeforeDamage() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(leads(1, 20_000, "Banking").getBytes(StandardCharsets.UTF_8));
    }
    byte[] torn = Arrays.copyOf(out.toByteArray(), out.size() / 2);
    Path file = Files.write(folder.resolve("torn.csv.gz"), torn);

    Preview preview = kiln.preview(null, file);

    FilePreview its = preview.files().get(0);
    assertThat(its.refused()).startsWith("torn.csv.gz is damaged");
    assertThat(its.read()).isPositive();
    assertThat(tables(preview))
        .singleElement()
        .satisfies(table -> assertThat(table.sent()).isEqualTo(its.read()));
    kiln.start();
    kiln.drop("normal/torn.csv.gz", torn);
    assertThat(kiln.read("torn.csv.gz").read()).isEqualTo(its.read());
  }

  @Test
  @DisplayName(
      "what was read before, here or as a run, is not sent again unless a mode is asked for")
  void knowsWhatWasReadBefore() throws Exception {
    Path once = file("once.csv", leads(1, 3, "Banking"));
    Path again = file("again.csv", leads(1, 3, "Banking"));
    Path overlap = file("overlap.csv", leads(3, 2, "Banking"));

    Preview fresh = kiln.preview(null, once, again, overlap);
    assertThat(fresh.files().get(1).note()).contains("the same content as once.csv");
    assertThat(fresh.findings().unsent())
        .extracting(Unsent::kind)
        .containsExactly("on its way already");
    assertThat(tables(fresh).get(0).sent()).isEqualTo(4);

    kiln.start();
    kiln.drop("normal/once.csv", Files.readAllBytes(once));
    RunAccount run = kiln.settled("once.csv");
    Preview read = kiln.preview(null, again);
    assertThat(read.files().get(0).note()).contains("was read before as run " + run.id());
    assertThat(tables(read)).isEmpty();
    assertThat(PreviewText.of(read)).contains("nothing is sent again");
    Preview skipped = kiln.preview(DedupeMode.SKIP, again);
    assertThat(tables(skipped).get(0).states()).isEqualTo(Map.of(LeadState.DUPLICATE, 3L));
    Preview forced = kiln.preview(DedupeMode.FORCE, again);
    assertThat(tables(forced).get(0).states()).isEqualTo(Map.of(LeadState.QUEUED, 3L));
  }
}
