package dev.kiln;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.status.LiveStatus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /status} and its live form, {@code GET /status/events}: server-sent events named
 * {@code status} (everything, when something has changed) and {@code history} (the last hour), and
 * a comment as a heartbeat. One account is made a second however many look, none when nobody does.
 * The stream is confined to the listener's one event loop.
 */
final class StatusStream {
  private static final Logger LOG = LoggerFactory.getLogger(StatusStream.class);
  private static final Duration TICK = Duration.ofSeconds(1);

  /** How often the history takes a sample. */
  static final Duration SAMPLE = Duration.ofSeconds(10);

  /** Making the account takes at most one part in so many of the time. */
  private static final int SHARE = 10;

  private static final int MOST_VIEWERS = 32;

  /** A viewer that has taken nothing for so many ticks is let go; it may come again. */
  private static final int MOST_BEHIND = 10;

  private static final String HEARTBEAT = ":\n\n";

  private record Frame(String status, String history) {}

  /** One who looks. */
  private static final class Viewer {
    private @Nullable String status;
    private @Nullable String history;
    private int behind;

    /** Tells it that there is no account; the next one is told whatever it says. */
    void fails(HttpServerResponse response, String problem) {
      status = null;
      write(response, problem);
    }
  }

  private final LiveStatus live;
  private final Map<HttpServerResponse, Viewer> viewers = new HashMap<>();
  private boolean ticking;

  StatusStream(LiveStatus live) {
    this.live = live;
  }

  /** Answers the account once. */
  void once(HttpCall call) throws HttpRefusal {
    call.parameters(Set.of());
    call.answer(() -> fresh(live.now().put("at", Instant.now().toString())), () -> {});
  }

  /** Answers the leads that did not get through. */
  void ended(HttpCall call) throws HttpRefusal {
    call.parameters(Set.of());
    call.answer(() -> fresh(live.ended()), () -> {});
  }

  private static HttpReply fresh(ObjectNode json) {
    return HttpReply.of(200, json).with("Cache-Control", "no-store");
  }

  /** Answers the account again and again. */
  void follow(HttpCall call) throws HttpRefusal {
    call.parameters(Set.of());
    if (viewers.size() >= MOST_VIEWERS) {
      throw new HttpRefusal(
          HttpReply.later(503, 10, MOST_VIEWERS + " look at this Kiln; try again"));
    }
    HttpServerResponse response = call.request().response();
    response
        .setChunked(true)
        .putHeader("Content-Type", "text/event-stream")
        .putHeader("Cache-Control", "no-store")
        .putHeader("X-Accel-Buffering", "no");
    viewers.put(response, new Viewer());
    response.exceptionHandler(gone -> viewers.remove(response));
    response.closeHandler(gone -> viewers.remove(response));
    write(response, HEARTBEAT);
    if (!ticking) {
      ticking = true;
      tick(call.vertx());
    }
  }

  private void tick(Vertx vertx) {
    if (viewers.isEmpty()) {
      ticking = false;
      return;
    }
    long began = System.nanoTime();
    vertx
        .executeBlocking(this::frame, false)
        .onComplete(
            made -> {
              long cost = 0;
              if (made.succeeded()) {
                Map.copyOf(viewers).forEach((response, viewer) -> show(made.result(), response));
                cost = Duration.ofNanos(System.nanoTime() - began).toMillis();
              } else {
                LOG.debug("The status page gets nothing new: {}", made.cause().toString());
                String problem = problem(made.cause());
                viewers.forEach((response, viewer) -> viewer.fails(response, problem));
              }
              vertx.setTimer(Math.max(TICK.toMillis(), SHARE * cost), again -> tick(vertx));
            });
  }

  private Frame frame() {
    return new Frame(event("status", live.now()), event("history", live.history()));
  }

  private static String problem(Throwable failure) {
    return event("problem", HttpCall.failed(failure).body());
  }

  /** JSON escapes line ends, so that it is one line. */
  private static String event(String name, ObjectNode data) {
    return "event: " + name + "\ndata: " + data + "\n\n";
  }

  private void show(Frame frame, HttpServerResponse response) {
    Viewer viewer = viewers.get(response);
    if (viewer == null) {
      return;
    }
    if (response.writeQueueFull()) {
      if (++viewer.behind > MOST_BEHIND) {
        viewers.remove(response);
        response.reset();
      }
      return;
    }
    viewer.behind = 0;
    boolean same = frame.status.equals(viewer.status);
    StringBuilder news = new StringBuilder();
    if (!frame.history.equals(viewer.history)) {
      news.append(frame.history);
    }
    news.append(same ? HEARTBEAT : frame.status);
    viewer.status = frame.status;
    viewer.history = frame.history;
    write(response, news.toString());
  }

  private static void write(HttpServerResponse response, String text) {
    Future<Void> unused = response.write(text);
  }
}
