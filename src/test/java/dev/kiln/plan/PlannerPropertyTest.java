package dev.kiln.plan;

import static dev.kiln.plan.PlanFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.plan.Plan.Figures;
import dev.kiln.plan.Plan.WhatIf;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

/** What holds for every number of leads, every cap and every share. */
final class PlannerPropertyTest {
  private static final List<String> TABLES = List.of("a", "b", "c", "d");

  /** Tables whose caps are a fifth, a third, half and all of what is given; the last deletes. */
  private static PlanFixture fixture(int cap, int rowCap, int rate) {
    PlanFixture fixture = new PlanFixture().workspace("main", rate, 0);
    for (String name : TABLES) {
      int part = 5 - TABLES.indexOf(name);
      fixture.table(
          name,
          "main",
          0,
          Math.max(1, rowCap / part),
          name.equals("d"),
          webhook(name, name + "-1", Math.max(1, cap / part), 0, name + "-1"));
    }
    return fixture;
  }

  private static Map<String, Integer> shares(List<Integer> weights) {
    Map<String, Integer> shares = new LinkedHashMap<>();
    int left = 100;
    for (int i = 0; i < TABLES.size() - 1; i++) {
      int share = Math.min(left, weights.get(i));
      shares.put(TABLES.get(i), share);
      left -= share;
    }
    shares.put("d", left);
    return shares;
  }

  private static Question question(long leads, int retryPercent) {
    return new Question(leads, 3, BigDecimal.valueOf(retryPercent), null, null, null, false, true);
  }

  @Property
  void noLeadIsLostAndTheWebhooksHoldThemAllButNoneIsIdle(
      @ForAll @LongRange(min = 1, max = 1_000_000_000) long leads,
      @ForAll @IntRange(min = 1, max = 50_000) int cap,
      @ForAll @IntRange(min = 1, max = 50_000) int rowCap,
      @ForAll @IntRange(max = 100) int retryPercent,
      @ForAll @Size(3) List<@IntRange(max = 60) Integer> weights) {
    Plan plan = fixture(cap, rowCap, 8).plan(question(leads, retryPercent), shares(weights));

    assertThat(plan.tables().stream().mapToLong(TablePlan::leads).sum()).isEqualTo(leads);
    for (TablePlan table : plan.tables()) {
      if (table.autoDelete()) {
        assertThat(table.webhooks(12)).isEqualTo(1);
        continue;
      }
      for (int months : new int[] {1, 3, 12}) {
        BigDecimal rows = table.rows().multiply(BigDecimal.valueOf(months));
        BigDecimal size = BigDecimal.valueOf(table.rowsPerWebhook());
        BigDecimal webhooks = BigDecimal.valueOf(table.webhooks(months));
        assertThat(webhooks.multiply(size)).isGreaterThanOrEqualTo(rows);
        assertThat(webhooks.subtract(BigDecimal.ONE).multiply(size)).isLessThan(rows);
      }
      assertThat(table.handyTables(1)).isGreaterThanOrEqualTo(1);
    }
    for (WhatIf whatIf : plan.whatIfs()) {
      assertThat(whatIf.month().leads()).isEqualTo(leads);
      noGreater(whatIf.month(), plan.month());
      noGreater(whatIf.year(), plan.year());
    }
  }

  @Property
  void moreLeadsNeverTakeLess(
      @ForAll @LongRange(min = 1, max = 1_000_000) long leads,
      @ForAll @IntRange(min = 1, max = 1_000) int more,
      @ForAll @IntRange(min = 1, max = 50_000) int cap,
      @ForAll @Size(3) List<@IntRange(max = 60) Integer> weights) {
    PlanFixture fixture = fixture(cap, 50_000, 8);
    Plan fewer = fixture.plan(question(leads, 1), shares(weights));
    Plan greater = fixture.plan(question(leads + more, 1), shares(weights));

    noGreater(fewer.month(), greater.month());
    noGreater(fewer.whole(), greater.whole());
    noGreater(fewer.year(), greater.year());
    Map<String, Long> split = fixture.shares(shares(weights)).split(leads + more);
    fixture
        .shares(shares(weights))
        .split(leads)
        .forEach((table, part) -> assertThat(part).isLessThanOrEqualTo(split.get(table)));
    assertThat(rank(fewer)).isLessThanOrEqualTo(rank(greater));
  }

  /** The place of the cheapest plan of Clay that fits. */
  private static int rank(Plan plan) {
    return plan.verdicts().indexOf(plan.choice().orElseThrow());
  }

  private static void noGreater(Figures less, Figures more) {
    assertThat(less.leads()).isLessThanOrEqualTo(more.leads());
    assertThat(less.hours()).isLessThanOrEqualTo(more.hours());
    assertThat(less.webhooks()).isLessThanOrEqualTo(more.webhooks());
    assertThat(less.handyTables()).isLessThanOrEqualTo(more.handyTables());
    assertThat(less.credits()).isLessThanOrEqualTo(more.credits());
    assertThat(less.actions()).isLessThanOrEqualTo(more.actions());
  }

  @Property
  void aHigherRateIsNeverSlower(
      @ForAll @LongRange(min = 1, max = 1_000_000) long leads,
      @ForAll @IntRange(min = 1, max = 100) int rate) {
    assertThat(fixture(45_000, 50_000, rate + 1).plan(leads).month().hours())
        .isLessThan(fixture(45_000, 50_000, rate).plan(leads).month().hours());
  }
}
