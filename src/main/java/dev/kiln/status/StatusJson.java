package dev.kiln.status;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.ledger.BudgetWarning;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.Awaiting;
import dev.kiln.ledger.LedgerView.BudgetAccount;
import dev.kiln.ledger.LedgerView.Held;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.Spending;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.LedgerView.WorkspaceAccount;
import dev.kiln.ledger.RecentUse;
import dev.kiln.ledger.WebhookUse;
import dev.kiln.plan.Numbers;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The account for programs: {@code runs}, {@code tables}, {@code webhooks}, {@code capacities},
 * {@code workspaces}, {@code nodes}, {@code held}, {@code budgets}, {@code budget_warnings}, {@code
 * not_ready}.
 */
public final class StatusJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private StatusJson() {}

  /** The account alone: nothing was looked at that could keep a Kiln from being ready. */
  public static String of(Snapshot snapshot, Instant now) {
    return of(snapshot, List.of(), now);
  }

  /**
   * One JSON object in one text of several lines.
   *
   * @param snapshot the account
   * @param notReady what keeps it from being ready
   * @param now the present, to tell whether a lease or a pause still holds
   */
  public static String of(Snapshot snapshot, List<NotReady> notReady, Instant now) {
    return node(snapshot, notReady, now).toPrettyString();
  }

  /** The same as an object. */
  public static ObjectNode node(Snapshot snapshot, List<NotReady> notReady, Instant now) {
    ObjectNode json = node(snapshot, now);
    NotReady.put(notReady, json.putArray("not_ready"));
    return json;
  }

  /** The same without what keeps it from being ready. */
  public static ObjectNode node(Snapshot snapshot, Instant now) {
    ObjectNode json = JSON.createObjectNode();
    ArrayNode runs = json.putArray("runs");
    snapshot.runs().forEach(run -> runs.add(of(run)));
    ArrayNode tables = json.putArray("tables");
    for (TableAccount table : snapshot.tables()) {
      ObjectNode node = tables.addObject().put("table", table.name());
      states(node.putObject("states"), table.states());
      Instant oldest = table.oldestQueued();
      node.put("oldest_queued", oldest == null ? null : oldest.toString());
      if (table.waiting() != null) {
        node.putObject("waiting")
            .put("kind", table.waiting().kind().name())
            .put("reason", table.waiting().reason())
            .put("since", String.valueOf(table.waiting().since()));
      }
    }
    ArrayNode webhooks = json.putArray("webhooks");
    for (WebhookUse webhook : snapshot.webhooks()) {
      webhooks
          .addObject()
          .put("name", webhook.name())
          .put("table", webhook.table())
          .put("clay_table", webhook.clayTable())
          .put("used", webhook.used())
          .put("cap", webhook.cap())
          .put(
              "leads_per_day",
              snapshot.recentUse().getOrDefault(webhook.id(), RecentUse.NONE).leadsPerDay())
          .put("state", StatusText.state(webhook))
          .put("reason", webhook.reason());
    }
    ArrayNode capacities = json.putArray("capacities");
    for (Capacity capacity : Capacity.of(snapshot)) {
      capacities
          .addObject()
          .put("table", capacity.table())
          .put("left", capacity.left())
          .put("leads_per_day", capacity.leadsPerDay())
          .put("runway_days", capacity.runwayDays());
    }
    ArrayNode workspaces = json.putArray("workspaces");
    Cluster cluster = Cluster.of(snapshot, now);
    for (WorkspaceAccount workspace : snapshot.workspaces()) {
      Instant since = cluster.ledSince(workspace.name());
      workspaces
          .addObject()
          .put("name", workspace.name())
          .put("leader", cluster.leader(workspace.name()))
          .put("led_since", since == null ? null : since.toString())
          .put("epoch", workspace.epoch())
          .put("paused", workspace.paused())
          .put("rate_set", workspace.rate() == 0 ? null : workspace.rate())
          .put(
              "paused_until",
              workspace.pauseUntil().isAfter(now) ? workspace.pauseUntil().toString() : "");
    }
    cluster.put(json.putArray("nodes"));
    budgets(json, snapshot.budget());
    return json;
  }

  private static void budgets(ObjectNode json, BudgetAccount budget) {
    ArrayNode held = json.putArray("held");
    for (Held some : budget.held()) {
      held.addObject()
          .put("run", some.run())
          .put("table", some.table())
          .put("by", some.by().name())
          .put("leads", some.leads())
          .put("reason", some.reason())
          .put("until", some.until() == null ? null : some.until().toString());
    }
    ArrayNode budgets = json.putArray("budgets");
    for (Spending spending : budget.spendings()) {
      ObjectNode node = budgets.addObject().put("budget", spending.account());
      amount(node, "credits", spending.spent().credits(), spending.cap().credits());
      amount(node, "actions", spending.spent().actions(), spending.cap().actions());
      node.put("ends", spending.ends() == null ? null : spending.ends().toString());
    }
    ArrayNode warnings = json.putArray("budget_warnings");
    for (BudgetWarning warning : budget.warnings()) {
      warnings
          .addObject()
          .put("budget", warning.account())
          .put("kind", warning.kind().name())
          .put("percent", warning.percent())
          .put("cap", Numbers.ofThousandths(warning.cap()))
          .put("at", warning.at().toString());
    }
  }

  /** What is spent, and the cap where there is one, both in thousandths. */
  static void amount(ObjectNode node, String name, long spent, long cap) {
    node.putObject(name)
        .put("spent", Numbers.ofThousandths(spent))
        .put("cap", cap == 0 ? null : Numbers.ofThousandths(cap));
  }

  /** The account of one run. */
  public static ObjectNode of(RunAccount run) {
    ObjectNode node =
        JSON.createObjectNode()
            .put("run", run.id())
            .put("name", run.name())
            .put("source", run.source())
            .put("priority", run.priority().word())
            .put("phase", run.phase())
            .put("interrupted", run.interrupted())
            .put("problem", run.problem())
            .put("note", run.note())
            .put("read", run.read())
            .put("skipped", run.skipped());
    states(node.putObject("states"), run.states());
    ObjectNode tables = node.putObject("tables");
    run.tables().forEach((table, states) -> states(tables.putObject(table), states));
    node.put("possible_duplicate", run.possibleDuplicates()).put("rejects", run.rejects());
    return node;
  }

  /**
   * The account of one run, with both of its ends: {@code results} has how many of its leads came
   * back, are awaited and are missing; {@code delivered} says that none is on its way to Clay any
   * more, {@code done} that none is awaited either.
   *
   * @param awaiting the run
   */
  public static ObjectNode of(Awaiting awaiting) {
    RunAccount run = awaiting.run();
    ObjectNode node = of(run);
    node.putObject("results")
        .put("enriched", run.states().getOrDefault(LeadState.ENRICHED, 0L))
        .put("awaited", awaiting.awaited())
        .put("missing", run.states().getOrDefault(LeadState.MISSING, 0L));
    return node.put("delivered", !run.underWay()).put("done", awaiting.done());
  }

  static void states(ObjectNode node, Map<LeadState, Long> states) {
    states.forEach((state, leads) -> node.put(state.name(), leads));
  }
}
