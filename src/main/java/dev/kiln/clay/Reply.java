package dev.kiln.clay;

import org.jspecify.annotations.Nullable;

/**
 * What came of one request, as the wire tells it.
 *
 * @param kind how the request ended
 * @param status the HTTP status; 0 where there was no answer
 * @param retryAfter the {@code Retry-After} header as it came; null where there was none
 * @param text the beginning of the answer's body, at most 16,384 characters that may repeat the
 *     row, or the kind of failure; never a URL; empty of a 2xx, whose body says nothing
 * @param millis from request to answer or failure
 * @param bytes size of the request's body
 */
public record Reply(
    Kind kind, int status, @Nullable String retryAfter, String text, long millis, int bytes) {

  /** How a request ended. */
  public enum Kind {
    /** With an answer. */
    ANSWERED,
    /** Before a byte of it left: connect, name or TLS failure. */
    NOT_SENT,
    /** Before a byte of it left, since this node may no longer lead the workspace. */
    TURNED_BACK,
    /** Bytes left and no answer came: timeout or reset. */
    NO_ANSWER,
    /** It was not sent, since Clay refuses bodies of its size. */
    TOO_LARGE
  }

  /** Without the text, which may repeat the row. */
  @Override
  public String toString() {
    return "Reply[" + kind + ", " + status + "]";
  }
}
