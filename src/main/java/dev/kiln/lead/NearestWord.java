package dev.kiln.lead;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** The word that a person most likely meant: the tail of every "unknown ..." message. */
public final class NearestWord {
  private NearestWord() {}

  /**
   * A hint to append to a message.
   *
   * @param word what was written
   * @param valid the words that would have been right
   * @return {@code "; did you mean \"x\"?"} where one valid word is close, else {@code "; valid: a,
   *     b, c"}, or the empty string where there is no valid word
   */
  public static String hint(String word, Collection<String> valid) {
    if (valid.isEmpty()) {
      return "";
    }
    String nearest =
        valid.stream()
            .min(Comparator.comparingInt(candidate -> distance(word, candidate)))
            .orElseThrow();
    return distance(word, nearest) <= Math.max(2, word.length() / 3)
        ? "; did you mean \"" + nearest + "\"?"
        : "; valid: " + String.join(", ", valid.stream().sorted().toList());
  }

  /** Levenshtein's distance, case ignored. */
  private static int distance(String left, String right) {
    String a = left.toLowerCase(Locale.ROOT);
    String b = right.toLowerCase(Locale.ROOT);
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitution = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitution, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
