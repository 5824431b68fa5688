package dev.kiln;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An answer to an HTTP request. Immutable but for its JSON, which belongs to whoever answers.
 *
 * @param status its status
 * @param headers headers of its own
 * @param body its JSON; of a failure {@code error} says what is wrong and what to do
 * @param text what it holds instead of JSON; null where it holds that
 */
record HttpReply(int status, Map<String, String> headers, ObjectNode body, @Nullable String text) {
  /** Copies the headers. */
  HttpReply {
    headers = Map.copyOf(headers);
  }

  static HttpReply of(int status, ObjectNode body) {
    return new HttpReply(status, Map.of(), body, null);
  }

  /** A text of another type than JSON. */
  static HttpReply text(String type, String text) {
    return new HttpReply(
        200, Map.of("Content-Type", type), JsonNodeFactory.instance.objectNode(), text);
  }

  /** What it holds, as it is sent. */
  String content() {
    return text == null ? body.toPrettyString() + "\n" : text;
  }

  /** A failure. */
  static HttpReply error(int status, String error) {
    return of(status, JsonNodeFactory.instance.objectNode().put("error", error));
  }

  /** A failure that ends by itself. */
  static HttpReply later(int status, int seconds, String error) {
    return error(status, error).with("Retry-After", String.valueOf(seconds));
  }

  /** This answer with one more header. */
  HttpReply with(String header, String value) {
    Map<String, String> more = new TreeMap<>(headers);
    more.put(header, value);
    return new HttpReply(status, more, body, text);
  }
}
