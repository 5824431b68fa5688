package dev.kiln.status;

/** A table in JMX. What is done here holds over restarts and on every node. */
public interface TableMXBean {
  /** Leads that wait to be sent. */
  long getQueued();

  /** Leads that Clay has accepted. */
  long getAccepted();

  /** What it waits for, with the cure; empty while it does not wait. */
  String getWaiting();

  /** Whether the operator has paused it. */
  boolean isPaused();

  /** Sends nothing more to it until resumed. */
  void pause();

  /** Goes on. */
  void resume();
}
