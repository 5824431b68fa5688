package dev.kiln.plan;

import dev.kiln.plan.Plan.Difference;
import dev.kiln.plan.Plan.Figures;
import dev.kiln.plan.Planner.Outline;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/**
 * The rule of thumb that many plan by: 6 Data Credits and one Action a lead, a webhook for every
 * 50,000, a table for every 10,000. 50,000 leads a month are 300,000 Data Credits, 12 webhooks a
 * year and 5 tables.
 */
final class SimpleFormula {
  private static final BigDecimal CREDITS_PER_LEAD = BigDecimal.valueOf(6);
  private static final long LEADS_PER_WEBHOOK = 50_000;
  private static final long LEADS_PER_TABLE = 10_000;
  private static final int YEAR = 12;

  private SimpleFormula() {}

  /** Where the plan agrees with it, and why where it does not. */
  static List<Difference> differences(Outline outline, Question question) {
    Figures month = outline.figures(1);
    long leads = question.leads();
    BigDecimal simpleCredits = CREDITS_PER_LEAD.multiply(BigDecimal.valueOf(leads));
    return List.of(
        new Difference(
            "Data Credits a month",
            simpleCredits,
            month.credits(),
            equal(simpleCredits, month.credits()) ? "" : creditsWhy(month)),
        difference(
            "Actions a month",
            leads,
            month.actions(),
            "it counts one a lead; each paid column and the callback takes one, "
                + each(month.actions(), leads)
                + " together"),
        difference(
            "webhooks a year",
            parts(YEAR * leads, LEADS_PER_WEBHOOK),
            BigDecimal.valueOf(outline.figures(YEAR).webhooks()),
            webhooksWhy(outline.tables(), question)),
        difference(
            "Clay tables a month",
            parts(leads, LEADS_PER_TABLE),
            BigDecimal.valueOf(month.handyTables()),
            tablesWhy(outline.tables(), question)));
  }

  private static Difference difference(String figure, long simple, BigDecimal kiln, String why) {
    BigDecimal its = BigDecimal.valueOf(simple);
    return new Difference(figure, its, kiln, equal(its, kiln) ? "" : why);
  }

  private static boolean equal(BigDecimal one, BigDecimal other) {
    return one.compareTo(other) == 0;
  }

  private static String creditsWhy(Figures month) {
    return month.credits().signum() == 0
        ? "own API keys take none"
        : "it counts 6 a lead; here a lead takes " + each(month.credits(), month.leads());
  }

  private static String webhooksWhy(List<TablePlan> tables, Question question) {
    List<String> why = new ArrayList<>();
    tables.stream()
        .filter(table -> !table.autoDelete())
        .mapToInt(TablePlan::rowsPerWebhook)
        .min()
        .ifPresent(
            rows -> {
              if (rows < LEADS_PER_WEBHOOK) {
                why.add(
                    "it fills each to 50,000, where Clay refuses; Kiln turns to the next at "
                        + Numbers.of(rows));
              }
            });
    why.addAll(both(tables, question));
    return String.join("; ", why);
  }

  private static String tablesWhy(List<TablePlan> tables, Question question) {
    List<String> why = new ArrayList<>();
    if (tables.stream().anyMatch(table -> table.rowCap() < LEADS_PER_TABLE)) {
      why.add("row-cap lets a table hold less than 10,000 rows");
    }
    why.addAll(both(tables, question));
    return String.join("; ", why);
  }

  private static List<String> both(List<TablePlan> tables, Question question) {
    List<String> why = new ArrayList<>();
    if (question.retryPercent().signum() > 0) {
      why.add("it leaves out the " + Numbers.of(question.retryPercent()) + " % sent again");
    }
    if (tables.size() > 1) {
      why.add("it counts one table; each of the " + tables.size() + " needs its own");
    }
    if (tables.stream().anyMatch(TablePlan::autoDelete)) {
      why.add("it knows no auto-delete, with which nothing fills up");
    }
    return why;
  }

  private static String each(BigDecimal amount, long leads) {
    return Numbers.of(amount.divide(BigDecimal.valueOf(leads), 2, RoundingMode.HALF_UP));
  }

  private static long parts(long leads, long size) {
    return (leads + size - 1) / size;
  }
}
