package dev.kiln.plan;

import dev.kiln.plan.Prices.ClayPlan;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;

/**
 * The answer to a {@link Question}. Immutable.
 *
 * @param question what was asked
 * @param sharesFrom where the shares of the tables come from, as a clause for people
 * @param month one month
 * @param whole all months that were asked for
 * @param year twelve months
 * @param workspaces those that leads go to
 * @param tables those that leads go to
 * @param verdicts every plan of Clay, the cheapest first
 * @param pricesAsOf the day of the prices
 * @param differences how it compares with the simple formula
 * @param whatIfs the same leads with one thing changed
 * @param notes what else to know, as sentences
 */
public record Plan(
    Question question,
    String sharesFrom,
    Figures month,
    Figures whole,
    Figures year,
    List<WorkspacePlan> workspaces,
    List<TablePlan> tables,
    List<Verdict> verdicts,
    LocalDate pricesAsOf,
    List<Difference> differences,
    List<WhatIf> whatIfs,
    List<String> notes) {
  /** The cheapest plan of Clay that fits; empty where none does. */
  public Optional<Verdict> choice() {
    return choice(verdicts);
  }

  static Optional<Verdict> choice(List<Verdict> verdicts) {
    return verdicts.stream().filter(Verdict::fits).findFirst();
  }

  /**
   * What so many months take over all tables.
   *
   * @param months how many
   * @param leads leads
   * @param hours hours of sending, all workspaces at once: those of the slowest
   * @param webhooks webhooks filled or begun, each with a Clay table of its own behind it
   * @param handyTables Clay tables where none is to hold more than {@link TablePlan#HANDY_ROWS}
   * @param credits Data Credits
   * @param actions Actions
   */
  public record Figures(
      int months,
      long leads,
      double hours,
      long webhooks,
      long handyTables,
      BigDecimal credits,
      BigDecimal actions) {}

  /**
   * What a plan says of one workspace.
   *
   * @param name the workspace
   * @param ratePerSecond leads a second that it allows, its hourly cap included
   * @param leads leads a month
   * @param hours hours that a month's leads take
   */
  public record WorkspacePlan(String name, double ratePerSecond, long leads, double hours) {}

  /**
   * Whether one of Clay's plans fits.
   *
   * @param plan the plan
   * @param reasons why it cannot be; empty where it fits
   * @param creditsToBuy Data Credits a month to buy on top; 0 for none
   */
  public record Verdict(ClayPlan plan, List<String> reasons, BigDecimal creditsToBuy) {
    /** Whether nothing speaks against it. */
    public boolean fits() {
      return reasons.isEmpty();
    }
  }

  /**
   * One figure beside that of the simple formula.
   *
   * @param figure its name
   * @param simple by the simple formula
   * @param kiln by this plan
   * @param why why they differ; empty where they do not
   */
  public record Difference(String figure, BigDecimal simple, BigDecimal kiln, String why) {}

  /**
   * The same leads with one thing changed.
   *
   * @param change what is changed
   * @param month one month
   * @param year twelve months
   * @param choice the cheapest plan of Clay that fits; empty where none does
   */
  public record WhatIf(String change, Figures month, Figures year, Optional<Verdict> choice) {}
}
