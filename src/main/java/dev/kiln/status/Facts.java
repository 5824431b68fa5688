package dev.kiln.status;

import dev.kiln.clay.Catalogue;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What metrics, alerts and JMX tell of the ledger: the account of {@code kiln status}, at one
 * moment.
 *
 * @param at when it was read
 * @param catalogue what is in force
 * @param snapshot the account
 * @param budgets what was spent
 */
public record Facts(Instant at, Catalogue catalogue, Snapshot snapshot, List<BudgetUse> budgets) {
  /** Who runs on the ledger, and leads what. */
  public Cluster cluster() {
    return Cluster.of(snapshot, at);
  }

  /**
   * Reads facts, at most once a second however many ask: the account is kept by the ledger and
   * never counted, so a read costs the same however many leads there are. Thread-safe.
   */
  public static final class Source {
    private static final Duration FRESH = Duration.ofSeconds(1);

    private final Ledger ledger;
    private final Supplier<Catalogue> catalogue;
    private @Nullable Facts latest;

    /**
     * Facts of a ledger.
     *
     * @param ledger the ledger
     * @param catalogue what is in force
     */
    public Source(Ledger ledger, Supplier<Catalogue> catalogue) {
      this.ledger = ledger;
      this.catalogue = catalogue;
    }

    /**
     * The facts of now, or of up to a second ago.
     *
     * @throws dev.kiln.ledger.LedgerUnavailable if the ledger cannot be read
     */
    public synchronized Facts now() {
      Instant now = ledger.now();
      Facts known = latest;
      if (known == null || !now.isBefore(known.at.plus(FRESH)) || now.isBefore(known.at)) {
        Catalogue present = catalogue.get();
        Snapshot snapshot = ledger.view().snapshot();
        known = new Facts(now, present, snapshot, BudgetUse.of(present, snapshot, now));
        latest = known;
      }
      return known;
    }
  }
}
