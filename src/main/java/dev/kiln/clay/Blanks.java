package dev.kiln.clay;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Blanks what an answer repeats of what was sent to it and must not be told. */
public final class Blanks {
  /** What is shorter is in many a text by chance. */
  private static final int SHORTEST = 4;

  /** So much of a beginning stands for the whole: an answer may cut what it repeats. */
  private static final int BEGINNING = 16;

  private static final String BLANK = "***";

  private Blanks() {}

  /**
   * A text in which {@code ***} stands for what must not be told, in whatever case, also where that
   * is escaped as HTML, JSON or URLs are.
   *
   * @param text the text
   * @param untold what must not be told; of less than 4 characters it is left alone, and of more
   *     than 16 the first 16 stand for the whole
   */
  public static String in(String text, Collection<String> untold) {
    List<String> forms =
        untold.stream()
            .filter(one -> one.length() >= SHORTEST)
            .flatMap(Blanks::forms)
            .distinct()
            .sorted(Comparator.comparingInt(String::length).reversed())
            .toList();
    String blanked = text;
    for (String form : forms) {
      blanked = without(blanked, form);
    }
    return blanked;
  }

  private static Stream<String> forms(String one) {
    String json = new String(JsonStringEncoder.getInstance().quoteAsString(one));
    String url = URLEncoder.encode(one, StandardCharsets.UTF_8);
    return Stream.of(
        one,
        json,
        json.replace("/", "\\/"),
        url,
        url.replace("+", "%20"),
        one.replace("&", "&amp;")
            .replace("<", "&lt;")
            .replace(">", "&gt;")
            .replace("\"", "&quot;")
            .replace("'", "&#39;"));
  }

  private static String without(String text, String form) {
    int least = Math.min(form.length(), BEGINNING);
    int from = 0;
    int at = 0;
    StringBuilder blanked = new StringBuilder();
    while (at + least <= text.length()) {
      if (text.regionMatches(true, at, form, 0, least)) {
        int length = least;
        while (length < form.length() && text.regionMatches(true, at + length, form, length, 1)) {
          length++;
        }
        blanked.append(text, from, at).append(BLANK);
        at += length;
        from = at;
      } else {
        at++;
      }
    }
    return from == 0 ? text : blanked.append(text, from, text.length()).toString();
  }
}
