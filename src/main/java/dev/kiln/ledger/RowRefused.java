package dev.kiln.ledger;

/** A target does not take a row, for the row's own fault: it would not take it later either. */
public final class RowRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A refusal, in words without the row's data. */
  public RowRefused(String reason) {
    super(reason);
  }
}
