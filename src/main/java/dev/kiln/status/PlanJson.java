package dev.kiln.status;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.plan.Plan;
import dev.kiln.plan.Plan.Difference;
import dev.kiln.plan.Plan.Figures;
import dev.kiln.plan.Plan.Verdict;
import dev.kiln.plan.Plan.WhatIf;
import dev.kiln.plan.Plan.WorkspacePlan;
import dev.kiln.plan.Prices.ClayPlan;
import dev.kiln.plan.TablePlan;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A plan for programs. Units are in the keys; null stands for no limit, and for a price by contract
 * or of no plan.
 */
public final class PlanJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private PlanJson() {}

  /**
   * One JSON object in one text of several lines.
   *
   * @param plan the plan
   */
  public static String of(Plan plan) {
    ObjectNode json = JSON.createObjectNode();
    json.put("leads_per_month", plan.question().leads())
        .put("months", plan.question().months())
        .put("retry_share_percent", plain(plan.question().retryPercent()))
        .put("shares_from", plan.sharesFrom())
        .put("prices_as_of", plan.pricesAsOf().toString());
    choice(json, plan.choice());
    figures(json.putObject("month"), plan.month());
    figures(json.putObject("all_months"), plan.whole());
    figures(json.putObject("year"), plan.year());
    ArrayNode workspaces = json.putArray("workspaces");
    for (WorkspacePlan workspace : plan.workspaces()) {
      workspaces
          .addObject()
          .put("workspace", workspace.name())
          .put("leads_per_second", workspace.ratePerSecond())
          .put("leads_per_month", workspace.leads())
          .put("hours_per_month", workspace.hours());
    }
    tables(json.putArray("tables"), plan.tables());
    verdicts(json.putArray("clay_plans"), plan.verdicts());
    ArrayNode whatIfs = json.putArray("what_if");
    for (WhatIf whatIf : plan.whatIfs()) {
      ObjectNode node = whatIfs.addObject().put("change", whatIf.change());
      choice(node, whatIf.choice());
      figures(node.putObject("month"), whatIf.month());
      figures(node.putObject("year"), whatIf.year());
    }
    ArrayNode differences = json.putArray("simple_formula");
    for (Difference difference : plan.differences()) {
      differences
          .addObject()
          .put("figure", difference.figure())
          .put("simple", plain(difference.simple()))
          .put("here", plain(difference.kiln()))
          .put("why", difference.why());
    }
    ArrayNode notes = json.putArray("notes");
    plan.notes().forEach(notes::add);
    return json.toPrettyString();
  }

  private static void choice(ObjectNode node, Optional<Verdict> choice) {
    ClayPlan plan = choice.map(Verdict::plan).orElse(null);
    node.put("clay_plan", plan == null ? null : plan.name())
        .put("usd_per_month", plan == null ? null : orNull(plan.usdAMonth()));
  }

  private static void figures(ObjectNode node, Figures figures) {
    node.put("months", figures.months())
        .put("leads", figures.leads())
        .put("hours_to_deliver", figures.hours())
        .put("webhooks", figures.webhooks())
        .put("clay_tables_at_least", figures.webhooks())
        .put("clay_tables_of_10000_rows", figures.handyTables())
        .put("data_credits", plain(figures.credits()))
        .put("actions", plain(figures.actions()));
  }

  private static void tables(ArrayNode tables, List<TablePlan> planned) {
    for (TablePlan table : planned) {
      boolean endless = Double.isInfinite(table.runwayMonths());
      tables
          .addObject()
          .put("table", table.name())
          .put("workspace", table.workspace())
          .put("leads_per_month", table.leads())
          .put("rows_per_month", plain(table.rows()))
          .put("credits_per_lead", plain(table.creditsPerLead()))
          .put("actions_per_lead", plain(table.actionsPerLead()))
          .put("data_credits_per_month", plain(table.credits()))
          .put("actions_per_month", plain(table.actions()))
          .put("auto_delete", table.autoDelete())
          .put("rows_per_webhook", table.autoDelete() ? null : Long.valueOf(table.rowsPerWebhook()))
          .put("webhooks_per_month", table.webhooks(1))
          .put("webhooks_per_year", table.webhooks(12))
          .put("webhooks_present", table.webhooks())
          .put("rows_present_webhooks_take", endless ? null : Long.valueOf(table.rowsLeft()))
          .put("runway_months", endless ? null : Double.valueOf(table.runwayMonths()));
    }
  }

  private static void verdicts(ArrayNode plans, List<Verdict> verdicts) {
    for (Verdict verdict : verdicts) {
      ObjectNode node =
          plans
              .addObject()
              .put("plan", verdict.plan().name())
              .put("usd_per_month", orNull(verdict.plan().usdAMonth()))
              .put("fits", verdict.fits());
      ArrayNode reasons = node.putArray("reasons");
      verdict.reasons().forEach(reasons::add);
      node.put("data_credits_to_buy_per_month", plain(verdict.creditsToBuy()));
    }
  }

  private static @Nullable BigDecimal orNull(@Nullable BigDecimal amount) {
    return amount == null ? null : plain(amount);
  }

  /** Without needless zeros, and never as 3E+5. */
  static BigDecimal plain(BigDecimal amount) {
    BigDecimal stripped = amount.stripTrailingZeros();
    return stripped.scale() < 0 ? stripped.setScale(0) : stripped;
  }
}
