package dev.kiln.ledger;

import java.time.Instant;

/**
 * A budget is nearly spent. Told once for each account, kind and step.
 *
 * @param account what is spent together, for example {@code day 2026-11-25 of table tech}
 * @param kind what is nearly spent
 * @param percent the step: 70, 80 or 90
 * @param cap the cap at that time, thousandths
 * @param at when the step was reached
 */
public record BudgetWarning(String account, Kind kind, int percent, long cap, Instant at) {
  /** What is spent. */
  public enum Kind {
    /** Data Credits. */
    CREDITS("Data Credits"),
    /** Actions. */
    ACTIONS("Actions");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /** What it is called. */
    public String words() {
      return words;
    }

    /** So much of it is in an amount, thousandths. */
    public long of(Amount amount) {
      return this == CREDITS ? amount.credits() : amount.actions();
    }
  }

  /** Whether it is the budget of a day or a month over all tables. */
  public boolean ofPeriod() {
    return !account.startsWith(Account.ofRun("")) && !account.contains(Account.ofTable("", ""));
  }

  /** The warning for a person. */
  public String text() {
    return "Budget of the "
        + account
        + ": "
        + percent
        + " % of its "
        + Account.words(cap)
        + " "
        + kind.words
        + " are spent; what does not fit is held";
  }
}
