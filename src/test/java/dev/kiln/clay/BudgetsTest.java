package dev.kiln.clay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.Allowance;
import dev.kiln.ledger.Charge;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

final class BudgetsTest {
  private static final Table TABLE = DeliveryFixture.table("tech");

  private static Budgets budgets(String zone, int monthStartsOn) {
    return new Budgets(
        ZoneId.of(zone),
        monthStartsOn,
        new BigDecimal("100"),
        new BigDecimal("2000.5"),
        BigDecimal.ZERO,
        new BigDecimal("0.125"));
  }

  private static List<Allowance> at(Budgets budgets, String time) {
    return budgets.charge(TABLE, Instant.parse(time)).allowances();
  }

  @Example
  void aLeadChargesItsTableInThousandthsOnADayAndAMonth() {
    Charge charge = budgets("UTC", 1).charge(TABLE, Instant.parse("2026-11-25T10:00:00Z"));
    assertThat(charge)
        .isEqualTo(
            new Charge(
                6_000,
                4_000,
                List.of(
                    new Allowance(
                        "day 2026-11-25", 100_000, 0, Instant.parse("2026-11-26T00:00:00Z")),
                    new Allowance(
                        "month from 2026-11-01",
                        2_000_500,
                        125,
                        Instant.parse("2026-12-01T00:00:00Z")))));
  }

  @Example
  void withoutBudgetsNothingIsCapped() {
    assertThat(at(Budgets.none(), "2026-11-25T10:00:00Z"))
        .allMatch(allowance -> allowance.creditsCap() == 0 && allowance.actionsCap() == 0);
  }

  @Example
  void aDayTurnsAtMidnightOfItsTimeZone() {
    Budgets newYork = budgets("America/New_York", 1);
    assertThat(at(newYork, "2026-11-25T04:59:59.999Z").get(0).period()).isEqualTo("day 2026-11-24");
    assertThat(at(newYork, "2026-11-25T05:00:00Z").get(0).period()).isEqualTo("day 2026-11-25");
    assertThat(at(newYork, "2026-11-25T05:00:00Z").get(0).ends()).isEqualTo("2026-11-26T05:00:00Z");
  }

  @Example
  void aDayOfAClockChangeHas23Or25Hours() {
    Budgets berlin = budgets("Europe/Berlin", 1);
    assertThat(at(berlin, "2026-03-28T23:00:00Z").get(0).ends()).isEqualTo("2026-03-29T22:00:00Z");
    assertThat(at(berlin, "2026-10-24T22:00:00Z").get(0).ends()).isEqualTo("2026-10-25T23:00:00Z");
  }

  @Example
  void aMonthBeginsOnItsDay() {
    Budgets fifteenth = budgets("UTC", 15);
    assertThat(at(fifteenth, "2026-11-14T23:59:59Z").get(1).period())
        .isEqualTo("month from 2026-10-15");
    assertThat(at(fifteenth, "2026-11-14T23:59:59Z").get(1).ends())
        .isEqualTo("2026-11-15T00:00:00Z");
    assertThat(at(fifteenth, "2026-11-15T00:00:00Z").get(1).period())
        .isEqualTo("month from 2026-11-15");
    assertThat(at(fifteenth, "2027-01-03T00:00:00Z").get(1).period())
        .isEqualTo("month from 2026-12-15");
  }

  @Example
  void aMonthFromThe28thHoldsInFebruaryToo() {
    Budgets latest = budgets("UTC", 28);
    assertThat(at(latest, "2027-03-01T00:00:00Z").get(1).period())
        .isEqualTo("month from 2027-02-28");
    assertThat(at(latest, "2027-02-28T00:00:00Z").get(1).ends()).isEqualTo("2027-03-28T00:00:00Z");
  }

  @Property
  void aPeriodEndsAfterNowAndTheNextBeginsThen(
      @ForAll @LongRange(min = 1_700_000_000, max = 2_000_000_000) long second,
      @ForAll @IntRange(min = 1, max = 28) int monthStartsOn) {
    Budgets budgets = budgets("Europe/Berlin", monthStartsOn);
    Instant now = Instant.ofEpochSecond(second);
    List<Allowance> present = budgets.charge(TABLE, now).allowances();
    for (int i = 0; i < present.size(); i++) {
      Instant ends = present.get(i).ends();
      assertThat(ends).isAfter(now);
      assertThat(budgets.charge(TABLE, ends.minusMillis(1)).allowances().get(i).period())
          .isEqualTo(present.get(i).period());
      assertThat(budgets.charge(TABLE, ends).allowances().get(i).period())
          .isNotEqualTo(present.get(i).period());
    }
  }
}
