package dev.kiln.status;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/**
 * Something that an operator should know before it hurts, or as soon as it does. Carries no lead
 * data and no secret.
 *
 * @param kind what it is about
 * @param subject the webhook, table or budget that it concerns
 * @param scope what its levels are of, such as a budget's cap and end: of another one it is told
 *     anew
 * @param level how bad it is, of the levels of its kind
 * @param what what is the case, a sentence without its full stop
 * @param cure what to do, a sentence without its full stop
 */
public record Alert(
    Kind kind, String subject, String scope, Level level, String what, String cure) {
  /** What alerts are about. */
  public enum Kind {
    /** A budget is spent to 70, 80 or 90 %. */
    BUDGET,
    /** A webhook is nearly full, or a table has little or no room left. */
    CAPACITY,
    /** Clay says that a webhook has reached its record limit. */
    EXHAUSTED,
    /** Clay refuses a webhook's URL or token. */
    REFUSING,
    /** Leads are due and none gets through. */
    STALLED;

    /** Its name in metrics and messages. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How bad it is, the mildest first. */
  public enum Level {
    /** The only level of its kind. */
    ON,
    /** 70 % are spent. */
    SPENT_70,
    /** 80 % are spent. */
    SPENT_80,
    /** 90 % are spent. */
    SPENT_90,
    /** Eight ninths of a webhook's cap are taken. */
    NEARLY_FULL,
    /** What is left lasts for a few days. */
    LOW,
    /** Nothing is left. */
    FULL;

    /** Its name in metrics. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What it concerns: of this there is one alert at a time. */
  record Topic(Kind kind, String subject) {}

  Topic topic() {
    return new Topic(kind, subject);
  }

  /** The same at another level. */
  Alert at(Level other) {
    return new Alert(kind, subject, scope, other, what, cure);
  }

  /** Puts it into JSON. */
  void put(ObjectNode node) {
    node.put("kind", kind.word())
        .put("subject", subject)
        .put("level", level.word())
        .put("what", what)
        .put("cure", cure);
  }

  /**
   * The begin or the end of an alert.
   *
   * @param begins whether it begins, or gets worse
   * @param alert the alert
   */
  public record News(boolean begins, Alert alert) {
    /** In words for a person. */
    public String text() {
      return begins
          ? "Kiln: " + alert.what + ". " + alert.cure + "."
          : "Kiln: over, " + alert.kind.word() + " of " + alert.subject + ".";
    }
  }
}
