package dev.kiln;

import dev.kiln.clay.Delivery;
import dev.kiln.clay.Reply;
import dev.kiln.clay.Webhook;
import dev.kiln.ledger.Sending;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.component.http.HttpComponent;
import org.apache.camel.component.http.HttpEndpoint;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriPath;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultEndpoint;
import org.apache.camel.support.service.ServiceHelper;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpConnection;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.Http1StreamListener;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.io.HttpResponseInformationCallback;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.pool.PoolStats;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * {@code clay:<webhook>}: posts one row to a webhook of the catalogue. The URL is a secret, so it
 * is looked up by the webhook's name and never becomes an endpoint's name; the request itself is
 * camel-http's, with everything that repeats, redirects or remembers switched off. The message's
 * body becomes a {@link dev.kiln.clay.Reply}.
 */
final class ClayComponent extends DefaultComponent {
  private final Delivery delivery;
  private final Predicate<String> known;
  private final BiConsumer<String, Reply> posted;
  private final PoolingHttpClientConnectionManager connections;
  private final HttpComponent http = new HttpComponent();
  private final Map<String, HttpTarget> targets = new ConcurrentHashMap<>();

  /** What each thread posts just now, for the last look before it leaves. */
  private final Map<Thread, Sending> leaving = new ConcurrentHashMap<>();

  /**
   * A component over one pool of connections.
   *
   * @param delivery knows which lead may be posted, and where to
   * @param known whether there is a webhook of a name
   * @param posted is told what came of each request, with the table that it was for
   * @param connectTimeout how long to wait for a connection
   * @param responseTimeout how long to wait for an answer
   * @param mostConnections connections at once, to all webhooks together
   */
  ClayComponent(
      Delivery delivery,
      Predicate<String> known,
      BiConsumer<String, Reply> posted,
      Duration connectTimeout,
      Duration responseTimeout,
      int mostConnections) {
    this.delivery = delivery;
    this.known = known;
    this.posted = posted;
    this.connections =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setMaxConnTotal(mostConnections)
            .setMaxConnPerRoute(mostConnections)
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(Timeout.of(connectTimeout))
                    .setSocketTimeout(Timeout.of(responseTimeout))
                    .setValidateAfterInactivity(TimeValue.ofSeconds(1))
                    .setTimeToLive(TimeValue.of(10, TimeUnit.MINUTES))
                    .build())
            .build();
    http.setClientConnectionManager(connections);
    http.setConnectTimeout(connectTimeout.toMillis());
    http.setConnectionRequestTimeout(responseTimeout.toMillis());
    http.setResponseTimeout(responseTimeout.toMillis());
    http.setAutomaticRetriesDisabled(true);
    http.setRedirectHandlingDisabled(true);
    http.setFollowRedirects(false);
    http.setCookieManagementDisabled(true);
    http.setAuthCachingDisabled(true);
    http.setContentCompressionDisabled(true);
    http.setConnectionStateDisabled(true);
    http.setSkipControlHeaders(true);
    http.setUserAgent("Kiln");
  }

  @Override
  protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) {
    if (!known.test(remaining)) {
      throw new IllegalArgumentException("Webhook " + remaining + " is not in clay.yaml.");
    }
    return new ClayEndpoint(uri, this, remaining);
  }

  /** As many connections at once as this, to all webhooks together. */
  void allow(int mostConnections) {
    connections.setMaxTotal(mostConnections);
    connections.setDefaultMaxPerRoute(mostConnections);
  }

  /** Posts a row of a begun lead; the exchange has the answer, or the failure. */
  Exchange post(Sending sending, Webhook webhook, byte[] row, Map<String, Object> headers) {
    HttpTarget target = target(webhook);
    leaving.put(Thread.currentThread(), sending);
    try {
      return target.post(row, headers);
    } finally {
      leaving.remove(Thread.currentThread());
    }
  }

  /** What posts to a webhook: one for each URL. */
  HttpTarget target(Webhook webhook) {
    return targets.computeIfAbsent(webhook.id(), id -> hidden(webhook));
  }

  private HttpTarget hidden(Webhook webhook) {
    try {
      HttpTarget target = new HttpTarget(endpoint(webhook));
      target.start();
      return target;
    } catch (Exception failure) {
      throw RuntimeCamelException.wrapRuntimeCamelException(failure);
    }
  }

  /**
   * The endpoint that knows the URL. It is started here and registered nowhere, and it is called by
   * the webhook's name, since Camel logs an endpoint's own name at DEBUG.
   */
  HttpEndpoint endpoint(Webhook webhook) throws Exception {
    URI url = URI.create(webhook.url().reveal());
    HttpEndpoint endpoint =
        (HttpEndpoint)
            http.createEndpoint(
                url.getScheme()
                    + "://"
                    + webhook.name()
                    + ".invalid?throwExceptionOnFailure=false&httpMethod=POST");
    endpoint.setHttpUri(url);
    endpoint.setHttpClientConfigurer(
        client -> client.setRequestExecutor(new Paced(webhook.table())));
    return endpoint;
  }

  /** Waits until a row may leave, and sees that it still may by then. */
  private void awaitTurn(String table) throws TurnedBack {
    delivery.awaitTurn(table);
    Sending sending = leaving.get(Thread.currentThread());
    if (sending != null && !delivery.mayLeave(sending)) {
      throw new TurnedBack();
    }
  }

  /** Sends a request when its turn comes, on a connection that is open by then. */
  private final class Paced extends HttpRequestExecutor {
    private final String table;

    Paced(String table) {
      super(Http1Config.DEFAULT, null, new Departures(table));
      this.table = table;
    }

    @Override
    public ClassicHttpResponse execute(
        ClassicHttpRequest request,
        HttpClientConnection connection,
        @Nullable HttpResponseInformationCallback callback,
        HttpContext context)
        throws IOException, HttpException {
      try {
        awaitTurn(table);
        return super.execute(request, connection, callback, context);
      } finally {
        delivery.answered(table);
      }
    }
  }

  /** Sees the rows leave. */
  private final class Departures implements Http1StreamListener {
    private final String table;

    Departures(String table) {
      this.table = table;
    }

    @Override
    public void onRequestHead(HttpConnection connection, HttpRequest request) {
      delivery.left(table);
    }

    @Override
    public void onResponseHead(HttpConnection connection, HttpResponse response) {}

    @Override
    public void onExchangeComplete(HttpConnection connection, boolean keepAlive) {}
  }

  /** Connections in use, kept and waited for, to all webhooks together. */
  PoolStats connections() {
    return connections.getTotalStats();
  }

  /** Closes every connection, in use or not: whoever waits for an answer gets none. */
  void hangUp() {
    connections.close(CloseMode.IMMEDIATE);
  }

  @Override
  protected void doInit() throws Exception {
    super.doInit();
    http.setCamelContext(getCamelContext());
    ServiceHelper.initService(http);
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    ServiceHelper.startService(http);
  }

  @Override
  protected void doStop() throws Exception {
    ServiceHelper.stopService(targets.values(), http);
    targets.clear();
    super.doStop();
  }

  @Override
  protected void doShutdown() throws Exception {
    connections.close();
    super.doShutdown();
  }

  /** One webhook by name. */
  @UriEndpoint(
      firstVersion = "0.1.0",
      scheme = "clay",
      title = "Clay webhook",
      syntax = "clay:webhook",
      producerOnly = true,
      category = Category.HTTP)
  static final class ClayEndpoint extends DefaultEndpoint {
    @UriPath(description = "The webhook's name in clay.yaml")
    private final String name;

    private final ClayComponent component;

    ClayEndpoint(String uri, ClayComponent component, String name) {
      super(uri, component);
      this.name = name;
      this.component = component;
    }

    @Override
    public Producer createProducer() {
      return new ClayProducer(this, component.delivery::post, component::post, component.posted);
    }

    @Override
    public Consumer createConsumer(Processor processor) {
      throw new UnsupportedOperationException("clay:" + name + " can only be sent to.");
    }
  }
}
