package dev.kiln;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.clay.Delivery;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.status.Facts;
import dev.kiln.status.NotReady;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * {@code GET /health/live} and {@code GET /health/ready}. Live is a Kiln that answers and does not
 * stop: what a restart does not cure is no reason. Ready is one that can take leads in and keep
 * them; each reason against it names its cure. A route that is stopped and that no lead comes in by
 * keeps nobody away, since what it carries waits, and so does a broker that cannot be reached,
 * since its messages wait there, and files that cannot be read for now: these are notes. Whoever
 * does not bear the token hears the state alone. Thread-safe.
 */
final class Health {
  private final RouteBoard routes;
  private final Facts.Source facts;
  private final Delivery delivery;
  private final Supplier<List<String>> brokers;
  private final Supplier<List<String>> waiting;
  private final Path data;
  private final Path inbox;
  private final Path spool;

  /**
   * The health of one Kiln.
   *
   * @param routes those that may be stopped
   * @param facts tell whether the ledger can be read
   * @param delivery knows whether it can be written
   * @param brokers tell what is wrong with the brokers that routes read from
   * @param waiting tells why files stay where they are that cannot be read for now
   * @param data the data folder
   * @param inbox the inbox
   * @param spool the spool
   */
  Health(
      RouteBoard routes,
      Facts.Source facts,
      Delivery delivery,
      Supplier<List<String>> brokers,
      Supplier<List<String>> waiting,
      Path data,
      Path inbox,
      Path spool) {
    this.routes = routes;
    this.facts = facts;
    this.delivery = delivery;
    this.brokers = brokers;
    this.waiting = waiting;
    this.data = data;
    this.inbox = inbox;
    this.spool = spool;
  }

  /** Answers whether Kiln lives. */
  void live(HttpCall call) throws HttpRefusal {
    call.parameters(Set.of());
    Future<Void> unused =
        call.answer(HttpReply.of(200, JsonNodeFactory.instance.objectNode().put("status", "live")));
  }

  /** Answers whether Kiln is ready, with the reasons where it is not. */
  void ready(HttpCall call) throws HttpRefusal {
    call.parameters(Set.of());
    call.answer(() -> ready(call.trusted()), () -> {});
  }

  private HttpReply ready(boolean details) {
    List<NotReady> against = notReady();
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("status", against.isEmpty() ? "ready" : "not ready");
    if (details) {
      NotReady.put(against, json.putArray("reasons"));
      NotReady.put(notes(), json.putArray("notes"));
    }
    return HttpReply.of(against.isEmpty() ? 200 : 503, json);
  }

  /** The reasons why it is not ready; none while it is. */
  List<NotReady> notReady() {
    List<NotReady> against = new ArrayList<>();
    ledger().forEach(reason -> against.add(new NotReady("ledger", reason)));
    against.addAll(NotReady.folders(data, inbox, spool));
    against.addAll(stopped(true));
    return against;
  }

  /** What an operator should know though it is ready: other leads come in and go out. */
  List<NotReady> notes() {
    List<NotReady> notes = new ArrayList<>();
    brokers.get().forEach(fault -> notes.add(new NotReady("brokers", fault)));
    waiting.get().forEach(fault -> notes.add(new NotReady("files", fault)));
    notes.addAll(stopped(false));
    return notes;
  }

  private List<NotReady> stopped(boolean wayIn) {
    List<String> stopped = routes.stopped();
    Set<String> ways = stopped.isEmpty() ? Set.of() : routes.wayIn();
    return stopped.stream()
        .filter(id -> ways.contains(id) == wayIn)
        .map(id -> new NotReady("routes", RouteStops.told(id)))
        .toList();
  }

  private List<String> ledger() {
    try {
      Facts unused = facts.now();
    } catch (LedgerUnavailable unavailable) {
      return List.of(String.valueOf(unavailable.getMessage()));
    }
    String why = delivery.standstill();
    return why.isEmpty() ? List.of() : List.of(why);
  }
}
