package dev.kiln.clay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.Amount;
import dev.kiln.ledger.Budget;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
        new Caps(
            new BigDecimal("30"),
            new BigDecimal("100"),
            new BigDecimal("2000.5"),
            BigDecimal.ZERO,
            BigDecimal.ZERO,
            new BigDecimal("0.125")),
        Map.of("tech", caps(new BigDecimal("0.0001"))));
  }

  private static Caps caps(BigDecimal creditsPerDay) {
    BigDecimal none = BigDecimal.ZERO;
    return new Caps(none, creditsPerDay, none, none, none, none);
  }

  private static List<Budget.Period> at(Budgets budgets, String time) {
    return at(budgets, Instant.parse(time));
  }

  private static List<Budget.Period> at(Budgets budgets, Instant now) {
    return budgets.at(List.of(TABLE), now, null).periods();
  }

  @Example
  void whatLeadsCostAndWhatMayBeSpentIsInThousandths() {
    assertThat(
            budgets("UTC", 1)
                .at(List.of(TABLE), Instant.parse("2026-11-25T10:00:00Z"), Set.of("a run")))
        .isEqualTo(
            new Budget(
                Map.of("tech", new Amount(6_000, 4_000)),
                new Budget.Caps(new Amount(30_000, 0), Map.of("tech", Amount.NOTHING)),
                List.of(
                    new Budget.Period(
                        "day 2026-11-25",
                        Instant.parse("2026-11-26T00:00:00Z"),
                        // The smallest cap is no missing one.
                        new Budget.Caps(new Amount(100_000, 0), Map.of("tech", new Amount(1, 0)))),
                    new Budget.Period(
                        "month from 2026-11-01",
                        Instant.parse("2026-12-01T00:00:00Z"),
                        new Budget.Caps(
                            new Amount(2_000_500, 125), Map.of("tech", Amount.NOTHING)))),
                Set.of("a run")));
  }

  @Example
  void aCostIsRoundedUp() {
    assertThat(Budgets.thousandths(new BigDecimal("0.000001"))).isEqualTo(1);
    assertThat(Budgets.thousandths(new BigDecimal("1.5"))).isEqualTo(1_500);
  }

  @Example
  void withoutBudgetsNothingIsCapped() {
    assertThat(at(Budgets.none(), "2026-11-25T10:00:00Z"))
        .extracting(Budget.Period::caps)
        .containsOnly(Budget.Caps.NONE);
  }

  @Example
  void aDayTurnsAtMidnightOfItsTimeZone() {
    Budgets newYork = budgets("America/New_York", 1);
    assertThat(at(newYork, "2026-11-25T04:59:59.999Z").get(0).name()).isEqualTo("day 2026-11-24");
    assertThat(at(newYork, "2026-11-25T05:00:00Z").get(0).name()).isEqualTo("day 2026-11-25");
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
    assertThat(at(fifteenth, "2026-11-14T23:59:59Z").get(1).name())
        .isEqualTo("month from 2026-10-15");
    assertThat(at(fifteenth, "2026-11-14T23:59:59Z").get(1).ends())
        .isEqualTo("2026-11-15T00:00:00Z");
    assertThat(at(fifteenth, "2026-11-15T00:00:00Z").get(1).name())
        .isEqualTo("month from 2026-11-15");
    assertThat(at(fifteenth, "2027-01-03T00:00:00Z").get(1).name())
        .isEqualTo("month from 2026-12-15");
  }

  @Example
  void aMonthFromThe28thHoldsInFebruaryToo() {
    Budgets latest = budgets("UTC", 28);
    assertThat(at(latest, "2027-03-01T00:00:00Z").get(1).name()).isEqualTo("month from 2027-02-28");
    assertThat(at(latest, "2027-02-28T00:00:00Z").get(1).ends()).isEqualTo("2027-03-28T00:00:00Z");
  }

  @Property
  void aPeriodEndsAfterNowAndTheNextBeginsThen(
      @ForAll @LongRange(min = 1_700_000_000, max = 2_000_000_000) long second,
      @ForAll @IntRange(min = 1, max = 28) int monthStartsOn) {
    Budgets budgets = budgets("Europe/Berlin", monthStartsOn);
    Instant now = Instant.ofEpochSecond(second);
    List<Budget.Period> present = at(budgets, now);
    for (int i = 0; i < present.size(); i++) {
      Instant ends = present.get(i).ends();
      assertThat(ends).isAfter(now);
      assertThat(at(budgets, ends.minusMillis(1)).get(i).name()).isEqualTo(present.get(i).name());
      assertThat(at(budgets, ends).get(i).name()).isNotEqualTo(present.get(i).name());
    }
  }
}
