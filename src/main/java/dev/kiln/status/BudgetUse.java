package dev.kiln.status;

import dev.kiln.clay.Catalogue;
import dev.kiln.ledger.Amount;
import dev.kiln.ledger.Budget;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.Spending;
import dev.kiln.plan.Numbers;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What was spent of one budget.
 *
 * @param unit {@code credits} or {@code actions}
 * @param period {@code day} or {@code month}
 * @param spent in this period so far
 * @param cap the most of the period; 0 for no cap
 * @param ends when the period turns
 */
record BudgetUse(String unit, String period, BigDecimal spent, BigDecimal cap, Instant ends) {
  /** Both units of the day and the month of a time, in this order. */
  static List<BudgetUse> of(Catalogue catalogue, Snapshot snapshot, Instant now) {
    Map<String, Amount> spent =
        snapshot.budget().spendings().stream()
            .collect(Collectors.toMap(Spending::account, Spending::spent));
    List<BudgetUse> uses = new ArrayList<>();
    for (Budget.Period period :
        catalogue.budgets().at(catalogue.tables().values(), now, null).periods()) {
      String word = uses.isEmpty() ? "day" : "month";
      Amount some = spent.getOrDefault(period.name(), Amount.NOTHING);
      Amount cap = period.caps().all();
      uses.add(
          new BudgetUse(
              "credits",
              word,
              Numbers.ofThousandths(some.credits()),
              Numbers.ofThousandths(cap.credits()),
              period.ends()));
      uses.add(
          new BudgetUse(
              "actions",
              word,
              Numbers.ofThousandths(some.actions()),
              Numbers.ofThousandths(cap.actions()),
              period.ends()));
    }
    return uses;
  }

  boolean capped() {
    return cap.signum() > 0;
  }

  /** What is left of the cap, not below 0. */
  BigDecimal left() {
    return cap.subtract(spent).max(BigDecimal.ZERO);
  }

  /** Whole percent of the cap that are spent; 0 without a cap. */
  long percent() {
    return capped() ? spent.movePointRight(2).divideToIntegralValue(cap).longValue() : 0;
  }

  /** The unit as Clay calls it. */
  String unitName() {
    return unit.equals("credits") ? "Data Credits" : "Actions";
  }
}
