package dev.kiln;

import dev.kiln.lead.NearestWord;
import dev.kiln.ledger.LedgerUnavailable;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request on its way to its answer. Confined to its event loop. */
final class HttpCall {
  private static final Logger LOG = LoggerFactory.getLogger(HttpCall.class);

  /** How long what a client still sends is read and dropped, so that it can read the answer. */
  private static final long LINGER_MILLIS = 2_000;

  private final Vertx vertx;
  private final HttpServerRequest request;
  private final String segment;
  private final Semaphore working;
  private final int notNow;
  private final boolean trusted;
  private boolean atWork;

  /**
   * A call.
   *
   * @param vertx runs what blocks
   * @param request the request
   * @param segment what stands in place of the star of its path
   * @param working has a permit for each answer that may be made at once
   * @param notNow the status of what may come again later
   * @param trusted whether it may be told details
   */
  HttpCall(
      Vertx vertx,
      HttpServerRequest request,
      String segment,
      Semaphore working,
      int notNow,
      boolean trusted) {
    this.vertx = vertx;
    this.request = request;
    this.segment = segment;
    this.working = working;
    this.notNow = notNow;
    this.trusted = trusted;
  }

  Vertx vertx() {
    return vertx;
  }

  HttpServerRequest request() {
    return request;
  }

  String segment() {
    return segment;
  }

  /** Whether whoever asks may be told details: of an open path, others may ask too. */
  boolean trusted() {
    return trusted;
  }

  /** A header, or the empty string. */
  String header(String name) {
    String value = request.getHeader(name);
    return value == null ? "" : value.strip();
  }

  /**
   * The parameters of the query, each at most once.
   *
   * @param valid those that there are
   * @throws HttpRefusal naming the nearest valid one of an unknown one
   */
  Map<String, String> parameters(Set<String> valid) throws HttpRefusal {
    Map<String, String> parameters = new TreeMap<>();
    try {
      for (Map.Entry<String, String> parameter : request.params()) {
        String name = parameter.getKey();
        if (!valid.contains(name)) {
          throw new HttpRefusal(
              400, "unknown parameter \"" + name + "\"" + NearestWord.hint(name, valid));
        }
        if (parameters.put(name, parameter.getValue()) != null) {
          throw new HttpRefusal(400, "the parameter \"" + name + "\" is there more than once");
        }
      }
    } catch (IllegalArgumentException notEncoded) {
      throw new HttpRefusal(400, "the query is not encoded as a URL's");
    }
    return parameters;
  }

  /**
   * Runs what blocks, and answers with what it returns.
   *
   * @param blocking makes the answer
   * @param after runs on the event loop once it is made
   */
  void answer(Callable<HttpReply> blocking, Runnable after) {
    answer(() -> vertx.executeBlocking(blocking, false), after);
  }

  /** The same on threads that others do not wait for. */
  void answer(Executor threads, Callable<HttpReply> blocking, Runnable after) {
    answer(
        () ->
            Future.fromCompletionStage(
                CompletableFuture.supplyAsync(() -> made(blocking), threads),
                vertx.getOrCreateContext()),
        after);
  }

  private static HttpReply made(Callable<HttpReply> blocking) {
    try {
      return blocking.call();
    } catch (Exception failure) {
      return failed(failure);
    }
  }

  private void answer(Supplier<Future<HttpReply>> making, Runnable after) {
    if (!working.tryAcquire()) {
      after.run();
      answer(HttpReply.later(notNow, 5, "too many requests at once; try again"));
      return;
    }
    atWork = true;
    making
        .get()
        .otherwise(HttpCall::failed)
        .onSuccess(
            reply -> {
              atWork = false;
              after.run();
              answer(reply).onComplete(sent -> working.release());
            });
  }

  /** Whether an answer is being made: it takes as long as it takes. */
  boolean atWork() {
    return atWork;
  }

  /** The answer to a failure. */
  static HttpReply failed(Throwable failure) {
    if (failure instanceof HttpRefusal refusal) {
      return refusal.reply();
    }
    if (failure instanceof LedgerUnavailable unavailable) {
      LOG.warn("A request is sent away: {}", unavailable.getMessage());
      return HttpReply.later(503, 30, "Kiln cannot use its ledger at present; nothing was taken");
    }
    LOG.error("A request failed", failure);
    return HttpReply.error(500, "Kiln failed in a way that it should not have; its log says how");
  }

  /** Answers; the client may be gone. */
  Future<Void> answer(HttpReply reply) {
    HttpServerResponse response = request.response();
    if (response.closed() || response.ended()) {
      return Future.succeededFuture();
    }
    response.setStatusCode(reply.status()).putHeader("Content-Type", "application/json");
    reply.headers().forEach(response::putHeader);
    boolean unread = !request.isEnded();
    if (unread) {
      response.putHeader("Connection", "close");
    }
    Future<Void> sent = response.end(reply.content());
    if (unread) {
      linger();
    }
    return sent;
  }

  private void linger() {
    long end = vertx.setTimer(LINGER_MILLIS, now -> request.connection().close());
    request.exceptionHandler(gone -> vertx.cancelTimer(end));
    request.handler(dropped -> {});
    request.endHandler(
        read -> {
          vertx.cancelTimer(end);
          request.connection().close();
        });
    request.resume();
  }
}
