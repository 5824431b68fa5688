package dev.kiln.clay;

import dev.kiln.ledger.Allowance;
import dev.kiln.ledger.Charge;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;

/**
 * What may be spent in a day and in a month. Immutable.
 *
 * @param timezone where days and months begin at midnight; default UTC
 * @param monthStartsOn the day on which a month begins, from 1, the default, to 28
 * @param creditsPerDay Data Credits a day; 0, the default, is no cap
 * @param creditsPerMonth Data Credits a month; 0, the default, is no cap
 * @param actionsPerDay Actions a day; 0, the default, is no cap
 * @param actionsPerMonth Actions a month; 0, the default, is no cap
 */
public record Budgets(
    ZoneId timezone,
    int monthStartsOn,
    BigDecimal creditsPerDay,
    BigDecimal creditsPerMonth,
    BigDecimal actionsPerDay,
    BigDecimal actionsPerMonth) {
  /** No cap on anything: what a file without {@code budgets} says. */
  public static Budgets none() {
    return new Budgets(
        ZoneId.of("UTC"), 1, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO, BigDecimal.ZERO);
  }

  /**
   * What sending one lead to a table spends, and the periods that must cover it.
   *
   * @param table the table
   * @param now the ledger's time
   */
  Charge charge(Table table, Instant now) {
    LocalDate today = LocalDate.ofInstant(now, timezone);
    LocalDate month =
        today.getDayOfMonth() >= monthStartsOn
            ? today.withDayOfMonth(monthStartsOn)
            : today.minusMonths(1).withDayOfMonth(monthStartsOn);
    return new Charge(
        thousandths(table.creditsPerLead()),
        thousandths(table.actionsPerLead()),
        List.of(
            new Allowance(
                "day " + today,
                thousandths(creditsPerDay),
                thousandths(actionsPerDay),
                today.plusDays(1).atStartOfDay(timezone).toInstant()),
            new Allowance(
                "month from " + month,
                thousandths(creditsPerMonth),
                thousandths(actionsPerMonth),
                month.plusMonths(1).atStartOfDay(timezone).toInstant())));
  }

  static long thousandths(BigDecimal amount) {
    return amount.movePointRight(3).longValue();
  }
}
