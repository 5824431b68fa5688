package dev.kiln;

import dev.kiln.clay.Reply;
import dev.kiln.clay.RowSizes;
import dev.kiln.clay.Webhook;
import dev.kiln.ledger.Sending;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultProducer;
import org.apache.camel.util.ObjectHelper;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.jspecify.annotations.Nullable;

/** Posts the message's body as one row and turns whatever happens into a {@link Reply}. */
final class ClayProducer extends DefaultProducer {
  private static final int MOST_TEXT = 200;

  private final Function<Sending, Webhook> webhooks;
  private final Poster poster;
  private final BiConsumer<String, Reply> posted;

  /** Posts a row of a begun lead; the exchange has the answer, or the failure. */
  @FunctionalInterface
  interface Poster {
    Exchange post(Sending sending, Webhook webhook, byte[] row, Map<String, Object> headers);
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
    Exchange request = poster.post(sending, webhook, row, headers);
    Exception failure = request.getException();
    long millis = Duration.ofNanos(System.nanoTime() - start).toMillis();
    // With a status the answer came, even if the rest of it was cut off.
    Integer status = request.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
    if (status != null) {
      return new Reply(
          Reply.Kind.ANSWERED,
          status,
          header(request.getMessage().getHeaders(), "Retry-After"),
          failure == null ? text(request) : "",
          millis,
          row.length);
    }
    return new Reply(
        kind(failure), 0, null, failure == null ? "no answer" : told(failure), millis, row.length);
  }

  private static Reply.Kind kind(@Nullable Exception failure) {
    if (failure == null) {
      return Reply.Kind.NO_ANSWER;
    }
    if (ObjectHelper.getException(TurnedBack.class, failure) != null) {
      return Reply.Kind.TURNED_BACK;
    }
    return neverLeft(failure) ? Reply.Kind.NOT_SENT : Reply.Kind.NO_ANSWER;
  }

  /** What is told of a failure: never its message, which may name a URL. */
  private static String told(Exception failure) {
    TurnedBack turnedBack = ObjectHelper.getException(TurnedBack.class, failure);
    return turnedBack == null
        ? failure.getClass().getSimpleName()
        : String.valueOf(turnedBack.getMessage());
  }

  private static String text(Exchange answer) {
    String text = answer.getMessage().getBody(String.class);
    if (text == null) {
      return "";
    }
    return text.length() > MOST_TEXT ? text.substring(0, MOST_TEXT) : text;
  }

  private static @Nullable String header(Map<String, Object> headers, String name) {
    Object value = headers.get(name);
    return value == null ? null : value.toString();
  }

  /** Whether the failure is one that can only happen before the request's first byte. */
  private static boolean neverLeft(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConnectException
          || cause instanceof ConnectTimeoutException
          || cause instanceof UnknownHostException
          || cause instanceof NoRouteToHostException
          || cause instanceof SSLHandshakeException
          || cause instanceof SSLPeerUnverifiedException
          || cause instanceof ConnectionRequestTimeoutException) {
        return true;
      }
    }
    return false;
  }
}
