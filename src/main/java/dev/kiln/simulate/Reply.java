package dev.kiln.simulate;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** An answer, ready to be sent as often as need be. */
record Reply(
    int status,
    CharSequence contentType,
    Buffer body,
    @Nullable String retryAfter,
    @Nullable String location) {
  private static final String TOO_MANY_REQUESTS =
      "{\"type\":\"TooManyRequests\",\"message\":\"Too many requests, please try again later.\"}";

  static Reply json(int status, String body) {
    return new Reply(status, "application/json; charset=utf-8", Buffer.buffer(body), null, null);
  }

  static Reply text(int status, String body) {
    return new Reply(status, "text/plain; charset=utf-8", Buffer.buffer(body), null, null);
  }

  /** Clay's own shape of a refusal. */
  static Reply refusal(int status, String type, String message) {
    return json(status, "{\"type\":\"" + type + "\",\"message\":\"" + message + "\"}");
  }

  static Reply tooManyRequests() {
    return json(429, TOO_MANY_REQUESTS).with("1", null);
  }

  /** The answer of a fault of kind {@link Fault.Kind#STATUS}. */
  static Reply of(Fault fault) {
    String body = fault.body();
    if (body == null) {
      body = fault.status() == 429 ? TOO_MANY_REQUESTS : "Simulated " + fault.status();
    }
    Reply plain = body.startsWith("{") ? json(fault.status(), body) : text(fault.status(), body);
    return plain.with(fault.retryAfter(), fault.location());
  }

  private Reply with(@Nullable String newRetryAfter, @Nullable String newLocation) {
    return new Reply(status, contentType, body, newRetryAfter, newLocation);
  }
}
