package dev.kiln;

import dev.kiln.ledger.Enriched;
import java.util.List;

/**
 * Results on their way to a target, the exchange property {@code results}: all of them are taken,
 * or none. For one thread.
 */
public final class OnwardPage {
  private final String target;
  private final List<Enriched> rows;
  private final boolean single;
  private String written;

  OnwardPage(String target, List<Enriched> rows, boolean single, String written) {
    this.target = target;
    this.rows = List.copyOf(rows);
    this.single = single;
    this.written = written;
  }

  /** The target's name. */
  public String target() {
    return target;
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
