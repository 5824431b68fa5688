package dev.kiln.status;

/** What may be spent in a day or a month, in JMX; up to a second old. */
public interface BudgetMXBean {
  /** What is spent of it in this period. */
  double getSpent();

  /** The most of the period; 0 for no cap. */
  double getCap();

  /** What is left; -1 where it has no cap. */
  double getLeft();

  /** When the period turns, as 2026-11-26T00:00:00Z. */
  String getEnds();
}
