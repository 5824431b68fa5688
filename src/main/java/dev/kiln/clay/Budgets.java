package dev.kiln.clay;

import dev.kiln.ledger.Amount;
import dev.kiln.ledger.Budget;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What may be spent in a run, a day and a month, over all tables and at single ones. Immutable.
 *
 * @param timezone where days and months begin at midnight; default UTC
 * @param monthStartsOn the day on which a month begins, from 1, the default, to 28
 * @param all caps over all tables
 * @param tables caps of single tables, by name; one that is missing has none
 */
public record Budgets(ZoneId timezone, int monthStartsOn, Caps all, Map<String, Caps> tables) {
  /** Copies the map. */
  public Budgets {
    tables = Map.copyOf(tables);
  }

  /** No cap on anything: what a file without {@code budgets} says. */
  public static Budgets none() {
    return new Budgets(ZoneId.of("UTC"), 1, Caps.NONE, Map.of());
  }

  /** The caps of a single table. */
  public Caps of(String table) {
    return tables.getOrDefault(table, Caps.NONE);
  }

  /**
   * What leads cost and what may be spent at one moment.
   *
   * @param known the tables
   * @param now the ledger's time
   * @param only the runs whose held leads are let go; null for all
   */
  public Budget at(Collection<Table> known, Instant now, @Nullable Set<String> only) {
    LocalDate today = LocalDate.ofInstant(now, timezone);
    LocalDate month =
        today.getDayOfMonth() >= monthStartsOn
            ? today.withDayOfMonth(monthStartsOn)
            : today.minusMonths(1).withDayOfMonth(monthStartsOn);
    return new Budget(
        known.stream()
            .collect(
                Collectors.toMap(
                    Table::name,
                    table ->
                        new Amount(
                            thousandths(table.creditsPerLead()),
                            thousandths(table.actionsPerLead())))),
        caps(Caps::creditsPerRun, Caps::actionsPerRun),
        List.of(
            new Budget.Period(
                "day " + today,
                today.plusDays(1).atStartOfDay(timezone).toInstant(),
                caps(Caps::creditsPerDay, Caps::actionsPerDay)),
            new Budget.Period(
                "month from " + month,
                month.plusMonths(1).atStartOfDay(timezone).toInstant(),
                caps(Caps::creditsPerMonth, Caps::actionsPerMonth))),
        only);
  }

  private Budget.Caps caps(Function<Caps, BigDecimal> credits, Function<Caps, BigDecimal> actions) {
    Function<Caps, Amount> amount =
        caps -> new Amount(cap(credits.apply(caps)), cap(actions.apply(caps)));
    return new Budget.Caps(
        amount.apply(all),
        tables.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, table -> amount.apply(table.getValue()))));
  }

  /** Thousandths of a cap; a cap below one is one, since 0 is none. */
  private static long cap(BigDecimal amount) {
    long thousandths = amount.movePointRight(3).longValue();
    return amount.signum() > 0 ? Math.max(1, thousandths) : 0;
  }

  /** Thousandths of a cost, rounded up: so that many small ones do not exceed a cap together. */
  static long thousandths(BigDecimal amount) {
    return amount.movePointRight(3).setScale(0, RoundingMode.CEILING).longValueExact();
  }
}
