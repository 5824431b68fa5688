package dev.kiln;

/** A request that is not taken. Carries the answer. */
final class HttpRefusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient HttpReply reply;

  HttpRefusal(HttpReply reply) {
    super(reply.body().path("error").asText(), null, false, false);
    this.reply = reply;
  }

  HttpRefusal(int status, String error) {
    this(HttpReply.error(status, error));
  }

  HttpReply reply() {
    return reply;
  }
}
