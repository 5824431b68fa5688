package dev.kiln;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * When the permits of a throttle come back. Each does a period after it was taken, by the clock
 * that the throttle goes by; one that is much later than the rate of now has it, since it was taken
 * at a lower one or that clock was set back, has another in its place until then. Thread-safe.
 */
final class Permits {
  /** How much later than due a permit may come back before another takes its place. */
  private static final long LATENESS = 100;

  private final Deque<Long> taken = new ArrayDeque<>();
  private final List<Long> replaced = new ArrayList<>();

  /**
   * A permit was taken.
   *
   * @param back when it comes back, milliseconds since 1970
   * @param most how many there are, but for those that stand in for others
   */
  synchronized void taken(long back, int most) {
    taken.addLast(back);
    while (taken.size() > most) {
      taken.removeFirst();
    }
  }

  /**
   * Has others stand in for the permits that are late.
   *
   * @param period in which a permit comes back at the rate of now, milliseconds
   * @param now by the clock that the throttle goes by, milliseconds since 1970
   * @return whether some are
   */
  synchronized boolean replace(long period, long now) {
    List<Long> late = taken.stream().filter(back -> back - now > 2 * period + LATENESS).toList();
    taken.removeAll(late);
    replaced.addAll(late);
    return !late.isEmpty();
  }

  /** How many stand in for permits that are not back yet. */
  synchronized int standIns(long now) {
    replaced.removeIf(back -> back <= now);
    return replaced.size();
  }
}
