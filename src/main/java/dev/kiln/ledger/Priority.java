package dev.kiln.ledger;

import java.util.Locale;

/** The order in which runs are delivered: strict, the first constant first. */
public enum Priority {
  /** Before all others. */
  HIGH(0),
  /** The default. */
  NORMAL(1),
  /** When nothing else waits. */
  LOW(2);

  private final int rank;

  Priority(int rank) {
    this.rank = rank;
  }

  /** Its place in the order, as the ledger stores it: 0 first. */
  public int rank() {
    return rank;
  }

  static Priority at(int rank) {
    for (Priority priority : values()) {
      if (priority.rank == rank) {
        return priority;
      }
    }
    throw new IllegalArgumentException("There is no priority of rank " + rank + ".");
  }

  /**
   * Reads a priority as folders and options write it.
   *
   * @param word {@code high}, {@code normal} or {@code low}, in any case
   * @throws IllegalArgumentException naming the valid words
   */
  public static Priority of(String word) {
    for (Priority priority : values()) {
      if (priority.word().equals(word.toLowerCase(Locale.ROOT))) {
        return priority;
      }
    }
    throw new IllegalArgumentException(
        "Unknown priority \"" + word + "\"; valid: high, normal, low");
  }

  /** The word in folders, options and pages: lower case. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
