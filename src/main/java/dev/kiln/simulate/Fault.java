package dev.kiln.simulate;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Something that goes wrong on demand. It strikes a share of the requests it is meant for, for ever
 * or a number of times. Of several faults the first that strikes is the only one; the share of each
 * is a share of what the ones before it let pass.
 *
 * @param kind what goes wrong
 * @param share of the requests, over 0 to 1, drawn with the simulator's seed
 * @param next how many requests it strikes before it is spent; 0 = no end
 * @param webhook the only webhook it strikes; null = all
 * @param workspace the only workspace it strikes; null = all
 * @param status the answer of {@link Kind#STATUS}, 200 to 599; else 0
 * @param retryAfter the raw value of a {@code Retry-After} header, for {@link Kind#STATUS}
 * @param location the value of a {@code Location} header, for {@link Kind#STATUS}
 * @param body the text of the answer, for {@link Kind#STATUS}; null = a text of our own
 * @param delay how long to wait before the fault acts
 */
public record Fault(
    Kind kind,
    double share,
    int next,
    @Nullable String webhook,
    @Nullable String workspace,
    int status,
    @Nullable String retryAfter,
    @Nullable String location,
    @Nullable String body,
    Delay delay) {

  /** The moment at which a fault strikes. */
  enum Stage {
    HEAD,
    READ,
    STORED
  }

  /** What goes wrong. The kinds that act after storing strike stored rows only. */
  public enum Kind {
    /** Answers a status of your choice; nothing is stored. */
    STATUS(Stage.READ),
    /** Never answers; nothing is stored. */
    HANG(Stage.READ),
    /** TCP RST at the headers, the body unread; nothing is stored. */
    RESET_BEFORE_READ(Stage.HEAD),
    /** TCP RST when the request was read; nothing is stored. */
    RESET_BEFORE_STORE(Stage.READ),
    /** The row is stored, then TCP RST instead of an answer. */
    RESET_AFTER_STORE(Stage.STORED),
    /** The row is stored, then an orderly close instead of an answer. */
    CLOSE_AFTER_STORE(Stage.STORED),
    /** The row is stored, then TCP RST in the middle of the answer, behind its status. */
    CUT_ANSWER(Stage.STORED),
    /** The request is looked at late, and then even if its sender has gone. */
    DELAY_BEFORE_STORE(Stage.READ),
    /** The row is stored at once and the answer sent late. */
    DELAY_AFTER_STORE(Stage.STORED);

    private final Stage stage;

    Kind(Stage stage) {
      this.stage = stage;
    }

    Stage stage() {
      return stage;
    }

    /** The name in JSON: {@code reset-after-store}. */
    String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * Checks the bounds.
   *
   * @throws IllegalArgumentException when a value is outside or does not belong to the kind
   */
  public Fault {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("share: over 0 to 1, not " + share);
    }
    if (next < 0) {
      throw new IllegalArgumentException("next: 0 (no end) or more, not " + next);
    }
    if (kind == Kind.STATUS) {
      if (status < 200 || status > 599) {
        throw new IllegalArgumentException("status: 200 to 599, not " + status);
      }
    } else if (status != 0 || retryAfter != null || location != null || body != null) {
      throw new IllegalArgumentException(
          "status, retryAfter, location and body belong to kind \"status\", not to \""
              + kind.word()
              + "\"");
    }
    boolean delays = kind == Kind.DELAY_BEFORE_STORE || kind == Kind.DELAY_AFTER_STORE;
    if (delays && delay.max().isZero()) {
      throw new IllegalArgumentException(kind.word() + " needs a delay: minMs, maxMs");
    }
    requireHeaderValue("retryAfter", retryAfter);
    requireHeaderValue("location", location);
  }

  private static void requireHeaderValue(String name, @Nullable String value) {
    if (value != null && !value.chars().allMatch(c -> c >= ' ' && c <= '~')) {
      throw new IllegalArgumentException(name + ": printable ASCII only");
    }
  }

  /**
   * A fault of any kind but {@link Kind#STATUS} and the two delays, for every request.
   *
   * @param kind what goes wrong
   * @return the fault
   * @throws IllegalArgumentException when the kind needs more than its name
   */
  public static Fault of(Kind kind) {
    return new Fault(kind, 1, 0, null, null, 0, null, null, null, Delay.NONE);
  }

  /**
   * An answer of your choice to every request.
   *
   * @param status 200 to 599
   * @return the fault
   * @throws IllegalArgumentException when the status is outside
   */
  public static Fault status(int status) {
    return new Fault(Kind.STATUS, 1, 0, null, null, status, null, null, null, Delay.NONE);
  }

  /**
   * Every request is looked at late.
   *
   * @param delay how late, over zero
   * @return the fault
   * @throws IllegalArgumentException when the delay is zero
   */
  public static Fault delayBeforeStore(Delay delay) {
    return new Fault(Kind.DELAY_BEFORE_STORE, 1, 0, null, null, 0, null, null, null, delay);
  }

  /**
   * Every stored row is answered late.
   *
   * @param delay how late, over zero
   * @return the fault
   * @throws IllegalArgumentException when the delay is zero
   */
  public static Fault delayAfterStore(Delay delay) {
    return new Fault(Kind.DELAY_AFTER_STORE, 1, 0, null, null, 0, null, null, null, delay);
  }

  /**
   * This fault for a share of the requests.
   *
   * @param changed over 0 to 1
   * @return the changed copy
   * @throws IllegalArgumentException when it is outside
   */
  public Fault withShare(double changed) {
    return new Fault(
        kind, changed, next, webhook, workspace, status, retryAfter, location, body, delay);
  }

  /**
   * This fault for a number of requests.
   *
   * @param changed how many it strikes before it is spent; 0 = no end
   * @return the changed copy
   * @throws IllegalArgumentException when it is negative
   */
  public Fault withNext(int changed) {
    return new Fault(
        kind, share, changed, webhook, workspace, status, retryAfter, location, body, delay);
  }

  /**
   * This fault for one webhook.
   *
   * @param changed its id; null = all
   * @return the changed copy
   */
  public Fault withWebhook(@Nullable String changed) {
    return new Fault(
        kind, share, next, changed, workspace, status, retryAfter, location, body, delay);
  }

  /**
   * This fault for one workspace.
   *
   * @param changed its name; null = all
   * @return the changed copy
   */
  public Fault withWorkspace(@Nullable String changed) {
    return new Fault(
        kind, share, next, webhook, changed, status, retryAfter, location, body, delay);
  }

  /**
   * This status with a {@code Retry-After} header.
   *
   * @param changed its raw value: seconds, a date, or nonsense
   * @return the changed copy
   * @throws IllegalArgumentException when the kind is not {@link Kind#STATUS} or it is not ASCII
   */
  public Fault withRetryAfter(@Nullable String changed) {
    return new Fault(kind, share, next, webhook, workspace, status, changed, location, body, delay);
  }

  /**
   * This status with a {@code Location} header.
   *
   * @param changed its value
   * @return the changed copy
   * @throws IllegalArgumentException when the kind is not {@link Kind#STATUS} or it is not ASCII
   */
  public Fault withLocation(@Nullable String changed) {
    return new Fault(
        kind, share, next, webhook, workspace, status, retryAfter, changed, body, delay);
  }

  /**
   * This status with another text.
   *
   * @param changed the body of the answer
   * @return the changed copy
   * @throws IllegalArgumentException when the kind is not {@link Kind#STATUS}
   */
  public Fault withBody(@Nullable String changed) {
    return new Fault(
        kind, share, next, webhook, workspace, status, retryAfter, location, changed, delay);
  }

  /**
   * This fault after a wait.
   *
   * @param changed how long to wait before it acts
   * @return the changed copy
   * @throws IllegalArgumentException when the kind is a delay and this is none
   */
  public Fault withDelay(Delay changed) {
    return new Fault(
        kind, share, next, webhook, workspace, status, retryAfter, location, body, changed);
  }

  /** What statistics count it as: {@code status-503}, {@code hang}. */
  String word() {
    return kind == Kind.STATUS ? "status-" + status : kind.word();
  }
}
