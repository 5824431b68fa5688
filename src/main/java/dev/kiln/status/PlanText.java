package dev.kiln.status;

import dev.kiln.plan.Numbers;
import dev.kiln.plan.Plan;
import dev.kiln.plan.Plan.Difference;
import dev.kiln.plan.Plan.Figures;
import dev.kiln.plan.Plan.Verdict;
import dev.kiln.plan.Plan.WhatIf;
import dev.kiln.plan.Plan.WorkspacePlan;
import dev.kiln.plan.Prices.ClayPlan;
import dev.kiln.plan.Question;
import dev.kiln.plan.TablePlan;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A plan for people. */
public final class PlanText {
  private static final int YEAR = 12;

  private PlanText() {}

  /**
   * Figures, tables, Clay's plans, what-ifs and how it compares with the simple formula, each as a
   * table, then what else to know.
   *
   * @param plan the plan
   */
  public static String of(Plan plan) {
    StringBuilder text =
        new StringBuilder("Plan for ")
            .append(Numbers.of(plan.question().leads()))
            .append(plan.question().leads() == 1 ? " lead a month, " : " leads a month, ")
            .append(plan.sharesFrom())
            .append(sentAgain(plan.question()))
            .append('\n')
            .append(figures(plan))
            .append("  ")
            .append(choice(plan))
            .append('\n')
            .append("\nTables (a month)\n")
            .append(tables(plan.tables()))
            .append("\nClay's plans (prices.yaml of ")
            .append(plan.pricesAsOf())
            .append(")\n")
            .append(verdicts(plan.verdicts()))
            .append("\nWhat if (a month)\n")
            .append(whatIfs(plan))
            .append("\nThe simple formula (6 Data Credits a lead, a webhook for every 50,000)\n")
            .append(differences(plan.differences()));
    if (!plan.notes().isEmpty()) {
      text.append("\nNotes\n");
      plan.notes().forEach(note -> text.append("  ").append(note).append('\n'));
    }
    return text.toString();
  }

  private static String sentAgain(Question question) {
    return question.retryPercent().signum() == 0
        ? ""
        : ", " + Numbers.of(question.retryPercent()) + " % of them twice";
  }

  private static TextTable figures(Plan plan) {
    List<Figures> periods = periods(plan);
    List<String> heading = new ArrayList<>(List.of(""));
    periods.forEach(period -> heading.add(name(period)));
    TextTable table = new TextTable(heading.toArray(String[]::new));
    row(table, "leads", periods, period -> Numbers.of(period.leads()));
    row(table, "hours to deliver, " + rates(plan), periods, period -> hours(period.hours()));
    row(table, "webhooks, a Clay table behind each", periods, p -> Numbers.of(p.webhooks()));
    row(
        table,
        "Clay tables of about " + Numbers.of(TablePlan.HANDY_ROWS) + " rows",
        periods,
        period -> Numbers.of(period.handyTables()));
    row(table, "Data Credits", periods, period -> Numbers.of(period.credits()));
    row(table, "Actions", periods, period -> Numbers.of(period.actions()));
    return table;
  }

  private static List<Figures> periods(Plan plan) {
    int months = plan.question().months();
    return months == 1 || months == YEAR
        ? List.of(plan.month(), plan.year())
        : List.of(plan.month(), plan.whole(), plan.year());
  }

  private static String name(Figures period) {
    return switch (period.months()) {
      case 1 -> "a month";
      case YEAR -> "a year";
      default -> "in " + period.months() + " months";
    };
  }

  private static void row(
      TextTable table, String name, List<Figures> periods, Function<Figures, String> cell) {
    List<Object> row = new ArrayList<>(List.of(name));
    periods.forEach(period -> row.add(cell.apply(period)));
    table.row(row.toArray());
  }

  private static String rates(Plan plan) {
    if (plan.workspaces().size() == 1) {
      return "at " + rate(plan.workspaces().get(0));
    }
    return plan.workspaces().stream()
        .map(workspace -> workspace.name() + " at " + rate(workspace))
        .collect(Collectors.joining(", "));
  }

  private static String rate(WorkspacePlan workspace) {
    return Numbers.rate(workspace.ratePerSecond());
  }

  private static String hours(double hours) {
    return Numbers.rounded(hours);
  }

  private static TextTable tables(List<TablePlan> tables) {
    TextTable text =
        new TextTable(
            "table",
            "leads",
            "Data Credits",
            "Actions",
            "rows a webhook",
            "webhooks present",
            "rows these take",
            "months these last");
    for (TablePlan table : tables) {
      boolean endless = Double.isInfinite(table.runwayMonths());
      text.row(
          table.name(),
          Numbers.of(table.leads()),
          Numbers.of(table.credits()),
          Numbers.of(table.actions()),
          table.autoDelete() ? "no cap" : Numbers.of(table.rowsPerWebhook()),
          Numbers.of(table.webhooks()),
          endless ? "no cap" : Numbers.of(table.rowsLeft()),
          endless ? "no end" : Numbers.rounded(table.runwayMonths()));
    }
    return text;
  }

  private static TextTable verdicts(List<Verdict> verdicts) {
    TextTable table = new TextTable("plan", "USD a month", "fits", "why");
    for (Verdict verdict : verdicts) {
      table.row(
          verdict.plan().name(),
          usd(verdict.plan(), 1),
          verdict.fits() ? "yes" : "no",
          new TextTable.Said(
              verdict.fits() ? onTop(verdict) : String.join("; ", verdict.reasons())));
    }
    return table;
  }

  private static TextTable whatIfs(Plan plan) {
    TextTable table =
        new TextTable(
            "", "hours", "webhooks a year", "Data Credits", "Actions", "Clay plan", "USD");
    whatIf(table, new WhatIf("as planned", plan.month(), plan.year(), plan.choice()));
    plan.whatIfs().forEach(whatIf -> whatIf(table, whatIf));
    return table;
  }

  private static void whatIf(TextTable table, WhatIf whatIf) {
    table.row(
        whatIf.change(),
        hours(whatIf.month().hours()),
        Numbers.of(whatIf.year().webhooks()),
        Numbers.of(whatIf.month().credits()),
        Numbers.of(whatIf.month().actions()),
        name(whatIf.choice()),
        whatIf.choice().map(choice -> usd(choice.plan(), 1)).orElse("-"));
  }

  private static TextTable differences(List<Difference> differences) {
    TextTable table = new TextTable("", "simple", "here", "why");
    for (Difference difference : differences) {
      table.row(
          difference.figure(),
          Numbers.of(difference.simple()),
          Numbers.of(difference.kiln()),
          new TextTable.Said(difference.why().isEmpty() ? "the same" : difference.why()));
    }
    return table;
  }

  private static String name(Optional<Verdict> choice) {
    return choice.map(verdict -> verdict.plan().name()).orElse("none");
  }

  private static String choice(Plan plan) {
    Verdict choice = plan.choice().orElse(null);
    if (choice == null) {
      return "No plan of Clay in prices.yaml fits.";
    }
    ClayPlan its = choice.plan();
    String price = "price by contract";
    if (!its.byContract()) {
      price =
          periods(plan).stream()
              .map(period -> usd(its, period.months()) + " " + name(period))
              .collect(Collectors.joining(", ", "USD ", ""));
    }
    return "Clay plan "
        + its.name()
        + ": "
        + price
        + (onTop(choice).isEmpty() ? "" : "; " + onTop(choice));
  }

  private static String onTop(Verdict verdict) {
    return verdict.creditsToBuy().signum() == 0
        ? ""
        : Numbers.of(verdict.creditsToBuy()) + " Data Credits a month to buy on top";
  }

  private static String usd(ClayPlan plan, int months) {
    BigDecimal usd = plan.usdAMonth();
    return usd == null ? "by contract" : Numbers.of(usd.multiply(BigDecimal.valueOf(months)));
  }
}
