package dev.kiln.simulate;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What senders see: reads requests, lets faults strike, answers, and breaks connections. Confined
 * to the event loop.
 */
final class DataPlane {
  /** Clay's own path, up to the id of the webhook. */
  static final String PATH = "/v3/sources/webhook/pull-in-data-from-a-webhook-";

  private static final String OUTAGE = "outage";
  private static final CharSequence TOKEN = HttpHeaders.createOptimized("x-clay-webhook-auth");
  private static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("Retry-After");

  private final Vertx vertx;
  private final SimulatorOptions initial;
  private final Set<HttpConnection> connections = new HashSet<>();
  private Receiver receiver;
  private CallbackSender callbacks;

  DataPlane(Vertx vertx, SimulatorOptions initial) {
    this.vertx = vertx;
    this.initial = initial;
    receiver = new Receiver(initial);
    callbacks = new CallbackSender(vertx, initial.seed());
  }

  Receiver receiver() {
    return receiver;
  }

  CallbackSender callbacks() {
    return callbacks;
  }

  SimulatorStatistics statistics() {
    return receiver.statistics(callbacks.statistics());
  }

  /** Forgets everything. Requests under way end in what was forgotten. */
  void reset() {
    receiver = new Receiver(initial);
    callbacks = new CallbackSender(vertx, initial.seed());
  }

  /**
   * Starts or ends an outage. While it lasts every request is reset before it is stored.
   *
   * @param on whether it starts
   * @param spared the one connection that is not reset at once, because the order came over it
   */
  void outage(boolean on, @Nullable HttpConnection spared) {
    receiver.outage(on);
    if (on) {
      for (HttpConnection connection : List.copyOf(connections)) {
        if (!connection.equals(spared)) {
          reset(connection);
        }
      }
    }
  }

  /** Takes a request to {@link #PATH}. */
  void handle(HttpServerRequest request) {
    HttpConnection connection = request.connection();
    if (connections.add(connection)) {
      receiver.connected();
      connection.closeHandler(closed -> connections.remove(connection));
    }
    Receiver.Hook hook =
        request.method().equals(HttpMethod.POST)
            ? receiver.hook(request.path().substring(PATH.length()))
            : null;
    receiver.arrived(hook);
    Submission submission = new Submission(request, hook);
    if (submission.isCutOff()) {
      return;
    }
    ArmedFault fault = receiver.strike(Fault.Stage.HEAD, hook);
    if (fault != null) {
      request.pause();
      submission.suffer(fault, null);
      return;
    }
    request.handler(submission);
    request.endHandler(submission::read);
  }

  /** TCP RST, without a word. */
  private static void reset(HttpConnection connection) {
    Channel channel = ((ConnectionBase) connection).channel();
    if (channel.isOpen()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
      ChannelFuture unused = channel.close();
    }
  }

  /** One request from its headers to its answer. */
  private final class Submission implements Handler<Buffer> {
    private final HttpServerRequest request;
    private final Receiver receiver;
    private final Receiver.@Nullable Hook hook;
    private @Nullable Buffer body;
    private long length;

    Submission(HttpServerRequest request, Receiver.@Nullable Hook hook) {
      this.request = request;
      this.hook = hook;
      receiver = DataPlane.this.receiver;
    }

    /** Takes a piece of the body, and keeps none once it is too large. */
    @Override
    public void handle(Buffer piece) {
      length += piece.length();
      if (length > Receiver.LARGEST_BODY) {
        body = null;
      } else if (body == null) {
        body = piece;
      } else {
        body = Buffer.buffer((int) length).appendBuffer(body).appendBuffer(piece);
      }
    }

    private void read(@Nullable Void end) {
      ArmedFault fault = receiver.strike(Fault.Stage.READ, hook);
      if (fault == null) {
        judge();
      } else {
        suffer(fault, null);
      }
    }

    /** Resets the connection when there is an outage. */
    private boolean isCutOff() {
      if (receiver.outage()) {
        receiver.injected(hook, OUTAGE);
        reset(request.connection());
        return true;
      }
      return false;
    }

    private void judge() {
      if (isCutOff()) {
        return;
      }
      MultiMap headers = request.headers();
      byte[] bytes = bodyBytes();
      Reply reply =
          receiver.submit(hook, headers.get(TOKEN), headers.get(HttpHeaders.CONTENT_TYPE), bytes);
      if (reply.status() < 300 && bytes != null) {
        callbacks.stored(receiver.lastRow(), bytes);
      }
      ArmedFault fault = reply.status() < 300 ? receiver.strike(Fault.Stage.STORED, hook) : null;
      if (fault == null) {
        after(receiver.latencyMillis(), () -> answer(reply));
      } else {
        suffer(fault, reply);
      }
    }

    private byte @Nullable [] bodyBytes() {
      if (length > Receiver.LARGEST_BODY) {
        return null;
      }
      return body == null ? new byte[0] : body.getBytes();
    }

    private void suffer(ArmedFault fault, @Nullable Reply reply) {
      after(fault.delayMillis(), () -> act(fault.fault(), reply));
    }

    private void act(Fault fault, @Nullable Reply reply) {
      switch (fault.kind()) {
        case STATUS -> answer(Reply.of(fault));
        case HANG -> {
          // Nothing ever happens.
        }
        case RESET_BEFORE_READ, RESET_BEFORE_STORE, RESET_AFTER_STORE ->
            reset(request.connection());
        case CLOSE_AFTER_STORE -> request.connection().close();
        case CUT_ANSWER -> {
          if (reply != null) {
            cut(reply);
          }
        }
        case DELAY_BEFORE_STORE -> judge();
        case DELAY_AFTER_STORE -> {
          if (reply != null) {
            answer(reply);
          }
        }
      }
    }

    private void after(long millis, Runnable action) {
      if (millis == 0) {
        action.run();
      } else {
        vertx.setTimer(millis, timer -> action.run());
      }
    }

    /** Sends the head of an answer and one byte of its body. */
    private void cut(Reply reply) {
      HttpServerResponse response = request.response();
      if (response.closed()) {
        return;
      }
      receiver.answered(hook, reply.status());
      response
          .setStatusCode(reply.status())
          .putHeader(HttpHeaders.CONTENT_LENGTH, String.valueOf(reply.body().length()))
          .write(reply.body().slice(0, 1))
          .onComplete(sent -> reset(request.connection()));
    }

    private void answer(Reply reply) {
      HttpServerResponse response = request.response();
      if (response.closed()) {
        return;
      }
      receiver.answered(hook, reply.status());
      response.setStatusCode(reply.status());
      MultiMap headers = response.headers().set(HttpHeaders.CONTENT_TYPE, reply.contentType());
      if (reply.retryAfter() != null) {
        headers.set(RETRY_AFTER, reply.retryAfter());
      }
      if (reply.location() != null) {
        headers.set(HttpHeaders.LOCATION, reply.location());
      }
      response.end(reply.body());
    }
  }
}
