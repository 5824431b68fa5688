package dev.kiln.plan;

import dev.kiln.clay.Catalogue;
import dev.kiln.lead.NearestWord;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Which part of the leads goes to which table. Immutable.
 *
 * @param weights by table, from 0, in the order of clay.yaml; their sum is above 0
 * @param origin where they come from, as a clause for people
 */
public record Shares(Map<String, BigDecimal> weights, String origin) {
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

  /** So many of the newest leads show how they are spread now. */
  private static final long ENOUGH = 10_000;

  private static final Set<LeadState> NEVER_SENT =
      EnumSet.of(LeadState.REJECTED, LeadState.DUPLICATE, LeadState.CANCELLED);

  /** Copies the map. */
  public Shares {
    weights = Collections.unmodifiableMap(new LinkedHashMap<>(weights));
  }

  /**
   * The shares that were given; what they leave is spread as the newest leads in the ledger are, or
   * goes to the first table where there are none.
   *
   * @param catalogue the tables
   * @param ledger what was sent before
   * @param given percent by table; empty for none
   * @throws IllegalArgumentException over an unknown table, percents below 0 or above 100 together,
   *     or a rest that no table takes; the message says what to write
   */
  public static Shares of(Catalogue catalogue, Snapshot ledger, Map<String, BigDecimal> given) {
    given.forEach((table, percent) -> check(catalogue, table, percent));
    BigDecimal sum = sum(given.values());
    BigDecimal rest = HUNDRED.subtract(sum);
    if (rest.signum() < 0) {
      throw new IllegalArgumentException(
          "the shares make " + Numbers.of(sum) + " %, more than 100");
    }
    if (rest.signum() == 0) {
      return new Shares(ordered(catalogue, given), "as --share says");
    }
    Shares usual = usual(catalogue, ledger);
    Map<String, BigDecimal> others = new LinkedHashMap<>(usual.weights());
    others.keySet().removeAll(given.keySet());
    BigDecimal whole = sum(others.values());
    if (whole.signum() == 0) {
      throw new IllegalArgumentException(
          "the shares make " + Numbers.of(sum) + " %; give the rest to another table");
    }
    Map<String, BigDecimal> weights = new LinkedHashMap<>();
    given.forEach((table, percent) -> weights.put(table, percent.multiply(whole)));
    others.forEach((table, weight) -> weights.put(table, weight.multiply(rest)));
    return new Shares(
        ordered(catalogue, weights),
        given.isEmpty() ? usual.origin() : "as --share says, the rest " + usual.origin());
  }

  private static void check(Catalogue catalogue, String table, BigDecimal percent) {
    if (catalogue.table(table).isEmpty()) {
      throw new IllegalArgumentException(
          "clay.yaml has no table " + table + NearestWord.hint(table, catalogue.tables().keySet()));
    }
    if (percent.signum() < 0) {
      throw new IllegalArgumentException("the share of " + table + " is below 0");
    }
  }

  private static Shares usual(Catalogue catalogue, Snapshot ledger) {
    Map<String, BigDecimal> sent = new LinkedHashMap<>();
    long leads = 0;
    for (RunAccount run : ledger.runs()) {
      for (Map.Entry<String, Map<LeadState, Long>> table : run.tables().entrySet()) {
        if (catalogue.table(table.getKey()).isPresent()) {
          long more = sent(table.getValue());
          sent.merge(table.getKey(), BigDecimal.valueOf(more), BigDecimal::add);
          leads += more;
        }
      }
      if (leads >= ENOUGH) {
        break;
      }
    }
    if (leads > 0) {
      return new Shares(
          ordered(catalogue, sent),
          "as the last " + Numbers.of(leads) + " leads in the ledger went");
    }
    String first = catalogue.tables().keySet().iterator().next();
    return new Shares(
        Map.of(first, BigDecimal.ONE), "all to " + first + ", the first table in clay.yaml");
  }

  private static long sent(Map<LeadState, Long> states) {
    return states.entrySet().stream()
        .filter(state -> !NEVER_SENT.contains(state.getKey()))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  private static Map<String, BigDecimal> ordered(
      Catalogue catalogue, Map<String, BigDecimal> weights) {
    Map<String, BigDecimal> ordered = new LinkedHashMap<>();
    for (String table : catalogue.tables().keySet()) {
      BigDecimal weight = weights.get(table);
      if (weight != null && weight.signum() > 0) {
        ordered.put(table, weight);
      }
    }
    return ordered;
  }

  private static BigDecimal sum(Iterable<BigDecimal> amounts) {
    BigDecimal sum = BigDecimal.ZERO;
    for (BigDecimal amount : amounts) {
      sum = sum.add(amount);
    }
    return sum;
  }

  /**
   * Whole leads by table (D'Hondt): their sum is that given, and with more leads no table gets
   * fewer.
   */
  Map<String, Long> split(long leads) {
    BigDecimal whole = sum(weights.values());
    Map<String, Long> split = new LinkedHashMap<>();
    long left = leads;
    for (Map.Entry<String, BigDecimal> weight : weights.entrySet()) {
      long part =
          weight
              .getValue()
              .multiply(BigDecimal.valueOf(leads))
              .divide(whole, 0, RoundingMode.FLOOR)
              .longValueExact();
      split.put(weight.getKey(), part);
      left -= part;
    }
    for (; left > 0; left--) {
      split.merge(neediest(split), 1L, Long::sum);
    }
    return split;
  }

  /** The table with the greatest weight for each lead that it would have with one more. */
  private String neediest(Map<String, Long> split) {
    String neediest = "";
    BigDecimal best = BigDecimal.ZERO;
    BigDecimal bestLeads = BigDecimal.ONE;
    for (Map.Entry<String, BigDecimal> weight : weights.entrySet()) {
      BigDecimal leads = BigDecimal.valueOf(split.getOrDefault(weight.getKey(), 0L) + 1);
      if (weight.getValue().multiply(bestLeads).compareTo(best.multiply(leads)) > 0) {
        neediest = weight.getKey();
        best = weight.getValue();
        bestLeads = leads;
      }
    }
    return neediest;
  }
}
