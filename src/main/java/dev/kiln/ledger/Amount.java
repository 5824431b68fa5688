package dev.kiln.ledger;

/**
 * Data Credits and Actions, thousandths.
 *
 * @param credits Data Credits
 * @param actions Actions
 */
public record Amount(long credits, long actions) {
  /** Nothing; as a cap, none. */
  public static final Amount NOTHING = new Amount(0, 0);

  Amount plus(Amount other) {
    return new Amount(credits + other.credits, actions + other.actions);
  }

  Amount times(long number) {
    return new Amount(credits * number, actions * number);
  }

  Amount minus(Amount other) {
    return plus(other.times(-1));
  }

  /**
   * Whether, as what is left of a cap, it lacks room for a cost. What costs nothing always has
   * room.
   */
  boolean lacks(Amount cost, Amount cap) {
    return (cap.credits > 0 && cost.credits > 0 && credits < cost.credits)
        || (cap.actions > 0 && cost.actions > 0 && actions < cost.actions);
  }
}
