package dev.kiln.lead;

/**
 * Why a row is rejected.
 *
 * @param kind what rows are counted by
 * @param text for a person and for logs: names columns, holds no value
 */
public record Problem(Kind kind, String text) {
  /** What is wrong with a row, as the savings report counts it. */
  public enum Kind {
    /** It cannot be taken apart into columns. */
    BROKEN("broken row"),
    /** Its e-mail address is none. */
    ADDRESS("bad e-mail address"),
    /** A name is too long for one. */
    NAME("bad name"),
    /** Neither e-mail address nor LinkedIn URL nor domain and full name. */
    IDENTITY("nothing identifies it"),
    /** It bears the id of a lead: it has been to Clay. */
    CAME_BACK("came back from Clay"),
    /** Its address is at a personal mail service, and those are refused here. */
    PERSONAL_MAIL("personal mail"),
    /** Its address is at a service of throw-away addresses, and those are refused here. */
    DISPOSABLE_MAIL("disposable mail");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /** The kind in plain words. */
    public String words() {
      return words;
    }
  }
}
