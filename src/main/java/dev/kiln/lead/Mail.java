package dev.kiln.lead;

import java.util.Locale;

/** What kind of mailbox an e-mail address is. */
public enum Mail {
  /** There is no address. */
  NONE,
  /** At a domain that no list names. */
  WORK,
  /** At a mail service for everybody ({@code config/personal-domains.txt}). */
  PERSONAL,
  /** At a service of throw-away addresses ({@code config/disposable-domains.txt}). */
  DISPOSABLE;

  /** The word that routes know it by: {@code work}, {@code personal}, {@code disposable}, or "". */
  public String word() {
    return this == NONE ? "" : name().toLowerCase(Locale.ROOT);
  }
}
