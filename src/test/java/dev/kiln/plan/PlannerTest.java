package dev.kiln.plan;

import static dev.kiln.plan.PlanFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.ledger.WebhookUse.State;
import dev.kiln.plan.Plan.Verdict;
import dev.kiln.plan.Plan.WhatIf;
import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PlannerTest {
  private static Question question(
      long leads, int months, String retryPercent, @Nullable String credits, String actions) {
    return new Question(
        leads,
        months,
        new BigDecimal(retryPercent),
        null,
        credits == null ? null : new BigDecimal(credits),
        new BigDecimal(actions),
        false,
        true);
  }

  private static Verdict verdict(Plan plan, String name) {
    return plan.verdicts().stream()
        .filter(verdict -> verdict.plan().name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static String choice(Plan plan) {
    return plan.choice().orElseThrow().plan().name();
  }

  // ---- Time ----

  @ParameterizedTest
  @CsvSource({"8,0,3.5", "10,0,2.8", "5,0,5.6", "8,400,250"})
  void hoursAreLeadsByRate(double rate, int leadsPerHour, double hours) {
    Plan plan = new PlanFixture().workspace("main", rate, leadsPerHour).plan(100_000);

    assertThat(plan.month().hours()).isEqualTo(hours, within(0.05));
    assertThat(plan.year().hours()).isEqualTo(12 * plan.month().hours(), within(0.001));
  }

  @Test
  void workspacesSendSideBySideSoTheSlowestCounts() {
    Plan plan =
        new PlanFixture()
            .workspace("main", 8, 0)
            .workspace("other", 2, 0)
            .table("tech", webhook("tech", "tech-1"))
            .table("events", "other", 0, 50_000, false, webhook("events", "events-1"))
            .plan(Question.of(72_000), Map.of("tech", 80, "events", 20));

    assertThat(plan.workspaces()).extracting(Plan.WorkspacePlan::hours).containsExactly(2.0, 2.0);
    assertThat(plan.month().hours()).isEqualTo(2);
  }

  @Test
  void aTableWithALowRateOfItsOwnMayBeTheSlowest() {
    PlanFixture fixture =
        new PlanFixture()
            .table("tech", webhook("tech", "tech-1"))
            .table("slow", "main", 1, 50_000, false, webhook("slow", "slow-1"));

    assertThat(fixture.plan(Question.of(36_000), Map.of("tech", 50, "slow", 50)).month().hours())
        .isEqualTo(5);
    assertThat(fixture.plan(Question.of(28_800), Map.of("tech", 99, "slow", 1)).month().hours())
        .isEqualTo(1);
  }

  @Test
  void saysWhenAMonthIsTooShortAndWhenClayAllowsLess() {
    assertThat(new PlanFixture().workspace("main", 8, 400).plan(300_000).notes())
        .anyMatch(note -> note.contains("longer than a month"));
    assertThat(new PlanFixture().workspace("main", 20, 0).plan(1).notes())
        .anyMatch(note -> note.contains("Clay allows workspace main 10 leads a second"));
  }

  // ---- Webhooks and tables ----

  @ParameterizedTest
  @CsvSource({"10000,3,1", "50000,14,5", "100000,27,10"})
  void webhooksAYearAndTablesAMonth(long leads, long webhooks, long tables) {
    Plan plan = new PlanFixture().plan(leads);

    assertThat(plan.year().webhooks()).isEqualTo(webhooks);
    assertThat(plan.month().handyTables()).isEqualTo(tables);
  }

  @Test
  void whatIsSentAgainFillsWebhooksTooButIsNoLead() {
    Plan plan = new PlanFixture().plan(question(50_000, 1, "6", null, "4"));

    assertThat(plan.year().webhooks()).isEqualTo(15);
    assertThat(plan.month().hours()).isEqualTo(53_000 / 8.0 / 3600, within(0.001));
    assertThat(plan.month().credits()).isEqualByComparingTo("300000");
    assertThat(plan.notes())
        .anyMatch(note -> note.contains("18,000 Data Credits") && note.contains("12,000 Actions"));
  }

  @Test
  void aSmallRowCapFillsTheTableBeforeTheWebhook() {
    Plan plan =
        new PlanFixture()
            .table("tech", "main", 0, 1_000, false, webhook("tech", "tech-1"))
            .plan(10_000);

    assertThat(plan.month().webhooks()).isEqualTo(10);
    assertThat(plan.month().handyTables()).isEqualTo(10);
    assertThat(plan.notes()).anyMatch(note -> note.contains("row-cap of 1,000"));
    assertThat(plan.differences())
        .filteredOn(difference -> difference.figure().startsWith("Clay tables"))
        .extracting(Plan.Difference::why)
        .containsExactly("row-cap lets a table hold less than 10,000 rows");
  }

  @Test
  void autoDeleteFillsNothing() {
    Plan plan =
        new PlanFixture()
            .table("inbound", "main", 0, 50_000, true, webhook("inbound", "inbound-1"))
            .plan(1_000_000);

    assertThat(plan.year().webhooks()).isEqualTo(1);
    assertThat(plan.year().handyTables()).isEqualTo(1);
    assertThat(plan.tables().get(0).runwayMonths()).isInfinite();
    assertThat(choice(plan)).isEqualTo("Enterprise");
    assertThat(verdict(plan, "Growth").reasons()).contains("no auto-delete, which inbound uses");
    assertThat(plan.whatIfs())
        .extracting(WhatIf::change)
        .doesNotContain("auto-delete on every table");
  }

  @Test
  void monthsAreRoundedUpTogetherAndNotOneByOne() {
    Plan plan = new PlanFixture().plan(question(20_000, 3, "0", null, "4"));

    assertThat(plan.month().webhooks()).isEqualTo(1);
    assertThat(plan.whole().webhooks()).isEqualTo(2);
    assertThat(plan.whole().leads()).isEqualTo(60_000);
    assertThat(plan.whole().credits()).isEqualByComparingTo("360000");
  }

  // ---- Runway ----

  @Test
  void theRunwayOfPresentWebhooksIsClayYamlsWithoutALedger() {
    Plan plan =
        new PlanFixture()
            .table(
                "tech",
                webhook("tech", "tech-1", 45_000, 40_000, "tech-1"),
                webhook("tech", "tech-2", 45_000, 0, "tech-2"))
            .plan(25_000);

    assertThat(plan.tables().get(0).rowsLeft()).isEqualTo(50_000);
    assertThat(plan.tables().get(0).runwayMonths()).isEqualTo(2);
    assertThat(plan.notes()).noneMatch(note -> note.contains("more rows, fewer than planned"));
  }

  @Test
  void theRunwayIsTheLedgersWhereItKnowsTheWebhook() {
    Plan plan =
        new PlanFixture()
            .table(
                "tech",
                webhook("tech", "tech-1", 45_000, 7, "tech-1"),
                webhook("tech", "tech-2", 45_000, 0, "tech-2"),
                webhook("tech", "tech-3", 45_000, 1_000, "tech-3"))
            .use("tech", "tech-1", "tech-1", 44_000, 44_000, State.OPEN)
            .use("tech", "tech-2", "tech-2", 10, 10, State.EXHAUSTED)
            .plan(50_000);

    assertThat(plan.tables().get(0).rowsLeft()).isEqualTo(1_000 + 0 + 44_000);
    assertThat(plan.notes())
        .anyMatch(note -> note.contains("take 45,000 more rows, fewer than planned"));
  }

  @Test
  void webhooksOfOneClayTableShareItsRows() {
    Plan plan =
        new PlanFixture()
            .table(
                "tech",
                webhook("tech", "tech-1", 45_000, 20_000, "shared"),
                webhook("tech", "tech-2", 45_000, 0, "shared"))
            .plan(10_000);

    assertThat(plan.tables().get(0).rowsLeft()).isEqualTo(30_000);
  }

  @Test
  void withoutWebhooksLeadsWait() {
    Plan plan = new PlanFixture().table("tech").plan(10_000);

    assertThat(plan.tables().get(0).runwayMonths()).isZero();
    assertThat(plan.year().webhooks()).isEqualTo(3);
    assertThat(plan.notes())
        .contains("Table tech has no webhook: its leads wait until clay.yaml names one.");
  }

  // ---- Plans of Clay ----

  @Test
  void thePlanThatFitsIsTheCheapestWithWebhooksAndActions() {
    Plan plan = new PlanFixture().plan(10_000);

    assertThat(choice(plan)).isEqualTo("Growth");
    assertThat(verdict(plan, "Free").reasons())
        .containsExactly(
            "no webhooks",
            "too few Actions: 500 of 40,000 a month",
            "rows per table: 200 of 10,000 a month for tech");
    assertThat(verdict(plan, "Launch").reasons())
        .containsExactly("no webhooks", "too few Actions: 15,000 of 40,000 a month");
    assertThat(verdict(plan, "Growth").creditsToBuy()).isEqualByComparingTo("54000");
    assertThat(choice(new PlanFixture().plan(10_001))).isEqualTo("Enterprise");
  }

  @Test
  void ownKeysSaveDataCreditsButNoActions() {
    Plan plan = new PlanFixture().plan(question(50_000, 1, "0", "0", "4"));

    assertThat(plan.month().credits()).isZero();
    assertThat(plan.month().actions()).isEqualByComparingTo("200000");
    assertThat(plan.whatIfs()).extracting(WhatIf::change).doesNotContain("own API keys");
    assertThat(plan.differences().get(0).why()).isEqualTo("own API keys take none");
  }

  @Test
  void amountsAreExact() {
    Plan plan = new PlanFixture().plan(question(1_000_000_000, 12, "0", "0.000001", "0.1"));

    assertThat(plan.month().credits()).isEqualByComparingTo("1000");
    assertThat(plan.whole().actions()).isEqualByComparingTo("1200000000");
  }

  // ---- What if, the simple formula, budgets ----

  @Test
  void whatIfs() {
    Plan plan = new PlanFixture().workspace("main", 8, 400).plan(10_000);

    assertThat(plan.whatIfs())
        .extracting(WhatIf::change)
        .containsExactly(
            "own API keys", "auto-delete on every table", "rate raised to 10/s", "no hourly cap");
    assertThat(plan.whatIfs().get(0).month().credits()).isZero();
    assertThat(plan.whatIfs().get(1).year().webhooks()).isEqualTo(1);
    assertThat(plan.whatIfs().get(1).choice().orElseThrow().plan().name()).isEqualTo("Enterprise");
    assertThat(plan.whatIfs().get(2).month().hours()).as("the cap still binds").isEqualTo(25);
    assertThat(plan.whatIfs().get(3).month().hours()).isEqualTo(0.347, within(0.001));
    assertThat(new PlanFixture().workspace("main", 10, 0).plan(1).whatIfs())
        .extracting(WhatIf::change)
        .contains("rate raised to 20/s");
  }

  @Test
  void theSimpleFormulaAndWhyItDiffers() {
    Plan plan = new PlanFixture().plan(50_000);

    assertThat(plan.differences())
        .extracting(
            Plan.Difference::figure,
            difference -> difference.simple().intValueExact(),
            difference -> difference.kiln().intValueExact(),
            difference -> difference.why().isEmpty())
        .containsExactly(
            tuple("Data Credits a month", 300_000, 300_000, true),
            tuple("Actions a month", 50_000, 200_000, false),
            tuple("webhooks a year", 12, 14, false),
            tuple("Clay tables a month", 5, 5, true));
    assertThat(plan.notes())
        .anyMatch(note -> note.contains("offers Launch, where no lead gets in"));
  }

  @Test
  void everyCauseOfADifferenceIsNamed() {
    Plan plan =
        new PlanFixture()
            .table("tech", webhook("tech", "tech-1"))
            .table("inbound", "main", 0, 50_000, true, webhook("inbound", "inbound-1"))
            .plan(question(30_000, 1, "2.5", "5.5", "1"), Map.of("tech", 50, "inbound", 50));

    assertThat(plan.differences().get(0).why())
        .isEqualTo("it counts 6 a lead; here a lead takes 5.5");
    assertThat(plan.differences().get(1).why()).isEmpty();
    assertThat(plan.differences().get(2).why())
        .contains(
            "Kiln turns to the next at 45,000", "2.5 % sent again", "each of the 2", "auto-delete");
  }

  @Test
  void budgetsOfAMonthHoldTheRestBack() {
    Plan plan = new PlanFixture().budgets(0, 100_000, 0, 150_000).plan(50_000);

    assertThat(plan.notes())
        .contains(
            "The budget in clay.yaml, 100,000 Data Credits a month, covers about 16,666 of 50,000"
                + " leads: the others are held until the next month.",
            "The budget in clay.yaml, 150,000 Actions a month, covers about 37,500 of 50,000 leads:"
                + " the others are held until the next month.");
    assertThat(new PlanFixture().budgets(300_000, 300_000, 200_000, 200_000).plan(50_000).notes())
        .noneMatch(note -> note.contains("budget"));
  }

  @Test
  void budgetsOfADayStretchAMonthsLeads() {
    Plan plan = new PlanFixture().budgets(20_000, 0, 5_000, 0).plan(50_000);

    assertThat(plan.notes())
        .contains(
            "The budget in clay.yaml, 20,000 Data Credits a day, covers about 3,333 leads a day: a"
                + " month's leads take 16 days.",
            "The budget in clay.yaml, 5,000 Actions a day, covers about 1,250 leads a day: a month's"
                + " leads take 40 days, longer than a month.");
  }

  @Test
  void aDayCoversWholeLeads() {
    assertThat(new PlanFixture().budgets(13, 0, 0, 0).plan(1_000).notes())
        .contains(
            "The budget in clay.yaml, 13 Data Credits a day, covers about 2 leads a day: a month's"
                + " leads take 500 days, longer than a month.");
    assertThat(new PlanFixture().budgets(5, 0, 0, 0).plan(1_000).notes())
        .contains(
            "The budget in clay.yaml, 5 Data Credits a day, covers about 0 leads a day, less than"
                + " one.");
  }
}
