package dev.kiln.ledger;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What leads cost and what may be spent at one moment. Immutable.
 *
 * @param costs what one lead takes, by table
 * @param run what each run may spend
 * @param periods the day and the month of that moment
 * @param only the runs whose held leads are let go as soon as they fit; null for all
 */
public record Budget(
    Map<String, Amount> costs, Caps run, List<Period> periods, @Nullable Set<String> only) {
  /** Nothing costs and nothing is capped. */
  public static final Budget NONE = new Budget(Map.of(), Caps.NONE, List.of(), null);

  /**
   * Caps; an amount of 0 is none.
   *
   * @param all over all tables
   * @param tables of single tables, by name; a table that is missing has none
   */
  public record Caps(Amount all, Map<String, Amount> tables) {
    /** No caps. */
    public static final Caps NONE = new Caps(Amount.NOTHING, Map.of());

    private boolean any() {
      return !all.equals(Amount.NOTHING)
          || tables.values().stream().anyMatch(cap -> !cap.equals(Amount.NOTHING));
    }
  }

  /**
   * A day or a month.
   *
   * @param name for example {@code day 2026-11-25}
   * @param ends when it turns
   * @param caps what may be spent in it
   */
  public record Period(String name, Instant ends, Caps caps) {}

  /**
   * What one lead takes, and where that is booked.
   *
   * @param cost what it takes
   * @param accounts all that it is charged to
   * @param periods the names of the day and the month, one a line
   */
  record Charge(Amount cost, List<Account> accounts, String periods) {}

  /** The charge of a lead of a run at a table. */
  Charge charge(String run, String table) {
    List<Account> accounts = new ArrayList<>(ofPeriods(table));
    accounts.addAll(ofRun(run, table));
    return new Charge(
        cost(table),
        List.copyOf(accounts),
        periods.stream().map(Period::name).collect(Collectors.joining("\n")));
  }

  /** What one lead of a table takes. */
  Amount cost(String table) {
    return costs.getOrDefault(table, Amount.NOTHING);
  }

  /** Whether there is any cap. */
  boolean capped() {
    return run.any() || periods.stream().anyMatch(period -> period.caps.any());
  }

  /** The accounts of a run that a lead of a table is charged to. */
  List<Account> ofRun(String id, String table) {
    return pair(Account.ofRun(id), id, table, run, null);
  }

  /** The accounts of days and months that a lead of a table is charged to. */
  List<Account> ofPeriods(String table) {
    List<Account> accounts = new ArrayList<>();
    periods.forEach(
        period -> accounts.addAll(pair(period.name, null, table, period.caps, period.ends)));
    return accounts;
  }

  private static List<Account> pair(
      String name, @Nullable String run, String table, Caps caps, @Nullable Instant ends) {
    return List.of(
        new Account(name, run, null, caps.all, ends),
        new Account(
            Account.ofTable(name, table),
            run,
            table,
            caps.tables.getOrDefault(table, Amount.NOTHING),
            ends));
  }
}
