package dev.kiln;

import java.util.concurrent.locks.LockSupport;

/**
 * How late this JVM's timers are: a thread that only sleeps and looks at the clock. What stops it
 * (another process, a collection of garbage) also stops a receiver in the same JVM from reading its
 * clock in time.
 */
final class Lateness implements AutoCloseable {
  private static final long LOOK_NANOS = 500_000;

  private final Thread thread = new Thread(this::watch, "lateness");
  private volatile boolean over;
  private volatile long worst;

  Lateness() {
    thread.setDaemon(true);
    thread.start();
  }

  private void watch() {
    while (!over) {
      long due = System.nanoTime() + LOOK_NANOS;
      LockSupport.parkNanos(this, LOOK_NANOS);
      worst = Math.max(worst, System.nanoTime() - due);
    }
  }

  /** The worst so far, in seconds. */
  double worst() {
    return worst / 1e9;
  }

  @Override
  public void close() {
    over = true;
  }
}
