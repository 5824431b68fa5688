package dev.kiln;

import java.util.HashSet;
import java.util.Set;

/**
 * Lets one reader at a time at each content: two would store the same rows at once. Thread-safe.
 */
final class OneReader {
  private final Set<String> reading = new HashSet<>();

  /** Waits until nobody else reads a content, and takes it. */
  synchronized void take(String content) throws InterruptedException {
    while (!reading.add(content)) {
      wait();
    }
  }

  /** Gives a content back. */
  synchronized void giveBack(String content) {
    reading.remove(content);
    notifyAll();
  }
}
