package dev.kiln.ledger;

import java.time.Instant;

/**
 * What may be spent in one period. Amounts are thousandths.
 *
 * @param period the period's name, for example {@code day 2026-11-25}
 * @param creditsCap most credits of the period; 0 for no cap
 * @param actionsCap most actions of the period; 0 for no cap
 * @param ends when the period turns
 */
public record Allowance(String period, long creditsCap, long actionsCap, Instant ends) {}
