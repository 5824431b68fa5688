package dev.kiln.lead;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What makes two leads the same person: the e-mail address, else the LinkedIn profile, else domain
 * and full name. Pure functions.
 */
public final class LeadKey {
  private static final int LONGEST_ADDRESS = 254;
  private static final int LONGEST_LOCAL = 64;
  private static final int LONGEST_HOST = 253;
  private static final int LONGEST_LABEL = 63;
  private static final String EDGE = "[\\p{L}\\p{N}]";
  private static final String INNER = "[\\p{L}\\p{M}\\p{N}-]{0,62}";

  /** A host in any script. */
  static final Pattern HOST =
      Pattern.compile(
          "(" + EDGE + INNER + "(?<!-)\\.)+" + "\\p{L}" + INNER + "(?<=[\\p{L}\\p{M}\\p{N}]{2})");

  /** The longest part of a URL before its query that is looked at. */
  private static final int LONGEST_PROFILE = 2_000;

  /**
   * Public profiles and those of Sales Navigator and Recruiter; no search, directory or company.
   */
  private static final Pattern PROFILE =
      Pattern.compile(
          "(?:https?://)?(?:[a-z0-9-]++\\.)?linkedin\\.com/"
              + "(in/[^/]++|pub/(?!dir(?:/|$))[^/]++(?:/[^/]++)*+"
              + "|sales/(?:lead|people|profile)/\\w[^/]*+"
              + "|talent/(?:[^/]++/)*?profile/\\w[^/]*+)(?:/.*+)?",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  private LeadKey() {}

  /**
   * The key of an e-mail address.
   *
   * @param address a valid address; case does not matter
   * @return 24 characters of base64url, a digest: it does not give the address away
   */
  public static String ofEmail(String address) {
    return ContentHash.digest("email:" + address.toLowerCase(Locale.ROOT));
  }

  /**
   * The key of a LinkedIn profile.
   *
   * @param url its URL; scheme, subdomain, trailing slash, query and case do not matter
   * @return as {@link #ofEmail}, or null when it is not the URL of a profile, or is longer than
   *     2,000 characters before its query
   */
  public static @Nullable String ofLinkedin(String url) {
    String profile = profile(url);
    return profile == null ? null : ContentHash.digest("linkedin:" + profile);
  }

  /**
   * The key of a name at a domain. Case, compatibility forms (NFKC) and spacing do not matter,
   * accents do. First and last name joined by a space are the full name, so that both spellings of
   * a file give one key.
   *
   * @return as {@link #ofEmail}
   */
  public static String ofName(String domain, String fullName) {
    String name =
        Normalizer.normalize(fullName, Normalizer.Form.NFKC)
            .toLowerCase(Locale.ROOT)
            .replaceAll("\\s+", " ")
            .strip();
    return ContentHash.digest("name:" + domain.toLowerCase(Locale.ROOT) + "|" + name);
  }

  /** What is wrong with an e-mail address, without quoting it; null when nothing is. */
  static @Nullable String faultOf(String address) {
    int at = address.lastIndexOf('@');
    if (at < 0) {
      return "it has no @";
    }
    if (address.indexOf('@') != at) {
      return "it has more than one @";
    }
    String local = address.substring(0, at);
    String domain = address.substring(at + 1);
    if (local.isEmpty()) {
      return "nothing stands before the @";
    }
    if (domain.indexOf('.') < 0) {
      return "its domain has no dot";
    }
    if (local.length() > LONGEST_LOCAL || address.length() > LONGEST_ADDRESS) {
      return "it is longer than an address may be";
    }
    if (!isLocal(local)) {
      return "a character or dot before the @ is not allowed there";
    }
    return isHost(domain) ? null : "what stands after the @ is not a domain";
  }

  /** Whether a text is atoms with single dots between them. */
  private static boolean isLocal(String text) {
    boolean atom = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '.' ? !atom : c <= ' ' || c == '\u007F' || ",;:<>()[]\\\"@".indexOf(c) >= 0) {
        return false;
      }
      atom = c != '.';
    }
    return atom;
  }

  static boolean isHost(String text) {
    if (text.length() > LONGEST_HOST) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 128) {
        return HOST.matcher(text).matches();
      }
    }
    return isPlainHost(text);
  }

  /** {@link #HOST} for ASCII, at a fraction of its cost: most rows have two of them. */
  private static boolean isPlainHost(String text) {
    int last = text.lastIndexOf('.') + 1;
    int label = 0;
    while (label < last) {
      int dot = text.indexOf('.', label);
      if (!isPlainLabel(text, label, dot)) {
        return false;
      }
      label = dot + 1;
    }
    int end = text.length();
    return last > 0
        && isPlainLabel(text, last, end)
        && end - last > 1
        && !Character.isDigit(text.charAt(last))
        && text.charAt(end - 2) != '-';
  }

  private static boolean isPlainLabel(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (!Character.isLetterOrDigit(c) && (c != '-' || i == from || i == to - 1)) {
        return false;
      }
    }
    return from < to && to - from <= LONGEST_LABEL;
  }

  /** The path of a LinkedIn profile, in lower case, or null. */
  static @Nullable String profile(String url) {
    String stripped = url.strip();
    int end = 0;
    while (end < stripped.length() && "?#".indexOf(stripped.charAt(end)) < 0) {
      end++;
    }
    Matcher matcher = PROFILE.matcher(stripped.substring(0, Math.min(end, LONGEST_PROFILE + 1)));
    if (end > LONGEST_PROFILE || !matcher.matches()) {
      return null;
    }
    String path = matcher.group(1);
    try {
      path = URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // Not an escape: the path is what it says.
    }
    if (path.regionMatches(true, 0, "sales/", 0, 6) && path.indexOf(',') > 0) {
      // Sales Navigator appends the search that found the lead.
      path = path.substring(0, path.indexOf(','));
    } else if (path.regionMatches(true, 0, "talent/", 0, 7)) {
      // Recruiter inserts the project or search.
      path = "talent/profile" + path.substring(path.lastIndexOf('/'));
    }
    return Normalizer.normalize(path, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
  }
}
