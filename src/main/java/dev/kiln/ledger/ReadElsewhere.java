package dev.kiln.ledger;

/** Another process reads a run now: this one may store no more of it. Nothing was changed. */
public final class ReadElsewhere extends IllegalStateException {
  private static final long serialVersionUID = 1;

  ReadElsewhere(String run) {
    super("Another Kiln on this ledger reads run " + run + " now.");
  }
}
