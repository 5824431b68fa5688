package dev.kiln;

import dev.kiln.clay.Reply;
import dev.kiln.clay.Webhook;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.DefaultProducer;
import org.apache.camel.support.service.ServiceHelper;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Posts the message's body as one row and turns whatever happens into a {@link Reply}. The request
 * is made on an exchange of its own, so that no header of the flow reaches Clay and none of Clay's
 * reaches the flow.
 */
final class ClayProducer extends DefaultProducer {
  /**
   * Clay takes 100 KB a request and does not say which KB: the smaller one is safe (Clay: webhook
   * limits).
   */
  static final int MOST_BYTES = 100_000;

  private static final int MOST_TEXT = 200;

  private final Webhook webhook;
  private final Endpoint target;
  private final Producer http;

  ClayProducer(Endpoint endpoint, Webhook webhook, Endpoint target) throws Exception {
    super(endpoint);
    this.webhook = webhook;
    this.target = target;
    this.http = target.createProducer();
  }

  @Override
  public void process(Exchange exchange) {
    byte[] row = exchange.getMessage().getBody(byte[].class);
    exchange.getMessage().setBody(row.length > MOST_BYTES ? tooLarge(row) : post(row));
  }

  private static Reply tooLarge(byte[] row) {
    return new Reply(
        Reply.Kind.TOO_LARGE,
        0,
        null,
        "the row is " + row.length + " bytes; Clay takes " + MOST_BYTES,
        0,
        row.length);
  }

  private Reply post(byte[] row) {
    Exchange request = new DefaultExchange(target.getCamelContext());
    Message message = request.getMessage();
    message.setBody(row);
    message.setHeader(Exchange.CONTENT_TYPE, "application/json");
    if (webhook.token() != null) {
      message.setHeader("x-clay-webhook-auth", webhook.token().reveal());
    }
    long start = System.nanoTime();
    Exception failure = null;
    try {
      http.process(request);
    } catch (Exception thrown) {
      failure = thrown;
    }
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
        failure != null && neverLeft(failure) ? Reply.Kind.NOT_SENT : Reply.Kind.NO_ANSWER,
        0,
        null,
        failure == null ? "no answer" : failure.getClass().getSimpleName(),
        millis,
        row.length);
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

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    ServiceHelper.startService(target, http);
  }

  @Override
  protected void doStop() throws Exception {
    ServiceHelper.stopService(http, target);
    super.doStop();
  }
}
