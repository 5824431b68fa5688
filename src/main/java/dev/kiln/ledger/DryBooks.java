package dev.kiln.ledger;

import dev.kiln.ledger.LedgerView.Held;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The books of a dry run: those of a ledger at one moment, and what the run adds to them. */
final class DryBooks implements Books, Admission.Lines {
  /**
   * What is in a ledger.
   *
   * @param spent by account
   * @param queued queued leads by table and run
   * @param held leads that are held
   */
  record Written(
      Map<String, Amount> spent, Map<String, Map<String, Long>> queued, List<Held> held) {
    static final Written NOTHING = new Written(Map.of(), Map.of(), List.of());
  }

  /**
   * Why leads stand in line.
   *
   * @param reason for a person
   * @param until when they go by themselves, as far as there is room then; null where never
   */
  record Why(String reason, @Nullable Instant until) {}

  private record Line(Holder by, String table) {}

  private final Budget budget;
  private final Written written;

  /** The runs whose held leads keep others in line; null for all. */
  private final @Nullable Set<String> only;

  /** Queued in this run by table: over all files, and of the present one. */
  private final Map<String, Long> added = new HashMap<>();

  private final Map<String, Long> addedOfFile = new HashMap<>();
  private final Map<Line, Why> lines = new HashMap<>();

  DryBooks(Budget budget, Written written, boolean alone) {
    this.budget = budget;
    this.written = written;
    this.only = alone ? new HashSet<>() : null;
  }

  /** The rows to come are of another file. */
  void begin() {
    addedOfFile.clear();
    lines.keySet().removeIf(line -> line.by == Holder.RUN_BUDGET);
  }

  /** That run is read from here on. */
  void opened(String run) {
    if (only != null) {
      only.add(run);
    }
  }

  /** A lead is queued. */
  void queue(String table) {
    added.merge(table, 1L, Long::sum);
    addedOfFile.merge(table, 1L, Long::sum);
  }

  @Override
  public Amount spent(String account) {
    return written.spent.getOrDefault(account, Amount.NOTHING);
  }

  @Override
  public long queued(String table) {
    return before(table) + added.getOrDefault(table, 0L);
  }

  private long before(String table) {
    return written.queued.getOrDefault(table, Map.of()).values().stream()
        .mapToLong(Long::longValue)
        .sum();
  }

  @Override
  public long queued(String run, String table) {
    return written.queued.getOrDefault(table, Map.of()).getOrDefault(run, 0L)
        + addedOfFile.getOrDefault(table, 0L);
  }

  @Override
  public String line(Holder by, String table, String run) {
    Why why = why(by, table, run);
    return why == null ? "" : why.reason;
  }

  @Override
  public boolean note(String table, String run, Account full) {
    lines.put(
        new Line(run.isEmpty() ? Holder.BUDGET : Holder.RUN_BUDGET, table),
        new Why(full.reason(budget.cost(table)), full.opens(budget.cost(table))));
    return false;
  }

  /** Why leads of a run stand in line at a table; null where none does. */
  @Nullable Why why(Holder by, String table, String run) {
    Why own = lines.get(new Line(by, table));
    return own != null
        ? own
        : written.held.stream()
            .filter(held -> held.by() == by && held.table().equals(table))
            .filter(held -> by == Holder.BUDGET ? mine(held.run()) : held.run().equals(run))
            .findFirst()
            .map(
                held ->
                    new Why(
                        held.reason().isEmpty() ? BudgetRows.OLDER : held.reason(), held.until()))
            .orElse(null);
  }

  private boolean mine(String run) {
    return only == null || only.contains(run);
  }

  /** What the caps of the day and the month cover, over all tables and of each. */
  List<DryRun.Cover> covers() {
    Set<Account> accounts = new LinkedHashSet<>();
    List<String> tables = budget.costs().keySet().stream().sorted().toList();
    tables.forEach(table -> accounts.addAll(budget.ofPeriods(table)));
    return accounts.stream()
        .filter(Account::capped)
        .map(
            account -> {
              Amount before = Amount.NOTHING;
              Amount these = Amount.NOTHING;
              for (String table : tables) {
                if (account.table() == null || account.table().equals(table)) {
                  before = before.plus(budget.cost(table).times(before(table)));
                  these = these.plus(budget.cost(table).times(added.getOrDefault(table, 0L)));
                }
              }
              return new DryRun.Cover(
                  account.name(),
                  account.cap(),
                  spent(account.name()),
                  before,
                  these,
                  account.ends());
            })
        .toList();
  }
}
