package dev.kiln.clay;

import java.time.Duration;
import java.util.Collections;
import java.util.List;

/**
 * The numbers of delivery.
 *
 * @param inFlight rows of a workspace that may be on the wire at once
 * @param attempts attempts that count before a lead is dead
 * @param firstWait the wait after the first failed attempt; doubles with each
 * @param longestWait the longest wait between attempts
 * @param resend whether a lead in doubt is sent again (marked as a possible duplicate) or stays
 *     UNKNOWN
 * @param recovery how long the pace takes to climb back to the allowed rate after 429s
 * @param lease how long a leader's lease lasts without renewal
 * @param answerBy how long after its begin a lead's answer can still come: the response timeout and
 *     5 s
 */
public record DeliveryPolicy(
    int inFlight,
    int attempts,
    Duration firstWait,
    Duration longestWait,
    boolean resend,
    Duration recovery,
    Duration lease,
    Duration answerBy) {

  /** Longer than any lead waits by itself, or since Clay asks for it. */
  Duration mostWait() {
    return Collections.max(List.of(longestWait, Answer.LONGEST_WAIT)).multipliedBy(2);
  }

  /** The wait before the next attempt, without jitter. */
  Duration waitAfter(int attempts) {
    Duration doubled = firstWait.multipliedBy(1L << Math.min(20, Math.max(0, attempts - 1)));
    return Collections.min(List.of(doubled, longestWait));
  }
}
