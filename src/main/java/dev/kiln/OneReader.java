package dev.kiln;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Lets one reader at a time at each content: two would store the same rows at once. Thread-safe.
 */
final class OneReader {
  private final Set<String> reading = new HashSet<>();
  private boolean held;

  /**
   * Waits until nobody else reads a content, and takes it.
   *
   * @return false where nobody may read at present
   */
  synchronized boolean take(String content) throws InterruptedException {
    while (!held && reading.contains(content)) {
      wait();
    }
    return !held && reading.add(content);
  }

  /** Gives a content back. */
  synchronized void giveBack(String content) {
    reading.remove(content);
    notifyAll();
  }

  /**
   * Lets nobody read from here on, until {@link #goOn}.
   *
   * @param atMost how long to wait for those who read
   * @return whether nobody reads any more
   */
  synchronized boolean hold(Duration atMost) throws InterruptedException {
    held = true;
    notifyAll();
    long end = System.nanoTime() + atMost.toNanos();
    for (long left = atMost.toNanos(); !reading.isEmpty() && left > 0; ) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
      left = end - System.nanoTime();
    }
    return reading.isEmpty();
  }

  /** Whether nobody may read on. */
  synchronized boolean held() {
    return held;
  }

  /** Waits while nobody may read. */
  synchronized void awaitGoOn() throws InterruptedException {
    while (held) {
      wait();
    }
  }

  /** Lets read again. */
  synchronized void goOn() {
    held = false;
    notifyAll();
  }
}
