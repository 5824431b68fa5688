package dev.kiln;

import dev.kiln.clay.Loopback;
import dev.kiln.clay.Secret;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.NearestWord;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An address where Kiln listens for HTTP: which paths there are, who may ask, and answers of one
 * form. Whoever asks must bear the token, where there is one; a page of another site in a browser
 * may not ask at all. Thread-safe.
 */
final class HttpListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpListener.class);

  /** How long a stop waits for answers that are being made. */
  private static final long STOP_SECONDS = 3;

  /** Answers that are being made at once, or wait to be. */
  private static final int MOST_WORKING = 1_000;

  /** Answers that block at once where no others are expected. */
  static final int FEW_AT_ONCE = 8;

  /** Looks within the time after which a silent connection is closed. */
  private static final int LOOKS = 4;

  /** What answers the requests of one path; called on an event loop, where it must not block. */
  @FunctionalInterface
  interface Handler {
    void handle(HttpCall call) throws HttpRefusal;
  }

  /** A method and a path; a path that ends with a star takes one more segment. */
  private record Endpoint(String method, String path) {
    boolean matches(String asked) {
      return path.endsWith("*")
          ? asked.startsWith(stem()) && asked.indexOf('/', stem().length()) < 0
          : asked.equals(path);
    }

    private String stem() {
      return path.substring(0, path.length() - 1);
    }

    String segment(String asked) {
      return path.endsWith("*") ? asked.substring(stem().length()) : "";
    }
  }

  /** A connection, and when something went over it last. Confined to the event loop. */
  private static final class Line {
    private @Nullable HttpCall call;
    private long moved;
    private long since = System.nanoTime();

    void begin(HttpCall next) {
      call = next;
      moved = 0;
      since = System.nanoTime();
    }

    /** Whether it has been silent for so long, and nobody makes an answer for it. */
    boolean idle(Duration time) {
      if (call != null) {
        long now = call.request().bytesRead() + call.request().response().bytesWritten();
        if (now != moved || call.atWork()) {
          moved = now;
          since = System.nanoTime();
        }
      }
      return System.nanoTime() - since >= time.toNanos();
    }
  }

  private final Vertx vertx;
  private final Supplier<Optional<Secret>> token;
  private final Map<Endpoint, Handler> endpoints = new LinkedHashMap<>();
  private final Set<Handler> open = new HashSet<>();
  private final Map<HttpConnection, Line> lines = new HashMap<>();
  private final Semaphore working = new Semaphore(MOST_WORKING);
  private Predicate<HttpServerRequest> provesItself = request -> false;
  private int notNow = 503;
  private volatile boolean stopping;
  private volatile int port;
  private String host = "";

  /**
   * Makes one that does not listen yet.
   *
   * @param token the token that every request must bear, asked for anew with each; empty for none
   * @param threads how many answers may block at once
   */
  HttpListener(Supplier<Optional<Secret>> token, int threads) {
    this.token = token;
    this.vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(threads)
                .setInternalBlockingPoolSize(4)
                .setMaxWorkerExecuteTime(1)
                .setMaxWorkerExecuteTimeUnit(TimeUnit.HOURS)
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
  }

  /** Adds a path; call it before {@link #listen}. */
  HttpListener on(String method, String path, Handler handler) {
    endpoints.put(new Endpoint(method, path), handler);
    return this;
  }

  /** Lets requests in without the token that prove themselves to the path; call it likewise. */
  HttpListener unless(Predicate<HttpServerRequest> proving) {
    provesItself = proving;
    return this;
  }

  /** Answers so, instead of 503, what may come again later; call it likewise. */
  HttpListener notNow(int status) {
    notNow = status;
    return this;
  }

  /**
   * Adds a path that is read without the token: what is there is the same for everybody. Call it
   * before {@link #listen}.
   */
  HttpListener open(String path, Handler handler) {
    open.add(handler);
    return on("GET", path, handler).on("HEAD", path, handler);
  }

  /** Runs a task again and again, until the listener is closed; it must not block. */
  HttpListener every(Duration period, Runnable task) {
    vertx.setPeriodic(period.toMillis(), timer -> task.run());
    return this;
  }

  /**
   * Listens from now on.
   *
   * @param address where; port 0 takes any free one
   * @param idle how long a connection may be silent before it is closed, but for the time in which
   *     its answer is being made
   * @throws IOException if that cannot be
   */
  void listen(InetSocketAddress address, Duration idle) throws IOException {
    host = address.getHostString();
    try {
      HttpServer server =
          vertx
              .createHttpServer(
                  // Its own idle time-out would close what waits for an answer.
                  new HttpServerOptions().setHttp2ClearTextEnabled(false))
              .connectionHandler(this::begin)
              .requestHandler(this::handle)
              .listen(address.getPort(), host)
              .toCompletionStage()
              .toCompletableFuture()
              .join();
      port = server.actualPort();
      vertx.setPeriodic(idle.dividedBy(LOOKS).toMillis() + 1, timer -> closeIdle(idle));
    } catch (CompletionException failure) {
      throw failure.getCause() instanceof IOException cause ? cause : new IOException(failure);
    }
  }

  /** Its root, with no slash at the end. */
  URI uri() {
    return URI.create("http://" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port);
  }

  private void begin(HttpConnection connection) {
    lines.put(connection, new Line());
    connection.closeHandler(closed -> lines.remove(connection));
  }

  private void closeIdle(Duration idle) {
    Map.copyOf(lines)
        .forEach(
            (connection, line) -> {
              if (line.idle(idle)) {
                Future<Void> unused = connection.close();
              }
            });
  }

  private void handle(HttpServerRequest request) {
    HttpCall call = new HttpCall(vertx, request, "", working, notNow, false);
    follow(call);
    try {
      if (stopping) {
        throw new HttpRefusal(HttpReply.later(notNow, 5, "Kiln is stopping; try again"));
      }
      String path = request.path() == null ? "" : request.path();
      boolean trusted = trusted(request, isOpen(request.method().name(), path));
      Endpoint endpoint = find(request.method().name(), path);
      Handler handler = endpoints.get(endpoint);
      if (handler != null) {
        call = new HttpCall(vertx, request, endpoint.segment(path), working, notNow, trusted);
        follow(call);
        handler.handle(call);
      }
    } catch (HttpRefusal | RuntimeException failure) {
      Future<Void> unused = call.answer(HttpCall.failed(failure));
    }
  }

  private void follow(HttpCall call) {
    Line line = lines.get(call.request().connection());
    if (line != null) {
      line.begin(call);
    }
  }

  private boolean isOpen(String method, String path) {
    return endpoints.entrySet().stream()
        .anyMatch(
            there ->
                there.getKey().method.equals(method)
                    && there.getKey().matches(path)
                    && open.contains(there.getValue()));
  }

  private Endpoint find(String method, String path) throws HttpRefusal {
    List<Endpoint> there =
        endpoints.keySet().stream().filter(endpoint -> endpoint.matches(path)).toList();
    if (there.isEmpty()) {
      throw new HttpRefusal(
          404,
          "there is nothing at this path"
              + NearestWord.hint(
                  path, endpoints.keySet().stream().map(Endpoint::path).distinct().toList()));
    }
    Optional<Endpoint> endpoint =
        there.stream().filter(one -> one.method.equals(method)).findFirst();
    if (endpoint.isEmpty()) {
      String methods = String.join(", ", there.stream().map(Endpoint::method).toList());
      throw new HttpRefusal(
          HttpReply.error(405, "this path takes " + methods + " only").with("Allow", methods));
    }
    return endpoint.get();
  }

  /** Whether it bears the token; who does not may still ask for what is open. */
  private boolean trusted(HttpServerRequest request, boolean open) throws HttpRefusal {
    Optional<Secret> wanted;
    try {
      wanted = token.get();
    } catch (InvalidConfiguration gone) {
      if (open) {
        return false;
      }
      LOG.error("Nobody is let in over HTTP: {}", gone.getMessage());
      throw new HttpRefusal(
          HttpReply.later(notNow, 30, "the token cannot be checked; see the log"));
    }
    String host = request.getHeader("Host");
    String origin = request.getHeader("Origin");
    if (origin != null
        && !origin.equals("http://" + host)
        // Behind a proxy that speaks TLS; who asks bears the token then.
        && !(wanted.isPresent() && origin.equals("https://" + host))) {
      throw new HttpRefusal(403, "pages of other sites may not ask");
    }
    if (wanted.isEmpty()) {
      HostAndPort asked = request.authority();
      if (asked == null || !Loopback.is(asked.host())) {
        throw new HttpRefusal(403, "ask for this computer by localhost or 127.0.0.1");
      }
      return true;
    }
    boolean trusted =
        provesItself.test(request) || bears(request.getHeader("Authorization"), wanted.get());
    if (!trusted && !open) {
      throw new HttpRefusal(
          HttpReply.error(401, "send the header \"Authorization: Bearer \" and the token")
              .with("WWW-Authenticate", "Bearer"));
    }
    return trusted;
  }

  /** Whether a header bears the token; the name of its scheme may have any case. */
  private static boolean bears(@Nullable String header, Secret token) {
    String scheme = "Bearer ";
    return header != null
        && header.regionMatches(true, 0, scheme, 0, scheme.length())
        && same(header.substring(scheme.length()).strip(), token.reveal());
  }

  /** Compares in a time that does not tell how much is right. */
  static boolean same(String given, String wanted) {
    return MessageDigest.isEqual(
        given.getBytes(StandardCharsets.UTF_8), wanted.getBytes(StandardCharsets.UTF_8));
  }

  /** Takes no more requests, waits a little for answers that are being made, and hangs up. */
  @Override
  public void close() {
    stopping = true;
    try {
      if (!working.tryAcquire(MOST_WORKING, STOP_SECONDS, TimeUnit.SECONDS)) {
        LOG.debug("Some requests get no answer");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
