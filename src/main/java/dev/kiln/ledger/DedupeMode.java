package dev.kiln.ledger;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What becomes of a lead that its table knows already. In no mode is a lead sent while another with
 * its key is on its way.
 */
public enum DedupeMode {
  /** It is a duplicate until the dedupe window of the earlier one is over; the default. */
  SKIP,
  /** As {@link #SKIP}, but one whose fields differ from the earlier one is sent. */
  CHANGED,
  /** It is sent. */
  FORCE;

  /** The words for all modes, in order. */
  public static List<String> words() {
    return Arrays.stream(values()).map(DedupeMode::word).toList();
  }

  /**
   * The mode with a word.
   *
   * @throws IllegalArgumentException for another word, naming those that are valid
   */
  public static DedupeMode of(String word) {
    return Arrays.stream(values())
        .filter(mode -> mode.word().equals(word.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "is \"" + word + "\"; valid: " + String.join(", ", words())));
  }

  /** The mode in lower case. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
