package dev.kiln.lead;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the configuration says of leads at intake: their sectors, the kinds of mailboxes that are
 * refused, and the columns that never leave. Immutable, thread-safe.
 */
public final class Hygiene {
  private static final Pattern BETWEEN_WORDS =
      Pattern.compile(
          "[^\\p{L}\\p{N}]+|(?<=\\p{Ll})(?=\\p{Lu})|(?<=\\p{Lu})(?=\\p{Lu}\\p{Ll})"
              + "|(?<=\\p{L})(?=\\p{N})|(?<=\\p{N})(?=\\p{L})");

  /** What may be the name of a column in a text that cannot be taken apart. */
  private static final Pattern PIECE = Pattern.compile("[^\"{}\\[\\],:;|\\t\\r\\n]+");

  /** How far what stands beside a name is looked for. */
  private static final int NEAR = 100;

  private final Industries industries;
  private final MailDomains domains;
  private final Set<Mail> refused;

  /** Each blocked name as its words, with a blank before, between and behind them. */
  private final List<String> blocked;

  /** The same without blanks. */
  private final Set<String> blockedTogether;

  private Hygiene(
      Industries industries, MailDomains domains, Set<Mail> refused, Collection<String> blocked) {
    this.industries = industries;
    this.domains = domains;
    this.refused = refused;
    this.blocked = blocked.stream().map(Hygiene::words).filter(name -> !name.isBlank()).toList();
    this.blockedTogether = Set.copyOf(this.blocked.stream().map(Text::lettersAndDigits).toList());
  }

  /** Sectors alone: no mailbox is refused and no column is blocked. */
  public static Hygiene of(Industries industries) {
    return new Hygiene(industries, MailDomains.NONE, EnumSet.noneOf(Mail.class), List.of());
  }

  /**
   * This, with lists of domains.
   *
   * @param refused the kinds of mailboxes whose rows are rejected
   */
  public Hygiene withMail(MailDomains domains, Collection<Mail> refused) {
    Set<Mail> kinds = EnumSet.noneOf(Mail.class);
    kinds.addAll(refused);
    return new Hygiene(industries, domains, kinds, blocked);
  }

  /**
   * This, with columns that never leave.
   *
   * @param names a column is blocked when its header has the words of one of these, one after
   *     another; case and punctuation do not matter
   */
  public Hygiene withBlocked(Collection<String> names) {
    return new Hygiene(industries, domains, refused, names);
  }

  Industries industries() {
    return industries;
  }

  /** Whether a column never leaves: its header, of JSON its keys with dots between them. */
  boolean blocks(String header) {
    String words = words(header);
    if (blocked.stream().anyMatch(words::contains)) {
      return true;
    }
    // Nothing longer is the name of a column, and keys may be long.
    int dot = header.length() > Header.LONGEST_NAME ? -1 : 0;
    for (int from = 0; dot >= 0; from = dot + 1) {
      dot = header.indexOf('.', from);
      if (blockedTogether.contains(Text.lettersAndDigits(header.substring(from)))
          || (dot >= 0
              && blockedTogether.contains(Text.lettersAndDigits(header.substring(from, dot))))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a text that cannot be taken apart may hold something of a blocked column: whether one
   * is named in it, other than as the value of a JSON key.
   *
   * @param text of any length; JSON or delimited text, or what should have been
   */
  public boolean mentions(String text) {
    Matcher piece = PIECE.matcher(text);
    while (piece.find()) {
      boolean value =
          beside(text, piece.start() - 1, -1) == ':' && beside(text, piece.end(), 1) != ':';
      if (!value && !piece.group().isBlank() && blocks(piece.group())) {
        return true;
      }
    }
    return false;
  }

  /** The next character that is neither a quote nor a blank; NUL where there is none near. */
  private static char beside(String text, int from, int step) {
    for (int i = from; i >= 0 && i < text.length() && Math.abs(i - from) < NEAR; i += step) {
      char c = text.charAt(i);
      if (c != '"' && c > ' ') {
        return c;
      }
    }
    return '\0';
  }

  Mail mail(@Nullable String address) {
    return address == null ? Mail.NONE : domains.of(address);
  }

  /** Why rows with such a mailbox are rejected; null where they are not. */
  @Nullable Problem faultOf(Mail mail, String column) {
    if (!refused.contains(mail)) {
      return null;
    }
    return mail == Mail.DISPOSABLE
        ? new Problem(
            Problem.Kind.DISPOSABLE_MAIL,
            "column \""
                + column
                + "\" is a throw-away address (disposable-domains.txt), which"
                + " kiln.mail.disposable rejects")
        : new Problem(
            Problem.Kind.PERSONAL_MAIL,
            "column \""
                + column
                + "\" is a personal address (personal-domains.txt), which kiln.mail.personal"
                + " rejects");
  }

  private static String words(String name) {
    List<String> words = new ArrayList<>();
    for (String word : BETWEEN_WORDS.split(name, -1)) {
      if (!word.isEmpty()) {
        words.add(word.toLowerCase(Locale.ROOT));
      }
    }
    return words.isEmpty() ? "" : " " + String.join(" ", words) + " ";
  }
}
