package dev.kiln.ledger;

/** Who holds a lead back. Only he lets it go again, or the operator takes it over. */
public enum Holder {
  /** The operator: until he releases it. */
  OPERATOR,
  /** A sample that goes first: until it is released. */
  SAMPLE,
  /** The budget of a day or a month: until it has room, oldest first. */
  BUDGET,
  /** The budget of its run: until that has room. */
  RUN_BUDGET;

  /** Whether the lead goes by itself as soon as a budget has room. */
  public boolean budget() {
    return this == BUDGET || this == RUN_BUDGET;
  }
}
