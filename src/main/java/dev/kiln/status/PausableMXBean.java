package dev.kiln.status;

/** What can be paused in JMX: over restarts too, and on every node. */
public interface PausableMXBean {
  /** Whether the operator has paused it. */
  boolean isPaused();

  /** Sends nothing more until resumed. */
  void pause();

  /** Goes on. */
  void resume();
}
