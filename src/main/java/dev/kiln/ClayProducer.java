package dev.kiln;

import dev.kiln.clay.Blanks;
import dev.kiln.clay.Reply;
import dev.kiln.clay.RowSizes;
import dev.kiln.clay.Webhook;
import dev.kiln.ledger.Sending;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultProducer;
import org.apache.camel.util.ObjectHelper;
import org.jspecify.annotations.Nullable;

/** Posts the message's body as one row and turns whatever happens into a {@link Reply}. */
final class ClayProducer extends DefaultProducer {
  /** Pieces of a URL that are as long as this may be what is secret of it. */
  private static final int SECRET_PIECE = 8;

  private final Function<Sending, Webhook> webhooks;
  private final Poster poster;
  private final BiConsumer<String, Reply> posted;

  /**
   * What came of a post.
   *
   * @param exchange has the answer, or the failure
   * @param left whether a byte of the request may have left
   */
  record Posted(Exchange exchange, boolean left) {}

  /** Posts a row of a begun lead. */
  @FunctionalInterface
  interface Poster {
    Posted post(Sending sending, Webhook webhook, byte[] row, Map<String, Object> headers);
  }

  /**
   * A producer for begun leads.
   *
   * @param webhooks notes that a begun lead is posted, and gives the webhook that it goes to
   * @param poster posts
   * @param posted is told what came of each request, with the table that it was for
   */
  ClayProducer(
      Endpoint endpoint,
      Function<Sending, Webhook> webhooks,
      Poster poster,
      BiConsumer<String, Reply> posted) {
    super(endpoint);
    this.webhooks = webhooks;
    this.poster = poster;
    this.posted = posted;
  }

  /**
   * Posts the row of the begun lead in the exchange property {@code sending} to that lead's
   * webhook.
   *
   * @throws IllegalStateException if there is none, or it was posted before: nothing is posted then
   */
  @Override
  public void process(Exchange exchange) {
    byte[] row = exchange.getMessage().getBody(byte[].class);
    Sending sending = exchange.getProperty("sending", Sending.class);
    if (sending == null) {
      throw new IllegalStateException(
          getEndpoint().getEndpointUri()
              + " posts only what was begun: the route needs the steps begin and keep-sending before it.");
    }
    if (row.length > RowSizes.MOST_BYTES) {
      exchange.getMessage().setBody(tooLarge(row));
      return;
    }
    Reply reply = post(sending, row, webhooks.apply(sending));
    if (reply.kind() != Reply.Kind.TURNED_BACK) {
      posted.accept(sending.lead().table(), reply);
    }
    exchange.getMessage().setBody(reply);
  }

  private static Reply tooLarge(byte[] row) {
    return new Reply(
        Reply.Kind.TOO_LARGE,
        0,
        null,
        "the row is " + row.length + " bytes; Clay takes " + RowSizes.MOST_BYTES,
        0,
        row.length);
  }

  private Reply post(Sending sending, byte[] row, Webhook webhook) {
    Map<String, Object> headers = new HashMap<>();
    headers.put(Exchange.CONTENT_TYPE, "application/json");
    if (webhook.token() != null) {
      headers.put("x-clay-webhook-auth", webhook.token().reveal());
    }
    long start = System.nanoTime();
    Posted came = poster.post(sending, webhook, row, headers);
    Exchange request = came.exchange();
    Exception failure = request.getException();
    long millis = Duration.ofNanos(System.nanoTime() - start).toMillis();
    // With a status the answer came, even if the rest of it was cut off.
    Integer status = request.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
    if (status != null) {
      return new Reply(
          Reply.Kind.ANSWERED,
          status,
          header(request.getMessage().getHeaders(), "Retry-After"),
          failure == null && status / 100 != 2 ? text(request, webhook) : "",
          millis,
          row.length);
    }
    return new Reply(
        kind(failure, came.left()),
        0,
        null,
        failure == null ? "no answer" : told(failure),
        millis,
        row.length);
  }

  private static Reply.Kind kind(@Nullable Exception failure, boolean left) {
    if (ObjectHelper.getException(TurnedBack.class, failure) != null) {
      return Reply.Kind.TURNED_BACK;
    }
    return left ? Reply.Kind.NO_ANSWER : Reply.Kind.NOT_SENT;
  }

  /** What is told of a failure: never its message, which may name a URL. */
  private static String told(Exception failure) {
    TurnedBack turnedBack = ObjectHelper.getException(TurnedBack.class, failure);
    return turnedBack == null
        ? failure.getClass().getSimpleName()
        : String.valueOf(turnedBack.getMessage());
  }

  /** What an answer says: without what the webhook's URL and token are, which it may repeat. */
  private static String text(Exchange answer, Webhook webhook) {
    byte[] body = answer.getMessage().getBody(byte[].class);
    // No database takes a NUL.
    return body == null
        ? ""
        : Blanks.in(new String(body, StandardCharsets.UTF_8).replace('\0', ' '), secrets(webhook));
  }

  private static Set<String> secrets(Webhook webhook) {
    URI url = URI.create(webhook.url().reveal());
    Set<String> secrets = new HashSet<>();
    secrets.add(url.toString());
    if (webhook.token() != null) {
      secrets.add(webhook.token().reveal());
    }
    for (String part :
        Stream.of(url.getUserInfo(), url.getRawPath(), url.getPath(), url.getRawQuery())
            .filter(Objects::nonNull)
            .toList()) {
      secrets.add(part);
      Stream.of(part.split("[/?&=]"))
          .filter(piece -> piece.length() >= SECRET_PIECE)
          .forEach(secrets::add);
    }
    return secrets;
  }

  private static @Nullable String header(Map<String, Object> headers, String name) {
    Object value = headers.get(name);
    return value == null ? null : value.toString();
  }
}
