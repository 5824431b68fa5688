package dev.kiln.status;

/** A webhook in JMX, as {@code kiln status} has it; up to a second old. */
public interface WebhookMXBean {
  /** The table that it serves. */
  String getTable();

  /** Rows that it has taken. */
  long getUsed();

  /** Rows that Kiln sends through it at most; 0 for no cap. */
  long getCap();

  /** Rows that it still takes; -1 where it has no cap. */
  long getLeft();

  /** Open, nearly full, full, refusing or exhausted. */
  String getState();

  /** What Clay said, where it refuses or is exhausted; else empty. */
  String getReason();
}
