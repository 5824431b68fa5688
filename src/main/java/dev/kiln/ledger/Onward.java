package dev.kiln.ledger;

import java.time.Instant;

/**
 * How far results went on to a target.
 *
 * @param target its name
 * @param position the last result that it is done with; 0 before the first
 * @param behind results that wait for it
 * @param failures in a row
 * @param dueAt when it is tried again
 * @param reason what it waits for; empty where it does not
 * @param written what the target keeps with its position; empty before the first
 * @param dead results that it did not take
 */
public record Onward(
    String target,
    long position,
    long behind,
    int failures,
    Instant dueAt,
    String reason,
    String written,
    long dead) {
  static Onward begin(String target) {
    return new Onward(target, 0, 0, 0, Instant.EPOCH, "", "", 0);
  }

  /** The duty of whoever hands over to a target. */
  public static String duty(String target) {
    return "onward " + target;
  }

  /** Whether its next result has to wait. */
  public boolean waits(Instant now) {
    return now.isBefore(dueAt);
  }
}
