package dev.kiln.lead;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An e-mail address that is looked for: as a whole, not as a part of another address, in any case,
 * and also where JSON writes it with escapes. Immutable.
 *
 * <p>Before it, a letter that has a case, a digit and one of {@code _.+%-} belong to another
 * address; so do the other characters of a mailbox's name where such a letter or digit stands
 * before them: {@code o'brien@x} and {@code sales/ada@x} do not hold {@code brien@x} and {@code
 * ada@x}, but {@code 'ada@x'} and <code>{ada@x}</code> do. Rather a separator than a part of a name
 * are {@code =} and {@code |}, whatever stands behind another address, and {@code /?&#} in a URL:
 * {@code email=ada@x}, {@code bob@x/ada@x} and {@code https://x/ada@x} hold it. Letters without
 * case belong to none, since many languages set no blank between them and an address.
 */
public final class Address {
  /** How deep JSON may stand within texts of JSON: a body from outside shall not cost more. */
  private static final int MOST_NESTED = 4;

  /** Letters and digits of names, by their case: see above. */
  private static final String WORD =
      "\\p{Lu}\\p{Ll}\\p{Lt}\\p{InCombiningDiacriticalMarks}\\p{Nd}_";

  private static final String NAME = WORD + ".+%-";

  /** The name of another mailbox, up to an address; a slash may have a backslash before it. */
  private static final Pattern OTHER =
      Pattern.compile("(?:^|[^@" + NAME + "])[" + NAME + "]+[!#$&'*/?^`{}~\\\\]+$");

  private static final Pattern URL = Pattern.compile("://[^\\s\"'<>,;]*[/?&#]$");

  /** As long as the name of a mailbox may be. */
  private static final int MOST_OTHER = 64;

  private static final int MOST_URL = 2_000;

  private static final int CHARS = 1 << 16;
  private static final int MOST_CARRIED = CHARS / 2;

  /** What has a character on both sides of an at sign. */
  private static final Pattern ANY = Pattern.compile("\\S@\\S");

  private final String email;
  private final Pattern pattern;
  private final Pattern inName;

  /**
   * The address.
   *
   * @param email as a person writes it; blanks around it do not matter
   */
  public Address(String email) {
    this.email = email.strip();
    this.pattern = behind(NAME);
    this.inName = behind(NAME.replace(".", ""));
  }

  /** The address where none of some characters stands before it. */
  private Pattern behind(String notAfter) {
    return Pattern.compile(
        "(?<![" + notAfter + "])" + Pattern.quote(email) + "(?![" + WORD + "-]|\\.[" + WORD + "])",
        Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
  }

  /** The address itself, without blanks around it. */
  public String email() {
    return email;
  }

  /**
   * Whether a text holds it.
   *
   * @param text of any kind; where it begins as JSON does, its escapes are never read as letters
   */
  public boolean isIn(String text) {
    String read = text.startsWith("{") || text.startsWith("[") ? decoded(text) : text;
    for (int level = 0; level < MOST_NESTED; level++) {
      if (read.indexOf('@') >= 0 && isWholeIn(read)) {
        return true;
      }
      String within = decoded(read);
      if (within.length() == read.length()) {
        return false;
      }
      read = within;
    }
    return false;
  }

  /** Whether the name of a field may be an address, or hold one. */
  public static boolean mayBeIn(String field) {
    return ANY.matcher(field).find();
  }

  /**
   * Names of fields with asterisks in its place, as many bytes of UTF-8 as before. It may stand
   * behind a dot there, as in {@code verified.ada@x}, though another address may as well.
   */
  public String masked(String fields) {
    return inName
        .matcher(fields)
        .replaceAll(found -> "*".repeat(found.group().getBytes(StandardCharsets.UTF_8).length));
  }

  private boolean isWholeIn(String text) {
    Matcher found = pattern.matcher(text);
    for (int from = 0; found.find(from); from = found.start() + 1) {
      if (!ends(OTHER, text, found.start(), MOST_OTHER)
          || ends(URL, text, found.start(), MOST_URL)) {
        return true;
      }
    }
    return false;
  }

  /** Whether what stands before a place, up to so many characters of it, ends with a pattern. */
  private static boolean ends(Pattern pattern, String text, int at, int most) {
    return pattern.matcher(text).region(Math.max(0, at - most), at).find();
  }

  /**
   * Whether a file holds it that is written as leads may come: text in any encoding, an Excel
   * workbook, and either within gzip.
   *
   * @return empty where that cannot be told: it is damaged, or of another kind
   * @throws IOException if it cannot be read
   */
  public Optional<Boolean> isInFile(Path file) throws IOException {
    if (Files.size(file) == 0) {
      return Optional.of(false);
    }
    try {
      Content content = Content.of(file);
      Strangers.refuse(content);
      if (content.begins('P', 'K', 3, 4)) {
        return Optional.of(Workbook.anyText(content, Limits.defaults(), this::isIn));
      }
      Encoding encoding = Encoding.of(content);
      if (Strangers.isBinary(encoding.text(content))) {
        return Optional.empty();
      }
      InputStream in = content.open();
      try (TextSource text = new TextSource(in, encoding.charset())) {
        in.skipNBytes(encoding.bom());
        return Optional.of(isIn(text));
      }
    } catch (UnreadableFile unreadable) {
      return Optional.empty();
    }
  }

  private boolean isIn(TextSource text) throws IOException {
    // What may stand across two looks where no line ends, each of its characters escaped.
    int carried = Math.min(MOST_CARRIED, 64 + 16 * email.length());
    char[] chars = new char[CHARS];
    int filled = 0;
    while (true) {
      int read = text.read(chars, filled, chars.length - filled);
      if (read > 0 && chars.length - filled - read >= TextSource.LEAST_ROOM) {
        filled += read;
        continue;
      }
      filled += Math.max(read, 0);
      int lines = read < 0 ? filled : behindLastLine(chars, filled);
      if (isIn(new String(chars, 0, lines == 0 ? filled : lines))) {
        return true;
      }
      if (read < 0) {
        return false;
      }
      int from = lines == 0 ? filled - carried : lines;
      System.arraycopy(chars, from, chars, 0, filled - from);
      filled -= from;
    }
  }

  /** Where the line begins that is not over; 0 where none is over, or it would leave no room. */
  private static int behindLastLine(char[] chars, int filled) {
    for (int i = filled; i > filled - MOST_CARRIED; i--) {
      if (chars[i - 1] == '\n') {
        return i;
      }
    }
    return 0;
  }

  /** A text with the escapes of JSON read; what is none stays. */
  static String decoded(String text) {
    int escape = text.indexOf('\\');
    if (escape < 0) {
      return text;
    }
    StringBuilder decoded = new StringBuilder(text.length()).append(text, 0, escape);
    int i = escape;
    while (i < text.length()) {
      char c = text.charAt(i++);
      char next = i < text.length() ? text.charAt(i) : 0;
      int letter = "\"\\/nrtbf".indexOf(next);
      if (c != '\\') {
        decoded.append(c);
      } else if (letter >= 0) {
        decoded.append("\"\\/\n\r\t\b\f".charAt(letter));
        i++;
      } else if (next == 'u' && isHex(text, i + 1)) {
        decoded.append((char) Integer.parseInt(text, i + 1, i + 5, 16));
        i += 5;
      } else {
        decoded.append(c);
      }
    }
    return decoded.toString();
  }

  private static boolean isHex(String text, int from) {
    if (from + 4 > text.length()) {
      return false;
    }
    for (int i = from; i < from + 4; i++) {
      if (Character.digit(text.charAt(i), 16) < 0) {
        return false;
      }
    }
    return true;
  }

  /** Leaves the address out. */
  @Override
  public String toString() {
    return "Address";
  }
}
