package dev.kiln.status;

/** A table in JMX. What is done here holds over restarts and on every node. */
public interface TableMXBean extends PausableMXBean {
  /** Leads that wait to be sent. */
  long getQueued();

  /** Leads that Clay has accepted, whether their rows came back or are missing. */
  long getAccepted();

  /** What it waits for, with the cure; empty while it does not wait. */
  String getWaiting();
}
