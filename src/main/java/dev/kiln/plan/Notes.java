package dev.kiln.plan;

import dev.kiln.clay.Budgets;
import dev.kiln.clay.Caps;
import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Table;
import dev.kiln.plan.Plan.Figures;
import dev.kiln.plan.Plan.WorkspacePlan;
import dev.kiln.plan.Planner.Outline;
import dev.kiln.plan.Prices.ClayPlan;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What else to know of a plan, as sentences. For one use. */
final class Notes {
  /** Leads a second that Clay allows a workspace, unless its support raises it. */
  static final int CLAYS_RATE = 10;

  private static final int HOURS_PER_MONTH = 730;
  private static final int DAYS_PER_MONTH = 30;

  private final List<String> notes = new ArrayList<>();
  private final Outline outline;
  private final Question question;
  private final Catalogue catalogue;

  private Notes(Outline outline, Question question, Catalogue catalogue) {
    this.outline = outline;
    this.question = question;
    this.catalogue = catalogue;
  }

  static List<String> of(Outline outline, Question question, Catalogue catalogue, Prices prices) {
    Notes notes = new Notes(outline, question, catalogue);
    notes.pace();
    outline.tables().forEach(notes::table);
    notes.handyTables();
    notes.sentAgain();
    notes.budgets(catalogue.budgets());
    notes.withoutWebhooks(prices.plans());
    return List.copyOf(notes.notes);
  }

  private void pace() {
    for (WorkspacePlan workspace : outline.workspaces()) {
      if (workspace.hours() > HOURS_PER_MONTH) {
        notes.add(
            "Workspace "
                + workspace.name()
                + " takes longer than a month ("
                + HOURS_PER_MONTH
                + " hours) for a month's leads: raise the rate, or spread them over workspaces.");
      }
      if (workspace.ratePerSecond() > CLAYS_RATE) {
        notes.add(
            "Clay allows workspace "
                + workspace.name()
                + " "
                + CLAYS_RATE
                + " leads a second unless its support has raised that.");
      }
    }
  }

  private void table(TablePlan table) {
    if (table.webhooks() == 0) {
      notes.add(
          "Table " + table.name() + " has no webhook: its leads wait until clay.yaml names one.");
    } else if (table.runwayMonths() < question.months()) {
      notes.add(
          "The webhooks of table "
              + table.name()
              + " take "
              + Numbers.of(table.rowsLeft())
              + " more rows, fewer than planned: duplicate the Clay table and add the new webhook"
              + " to clay.yaml in time.");
    }
    if (!table.autoDelete() && table.rowCap() < table.webhookCap()) {
      notes.add(
          "Table "
              + table.name()
              + ": a Clay table is full at its row-cap of "
              + Numbers.of(table.rowCap())
              + ", before its webhook.");
    }
  }

  private void handyTables() {
    Figures month = outline.figures(1);
    if (month.handyTables() > month.webhooks()) {
      notes.add(
          "Clay tables of about 10,000 rows are quick to work with; each brings a webhook of its"
              + " own, which then never comes near its cap.");
    }
  }

  private void sentAgain() {
    if (question.retryPercent().signum() > 0) {
      BigDecimal again = question.retryPercent().movePointLeft(2);
      Figures month = outline.figures(1);
      notes.add(
          "A lead sent again may be enriched again, unless Clay's auto-dedupe on lead_id drops it:"
              + " up to "
              + Numbers.of(month.credits().multiply(again))
              + " Data Credits and "
              + Numbers.of(month.actions().multiply(again))
              + " Actions more a month.");
    }
  }

  /** By what Kiln books: every row, with the amounts of clay.yaml. */
  private void budgets(Budgets budgets) {
    budgets("The budget in clay.yaml, ", budgets.all(), outline.tables());
    for (TablePlan table : outline.tables()) {
      budgets(
          "The budget of table " + table.name() + " in clay.yaml, ",
          budgets.of(table.name()),
          List.of(table));
    }
  }

  private void budgets(String whose, Caps caps, List<TablePlan> tables) {
    long leads = tables.stream().mapToLong(TablePlan::leads).sum();
    BigDecimal credits = booked(tables, Table::creditsPerLead);
    BigDecimal actions = booked(tables, Table::actionsPerLead);
    new Share(whose, "Data Credits", credits, leads)
        .of(caps.creditsPerRun(), caps.creditsPerDay(), caps.creditsPerMonth());
    new Share(whose, "Actions", actions, leads)
        .of(caps.actionsPerRun(), caps.actionsPerDay(), caps.actionsPerMonth());
  }

  private BigDecimal booked(List<TablePlan> tables, Function<Table, BigDecimal> amount) {
    BigDecimal sum = BigDecimal.ZERO;
    for (TablePlan table : tables) {
      sum =
          sum.add(amount.apply(catalogue.table(table.name()).orElseThrow()).multiply(table.rows()));
    }
    return sum;
  }

  /** What caps cover of a month's leads and the amount that they take. */
  private final class Share {
    private final String whose;
    private final String what;
    private final BigDecimal booked;
    private final long leads;

    Share(String whose, String what, BigDecimal booked, long leads) {
      this.whose = whose;
      this.what = what;
      this.booked = booked;
      this.leads = leads;
    }

    void of(BigDecimal run, BigDecimal day, BigDecimal month) {
      note("run", run, " of one run: the others are held until it is raised");
      note("day", day, stretched(day));
      note(
          "month",
          month,
          " of "
              + Numbers.of(leads)
              + (leads == 1 ? " lead" : " leads")
              + ": the others are held until the next month");
    }

    /** Whole leads, as Kiln holds them. */
    private long covered(BigDecimal cap) {
      return BigDecimal.valueOf(leads)
          .multiply(cap)
          .divide(booked, 0, RoundingMode.FLOOR)
          .longValue();
    }

    private String stretched(BigDecimal day) {
      if (day.signum() == 0 || booked.signum() == 0) {
        return "";
      }
      long covered = covered(day);
      if (covered == 0) {
        return " a day, less than one";
      }
      long days = (leads + covered - 1) / covered;
      return " a day: a month's leads take "
          + Numbers.of(days)
          + " days"
          + (days <= DAYS_PER_MONTH ? "" : ", longer than a month");
    }

    private void note(String span, BigDecimal cap, String held) {
      if (cap.signum() > 0 && booked.compareTo(cap) > 0) {
        long covered = covered(cap);
        notes.add(
            whose
                + Numbers.of(cap)
                + " "
                + what
                + " a "
                + span
                + ", covers about "
                + Numbers.of(covered)
                + (span.equals("month") ? "" : covered == 1 ? " lead" : " leads")
                + held
                + ".");
      }
    }
  }

  private void withoutWebhooks(List<ClayPlan> plans) {
    List<String> names =
        plans.stream()
            .filter(plan -> !plan.webhooks() && !isFree(plan))
            .map(ClayPlan::name)
            .toList();
    if (!names.isEmpty()) {
      notes.add(
          "The simple formula also offers "
              + String.join(", ", names)
              + ", where no lead gets in: no webhooks.");
    }
  }

  private static boolean isFree(ClayPlan plan) {
    BigDecimal usd = plan.usdAMonth();
    return usd != null && usd.signum() == 0;
  }
}
