package dev.kiln.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.clay.Answer;
import dev.kiln.clay.Breakers;
import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Delivery;
import dev.kiln.clay.Pace;
import dev.kiln.clay.Table;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.Spending;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.Orders;
import dev.kiln.ledger.Pausable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The account of a running Kiln: the one of {@link StatusJson} with what only the process that
 * delivers can know: of a workspace that another one leads, what the ledger knows. Reads and
 * changes nothing. Thread-safe.
 */
public final class LiveStatus {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Runs that are done: so many of the newest are told. */
  private static final int DONE_RUNS = 20;

  /** Runs that are not done: so many of the newest are told. */
  private static final int OPEN_RUNS = 200;

  /** Leads that came to an end without getting through: so many of each state are told. */
  private static final int MOST_LEADS = 100;

  private final String node;
  private final Ledger ledger;
  private final Delivery delivery;
  private final Breakers breakers;
  private final Alerts alerts;
  private final Supplier<List<NotReady>> notReady;
  private final Supplier<List<NotReady>> notes;
  private final Supplier<@Nullable ObjectNode> reload;
  private final Instant started;
  private final History history = new History();

  /** By the answers that came here, which tell of the workspaces that this node leads. */
  private final Speed speed = new Speed();

  /** By the counts of the ledger, which tell of all; noted while somebody looks. */
  private final Speed counted = new Speed();

  /**
   * The account of one Kiln.
   *
   * @param node its name
   * @param ledger the ledger
   * @param delivery knows the pace
   * @param breakers the circuit breakers
   * @param alerts what an operator should know
   * @param notReady what keeps it from being ready
   * @param notes what an operator should know though it is ready
   * @param reload how the files of the configuration stand to what is in force; null before that is
   *     known
   */
  public LiveStatus(
      String node,
      Ledger ledger,
      Delivery delivery,
      Breakers breakers,
      Alerts alerts,
      Supplier<List<NotReady>> notReady,
      Supplier<List<NotReady>> notes,
      Supplier<@Nullable ObjectNode> reload) {
    this.node = node;
    this.ledger = ledger;
    this.delivery = delivery;
    this.breakers = breakers;
    this.alerts = alerts;
    this.notReady = notReady;
    this.notes = notes;
    this.reload = reload;
    this.started = ledger.now();
  }

  // ---- The last hour ----

  /** Notes a sample for the history: cheap, and without the ledger. */
  public void sample() {
    Instant now = ledger.now();
    Map<String, Answers> answers = answers();
    double allowed = 0;
    for (String workspace : answers.keySet()) {
      allowed += delivery.pace(workspace).rate(now);
    }
    history.note(now, allowed, answers);
    note(now, answers, null);
  }

  /** The samples of the last hour. */
  public ObjectNode history() {
    return history.json();
  }

  private Map<String, Answers> answers() {
    Map<String, Answers> answers = new HashMap<>();
    for (String workspace : delivery.catalogue().workspaces().keySet()) {
      Map<Answer, Long> counts = delivery.answers(workspace);
      answers.put(workspace, Answers.of(counts));
    }
    return answers;
  }

  private void note(Instant now, Map<String, Answers> answers, @Nullable Set<String> busy) {
    synchronized (speed) {
      speed.note(now, answers, busy);
    }
  }

  /** What the ledger knows of the answers that came to any node, by workspace. */
  private static Map<String, Answers> counted(Snapshot snapshot, Catalogue catalogue) {
    Map<String, Answers> counted = new HashMap<>();
    for (TableAccount table : snapshot.tables()) {
      Map<LeadState, Long> states = table.states();
      Answers answers =
          new Answers(
              table.gotThrough(),
              states.getOrDefault(LeadState.REFUSED, 0L),
              states.getOrDefault(LeadState.UNKNOWN, 0L),
              0);
      catalogue
          .table(table.name())
          .ifPresent(known -> counted.merge(known.workspace(), answers, Answers::plus));
    }
    return counted;
  }

  // ---- Now ----

  /**
   * Everything at this moment: as {@code kiln status --json}, with {@code eta_seconds} for a run
   * that is on its way, the number of {@code older_runs} that are left out, {@code results} as
   * {@code kiln results --json}, and {@code live}.
   *
   * @throws dev.kiln.ledger.LedgerUnavailable if the ledger cannot be read
   */
  public ObjectNode now() {
    Snapshot snapshot = ledger.view().snapshot();
    Orders orders = ledger.orders();
    Instant now = ledger.now();
    Catalogue catalogue = delivery.catalogue();

    Set<String> waiting = new HashSet<>();
    Map<String, Long> open = new HashMap<>();
    for (TableAccount table : snapshot.tables()) {
      if (table.waiting() != null) {
        waiting.add(table.name());
      }
      open.put(table.name(), Eta.open(table.states()));
    }
    Set<String> busy = new HashSet<>();
    for (Table table : catalogue.tables().values()) {
      boolean paused =
          orders.paused(Pausable.TABLE, table.name())
              || orders.paused(Pausable.WORKSPACE, table.workspace());
      if (paused) {
        waiting.add(table.name());
      } else if (!waiting.contains(table.name()) && open.getOrDefault(table.name(), 0L) > 0) {
        busy.add(table.workspace());
      }
    }
    note(now, answers(), busy);
    synchronized (counted) {
      counted.note(now, counted(snapshot, catalogue), busy);
    }
    Cluster cluster = Cluster.of(snapshot, now);

    List<RunAccount> runs = shown(snapshot.runs());
    ObjectNode json = StatusJson.node(snapshot.of(runs), now);
    json.put("older_runs", snapshot.runs().size() - runs.size());
    Map<String, Double> etas = Eta.seconds(snapshot.runs(), ways(catalogue, cluster, waiting, now));
    for (JsonNode run : json.withArray("runs")) {
      Double eta = etas.get(run.path("run").asText());
      ((ObjectNode) run).put("eta_seconds", eta == null ? null : Math.ceil(eta));
    }
    NotReady.put(notReady.get(), json.putArray("not_ready"));
    NotReady.put(notes.get(), json.putArray("notes"));
    json.set("results", ReturnReport.of(ledger.view(), 0).node());
    ObjectNode live = json.putObject("live");
    live.put("version", Release.version());
    live.put("node", node);
    live.put("started", started.toString());
    live.put("stands_still", delivery.standsStill());
    live.set("reload", reload.get());
    ArrayNode told = live.putArray("alerts");
    alerts.raised().forEach(alert -> alert.put(told.addObject()));
    workspaces(live.putArray("workspaces"), catalogue, cluster, orders, now);
    tables(live.putArray("tables"), catalogue, cluster, orders);
    budget(live.putArray("budget"), snapshot);
    return json;
  }

  /** The runs that are not done, and the newest of the others. */
  private static List<RunAccount> shown(List<RunAccount> runs) {
    List<RunAccount> shown = new ArrayList<>();
    int done = 0;
    int open = 0;
    for (RunAccount run : runs) {
      if (run.underWay() ? ++open <= OPEN_RUNS : ++done <= DONE_RUNS) {
        shown.add(run);
      }
    }
    return shown;
  }

  private Map<String, Eta.Way> ways(
      Catalogue catalogue, Cluster cluster, Set<String> waiting, Instant now) {
    Map<String, Eta.Way> ways = new HashMap<>();
    for (Table table : catalogue.tables().values()) {
      if (!waiting.contains(table.name())) {
        double pace = delivery.pace(table.workspace()).rate(now);
        Speed telling = cluster.leader(table.workspace()).equals(node) ? speed : counted;
        double rate;
        synchronized (telling) {
          rate = telling.sustained(table.workspace()).orElse(pace);
        }
        ways.put(table.name(), new Eta.Way(table.workspace(), rate, table.ratePerSecond()));
      }
    }
    return ways;
  }

  private void workspaces(
      ArrayNode array, Catalogue catalogue, Cluster cluster, Orders orders, Instant now) {
    for (String workspace : catalogue.workspaces().keySet()) {
      Pace pace = delivery.pace(workspace);
      boolean here = cluster.leader(workspace).equals(node);
      Speed telling = here ? speed : counted;
      double sent;
      synchronized (telling) {
        sent = telling.now(workspace, pace.allowed());
      }
      array
          .addObject()
          .put("name", workspace)
          .put("led_here", here)
          .put("paused", orders.paused(Pausable.WORKSPACE, workspace))
          .put("sent_per_second", Math.max(0, rounded(sent)))
          .put("pace_per_second", here ? rounded(pace.rate(now)) : null)
          .put("allowed_per_second", pace.allowed());
    }
  }

  private static double rounded(double rate) {
    return Math.round(rate * 100) / 100.0;
  }

  private void tables(ArrayNode array, Catalogue catalogue, Cluster cluster, Orders orders) {
    for (Table table : catalogue.tables().values()) {
      boolean here = cluster.leader(table.workspace()).equals(node);
      array
          .addObject()
          .put("table", table.name())
          .put("workspace", table.workspace())
          .put("paused", orders.paused(Pausable.TABLE, table.name()))
          .put("breaker", here ? breaker(table.name()) : null)
          .put("rate_per_second", table.ratePerSecond())
          .put("credits_per_lead", table.creditsPerLead());
    }
  }

  private String breaker(String table) {
    return breakers.of(table).getState().name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static void budget(ArrayNode array, Snapshot snapshot) {
    for (Spending spending : snapshot.budget().spendings()) {
      // Those of single tables only where they are capped.
      boolean shown = spending.capped() || !spending.ofTable();
      if (shown && spending.ends() != null) {
        ObjectNode period =
            array
                .addObject()
                .put("period", spending.account())
                .put("ends", spending.ends().toString());
        StatusJson.amount(period, "credits", spending.spent().credits(), spending.cap().credits());
        StatusJson.amount(period, "actions", spending.spent().actions(), spending.cap().actions());
      }
    }
  }

  // ---- Leads that did not get through ----

  /**
   * Leads in doubt, dead, refused or missing, of the newest runs first, without their data: {@code
   * leads}, at most 100 of each state.
   *
   * @throws dev.kiln.ledger.LedgerUnavailable if the ledger cannot be read
   */
  public ObjectNode ended() {
    ObjectNode json = JSON.createObjectNode();
    ArrayNode leads = json.putArray("leads");
    List<RunAccount> runs = ledger.view().snapshot().runs();
    for (LeadState state : LeadState.retried()) {
      int room = MOST_LEADS;
      for (RunAccount run : runs) {
        if (room > 0 && run.states().getOrDefault(state, 0L) > 0) {
          List<LeadLine> lines = ledger.view().leads(run.id(), state, false, room);
          lines.forEach(line -> lead(leads.addObject(), run, line));
          room -= lines.size();
        }
      }
    }
    return json;
  }

  private static void lead(ObjectNode node, RunAccount run, LeadLine lead) {
    node.put("lead", lead.leadId())
        .put("run", run.id())
        .put("name", run.name())
        .put("line", lead.line())
        .put("table", lead.table())
        .put("state", lead.state().name())
        .put("reason", lead.reason())
        .put("attempts", lead.attempts());
  }
}
