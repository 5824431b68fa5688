package dev.kiln.status;

import dev.kiln.clay.Answer;
import java.util.Map;

/**
 * How many leads were answered, by what became of them.
 *
 * @param accepted Clay has them
 * @param refused the rows' own fault
 * @param inDoubt nobody knows whether they arrived
 * @param again they are not stored and are sent again: 429, failures, webhooks that refuse
 */
record Answers(long accepted, long refused, long inDoubt, long again) {
  static final Answers NONE = new Answers(0, 0, 0, 0);

  static Answers of(Map<Answer, Long> counts) {
    Answers sum = NONE;
    for (Map.Entry<Answer, Long> count : counts.entrySet()) {
      long leads = count.getValue();
      sum =
          sum.plus(
              switch (count.getKey()) {
                case ACCEPTED -> new Answers(leads, 0, 0, 0);
                case REFUSED -> new Answers(0, leads, 0, 0);
                case UNKNOWN -> new Answers(0, 0, leads, 0);
                case WEBHOOK_REFUSES, WEBHOOK_EXHAUSTED, TOO_MANY, NOT_SENT, FAILED ->
                    new Answers(0, 0, 0, leads);
              });
    }
    return sum;
  }

  Answers plus(Answers other) {
    return new Answers(
        accepted + other.accepted,
        refused + other.refused,
        inDoubt + other.inDoubt,
        again + other.again);
  }

  Answers minus(Answers earlier) {
    return new Answers(
        accepted - earlier.accepted,
        refused - earlier.refused,
        inDoubt - earlier.inDoubt,
        again - earlier.again);
  }

  long all() {
    return accepted + refused + inDoubt + again;
  }

  /** Those that need no further attempt. */
  long ended() {
    return accepted + refused;
  }
}
