package dev.kiln;

import dev.kiln.clay.Delivery;
import dev.kiln.clay.Reply;
import dev.kiln.clay.Webhook;
import dev.kiln.ledger.Sending;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
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
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
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
import org.apache.hc.core5.http.io.support.ClassicRequestBuilder;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.pool.PoolStats;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code clay:<webhook>}: posts one row to a webhook of the catalogue. The URL is a secret, so it
 * is looked up by the webhook's name and never becomes an endpoint's name; the request itself is
 * camel-http's, with everything that repeats, redirects or remembers switched off. The message's
 * body becomes a {@link dev.kiln.clay.Reply}.
 */
final class ClayComponent extends DefaultComponent {
  private static final Logger LOG = LoggerFactory.getLogger(ClayComponent.class);

  /** Lines of an answer's head, each of at most so many bytes: far more than Clay sends. */
  private static final int MOST_HEADERS = 100;

  private static final int LONGEST_LINE = 16 * 1024;

  /**
   * A connection that has not been used for so long may be closed by now, and a row that is sent on
   * it is in doubt. A look takes a millisecond, so that there is none between rows that follow each
   * other closely.
   */
  private static final TimeValue IDLE = TimeValue.ofMilliseconds(20);

  private final Delivery delivery;
  private final Predicate<String> known;
  private final BiConsumer<String, Reply> posted;
  private final PoolingHttpClientConnectionManager connections;
  private final HttpComponent http = new HttpComponent();
  private final Map<String, HttpTarget> targets = new ConcurrentHashMap<>();

  private final Duration connectTimeout;
  private final Duration responseTimeout;
  private final ScheduledThreadPoolExecutor clock =
      new ScheduledThreadPoolExecutor(1, Daemons.named("clay-timeouts"));

  /** What each thread posts just now. */
  private final Map<Thread, Trip> trips = new ConcurrentHashMap<>();

  /**
   * A component over one pool of connections.
   *
   * @param delivery knows which lead may be posted, and where to
   * @param known whether there is a webhook of a name
   * @param posted is told what came of each request, with the table that it was for
   * @param connectTimeout how long to wait for a connection
   * @param responseTimeout how long to wait for a whole answer, from the request on
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
    this.connectTimeout = connectTimeout;
    this.responseTimeout = responseTimeout;
    // Nearly every answer comes in time.
    clock.setRemoveOnCancelPolicy(true);
    this.connections =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setConnectionFactory(
                ManagedHttpClientConnectionFactory.builder()
                    .http1Config(
                        Http1Config.custom()
                            .setMaxHeaderCount(MOST_HEADERS)
                            .setMaxLineLength(LONGEST_LINE)
                            .build())
                    .build())
            .setMaxConnTotal(mostConnections)
            .setMaxConnPerRoute(mostConnections)
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(Timeout.of(connectTimeout))
                    .setSocketTimeout(Timeout.of(responseTimeout))
                    .setValidateAfterInactivity(IDLE)
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
  ClayProducer.Posted post(
      Sending sending, Webhook webhook, byte[] row, Map<String, Object> headers) {
    HttpTarget target = target(webhook);
    Trip trip = new Trip(sending, clock);
    trips.put(Thread.currentThread(), trip);
    try {
      return new ClayProducer.Posted(target.post(row, headers), trip.hasLeft());
    } finally {
      trips.remove(Thread.currentThread());
    }
  }

  /** The trip of the row that this thread posts. */
  private Trip trip() {
    Trip trip = trips.get(Thread.currentThread());
    if (trip == null) {
      throw new IllegalStateException("A row is posted by ClayComponent.post alone.");
    }
    return trip;
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
        client ->
            client
                .setRequestExecutor(new Paced(webhook.table()))
                .addExecInterceptorFirst("bounds", this::bounded));
    return endpoint;
  }

  /** Has a request sent and its answer read, both in time, and no more of it than is of use. */
  private ClassicHttpResponse bounded(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    Trip trip = trip();
    try {
      ClassicHttpResponse response = sent(trip, scope, chain);
      AnswerBody.read(response, scope.execRuntime);
      return response;
    } catch (IOException | HttpException | RuntimeException failure) {
      if (trip.isLate()) {
        throw (IOException) new SocketTimeoutException("no answer in time").initCause(failure);
      }
      throw failure;
    } finally {
      trip.untimed();
    }
  }

  private ClassicHttpResponse sent(Trip trip, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    while (true) {
      // A TLS handshake has a timeout for each of its reads alone.
      trip.within(connectTimeout.plus(responseTimeout), scope.execRuntime::discardEndpoint);
      try {
        return chain.proceed(ClassicRequestBuilder.copy(scope.originalRequest).build(), scope);
      } catch (Stale closedMeanwhile) {
        LOG.debug("A connection was closed while a row waited for its turn; it gets another one");
      }
    }
  }

  /** A connection that was closed while a row waited for its turn. Nothing has left. */
  private static final class Stale extends IOException {
    private static final long serialVersionUID = 1L;
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
      Trip trip = trip();
      try {
        if (!trip.hasTurn()) {
          trip.untimed();
          awaitTurn(trip, connection);
        }
        if (!delivery.mayLeave(trip.sending())) {
          throw new TurnedBack();
        }
        trip.within(responseTimeout);
        return super.execute(request, connection, callback, context);
      } finally {
        delivery.answered(table);
      }
    }
  }

  /** Waits until a row may leave, and sees that its connection is still open by then. */
  private void awaitTurn(Trip trip, HttpClientConnection connection) throws IOException {
    long asked = System.nanoTime();
    delivery.awaitTurn(trip.sending().lead().table());
    trip.takesTurn();
    if (System.nanoTime() - asked > IDLE.toNanoseconds() && connection.isStale()) {
      throw new Stale();
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
      trip().leaves();
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
    clock.shutdownNow();
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
