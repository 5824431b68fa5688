package dev.kiln.ledger;

import java.time.Instant;
import java.util.List;

/**
 * A lead that was begun: from here on the request may be on the wire.
 *
 * @param lead the lead
 * @param number the number of this sending, from 1: every begin counts
 * @param webhook the chosen webhook, as it was before this row
 * @param lease the lease under which it was begun
 * @param begunAt the ledger's time of the begin
 * @param warnings steps of budgets that it reached; mostly none
 */
public record Sending(
    Due lead,
    int number,
    WebhookUse webhook,
    Lease lease,
    Instant begunAt,
    List<BudgetWarning> warnings) {}
