package dev.kiln;

/**
 * The reading of a file stops before its end and the file stays where it is: Kiln stops, or the
 * file changes. What is stored stays.
 */
public final class ReadingStopped extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ReadingStopped(String why) {
    super(why);
  }
}
