package dev.kiln;

import dev.kiln.lead.ContentHash;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Posts JSON to other systems, and lets go of what is under way when closed. Thread-safe. */
final class HttpPoster implements AutoCloseable {
  private final Outbound outbound;
  private final Duration responseTimeout;
  private final Map<String, CompletableFuture<?>> asked = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * A poster.
   *
   * @param connectTimeout how long to wait for a connection
   * @param responseTimeout how long to wait for an answer
   */
  HttpPoster(Duration connectTimeout, Duration responseTimeout) {
    this.responseTimeout = responseTimeout;
    this.outbound = new Outbound(connectTimeout);
  }

  /**
   * Posts once.
   *
   * @param peer where to
   * @param json the body
   * @param name begins the idempotency key, which ends with the body's SHA-256 in hexadecimal: the
   *     same for the same body, so that the other side can tell a repeat, and another for another
   * @return the status of the answer
   * @throws IOException if there is no answer; without the URL
   */
  int post(HttpPeer peer, String json, String name) throws IOException, InterruptedException {
    String key = name + "-" + ContentHash.sha256(json);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(peer.url())
            .timeout(responseTimeout)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", key)
            .POST(BodyPublishers.ofString(json));
    if (peer.secret() != null) {
      request.header(peer.header(), peer.secret().reveal());
    }
    CompletableFuture<HttpResponse<Void>> answer =
        outbound.client().sendAsync(request.build(), BodyHandlers.discarding());
    asked.put(key, answer);
    try {
      if (closed) {
        answer.cancel(true);
      }
      return answer.get(responseTimeout.toMillis(), TimeUnit.MILLISECONDS).statusCode();
    } catch (ExecutionException | TimeoutException | CancellationException failure) {
      answer.cancel(true);
      Throwable cause = failure.getCause() == null ? failure : failure.getCause();
      throw new IOException("it cannot be reached (" + cause.getClass().getSimpleName() + ")");
    } finally {
      asked.remove(key);
    }
  }

  boolean closed() {
    return closed;
  }

  @Override
  public void close() {
    closed = true;
    asked.values().forEach(answer -> answer.cancel(true));
  }
}
