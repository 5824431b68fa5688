package dev.kiln;

import dev.kiln.ledger.ReadElsewhere;

/**
 * The reading of a file stops before its end and the file stays where it is: Kiln stops, or the
 * file changes, or routes change, or another Kiln reads it. What is stored stays.
 */
public final class ReadingStopped extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean forAMoment;

  /**
   * A stop.
   *
   * @param forAMoment whether the file can be read on as soon as {@link OneReader} lets it
   */
  ReadingStopped(String why, boolean forAMoment) {
    super(why);
    this.forAMoment = forAMoment;
  }

  /** The same where another Kiln on the ledger reads the run. */
  ReadingStopped(String why, ReadElsewhere elsewhere) {
    super(why, elsewhere);
    this.forAMoment = false;
  }

  /** Whether another Kiln on the ledger reads the run. */
  boolean elsewhere() {
    return getCause() instanceof ReadElsewhere;
  }

  boolean forAMoment() {
    return forAMoment;
  }
}
