package dev.kiln.clay;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A destination of leads: one kind of Clay table with the webhooks that lead into it. Immutable;
 * the collections keep the order of the file.
 *
 * @param name {@code [a-z0-9][a-z0-9-]{0,62}}
 * @param workspace the name of the workspace whose rate it shares; default {@code main}
 * @param ratePerSecond leads a second; 0, the default, is as the workspace
 * @param creditsPerLead Data Credits that one enriched lead takes; from 0, default 6
 * @param actionsPerLead Actions that one lead takes, its callback included; from 0, default 4
 * @param rowCap rows of each Clay table behind it; at least 1, default 50000, at most 50000 (Clay's
 *     limit) unless {@code autoDelete}
 * @param autoDelete whether Clay deletes rows after their actions ran (Enterprise); then neither
 *     {@code rowCap} nor {@link Webhook#cap()} limits anything. Default false
 * @param omitFields fields that are never sent to this table; default none
 * @param trimFields texts that are cut, in this order, where a row is over 90,000 bytes; default
 *     none
 * @param stamps what a row carries of its way beside the usual; default nothing
 * @param constants fields sent with every lead, numbers and booleans as the file writes them;
 *     default none
 * @param missingAfter how long after Clay's acceptance a row that did not come back is missing;
 *     null, the default, where no rows are to come back
 * @param webhooks in the order in which they are filled; empty means that its leads wait
 */
public record Table(
    String name,
    String workspace,
    double ratePerSecond,
    BigDecimal creditsPerLead,
    BigDecimal actionsPerLead,
    int rowCap,
    boolean autoDelete,
    Set<String> omitFields,
    Set<String> trimFields,
    Set<Stamp> stamps,
    Map<String, String> constants,
    @Nullable Duration missingAfter,
    List<Webhook> webhooks) {
  /** Copies the collections. */
  public Table {
    omitFields = Collections.unmodifiableSet(new LinkedHashSet<>(omitFields));
    trimFields = Collections.unmodifiableSet(new LinkedHashSet<>(trimFields));
    stamps = Set.copyOf(stamps);
    constants = Collections.unmodifiableMap(new LinkedHashMap<>(constants));
    webhooks = List.copyOf(webhooks);
  }
}
