package dev.kiln.lead;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which domains are no company's own: those of personal mail services and of throw-away addresses.
 * A listed domain stands for its subdomains too. Immutable, thread-safe.
 */
public final class MailDomains {
  /** No domain is listed: every address is {@link Mail#WORK}. */
  public static final MailDomains NONE = new MailDomains(Set.of(), Set.of());

  private final Set<String> personal;
  private final Set<String> disposable;

  private MailDomains(Set<String> personal, Set<String> disposable) {
    this.personal = Set.copyOf(personal);
    this.disposable = Set.copyOf(disposable);
  }

  /**
   * Reads both lists: UTF-8, one domain a line; blank lines and lines that begin with {@code #} are
   * comments. A file that is not there lists nothing.
   *
   * @throws InvalidConfiguration with file and line, when a list cannot be used
   */
  public static MailDomains load(Path personal, Path disposable) {
    return new MailDomains(list(personal), list(disposable));
  }

  private static Set<String> list(Path file) {
    if (!Files.exists(file)) {
      return Set.of();
    }
    List<String> lines;
    try {
      lines = ConfigText.read(file).lines().toList();
    } catch (IOException e) {
      throw new InvalidConfiguration(file, "cannot be read: " + e);
    }
    Set<String> domains = new HashSet<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = Text.value(lines.get(i));
      if (line == null || line.startsWith("#")) {
        continue;
      }
      String domain = line.toLowerCase(Locale.ROOT);
      if (!LeadKey.isHost(domain)) {
        throw new InvalidConfiguration(
            file, i + 1, "is not a domain; write one a line, such as example.com");
      }
      domains.add(domain);
    }
    return domains;
  }

  /** The kind of an address; one that is on both lists is disposable. */
  Mail of(String address) {
    String domain = address.substring(address.lastIndexOf('@') + 1).toLowerCase(Locale.ROOT);
    Mail mail = Mail.WORK;
    while (true) {
      if (disposable.contains(domain)) {
        return Mail.DISPOSABLE;
      }
      if (personal.contains(domain)) {
        mail = Mail.PERSONAL;
      }
      int dot = domain.indexOf('.');
      if (dot < 0) {
        return mail;
      }
      domain = domain.substring(dot + 1);
    }
  }
}
