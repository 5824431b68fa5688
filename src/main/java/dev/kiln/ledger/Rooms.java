package dev.kiln.ledger;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is left of the budgets by some books: the cap less what is spent and less what is promised,
 * which is what the queued leads will cost. May be below zero.
 */
final class Rooms {
  private final Books books;
  private final Budget budget;
  private final Map<String, Amount> left = new HashMap<>();

  Rooms(Books books, Budget budget) {
    this.books = books;
    this.budget = budget;
  }

  private Amount left(Account account) {
    Amount known = left.get(account.name());
    if (known == null) {
      known = account.cap().minus(books.spent(account.name())).minus(promised(account));
      left.put(account.name(), known);
    }
    return known;
  }

  private Amount promised(Account account) {
    Amount promised = Amount.NOTHING;
    for (Map.Entry<String, Amount> cost : budget.costs().entrySet()) {
      String table = cost.getKey();
      if (account.table() == null || account.table().equals(table)) {
        String run = account.run();
        long queued = run == null ? books.queued(table) : books.queued(run, table);
        promised = promised.plus(cost.getValue().times(queued));
      }
    }
    return promised;
  }

  /**
   * Of some accounts that have no room for one more lead of a table the one that stays so the
   * longest; null if all have.
   */
  @Nullable Account full(List<Account> accounts, String table) {
    return lacking(accounts, budget.cost(table), Amount.NOTHING);
  }

  /**
   * The same of those that have more promised than they have left, and would have less if a lead of
   * a table were held.
   */
  @Nullable Account exceeded(List<Account> accounts, String table) {
    return lacking(accounts, budget.cost(table), budget.cost(table));
  }

  private @Nullable Account lacking(List<Account> accounts, Amount cost, Amount promised) {
    return Account.last(
        accounts.stream()
            .filter(
                account ->
                    account.capped() && left(account).plus(promised).lacks(cost, account.cap())),
        cost);
  }

  /** A lead was queued (or taken from the queue, with -1), and the books have counted it. */
  void promise(String run, String table, int leads) {
    Amount cost = budget.cost(table).times(leads);
    for (List<Account> accounts : List.of(budget.ofRun(run, table), budget.ofPeriods(table))) {
      for (Account account : accounts) {
        left.computeIfPresent(account.name(), (name, room) -> room.minus(cost));
      }
    }
  }

  /** Keeps room in the accounts of a run for leads that are not queued yet. */
  void reserve(String run, String table, long leads) {
    Amount cost = budget.cost(table).times(leads);
    for (Account account : budget.ofRun(run, table)) {
      left.put(account.name(), left(account).minus(cost));
    }
  }
}
