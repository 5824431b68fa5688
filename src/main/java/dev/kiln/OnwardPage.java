package dev.kiln;

import dev.kiln.ledger.Enriched;
import dev.kiln.ledger.Onward;
import java.util.List;

/**
 * Results on their way to a target, the exchange property {@code results}: all of them are taken,
 * or none. For one thread.
 */
public final class OnwardPage {
  private final Onward from;
  private final List<Enriched> rows;
  private final boolean single;
  private String written;

  OnwardPage(Onward from, List<Enriched> rows, boolean single) {
    this.from = from;
    this.rows = List.copyOf(rows);
    this.single = single;
    this.written = from.written();
  }

  /** The target, as it was when the page was made. */
  Onward from() {
    return from;
  }

  /** The target's name. */
  public String target() {
    return from.target();
  }

  /** The rows in the order of their arrival; at least one. */
  public List<Enriched> rows() {
    return rows;
  }

  /** Whether the target takes one row at a time. */
  boolean single() {
    return single;
  }

  long last() {
    return rows.get(rows.size() - 1).id();
  }

  /** What the target keeps with its position. */
  String written() {
    return written;
  }

  void written(String changed) {
    written = changed;
  }
}
