package dev.kiln.ledger;

import java.time.Instant;

/**
 * A row that came back and belongs to no lead that was sent, without its data.
 *
 * @param table the table that the request named
 * @param leadId the lead that it named; empty where it named none
 * @param reason why it is kept apart
 * @param receivedAt when it came
 */
public record Quarantined(String table, String leadId, String reason, Instant receivedAt) {}
