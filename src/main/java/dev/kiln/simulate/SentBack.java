package dev.kiln.simulate;

import org.jspecify.annotations.Nullable;

/**
 * A row on its way back, done with.
 *
 * @param sequence the row's place among all stored rows
 * @param leadId the row's {@code lead_id}
 * @param tries requests made: 1 or 2
 * @param status of the last answer; 0 where none came
 * @param millis from the last request to its answer
 */
public record SentBack(long sequence, @Nullable String leadId, int tries, int status, int millis) {
  /** Whether the receiver has said that it has the row. */
  public boolean acknowledged() {
    return status >= 200 && status < 300;
  }
}
