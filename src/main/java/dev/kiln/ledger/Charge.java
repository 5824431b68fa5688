package dev.kiln.ledger;

import java.util.List;

/**
 * What one begin spends. Amounts are thousandths.
 *
 * @param credits Data Credits of one lead
 * @param actions Actions of one lead
 * @param allowances the periods of now that must cover it
 */
public record Charge(long credits, long actions, List<Allowance> allowances) {
  /** A charge of nothing. */
  public static final Charge NONE = new Charge(0, 0, List.of());
}
