package dev.kiln.plan;

import dev.kiln.clay.Budgets;
import dev.kiln.clay.Caps;
import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Secret;
import dev.kiln.clay.Table;
import dev.kiln.clay.Webhook;
import dev.kiln.clay.Workspace;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.BudgetAccount;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.WebhookUse;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A catalogue and a ledger to plan with: one workspace and one table unless told otherwise. */
final class PlanFixture {
  static final Prices PRICES = Prices.read(Path.of("config/prices.yaml"));

  private final Map<String, Workspace> workspaces = new LinkedHashMap<>();
  private final Map<String, Table> tables = new LinkedHashMap<>();
  private final List<RunAccount> runs = new ArrayList<>();
  private final List<WebhookUse> uses = new ArrayList<>();
  private Budgets budgets = Budgets.none();

  PlanFixture workspace(String name, double rate, int leadsPerHour) {
    workspaces.put(name, new Workspace(name, rate, leadsPerHour));
    return this;
  }

  PlanFixture table(String name, Webhook... webhooks) {
    return table(name, "main", 0, 50_000, false, webhooks);
  }

  PlanFixture table(
      String name,
      String workspace,
      double rate,
      int rowCap,
      boolean autoDelete,
      Webhook... webhooks) {
    tables.put(
        name,
        new Table(
            name,
            workspace,
            rate,
            BigDecimal.valueOf(6),
            BigDecimal.valueOf(4),
            rowCap,
            autoDelete,
            Set.of(),
            Set.of(),
            Set.of(),
            Map.of(),
            null,
            Arrays.asList(webhooks)));
    return this;
  }

  static Webhook webhook(String table, String name, int cap, int used, String clayTable) {
    return new Webhook(
        name, table, name, new Secret("https://clay.invalid/" + name), null, cap, used, clayTable);
  }

  static Webhook webhook(String table, String name) {
    return webhook(table, name, Webhook.DEFAULT_CAP, 0, name);
  }

  PlanFixture budgets(long creditsDay, long creditsMonth, long actionsDay, long actionsMonth) {
    budgets =
        new Budgets(
            ZoneId.of("UTC"),
            1,
            new Caps(
                BigDecimal.ZERO,
                BigDecimal.valueOf(creditsDay),
                BigDecimal.valueOf(creditsMonth),
                BigDecimal.ZERO,
                BigDecimal.valueOf(actionsDay),
                BigDecimal.valueOf(actionsMonth)),
            Map.of());
    return this;
  }

  /** A run that is older than those before it. */
  PlanFixture run(Map<String, Map<LeadState, Long>> tableStates) {
    String id = "run-" + runs.size();
    runs.add(
        new RunAccount(
            id,
            id,
            "",
            Priority.NORMAL,
            "READ",
            false,
            "",
            "",
            0,
            0,
            Map.of(),
            tableStates,
            0,
            ""));
    return this;
  }

  PlanFixture use(
      String table, String name, String clayTable, long used, long rows, WebhookUse.State state) {
    uses.add(
        new WebhookUse(name, name, table, clayTable, 45_000, used, rows, 50_000, state, null, ""));
    return this;
  }

  Catalogue catalogue() {
    if (workspaces.isEmpty()) {
      workspace("main", 8, 0);
    }
    if (tables.isEmpty()) {
      table("tech", webhook("tech", "tech-1"));
    }
    return new Catalogue(workspaces, tables, budgets);
  }

  Snapshot ledger() {
    return new Snapshot(runs, List.of(), uses, Map.of(), List.of(), BudgetAccount.EMPTY, List.of());
  }

  /** Percent by table. */
  Shares shares(Map<String, Integer> percents) {
    Map<String, BigDecimal> given = new LinkedHashMap<>();
    percents.forEach((table, percent) -> given.put(table, BigDecimal.valueOf(percent)));
    return Shares.of(catalogue(), ledger(), given);
  }

  Plan plan(Question question, Map<String, Integer> percents) {
    return new Planner(catalogue(), ledger(), PRICES).plan(question, shares(percents));
  }

  Plan plan(Question question) {
    return plan(question, Map.of());
  }

  Plan plan(long leads) {
    return plan(Question.of(leads));
  }
}
