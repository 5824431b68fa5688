package dev.kiln.clay;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Reply} means: one total, pure function of it. The statuses are those of Clay's
 * webhook documents; what they leave open is read so that no lead is lost and none is repeated
 * unseen.
 */
public enum Answer {
  /** 2xx, whatever the body says: stored. */
  ACCEPTED,
  /** 400, 413, 422, or too large to be sent: the row's own fault. */
  REFUSED,
  /** 401, 404, 3xx, 403 without the limit's text, and any other 4xx: the webhook's fault. */
  WEBHOOK_REFUSES,
  /** 403 with the limit's text: the webhook is full for life. */
  WEBHOOK_EXHAUSTED,
  /** 429: the whole workspace waits. */
  TOO_MANY,
  /** Surely not sent: connect, name or TLS failure. */
  NOT_SENT,
  /** 500, 503, 408 and any other 5xx: not stored. */
  FAILED,
  /** A gateway's 502, 504, 52x, or no answer after bytes had left: it may have been stored. */
  UNKNOWN;

  /** The least and the longest time that Kiln waits on a {@code Retry-After}. */
  static final Duration LEAST_WAIT = Duration.ofSeconds(1);

  static final Duration LONGEST_WAIT = Duration.ofMinutes(15);

  /** The words of Clay's 403 once a webhook has taken its 50,000 rows. */
  private static final String LIMIT_TEXT = "record limit reached";

  /** Reads a reply. */
  public static Answer of(Reply reply) {
    return switch (reply.kind()) {
      case NOT_SENT, TURNED_BACK -> NOT_SENT;
      case NO_ANSWER -> UNKNOWN;
      case TOO_LARGE -> REFUSED;
      case ANSWERED -> ofStatus(reply.status(), reply.text());
    };
  }

  private static Answer ofStatus(int status, String text) {
    if (status >= 200 && status < 300) {
      return ACCEPTED;
    }
    return switch (status) {
      case 400, 413, 422 -> REFUSED;
      case 403 ->
          text.toLowerCase(Locale.ROOT).contains(LIMIT_TEXT) ? WEBHOOK_EXHAUSTED : WEBHOOK_REFUSES;
      case 408 -> FAILED;
      case 429 -> TOO_MANY;
      case 502, 504 -> UNKNOWN;
      default -> {
        if (status >= 300 && status < 500) {
          yield WEBHOOK_REFUSES;
        }
        yield status >= 500 && (status < 520 || status > 529) ? FAILED : UNKNOWN;
      }
    };
  }

  /** Whether it counts as a failure of Clay for the circuit breaker. */
  public boolean breakerFailure() {
    return this == NOT_SENT || this == FAILED || this == UNKNOWN;
  }

  /** Whether Clay may have stored the row. */
  public boolean stored() {
    return this == ACCEPTED || this == UNKNOWN;
  }

  /**
   * Reads a {@code Retry-After} header: seconds or an HTTP date, clamped to 1 second to 15 minutes.
   *
   * @param header the header; null or garbage is no wish
   * @param now the present, for dates
   * @return the wait; null where there is no wish
   */
  public static @Nullable Duration retryAfter(@Nullable String header, Instant now) {
    return retryAfter(header, now, LONGEST_WAIT);
  }

  /**
   * The same, clamped to 1 second to a time of the caller's.
   *
   * @param longest the longest wait
   */
  public static @Nullable Duration retryAfter(
      @Nullable String header, Instant now, Duration longest) {
    if (header == null || header.isBlank()) {
      return null;
    }
    String wish = header.strip();
    Duration wait;
    if (wish.chars().allMatch(c -> c >= '0' && c <= '9')) {
      wait = wish.length() > 9 ? longest : Duration.ofSeconds(Long.parseLong(wish));
    } else {
      try {
        wait =
            Duration.between(
                now, ZonedDateTime.parse(wish, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
      } catch (DateTimeParseException garbage) {
        return null;
      }
    }
    if (wait.compareTo(LEAST_WAIT) < 0) {
      return LEAST_WAIT;
    }
    return wait.compareTo(longest) > 0 ? longest : wait;
  }
}
