package dev.kiln.simulate;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * A Clay of our own: its webhooks, its rate limit, its caps and its answers, as Clay's documents
 * describe them, and faults on demand. Everything can be driven in Java or over HTTP under {@code
 * /control/} on the same port, which asks nobody for a password: bind it to the loopback address.
 *
 * <p>Thread-safe. All state belongs to one event loop; every method hops onto it and waits for the
 * answer, so no method may be called from that loop.
 */
public final class Simulator implements AutoCloseable {
  private final Vertx vertx;
  private final Context loop;
  private final DataPlane dataPlane;
  private final String host;
  private volatile int port;
  private volatile boolean closed;

  private Simulator(SimulatorOptions options) {
    vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
    loop = vertx.getOrCreateContext();
    dataPlane = new DataPlane(vertx, options);
    host = options.host();
  }

  /**
   * Starts a simulator and waits until it listens.
   *
   * @param options how it starts
   * @return the running simulator, to be closed
   * @throws UncheckedIOException when it cannot listen there, a busy port first of all; its cause
   *     is then a {@link java.net.BindException}
   */
  public static Simulator start(SimulatorOptions options) {
    Simulator simulator = new Simulator(options);
    try {
      simulator.listen(options.port());
      return simulator;
    } catch (CompletionException e) {
      simulator.close();
      String address = options.host() + ":" + options.port();
      IOException cause =
          e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
      throw new UncheckedIOException(
          "Cannot listen on "
              + address
              + ": "
              + cause.getMessage()
              + ". Choose another port, or 0 for a free one.",
          cause);
    }
  }

  private void listen(int wantedPort) {
    ControlPlane controlPlane = new ControlPlane(vertx, dataPlane);
    CompletableFuture<HttpServer> listening = new CompletableFuture<>();
    loop.runOnContext(
        turn ->
            vertx
                .createHttpServer(
                    new HttpServerOptions()
                        .setHttp2ClearTextEnabled(false)
                        .setHandle100ContinueAutomatically(true)
                        .setAcceptBacklog(1024))
                .requestHandler(request -> route(request, controlPlane))
                .listen(wantedPort, host)
                .onSuccess(listening::complete)
                .onFailure(listening::completeExceptionally));
    port = listening.join().actualPort();
  }

  private void route(HttpServerRequest request, ControlPlane controlPlane) {
    String path = request.path();
    if (path.startsWith(DataPlane.PATH)) {
      dataPlane.handle(request);
    } else if (path.startsWith(ControlPlane.PATH)) {
      controlPlane.handle(request);
    } else {
      request.response().setStatusCode(404).end("Not found");
    }
  }

  /**
   * The port it listens on.
   *
   * @return 1 to 65535
   */
  public int port() {
    return port;
  }

  /**
   * Its root, with no slash at the end.
   *
   * @return such as {@code http://127.0.0.1:8089}
   */
  public URI uri() {
    return URI.create("http://" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port);
  }

  /**
   * Where to post the rows of one webhook.
   *
   * @param id the webhook, defined or not
   * @return its URL
   * @throws IllegalArgumentException when the id cannot stand in a URL
   */
  public URI webhookUrl(String id) {
    if (!SimulatedWebhook.isId(id)) {
      throw new IllegalArgumentException("id: 1 to 100 letters, digits, - or _");
    }
    return webhookUrl(uri(), id);
  }

  /**
   * The URL of a webhook of a simulator that need not run yet.
   *
   * @param root where it listens, with no slash at the end
   * @param id the webhook's id: letters, digits, - and _
   */
  public static URI webhookUrl(URI root, String id) {
    return URI.create(root + DataPlane.PATH + id);
  }

  /**
   * Defines webhooks, or changes the settings of those there are.
   *
   * @param webhooks the definitions
   */
  public void define(SimulatedWebhook... webhooks) {
    List<SimulatedWebhook> list = List.of(webhooks);
    run(() -> list.forEach(dataPlane.receiver()::define));
  }

  /**
   * Puts faults in force instead of those that were.
   *
   * @param faults the faults, in the order in which they may strike; none clears them
   */
  public void faults(Fault... faults) {
    List<Fault> list = List.of(faults);
    run(() -> dataPlane.receiver().faults(list));
  }

  /**
   * Lets stored rows come back, instead of how they did. Rows on their way still arrive.
   *
   * @param callbacks the columns; of those that are meant for a row the first sends it; none ends
   *     it
   */
  public void callbacks(Callback... callbacks) {
    List<Callback> list = List.of(callbacks);
    run(() -> dataPlane.callbacks().callbacks(list));
  }

  /**
   * The rows that came back or were given up, in the order of their answers.
   *
   * @return a copy
   */
  public List<SentBack> sentBack() {
    return call(() -> List.copyOf(dataPlane.callbacks().sent()));
  }

  /**
   * Starts an outage, which closes every connection at once and resets every request before it is
   * stored, or ends it.
   *
   * @param on whether it starts
   */
  public void outage(boolean on) {
    run(() -> dataPlane.outage(on, null));
  }

  /**
   * Gives one workspace a limit of its own, with a full bucket.
   *
   * @param workspace its name
   * @param limits its new limit
   */
  public void limits(String workspace, SimulatorOptions.Limits limits) {
    run(() -> dataPlane.receiver().limits(workspace, limits));
  }

  /**
   * Changes the options while it runs. The address stays. Changed limits hold for every workspace
   * at once; changed caps for webhooks that come into being later.
   *
   * @param changed the new options
   */
  public void options(SimulatorOptions changed) {
    run(() -> dataPlane.receiver().options(changed));
  }

  /**
   * The options in force.
   *
   * @return those it started with, or the last ones set
   */
  public SimulatorOptions options() {
    return call(() -> dataPlane.receiver().options());
  }

  /**
   * What it received since it started or was reset. Works after {@link #close} too.
   *
   * @return a copy
   */
  public SimulatorStatistics statistics() {
    return call(() -> dataPlane.statistics());
  }

  /**
   * What one webhook received.
   *
   * @param webhookId its id
   * @return a copy of its counts
   * @throws IllegalArgumentException when there is no such webhook
   */
  public SimulatorStatistics.Counts statistics(String webhookId) {
    SimulatorStatistics.Counts counts = statistics().webhooks().get(webhookId);
    if (counts == null) {
      throw new IllegalArgumentException("no webhook " + webhookId);
    }
    return counts;
  }

  /**
   * The stored rows in the order in which they were stored. Works after {@link #close} too.
   *
   * @return a copy
   */
  public List<StoredRow> rows() {
    return call(() -> List.copyOf(dataPlane.receiver().rows()));
  }

  /** Forgets webhooks, rows, counts, faults and changed options: as if just started. */
  public void reset() {
    run(dataPlane::reset);
  }

  /** Stops listening and closes every connection. Waits until it is done; closing again is idle. */
  @Override
  public void close() {
    if (!closed) {
      vertx.close().toCompletionStage().toCompletableFuture().join();
      closed = true;
    }
  }

  private void run(Runnable action) {
    Boolean unused =
        call(
            () -> {
              action.run();
              return true;
            });
  }

  /** Runs a call on the event loop and waits; after the loop has ended, on this thread. */
  private <T> T call(Supplier<T> supplier) {
    if (closed) {
      return supplier.get();
    }
    CompletableFuture<T> result = new CompletableFuture<>();
    loop.runOnContext(turn -> result.completeAsync(supplier, Runnable::run));
    return result.join();
  }
}
