package dev.kiln.plan;

import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Table;
import dev.kiln.clay.Webhook;
import dev.kiln.clay.Workspace;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.plan.Plan.Figures;
import dev.kiln.plan.Plan.Verdict;
import dev.kiln.plan.Plan.WhatIf;
import dev.kiln.plan.Plan.WorkspacePlan;
import dev.kiln.plan.Prices.ClayPlan;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Says what so many leads take. Everything is in proportion to leads: whole webhooks and tables are
 * rounded up, amounts are exact. Immutable; reads no clock and no file.
 */
public final class Planner {
  private static final double SECONDS_PER_HOUR = 3600;
  private static final int YEAR = 12;

  private final Catalogue catalogue;
  private final Snapshot ledger;
  private final Prices prices;

  /**
   * A planner for one catalogue.
   *
   * @param catalogue workspaces, tables and what webhooks there are; may be without secrets
   * @param ledger what these have taken, by name; may be empty, then clay.yaml's {@code used}
   *     counts
   * @param prices Clay's plans
   */
  public Planner(Catalogue catalogue, Snapshot ledger, Prices prices) {
    this.catalogue = catalogue;
    this.ledger = ledger;
    this.prices = prices;
  }

  /**
   * The plan for a question.
   *
   * @param question what is asked
   * @param shares the tables that the leads go to; tables of this catalogue
   */
  public Plan plan(Question question, Shares shares) {
    Outline outline = outline(question, shares);
    return new Plan(
        question,
        shares.origin(),
        outline.figures(1),
        outline.figures(question.months()),
        outline.figures(YEAR),
        outline.workspaces(),
        outline.tables(),
        outline.verdicts(),
        prices.asOf(),
        SimpleFormula.differences(outline, question),
        whatIfs(question, shares, outline),
        Notes.of(outline, question, catalogue, prices));
  }

  /** The figures of a question, by workspace, table and plan of Clay. */
  record Outline(List<WorkspacePlan> workspaces, List<TablePlan> tables, List<Verdict> verdicts) {
    Figures figures(int months) {
      return Planner.figures(workspaces, tables, months);
    }
  }

  private static Figures figures(
      List<WorkspacePlan> workspaces, List<TablePlan> tables, int months) {
    long leads = 0;
    long webhooks = 0;
    long handyTables = 0;
    BigDecimal credits = BigDecimal.ZERO;
    BigDecimal actions = BigDecimal.ZERO;
    for (TablePlan table : tables) {
      leads += table.leads();
      webhooks += table.webhooks(months);
      handyTables += table.handyTables(months);
      credits = credits.add(table.credits());
      actions = actions.add(table.actions());
    }
    double hours = workspaces.stream().mapToDouble(WorkspacePlan::hours).max().orElse(0);
    BigDecimal times = BigDecimal.valueOf(months);
    return new Figures(
        months,
        leads * months,
        hours * months,
        webhooks,
        handyTables,
        credits.multiply(times),
        actions.multiply(times));
  }

  private Outline outline(Question question, Shares shares) {
    List<TablePlan> tables = new ArrayList<>();
    shares
        .split(question.leads())
        .forEach(
            (name, leads) -> {
              if (leads > 0) {
                tables.add(table(catalogue.table(name).orElseThrow(), leads, question));
              }
            });
    List<WorkspacePlan> workspaces = new ArrayList<>();
    for (Workspace written : catalogue.workspaces().values()) {
      List<TablePlan> its =
          tables.stream().filter(table -> table.workspace().equals(written.name())).toList();
      if (!its.isEmpty()) {
        workspaces.add(workspace(question.workspace(written), its));
      }
    }
    Figures month = figures(workspaces, tables, 1);
    return new Outline(
        workspaces,
        tables,
        prices.plans().stream().map(plan -> verdict(plan, month, tables)).toList());
  }

  private TablePlan table(Table table, long leads, Question question) {
    return table(table, leads, question, new Filling(catalogue, ledger).left(table));
  }

  static TablePlan table(Table table, long leads, Question question, long rowsLeft) {
    List<Webhook> webhooks = table.webhooks();
    int cap = webhooks.isEmpty() ? Webhook.DEFAULT_CAP : webhooks.get(webhooks.size() - 1).cap();
    return new TablePlan(
        table.name(),
        table.workspace(),
        leads,
        question.rows(leads),
        question.credits(table),
        question.actions(table),
        table.ratePerSecond(),
        question.autoDelete(table),
        table.rowCap(),
        cap,
        webhooks.size(),
        rowsLeft);
  }

  /**
   * The tables share the workspace's rate; one with a lower limit of its own may be the slowest.
   */
  static WorkspacePlan workspace(Workspace workspace, List<TablePlan> tables) {
    double rate = workspace.allowedRate();
    double rows = 0;
    double slowest = 0;
    for (TablePlan table : tables) {
      rows += table.rows().doubleValue();
      if (table.ratePerSecond() > 0) {
        slowest = Math.max(slowest, table.rows().doubleValue() / table.ratePerSecond());
      }
    }
    return new WorkspacePlan(
        workspace.name(),
        rate,
        tables.stream().mapToLong(TablePlan::leads).sum(),
        Math.max(slowest, rows / rate) / SECONDS_PER_HOUR);
  }

  private static Verdict verdict(ClayPlan plan, Figures month, List<TablePlan> tables) {
    List<String> reasons = new ArrayList<>();
    if (!plan.webhooks()) {
      reasons.add("no webhooks");
    }
    BigDecimal actions = BigDecimal.valueOf(plan.actions());
    if (!plan.byContract() && month.actions().compareTo(actions) > 0) {
      reasons.add(
          "too few Actions: "
              + Numbers.of(plan.actions())
              + " of "
              + Numbers.of(month.actions())
              + " a month");
    }
    for (TablePlan table : tables) {
      if (table.autoDelete() && !plan.autoDelete()) {
        reasons.add("no auto-delete, which " + table.name() + " uses");
        break;
      }
    }
    for (TablePlan table : tables) {
      if (!table.autoDelete() && tooSmall(plan, table)) {
        reasons.add(
            "rows per table: "
                + Numbers.of(plan.rowsPerTable())
                + " of "
                + Numbers.of(table.rows())
                + " a month for "
                + table.name());
        break;
      }
    }
    BigDecimal more = month.credits().subtract(BigDecimal.valueOf(plan.dataCredits()));
    return new Verdict(
        plan,
        List.copyOf(reasons),
        plan.byContract() ? BigDecimal.ZERO : more.max(BigDecimal.ZERO));
  }

  /** Whether the plan's tables hold less than clay.yaml counts on, and the leads show it. */
  private static boolean tooSmall(ClayPlan plan, TablePlan table) {
    return plan.rowsPerTable() < table.rowCap()
        && table.rows().compareTo(BigDecimal.valueOf(plan.rowsPerTable())) > 0;
  }

  private List<WhatIf> whatIfs(Question question, Shares shares, Outline outline) {
    Map<String, Question> changed = new LinkedHashMap<>();
    if (outline.figures(1).credits().signum() > 0) {
      changed.put("own API keys", question.withOwnKeys());
    }
    if (!outline.tables().stream().allMatch(TablePlan::autoDelete)) {
      changed.put("auto-delete on every table", question.withAutoDelete());
    }
    BigDecimal raised = raised(question, outline);
    changed.put("rate raised to " + Numbers.of(raised) + "/s", question.withRate(raised));
    boolean capped =
        outline.workspaces().stream()
            .map(workspace -> catalogue.workspaces().get(workspace.name()))
            .anyMatch(written -> written != null && question.workspace(written).leadsPerHour() > 0);
    if (capped) {
      changed.put("no hourly cap", question.withoutHourlyCaps());
    }
    List<WhatIf> whatIfs = new ArrayList<>();
    changed.forEach(
        (change, asked) -> {
          Outline other = outline(asked, shares);
          whatIfs.add(
              new WhatIf(
                  change, other.figures(1), other.figures(YEAR), Plan.choice(other.verdicts())));
        });
    return whatIfs;
  }

  /** What Clay allows by itself; where that is reached already, twice as much. */
  private BigDecimal raised(Question question, Outline outline) {
    double fastest = 0;
    for (WorkspacePlan workspace : outline.workspaces()) {
      Workspace written = catalogue.workspaces().get(workspace.name());
      if (written != null) {
        fastest = Math.max(fastest, question.workspace(written).ratePerSecond());
      }
    }
    return fastest < Notes.CLAYS_RATE
        ? BigDecimal.valueOf(Notes.CLAYS_RATE)
        : BigDecimal.valueOf(2 * fastest);
  }
}
