package dev.kiln;

import java.net.http.HttpClient;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP client for everything but Clay. It follows no redirects, since what it sends is for one
 * receiver only. Made when it is first asked for, since it has a thread of its own and many a Kiln
 * polls nothing and posts no alerts. Thread-safe.
 */
final class Outbound {
  private final Duration connectTimeout;
  private @Nullable HttpClient client;

  /**
   * A client, not made yet.
   *
   * @param connectTimeout how long to wait for a connection
   */
  Outbound(Duration connectTimeout) {
    this.connectTimeout = connectTimeout;
  }

  /** The client, always the same. */
  synchronized HttpClient client() {
    if (client == null) {
      client =
          HttpClient.newBuilder()
              .connectTimeout(connectTimeout)
              .followRedirects(HttpClient.Redirect.NEVER)
              .build();
    }
    return client;
  }
}
