package dev.kiln.ledger;

import java.util.List;
import java.util.Map;

/**
 * What one step of {@link Ledger#balance} did.
 *
 * @param held leads that did not fit and are held now
 * @param released held leads that fit and are queued now
 * @param more whether there may be more to do: call it again
 * @param runs runs that have more queued than they may spend, each with the record down to which it
 *     was looked through: for the next call
 * @param reasons why leads are held, as far as that is news
 * @param warnings steps that were reached
 */
public record Balance(
    int held,
    int released,
    boolean more,
    Map<String, Long> runs,
    List<String> reasons,
    List<BudgetWarning> warnings) {}
