package dev.kiln.ledger;

import static dev.kiln.ledger.LedgerFixture.accepted;
import static dev.kiln.ledger.LedgerFixture.charge;
import static dev.kiln.ledger.LedgerFixture.dead;
import static dev.kiln.ledger.LedgerFixture.failed;
import static dev.kiln.ledger.LedgerFixture.refused;
import static dev.kiln.ledger.LedgerFixture.unknown;
import static dev.kiln.ledger.LedgerFixture.webhook;
import static dev.kiln.ledger.LedgerFixture.webhookExhausted;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.LedgerFixture.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The ledger of every released version, as that version left it, in the hands of today's. Each is a
 * dump of its own: {@code <version>.sql}, written by {@link #todaysLedgerIsTheNextDump} of the
 * version's own sources.
 */
@Tag("sqlite")
public final class ReleasedLedgerTest {
  private static final Path DUMPS = Path.of("src/test/resources/dev/kiln/ledger/released");
  private static final Path NEXT = Path.of("target/released-ledger.sql");
  private static final Path MIGRATIONS = Path.of("src/main/resources/dev/kiln/ledger/sqlite");
  private static final Pattern RELEASE = Pattern.compile("(?m)^## \\[?(\\d+\\.\\d+\\.\\d+)\\b");
  private static final Pattern MIGRATION = Pattern.compile("V(\\d+)__\\w+\\.sql");
  private static final String TECH = "outbound-leads-tech";
  private static final String FINANCE = "outbound-leads-finance";

  /** States that no verb of the ledger leads to yet. */
  private static final Set<LeadState> NOT_YET = EnumSet.of(LeadState.ENRICHED, LeadState.MISSING);

  /** A dump is of a time that is past wherever it is loaded, so that its leads are due. */
  private static final Duration AGO = Duration.ofDays(-1_000);

  private final Path data;

  ReleasedLedgerTest(@TempDir Path data) {
    this.data = data;
  }

  /** The dumps of all released versions. */
  public static List<Path> dumps() throws IOException {
    try (Stream<Path> dumps = Files.list(DUMPS)) {
      return dumps.filter(dump -> dump.toString().endsWith(".sql")).sorted().toList();
    }
  }

  /** Makes a ledger of a dump. */
  public static void load(Path dump, Path data) throws IOException {
    try (Handle handle = Jdbi.create(new Sqlite(data).writer()).open()) {
      handle.createScript(Files.readString(dump)).execute();
    }
  }

  @Test
  void everyReleasedVersionHasItsDump() throws IOException {
    Set<String> released =
        RELEASE
            .matcher(Files.readString(Path.of("CHANGELOG.md")))
            .results()
            .map(heading -> heading.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> dumped =
        dumps().stream()
            .map(dump -> dump.getFileName().toString().replaceFirst("\\.sql$", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(dumped)
        .as(
            "CHANGELOG.md names a release without a dump of its ledger. Make it once, from the sources of that"
                + " release: ./mvnw test -Dtest=ReleasedLedgerTest writes %s; copy that to %s/<version>.sql."
                + " From then on the release's migrations are frozen: any change is a migration of its own",
            NEXT, DUMPS)
        .containsAll(released)
        .isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("dumps")
  void aReleasedLedgerIsBroughtUpToDateAndDelivered(Path dump) throws IOException {
    load(dump, data);
    mustBeCarriedOver();
  }

  /** What a release has to keep: today's ledger, with leads in every state, is such a dump too. */
  @Test
  void todaysLedgerIsTheNextDump() throws IOException {
    Path today = Files.createDirectory(data.resolve("today"));
    try (LedgerFixture books = LedgerFixture.in(today)) {
      books.clock().advance(AGO);
      fill(books);
      assertThat(books.snapshot().tables().stream().flatMap(t -> t.states().keySet().stream()))
          .as("leads in every state")
          .containsAll(EnumSet.complementOf(EnumSet.copyOf(NOT_YET)));
    }
    Files.createDirectories(NEXT.toAbsolutePath().getParent());
    Files.writeString(NEXT, dump(today));
    load(NEXT, data);
    mustBeCarriedOver();
  }

  // ---- What is carried over ----

  private void mustBeCarriedOver() throws IOException {
    Map<String, Object> before = facts();
    assertThat(String.valueOf(before.get("leads")))
        .contains("QUEUED", "SENDING", "ACCEPTED", "HELD");
    List<Map<String, Object>> keys = rows("SELECT table_name, dedupe_key FROM dedupe");
    assertThat(keys).isNotEmpty();
    List<Map<String, Object>> sending =
        rows("SELECT run, record FROM lead WHERE state = 'SENDING'");

    try (LedgerFixture books = LedgerFixture.in(data)) {
      assertThat(facts()).as("runs, leads, webhooks, keys, budgets").isEqualTo(before);
      books.mustBalance();
      assertThat(migrated()).as("every migration there is was applied").isEqualTo(migrations());

      books.clock().advance(AGO);
      Run again = books.run("the same leads again");
      books.store(
          again,
          keys.stream()
              .map(key -> Row.keyed(text(key, "table_name"), text(key, "dedupe_key")))
              .toArray(Row[]::new));
      assertThat(books.account(again).states())
          .isEqualTo(Map.of(LeadState.DUPLICATE, (long) keys.size()));

      books.ledger().pause(Pausable.TABLE, FINANCE, false);
      books.ledger().release(new LeadSelection(null, null, null));
      Lease lease = books.lead("a new node");
      int doubted =
          books
              .ledger()
              .recover(lease.epoch(), List.of(TECH, FINANCE), books.clock().instant(), 100);
      assertThat(doubted).isEqualTo(sending.size());
      books.clock().advance(LedgerFixture.DEDUPE_WINDOW);
      List<Due> due = books.due(TECH, FINANCE);
      assertThat(due.stream().filter(Due::possibleDuplicate).map(Due::leadId))
          .containsAll(
              sending.stream().map(row -> text(row, "run") + "-" + text(row, "record")).toList());
      for (Due lead : due) {
        books.settle(books.begin(lead, lease, charge(0, 0, "day of the test")), accepted());
      }
      assertThat(books.snapshot().tables().stream().flatMap(t -> t.states().keySet().stream()))
          .doesNotContain(LeadState.QUEUED, LeadState.SENDING, LeadState.HELD);
      books.mustBalance();
    }
  }

  /** What a migration must not lose, by its first names in the schema. */
  private Map<String, Object> facts() {
    Map<String, Object> facts = new TreeMap<>();
    facts.put(
        "runs",
        rows(
            "SELECT id, name, source, priority, content_hash, state, checkpoint, rows_read, rows_skipped, doubted FROM run ORDER BY id"));
    facts.put(
        "leads",
        rows(
            "SELECT id, run, record, table_name, state, reason, due_at, sends, attempts, possible_duplicate, payload FROM lead ORDER BY id"));
    facts.put(
        "counts", rows("SELECT * FROM tally WHERE leads <> 0 ORDER BY run, table_name, state"));
    facts.put(
        "webhooks", rows("SELECT id, name, cap, used, state, refusals FROM webhook ORDER BY id"));
    facts.put("Clay tables", rows("SELECT name, used FROM clay_table ORDER BY name"));
    facts.put("keys", rows("SELECT table_name, dedupe_key, run, record FROM dedupe ORDER BY 1, 2"));
    facts.put("attempts", rows("SELECT lead, number, webhook, outcome FROM attempt ORDER BY 1, 2"));
    facts.put(
        "budgets",
        rows(
            "SELECT period, credits, actions FROM spend WHERE period NOT LIKE 'run %' AND period NOT LIKE '% of table %'"
                + " ORDER BY period"));
    facts.put("paused", rows("SELECT kind, name FROM paused ORDER BY kind, name"));
    return facts;
  }

  private List<Map<String, Object>> rows(String query) {
    return Jdbi.create(new Sqlite(data).writer())
        .withHandle(handle -> handle.createQuery(query).mapToMap().list());
  }

  private static String text(Map<String, Object> row, String column) {
    return String.valueOf(row.get(column));
  }

  private Set<String> migrated() {
    return rows("SELECT version FROM flyway_schema_history WHERE success = 1").stream()
        .map(row -> text(row, "version"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> migrations() throws IOException {
    try (Stream<Path> files = Files.list(MIGRATIONS)) {
      Set<String> versions = new TreeSet<>();
      for (Path file : files.toList()) {
        List<MatchResult> name =
            MIGRATION.matcher(file.getFileName().toString()).results().toList();
        assertThat(name).as("%s is named V<number>__<words>.sql", file).hasSize(1);
        versions.add(name.get(0).group(1));
      }
      assertThat(versions).contains(String.valueOf(Schema.newest()));
      return versions;
    }
  }

  // ---- How a dump is made ----

  private static void fill(LedgerFixture books) {
    books
        .ledger()
        .register(
            List.of(
                webhook("tech-1", TECH, 1_000),
                webhook("tech-2", TECH, 1_000),
                webhook("finance-1", FINANCE, 1_000)));
    Run first = books.run("first");
    books.store(
        first,
        Stream.concat(
                Stream.of(Row.rejected(TECH)),
                Stream.iterate(1, i -> i <= 12, i -> i + 1)
                    .map(i -> Row.keyed(i % 6 == 0 ? FINANCE : TECH, "lead;" + i + "'s key")))
            .toArray(Row[]::new));
    books.ledger().finish(first.id(), 13, 2, "");
    Run second = books.run("second", Priority.HIGH);
    books.store(second, Row.keyed(TECH, "lead;1's key"), Row.of(TECH), Row.of(TECH));
    books.store(books.run("low", Priority.LOW), Row.of(FINANCE), Row.of(FINANCE));

    Lease lease = books.lead("an old node");
    Instant later = books.clock().instant().plusSeconds(60);
    for (Settlement outcome :
        List.of(
            accepted(),
            refused(),
            dead(),
            failed(later),
            unknown(later),
            unknown(null),
            webhookExhausted(later))) {
      books.settle(
          books.begin(books.due(TECH).get(0), lease, charge(0, 0, "day 2026-11-25", "month")),
          outcome);
    }
    books.begin(books.due(TECH).get(0), lease, charge(0, 0, "day 2026-11-25"));
    books.ledger().hold(LeadSelection.ofLead(books.due(TECH).get(0).leadId()));
    books.ledger().cancel(LeadSelection.ofLead(books.due(TECH).get(0).leadId()));
    books.ledger().pause(Pausable.TABLE, FINANCE, true);
    books.ledger().waiting(Map.of(FINANCE, new Waiting(WaitReason.TABLE_PAUSED, "paused", null)));
    books.mustBalance();
  }

  /** A database as SQL: its tables, every row, then all that hangs on tables. */
  private static String dump(Path data) {
    List<String> sql = new ArrayList<>();
    try (Handle handle = Jdbi.create(new Sqlite(data).writer()).open()) {
      List<String> tables = objects(handle, "name", "type = 'table'");
      sql.addAll(objects(handle, "sql", "type = 'table'"));
      for (String table : tables) {
        String values =
            handle
                .createQuery("SELECT name FROM pragma_table_info(:table) ORDER BY cid")
                .bind("table", table)
                .mapTo(String.class)
                .stream()
                .map(column -> "quote(\"" + column + "\")")
                .collect(Collectors.joining(" || ', ' || "));
        handle
            .createQuery("SELECT " + values + " FROM \"" + table + "\" ORDER BY 1")
            .mapTo(String.class)
            .forEach(row -> sql.add("INSERT INTO \"" + table + "\" VALUES (" + row + ")"));
      }
      sql.addAll(objects(handle, "sql", "type <> 'table'"));
    }
    return String.join(";\n", sql) + ";\n";
  }

  private static List<String> objects(Handle handle, String column, String which) {
    return handle
        .createQuery(
            "SELECT "
                + column
                + " FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' AND "
                + which
                + " ORDER BY name")
        .mapTo(String.class)
        .list();
  }
}
