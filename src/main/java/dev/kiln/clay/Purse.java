package dev.kiln.clay;

import dev.kiln.ledger.Balance;
import dev.kiln.ledger.Budget;
import dev.kiln.ledger.BudgetWarning;
import dev.kiln.ledger.Due;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the queue within the budgets: has leads held that do not fit, and let go when they do. What
 * it remembers may be lost. Thread-safe.
 */
final class Purse {
  private static final Logger LOG = LoggerFactory.getLogger(Purse.class);

  /** How soon to look whether held leads fit: others may have been cancelled, say. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  /** Steps of one call: some thousand leads, a tenth of a second. */
  private static final int STEPS = 8;

  /** What may be spent from one time on, until a day or a month turns. */
  private record Known(
      Catalogue catalogue, @Nullable Set<String> only, Budget budget, Instant from, Instant until) {
    boolean holds(Catalogue present, @Nullable Set<String> some, Instant now) {
      return catalogue.equals(present)
          && Objects.equals(only, some)
          && !now.isBefore(from)
          && now.isBefore(until);
    }
  }

  private final Ledger ledger;
  private final Queue<Due> refused = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean asked = new AtomicBoolean(true);
  private volatile Catalogue catalogue;
  private volatile @Nullable Set<String> onlyRuns;
  private volatile @Nullable Known known;
  private Map<String, Long> runs = Map.of();
  private Instant lookAt = Instant.EPOCH;
  private Instant turns = Instant.EPOCH;

  Purse(Ledger ledger, Catalogue catalogue) {
    this.ledger = ledger;
    this.catalogue = catalogue;
  }

  /** What may be spent at a time; asked for with every lead, and worked out when it changes. */
  Budget at(Instant now) {
    Catalogue present = catalogue;
    Set<String> only = onlyRuns;
    Known last = known;
    if (last == null || !last.holds(present, only, now)) {
      Budget budget = present.budgets().at(present.tables().values(), now, only);
      last = new Known(present, only, budget, now, turn(budget));
      known = last;
    }
    return last.budget;
  }

  private static Instant turn(Budget budget) {
    return budget.periods().stream()
        .map(Budget.Period::ends)
        .min(Instant::compareTo)
        .orElse(Instant.MAX);
  }

  /** Goes on with other budgets. */
  void apply(Catalogue changed) {
    catalogue = changed;
    asked.set(true);
  }

  /** Lets only leads of some runs go from here on. */
  void only(Set<String> some) {
    onlyRuns = some;
    asked.set(true);
  }

  /** A begin refused a lead for its budget. */
  void refused(Due lead) {
    refused.add(lead);
  }

  /**
   * Holds and lets go, some thousand leads at most; does nothing where there is no cause.
   *
   * @return whether all is in line
   */
  synchronized boolean balance() {
    Instant now = ledger.now();
    boolean cause = asked.getAndSet(false) || !refused.isEmpty() || !now.isBefore(turns);
    try {
      if (!cause && now.isBefore(lookAt)) {
        return true;
      }
      lookAt = now.plus(LOOK_AGAIN);
      if (!cause && !ledger.heldForBudget()) {
        return true;
      }
      for (int step = 0; step < STEPS; step++) {
        Balance done = ledger.balance(this::at, drained(), runs);
        runs = done.runs();
        tell(done);
        if (!done.more()) {
          turns = turn(at(now));
          return true;
        }
      }
      asked.set(true);
      return false;
    } catch (LedgerUnavailable unavailable) {
      asked.set(true);
      throw unavailable;
    }
  }

  private List<Due> drained() {
    List<Due> leads = new ArrayList<>();
    for (Due lead = refused.poll(); lead != null; lead = refused.poll()) {
      leads.add(lead);
    }
    return leads;
  }

  private static void tell(Balance done) {
    done.reasons().forEach(reason -> LOG.warn("Leads are held: {}", reason));
    done.warnings().forEach(Purse::tell);
    if (done.released() > 0) {
      LOG.info("{} leads that a budget held are queued", done.released());
    }
  }

  /**
   * Those of days and months over all tables are alerts, which are told by who watches for them.
   */
  static void tell(BudgetWarning warning) {
    if (!warning.ofPeriod()) {
      LOG.warn("{}; \"kiln status\" tells more", warning.text());
    }
  }
}
