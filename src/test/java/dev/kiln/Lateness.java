package dev.kiln;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * How late this JVM's timers are: a thread that only sleeps and looks at the clock. What stops it
 * (another process, a collection of garbage) also stops a receiver in the same JVM from reading its
 * clock in time.
 */
public final class Lateness implements AutoCloseable {
  private static final long LOOK_NANOS = 500_000;

  private final Thread thread = new Thread(this::watch, "lateness");
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile long worst;

  public Lateness() {
    thread.setDaemon(true);
    thread.start();
  }

  private void watch() {
    try {
      long due = System.nanoTime() + LOOK_NANOS;
      while (!over.await(LOOK_NANOS, TimeUnit.NANOSECONDS)) {
        worst = Math.max(worst, System.nanoTime() - due);
        due = System.nanoTime() + LOOK_NANOS;
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  /** The worst so far, in seconds. */
  public double worst() {
    return worst / 1e9;
  }

  @Override
  public void close() {
    over.countDown();
  }
}
