package dev.kiln.lead;

import java.util.regex.Pattern;

/**
 * Text from outside, such as the name of a file or an answer, and what Kiln says of it, as people
 * see it: it can neither steer a terminal nor look like another line, nor fill the screen.
 */
public final class Shown {
  private static final int MOST = 300;

  /** Longer than anything that Kiln says: its cure stands at the end. */
  private static final int MOST_SAID = 4_000;

  /** Control characters, ends of lines and text direction; logback.xml has the same. */
  private static final Pattern UNSEEN =
      Pattern.compile("[\\p{Cc}\\u061C\\u200E\\u200F\\u2028-\\u202E\\u2066-\\u2069]");

  private Shown() {}

  /**
   * A text from outside as it is shown: on one line, with a question mark for what nobody sees, up
   * to 300 characters.
   */
  public static String of(String text) {
    return of(text, MOST);
  }

  /**
   * What Kiln says, such as a reason with its cure, as it is shown: on one line, with a question
   * mark for what nobody sees, up to 4,000 characters.
   */
  public static String said(String text) {
    return of(text, MOST_SAID);
  }

  private static String of(String text, int most) {
    String some = text;
    if (text.length() > most) {
      int end = most - 1;
      some = text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end);
    }
    String shown = UNSEEN.matcher(some).replaceAll("?");
    return some.length() < text.length() ? shown + "\u2026" : shown;
  }
}
