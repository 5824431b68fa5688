package dev.kiln.lead;

/**
 * Something about a row that a person should know, though the row goes on.
 *
 * @param kind what it is
 * @param name the column's header, or the name of the industry; empty where that is no name but may
 *     be an address, a number or a long text
 */
public record Notice(Kind kind, String name) {
  /** What can be noticed. */
  public enum Kind {
    /** A number of which a spreadsheet has thrown digits away, such as {@code 9.2E+11}. */
    DAMAGED,
    /** A filled cell of a column that never leaves: it was dropped. */
    BLOCKED,
    /** An industry that {@code config/industries.csv} does not have. */
    UNMAPPED
  }
}
