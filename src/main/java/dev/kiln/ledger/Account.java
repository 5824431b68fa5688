package dev.kiln.ledger;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is spent together: in a day, a month or a run, over all tables or at one.
 *
 * @param name its name in the ledger, for example {@code day 2026-11-25 of table tech}
 * @param run the run; null for a day or a month
 * @param table the table; null for all
 * @param cap most that may be spent; an amount of 0 is no cap
 * @param ends when it turns; null where it never does
 */
record Account(
    String name, @Nullable String run, @Nullable String table, Amount cap, @Nullable Instant ends) {
  /** The account of one table within another that covers all. */
  static String ofTable(String name, String table) {
    return name + " of table " + table;
  }

  static String ofRun(String run) {
    return "run " + run;
  }

  boolean capped() {
    return !cap.equals(Amount.NOTHING);
  }

  private boolean never(Amount cost) {
    return cap.lacks(cost, cap);
  }

  /** When a lead that does not fit now may do so by itself; null where never. */
  @Nullable Instant opens(Amount cost) {
    return never(cost) ? null : ends;
  }

  /** The one of some full accounts that keeps a lead back the longest; null if there is none. */
  static @Nullable Account last(Stream<Account> full, Amount cost) {
    return full.reduce((one, other) -> other.outlasts(one, cost) ? other : one).orElse(null);
  }

  private boolean outlasts(Account other, Amount cost) {
    Instant opens = opens(cost);
    Instant before = other.opens(cost);
    return before != null && (opens == null || opens.isAfter(before));
  }

  /** Why a lead does not fit, for a person, and what helps. */
  String reason(Amount cost) {
    boolean never = never(cost);
    return "The budget of the "
        + name
        + " ("
        + words()
        + ") has no room "
        + (never ? "for a single lead" : "for it")
        + (ends == null || never ? ". To go on" : "; it turns at " + ends + ". To go on now")
        + ", raise "
        + (table == null ? "budgets" : "budgets of table " + table)
        + " in config/clay.yaml";
  }

  private String words() {
    String credits = cap.credits() == 0 ? "" : words(cap.credits()) + " Data Credits";
    String actions = cap.actions() == 0 ? "" : words(cap.actions()) + " Actions";
    return credits + (credits.isEmpty() || actions.isEmpty() ? "" : ", ") + actions;
  }

  static String words(long thousandths) {
    return BigDecimal.valueOf(thousandths, 3).stripTrailingZeros().toPlainString();
  }
}
