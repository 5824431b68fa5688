package dev.kiln.ledger;

import java.util.List;

/**
 * What intake found in the rows of one run, beside their number.
 *
 * @param unsent rows that were not sent, by reason
 * @param unmapped industries that {@code config/industries.csv} does not have
 * @param blocked columns that never leave and were filled
 * @param damaged columns with numbers of which a spreadsheet threw digits away
 */
public record Findings(
    List<Unsent> unsent, List<Named> unmapped, List<Named> blocked, List<Named> damaged) {
  /** Nothing was found. */
  public static final Findings NONE = new Findings(List.of(), List.of(), List.of(), List.of());

  /**
   * Rows that were not sent for one reason.
   *
   * @param state REJECTED or DUPLICATE
   * @param kind the reason in a few words
   * @param leads how many
   * @param credits what they would have cost, thousandths
   */
  public record Unsent(LeadState state, String kind, long leads, long credits) {
    /** The same with more rows of the same reason. */
    Unsent plus(Unsent more) {
      return new Unsent(state, kind, leads + more.leads, credits + more.credits);
    }
  }

  /**
   * Rows with something of one name.
   *
   * @param name the name; empty for all those beyond the first hundred
   * @param leads how many
   */
  public record Named(String name, long leads) {}
}
