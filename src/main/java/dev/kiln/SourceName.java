package dev.kiln;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The name of a source, as a person gives it with a file, a submission or a poll. */
public final class SourceName {
  /** What is said of a name that is none. */
  public static final String RULE = "takes up to 100 letters, digits, blanks and . _ - only";

  private static final Pattern NAME = Pattern.compile("(?!\\.)[\\p{L}\\p{N} ._-]{0,100}");

  private SourceName() {}

  /**
   * Reads a name.
   *
   * @param word as it was given; empty for none
   * @return the name as routes know it, in lower case; empty if it is none
   */
  public static Optional<String> of(String word) {
    String name = word.toLowerCase(Locale.ROOT);
    return NAME.matcher(name).matches() ? Optional.of(name) : Optional.empty();
  }
}
