package dev.kiln.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonPointer;
import dev.kiln.lead.ContentHash;
import dev.kiln.lead.EnrichedRow;
import dev.kiln.lead.Notice;
import dev.kiln.lead.Problem;
import dev.kiln.ledger.Settlement.WebhookNews;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * A real ledger on disk with a clock that a test moves, the verbs of a test, and the one check that
 * must hold after every operation: {@link #mustBalance()}.
 */
public final class LedgerFixture implements AutoCloseable {
  public static final Instant START = Instant.parse("2026-11-25T10:00:00Z");
  public static final Duration DEDUPE_WINDOW = Duration.ofDays(90);
  public static final String WORKSPACE = "main";
  static final Duration LEASE = Duration.ofDays(400);
  private static final List<String> TABLES =
      List.of(
          "workspace",
          "node",
          "run",
          "batch",
          "lead",
          "attempt",
          "dedupe",
          "tally",
          "webhook",
          "clay_table",
          "spend",
          "waiting",
          "paused",
          "webhook_day",
          "asked",
          "unsent",
          "noticed",
          "submission",
          "watermark",
          "held",
          "queue",
          "budget_note",
          "budget_warning",
          "result",
          "quarantine",
          "expecting",
          "filled",
          "onward",
          "dead_letter",
          "duty");

  /** What a lead costs at every table, thousandths. */
  public static final long CREDITS = 1500;

  /** A row of a file on its way in. */
  public record Row(
      String table,
      @Nullable String key,
      String company,
      @Nullable Problem problem,
      List<Notice> notices) {
    public static Row of(String table) {
      return new Row(table, null, "one", null, List.of());
    }

    public static Row keyed(String table, String key) {
      return of(table).withKey(key);
    }

    public static Row rejected(String table) {
      return new Row(
          table,
          "key of a bad row",
          "one",
          new Problem(Problem.Kind.ADDRESS, "email: it has no @"),
          List.of());
    }

    private Row withKey(String other) {
      return new Row(table, other, company, problem, notices);
    }

    /** The same person with another content. */
    public Row at(String other) {
      return new Row(table, key, other, problem, notices);
    }

    public Row noticing(Notice... some) {
      return new Row(table, key, company, problem, List.of(some));
    }
  }

  private final Store store;
  private final SettableClock clock = new SettableClock(START);
  private final Map<String, Long> rowsOf = new HashMap<>();
  private final Jdbi sql;
  private Ledger ledger;
  private Function<Instant, Budget> budgets = now -> Budget.NONE;

  private LedgerFixture(Store store) {
    this.store = store;
    this.ledger = Ledger.open(store, clock);
    this.sql = store.jdbi(store.embedded() ? store.writer() : PostgresServer.kept(store));
  }

  /**
   * A ledger of a test's own: in its folder, or in the PostgreSQL of the tests where the system
   * property {@code kiln.test.ledger} is {@code postgresql}.
   */
  public static LedgerFixture in(Path data) {
    if (onPostgres()) {
      return new LedgerFixture(PostgresServer.ledger(data));
    }
    FreshLedger.in(data);
    return new LedgerFixture(Store.embedded(data));
  }

  private static boolean onPostgres() {
    return System.getProperty("kiln.test.ledger", "").equals("postgresql");
  }

  /** The length of a history for a model: a sixth on PostgreSQL, where each step takes longer. */
  static int steps(int all) {
    return onPostgres() ? all / 6 : all;
  }

  static LedgerFixture at(Store store) {
    return new LedgerFixture(store);
  }

  Store store() {
    return store;
  }

  Jdbi sql() {
    return sql;
  }

  public SettableClock clock() {
    return clock;
  }

  public Ledger ledger() {
    return ledger;
  }

  public LedgerView.Snapshot snapshot() {
    return ledger.view().snapshot();
  }

  /** Ends the process, as it were, and starts it again on the same folder. */
  public void reopen() {
    ledger.close();
    ledger = Ledger.open(store, clock);
  }

  @Override
  public void close() {
    ledger.close();
    if (!store.embedded()) {
      PostgresServer.giveBack(store, TABLES);
    }
  }

  /** Looks into it as another process would. */
  LedgerView lookBeside() {
    return LedgerView.open(store);
  }

  /** Lets the database refuse every change of a lead and every lease, until it is mended. */
  public void breakDown() {
    refuse("lead", "1 = 1", "the disk is broken");
    refuse("workspace", "1 = 1", "the disk is broken");
  }

  /** Ends {@link #breakDown}. */
  public void mend() {
    sql.useHandle(
        handle -> {
          for (String table : List.of("lead", "workspace")) {
            handle.execute(
                "DROP TRIGGER refused_" + table + (store.embedded() ? "" : " ON " + table));
          }
        });
  }

  /** Lets the database refuse changes of a table's rows that are to be so. */
  void refuse(String table, String when, String why) {
    sql.useHandle(
        handle -> {
          if (!store.embedded()) {
            PostgresServer.changed(store);
            handle.execute(
                "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql"
                    + " AS 'BEGIN RAISE EXCEPTION ''%'', TG_ARGV[0]; END'");
          }
          handle.execute(
              "CREATE TRIGGER refused_"
                  + table
                  + " BEFORE UPDATE ON "
                  + table
                  + " FOR EACH ROW WHEN ("
                  + when
                  + ")"
                  + (store.embedded()
                      ? " BEGIN SELECT RAISE(ABORT, '" + why + "'); END"
                      : " EXECUTE FUNCTION refuse('" + why + "')"));
        });
  }

  /** Does something while another process has the ledger locked, as it were. */
  public void locked(Runnable action) {
    Store others = store.embedded() ? store : PostgresServer.asAnother(store);
    try (Handle other = others.connect()) {
      others.begin(other, false);
      if (!store.embedded()) {
        neverIdle(other);
      }
      action.run();
      other.rollback();
    }
  }

  /** Lets a session of PostgreSQL be idle within its transaction for as long as a test takes. */
  static void neverIdle(Handle session) {
    session.execute("SET LOCAL idle_in_transaction_session_timeout = 0");
  }

  // ---- Intake ----

  public Run run(String content) {
    return run(content, Priority.NORMAL);
  }

  public Run run(String content, Priority priority) {
    return ledger.open(content + ".csv", "", priority, "hash of " + content, DedupeMode.SKIP);
  }

  /** Stores rows as the run's next batch; the reader counts as many rows as there are. */
  public void store(Run run, Row... rows) {
    long before = rowsOf.getOrDefault(run.id(), 0L);
    long after = before + rows.length;
    ledger
        .store(
            run, new Batch(before + 1, after, after, 2, leads(run, rows)), DEDUPE_WINDOW, budgets)
        .await();
    rowsOf.put(run.id(), after);
  }

  /** Rows as the run's next leads. */
  public List<NewLead> leads(Run run, Row... rows) {
    long before = rowsOf.getOrDefault(run.id(), 0L);
    List<NewLead> leads = new ArrayList<>();
    for (Row row : rows) {
      long record = before + leads.size() + 1;
      Map<String, String> fields =
          row.key() == null
              ? Map.of("email", "lead" + record + "@example.com")
              : Map.of("email", row.key(), "company", row.company());
      leads.add(
          new NewLead(
              record,
              record + 1,
              row.table(),
              row.key(),
              ContentHash.of(fields),
              fields.entrySet().stream()
                  .map(field -> "\"" + field.getKey() + "\":\"" + field.getValue() + "\"")
                  .collect(Collectors.joining(",", "{", "}")),
              row.problem(),
              row.notices(),
              CREDITS));
    }
    return leads;
  }

  /** Stores one row as its run's next batch; for several threads, each with runs of its own. */
  void storeAlone(Run run, long record, String table) {
    NewLead lead = new NewLead(record, record + 1, table, null, "", "{}", null, List.of(), CREDITS);
    ledger.store(run, new Batch(record, record, record, 2, List.of(lead)), DEDUPE_WINDOW, budgets);
  }

  /** Stores a number of rows that are no one's duplicates, in batches of 100. */
  public void store(Run run, String table, int rows) {
    for (int stored = 0; stored < rows; stored += 100) {
      Row[] batch = new Row[Math.min(100, rows - stored)];
      Arrays.fill(batch, Row.of(table));
      store(run, batch);
    }
  }

  /** A run of its own with so many rows. */
  public Run stored(String content, String table, int rows) {
    Run run = run(content);
    store(run, table, rows);
    return run;
  }

  // ---- Delivery ----

  /** A webhook as the catalogue lists it, with a Clay table of its own. */
  public static ListedWebhook webhook(String name, String table, long cap) {
    return webhook(name, table, name, cap, 0);
  }

  static ListedWebhook webhook(String name, String table, String clayTable, long cap, long used) {
    return new ListedWebhook("sha256 of " + name, name, table, clayTable, cap, 50_000, used);
  }

  public Lease lead(String node) {
    return ledger.lead(WORKSPACE, node, LEASE, true).orElseThrow();
  }

  public List<Due> due(String... tables) {
    Map<String, Integer> shares = new LinkedHashMap<>();
    Arrays.stream(tables).forEach(table -> shares.put(table, Integer.MAX_VALUE));
    return ledger.due(shares, 10_000, Set.of(), null);
  }

  Sending begin(Due lead, Lease lease) {
    return ledger.begin(lead, lease, LedgerFixture::firstUsable, budgets);
  }

  Sending begin(Due lead, Lease lease, Budget budget) {
    return ledger.begin(lead, lease, LedgerFixture::firstUsable, now -> budget);
  }

  /** Goes on with budgets; there are none at the start. */
  public void budgets(Function<Instant, Budget> some) {
    budgets = some;
  }

  /** Brings the queue into line with the budgets. */
  Balance balance(Due... refused) {
    Balance all = new Balance(0, 0, true, Map.of(), List.of(), List.of());
    List<Due> told = List.of(refused);
    while (all.more()) {
      Balance step = ledger.balance(budgets, told, all.runs());
      told = List.of();
      all =
          new Balance(
              all.held() + step.held(),
              all.released() + step.released(),
              step.more(),
              step.runs(),
              Stream.concat(all.reasons().stream(), step.reasons().stream()).toList(),
              Stream.concat(all.warnings().stream(), step.warnings().stream()).toList());
    }
    return all;
  }

  /** The simplest rotation: the first webhook that can take a row. */
  static WebhookUse firstUsable(List<WebhookUse> uses, Instant now) {
    return uses.stream()
        .filter(use -> use.state() != WebhookUse.State.EXHAUSTED)
        .filter(use -> use.probeAt() == null || !now.isBefore(use.probeAt()))
        .filter(use -> use.cap() == 0 || use.used() < use.cap())
        .findFirst()
        .orElseThrow(() -> new NotSent(WaitReason.EXHAUSTED, "used up", null));
  }

  /** What a lead of any table takes: one credit and two actions. */
  static final Amount COST = new Amount(1000, 2000);

  /** Budgets of some periods, each with these caps. */
  static Budget charge(long creditsCap, long actionsCap, String... periods) {
    return new Budget(
        Stream.of("tech", "finance", "outbound-leads-tech", "outbound-leads-finance")
            .collect(Collectors.toMap(table -> table, table -> COST)),
        Budget.Caps.NONE,
        Arrays.stream(periods)
            .map(
                period ->
                    new Budget.Period(
                        period,
                        START.plus(Duration.ofHours(14)),
                        new Budget.Caps(new Amount(creditsCap, actionsCap), Map.of())))
            .toList(),
        null);
  }

  /** Sends the next lead of a table, to 200 or to 504; the latter leaves it UNKNOWN. */
  public void send(String table, int status) {
    Sending sending = begin(due(table).get(0), lead("node"));
    settle(
        sending,
        switch (status) {
          case 200 -> accepted();
          case 403 -> webhookExhausted(clock.instant());
          default -> unknown(null);
        });
  }

  /** Books an outcome, and waits until it is durable; whether it counted. */
  public boolean settle(Sending sending, Settlement settlement) {
    return ledger.settle(sending, settlement).await();
  }

  /** Waits until all that was handed in is durable, or refused. */
  public void settled() {
    try {
      ledger.waiting(Map.of());
    } catch (LedgerUnavailable refused) {
      // So was all that was handed in before.
    }
  }

  /** What came back, as Kiln reads it: the lead stands under {@code lead_id}. */
  static EnrichedRow enriched(String body) {
    return EnrichedRow.of(body.getBytes(StandardCharsets.UTF_8), JsonPointer.compile("/lead_id"));
  }

  static Settlement accepted() {
    return settlement(LeadState.ACCEPTED, null, "", false, true, WebhookNews.WORKS, null, 200);
  }

  static Settlement refused() {
    return settlement(
        LeadState.REFUSED, null, "HTTP 400 bad", false, false, WebhookNews.WORKS, null, 400);
  }

  static Settlement dead() {
    return settlement(
        LeadState.DEAD, null, "HTTP 500 broken", true, false, WebhookNews.NONE, null, 500);
  }

  static Settlement failed(Instant due) {
    return settlement(
        LeadState.QUEUED, due, "HTTP 503 busy", true, false, WebhookNews.NONE, null, 503);
  }

  static Settlement unknown(@Nullable Instant due) {
    return settlement(
        LeadState.UNKNOWN, due, "HTTP 504 late", true, true, WebhookNews.NONE, null, 504);
  }

  static Settlement tooMany(Instant until) {
    return settlement(
        LeadState.QUEUED, until, "HTTP 429", false, false, WebhookNews.NONE, until, 429);
  }

  static Settlement webhookRefuses(Instant due) {
    return settlement(
        LeadState.QUEUED, due, "HTTP 401 no", false, false, WebhookNews.REFUSES, null, 401);
  }

  static Settlement webhookExhausted(Instant due) {
    return settlement(
        LeadState.QUEUED, due, "HTTP 403 full", false, false, WebhookNews.EXHAUSTED, null, 403);
  }

  private static Settlement settlement(
      LeadState state,
      @Nullable Instant due,
      String reason,
      boolean costsAttempt,
      boolean stored,
      WebhookNews news,
      @Nullable Instant pauseUntil,
      int status) {
    return new Settlement(
        state, due, reason, costsAttempt, stored, news, pauseUntil, status, 180, 300);
  }

  // ---- Looking ----

  /** Expects a refusal to begin that leaves every row of every table as it was. */
  public NotSent refusesAndChangesNothing(ThrowingCallable begin) {
    Map<String, List<Map<String, Object>>> before = dump();
    NotSent notSent = catchThrowableOfType(NotSent.class, begin);
    assertThat(notSent).as("a refusal").isNotNull();
    assertThat(dump()).isEqualTo(before);
    return notSent;
  }

  /** Every row of every table, in an order that does not depend on where it is stored. */
  Map<String, List<Map<String, Object>>> dump() {
    return sql.withHandle(
        handle -> {
          Map<String, List<Map<String, Object>>> dump = new TreeMap<>();
          TABLES.forEach(
              table ->
                  dump.put(
                      table,
                      handle.createQuery("SELECT * FROM " + table).mapToMap().stream()
                          .sorted(Comparator.comparing(Map::toString))
                          .toList()));
          return dump;
        });
  }

  public WebhookUse webhook(String name) {
    return snapshot().webhooks().stream()
        .filter(use -> use.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  public LedgerView.LeadLine line(String leadId) {
    return ledger.view().leads(null, null, false, 10_000).stream()
        .filter(line -> line.leadId().equals(leadId))
        .findFirst()
        .orElseThrow();
  }

  public LedgerView.LeadLine line(Sending sending) {
    return line(sending.lead().leadId());
  }

  public LedgerView.RunAccount account(Run run) {
    return snapshot().runs().stream()
        .filter(account -> account.id().equals(run.id()))
        .findFirst()
        .orElseThrow();
  }

  /** Credits and actions spent in a period, thousandths. */
  public List<Long> spent(String period) {
    return sql.withHandle(
        handle ->
            handle
                .createQuery("SELECT credits, actions FROM spend WHERE period = :period")
                .bind("period", period)
                .map((row, context) -> List.of(row.getLong(1), row.getLong(2)))
                .findOne()
                .orElse(List.of(0L, 0L)));
  }

  /** The notes of a lead's attempt log, in order. */
  List<String> notes(Due lead) {
    return sql.withHandle(
        handle ->
            handle
                .createQuery("SELECT note FROM attempt WHERE lead = :lead ORDER BY number")
                .bind("lead", lead.id())
                .mapTo(String.class)
                .list());
  }

  /** How the database goes about a query, step by step. */
  List<String> plan(String query) {
    return sql.withHandle(
        handle ->
            handle
                .createQuery("EXPLAIN QUERY PLAN " + query)
                .bind("table", "")
                .bind("now", 0)
                .bind("most", 1)
                .map((row, context) -> row.getString("detail"))
                .list());
  }

  /** Per run: rows read are the sum of the states; and the kept counts are those of the rows. */
  public void mustBalance() {
    LedgerView.Snapshot snapshot = snapshot();
    for (LedgerView.RunAccount run : snapshot.runs()) {
      assertThat(run.states().values().stream().mapToLong(Long::longValue).sum())
          .as("sum of the states of run %s %s", run.name(), run.states())
          .isEqualTo(run.read());
    }
    Map<String, Long> kept = new TreeMap<>();
    snapshot
        .runs()
        .forEach(
            run ->
                run.tables()
                    .forEach(
                        (table, states) ->
                            states.forEach(
                                (state, leads) ->
                                    kept.put(run.id() + " " + table + " " + state, leads))));
    Map<String, Long> counted = new TreeMap<>();
    sql.useHandle(
        handle ->
            handle
                .createQuery(
                    "SELECT run || ' ' || table_name || ' ' || state, COUNT(*) FROM lead GROUP BY 1")
                .map((row, context) -> counted.put(row.getString(1), row.getLong(2)))
                .list());
    assertThat(kept).as("kept counts").isEqualTo(counted);
    sql.useHandle(
        handle -> {
          assertThat(numbers(handle, "SELECT table_name, leads FROM queue WHERE leads <> 0"))
              .as("kept counts of queued leads")
              .isEqualTo(
                  numbers(
                      handle,
                      "SELECT table_name, COUNT(*) FROM lead WHERE state = 'QUEUED' GROUP BY 1"));
          assertThat(
                  numbers(
                      handle, "SELECT held_by || ' ' || table_name || ' ' || run, leads FROM held"))
              .as("kept counts of held leads")
              .isEqualTo(
                  numbers(
                      handle,
                      "SELECT held_by || ' ' || table_name || ' ' || run, COUNT(*) FROM lead"
                          + " WHERE state = 'HELD' GROUP BY 1"));
          assertThat(
                  numbers(
                      handle, "SELECT id, 1 FROM lead WHERE (state = 'HELD') <> (held_by <> '')"))
              .as("leads held by nobody, or by somebody though they are not held")
              .isEmpty();
          assertThat(
                  numbers(
                      handle, "SELECT id, 1 FROM lead WHERE back_as <> '' AND state <> 'SENDING'"))
              .as("leads that are not on the wire, and are to be something once they come back")
              .isEmpty();
        });
  }

  private static Map<String, Long> numbers(Handle handle, String query) {
    Map<String, Long> numbers = new TreeMap<>();
    handle
        .createQuery(query)
        .map((row, context) -> numbers.put(row.getString(1), row.getLong(2)))
        .list();
    return numbers;
  }
}
