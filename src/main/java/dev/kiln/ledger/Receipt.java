package dev.kiln.ledger;

/**
 * What became of a row that came back.
 *
 * @param kind what
 * @param note why, where there is more to say; else empty
 */
public record Receipt(Kind kind, String note) {
  /** What became of it. Whatever it is, the row is durable. */
  public enum Kind {
    /** It was stored, and its lead is ENRICHED. */
    STORED,
    /** The same content of the same lead was stored before. */
    KNOWN,
    /** It was stored; its lead stays as it is. */
    LATE,
    /** It belongs to no lead that was sent, and is kept apart. */
    QUARANTINED
  }
}
