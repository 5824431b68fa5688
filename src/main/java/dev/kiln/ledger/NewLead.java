package dev.kiln.ledger;

import org.jspecify.annotations.Nullable;

/**
 * One row as intake hands it to the ledger.
 *
 * @param record its number in the run, from 1
 * @param line the line of the file on which it begins
 * @param table the table that it was routed to
 * @param key its dedupe key; null where it has none
 * @param payload its columns as a JSON object
 * @param problem why the row is rejected; null for a good row. Never quotes a value
 */
public record NewLead(
    long record,
    long line,
    String table,
    @Nullable String key,
    String payload,
    @Nullable String problem) {}
