package dev.kiln.simulate;

/**
 * The most events that ever fell into one second, over every window [t, t + 1 s), exactly. Adding
 * is O(1) amortised; the memory is one long for each event of the last second. Not thread-safe.
 */
final class SlidingSecond {
  private static final long SECOND = 1_000_000_000L;

  /** A ring of times; its length is a power of two. */
  private long[] ring = new long[32];

  private int head;
  private int size;
  private int most;

  /**
   * Adds one event.
   *
   * @param nowNanos its time, not before that of the event added last
   */
  void add(long nowNanos) {
    while (size > 0 && nowNanos - ring[head] >= SECOND) {
      head = (head + 1) & (ring.length - 1);
      size--;
    }
    if (size == ring.length) {
      grow();
    }
    ring[(head + size) & (ring.length - 1)] = nowNanos;
    size++;
    most = Math.max(most, size);
  }

  int most() {
    return most;
  }

  private void grow() {
    long[] larger = new long[ring.length * 2];
    int tail = ring.length - head;
    System.arraycopy(ring, head, larger, 0, tail);
    System.arraycopy(ring, 0, larger, tail, head);
    ring = larger;
    head = 0;
  }
}
