package dev.kiln.status;

/** A workspace in JMX. What is set here holds over restarts and on every node. */
public interface WorkspaceMXBean extends PausableMXBean {
  /**
   * Leads a second that it may send: what was set last, here or by {@code kiln rate}; 0 where
   * clay.yaml's rate holds.
   */
  double getRateSet();

  /**
   * Sets the rate at once.
   *
   * @param perSecond leads a second, 0.1 to 1000, to the thousandth; 0 goes back to clay.yaml's
   * @throws IllegalArgumentException for another number
   */
  void setRateSet(double perSecond);

  /**
   * The rate of this moment, leads a second: lower than allowed for a while after a 429. 0 where
   * this node does not lead it, since the leader alone knows.
   */
  double getRateNow();

  /** The node that leads it; empty where none does. */
  String getLeader();

  /** Whether that is this node. */
  boolean isLedHere();

  /** Since when its leader leads it, such as 2026-11-25T10:00:00Z; empty where none does. */
  String getLedSince();
}
