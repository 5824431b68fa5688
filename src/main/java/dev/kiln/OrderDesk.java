package dev.kiln;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Delivery;
import dev.kiln.lead.NearestWord;
import dev.kiln.ledger.LeadSelection;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.Pausable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /orders/<order>}: what an operator does from the status page, with the same verbs as
 * the commands, and what commands do that need the process that runs. An order is a small JSON
 * object. Thread-safe.
 */
final class OrderDesk {
  private static final Logger LOG = LoggerFactory.getLogger(OrderDesk.class);
  private static final int LARGEST = 4_096;
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  /** Carries out one kind of order; may block. */
  @FunctionalInterface
  private interface Order {
    ObjectNode carryOut(JsonNode order) throws HttpRefusal;
  }

  /** An order and the keys that it knows. */
  private record Kind(Set<String> keys, Order order) {}

  private final String node;
  private final Ledger ledger;
  private final Delivery delivery;
  private final Duration dedupeWindow;
  private final RouteBoard routes;
  private final Map<String, Kind> kinds = new LinkedHashMap<>();

  /**
   * A desk for orders.
   *
   * @param node the name of this node
   * @param ledger where they go
   * @param delivery knows what there is
   * @param dedupeWindow how long keys stay taken after an acceptance
   * @param routes those that may be stopped and started
   */
  OrderDesk(
      String node, Ledger ledger, Delivery delivery, Duration dedupeWindow, RouteBoard routes) {
    this.node = node;
    this.ledger = ledger;
    this.delivery = delivery;
    this.dedupeWindow = dedupeWindow;
    this.routes = routes;
    kinds.put("retry", new Kind(Set.of("lead", "run", "table", "all", "state"), this::retry));
    kinds.put("resolve", new Kind(Set.of("lead", "run", "table", "all", "as"), this::resolve));
    kinds.put("pause", new Kind(Set.of("table", "workspace"), order -> pause(order, true)));
    kinds.put("resume", new Kind(Set.of("table", "workspace"), order -> pause(order, false)));
    kinds.put("rate", new Kind(Set.of("workspace", "rate"), this::rate));
    kinds.put(
        "stop-route",
        new Kind(Set.of("route"), order -> here(this.routes.stop(named(order, "route")))));
    kinds.put(
        "start-route",
        new Kind(Set.of("route"), order -> here(this.routes.start(named(order, "route")))));
  }

  /** Takes an order. */
  void post(HttpCall call) throws HttpRefusal {
    call.parameters(Set.of());
    Kind kind = kinds.get(call.segment());
    if (kind == null) {
      throw new HttpRefusal(
          404, "unknown order \"" + call.segment() + "\"" + hint(call.segment(), kinds.keySet()));
    }
    // A form of another site cannot send this type.
    if (!call.header("Content-Type").split(";", 2)[0].strip().equals("application/json")) {
      throw new HttpRefusal(415, "an order has the Content-Type application/json");
    }
    String length = call.header("Content-Length");
    if (!length.matches("\\d{1,9}")) {
      throw new HttpRefusal(411, "an order has a Content-Length");
    }
    if (Integer.parseInt(length) > LARGEST) {
      throw new HttpRefusal(413, "an order has at most " + LARGEST + " bytes");
    }
    call.request()
        .body()
        .onSuccess(
            body ->
                call.answer(
                    () -> HttpReply.of(200, carryOut(call.segment(), kind, body.getBytes())),
                    () -> {}))
        .onFailure(gone -> LOG.debug("An order did not come in whole"));
  }

  private ObjectNode carryOut(String name, Kind kind, byte[] body) throws HttpRefusal {
    JsonNode order;
    try {
      order = JSON.readTree(body);
    } catch (IOException broken) {
      throw new HttpRefusal(400, "an order is a JSON object");
    }
    if (!order.isObject()) {
      throw new HttpRefusal(400, "an order is a JSON object");
    }
    for (Iterator<String> keys = order.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (!kind.keys.contains(key)) {
        throw new HttpRefusal(400, "unknown key \"" + key + "\"" + hint(key, kind.keys));
      }
    }
    ObjectNode done = kind.order.carryOut(order);
    LOG.info("Ordered over HTTP: {} {}", name, done);
    return done;
  }

  private static String hint(String word, Collection<String> valid) {
    return NearestWord.hint(word, valid);
  }

  // ---- The orders ----

  private ObjectNode retry(JsonNode order) throws HttpRefusal {
    Set<LeadState> states = LeadState.retried();
    String state = text(order, "state");
    if (state != null) {
      states =
          EnumSet.of(
              states.stream()
                  .filter(one -> one.name().equals(state))
                  .findFirst()
                  .orElseThrow(
                      () -> new HttpRefusal(400, "\"state\" is one of " + LeadState.retried())));
    }
    return leads(ledger.retry(selection(order), states, dedupeWindow));
  }

  private ObjectNode resolve(JsonNode order) throws HttpRefusal {
    LeadSelection selection = selection(order);
    String as = String.valueOf(text(order, "as"));
    return leads(
        switch (as) {
          case "accepted" -> ledger.accept(selection);
          case "resend" -> ledger.retry(selection, EnumSet.of(LeadState.UNKNOWN), dedupeWindow);
          default -> throw new HttpRefusal(400, "\"as\" is accepted or resend");
        });
  }

  private ObjectNode pause(JsonNode order, boolean paused) throws HttpRefusal {
    String table = text(order, "table");
    String workspace = text(order, "workspace");
    if ((table == null) == (workspace == null)) {
      throw new HttpRefusal(400, "name one of \"table\" and \"workspace\"");
    }
    Pausable kind = table == null ? Pausable.WORKSPACE : Pausable.TABLE;
    String name = known(kind, table == null ? workspace : table);
    ledger.pause(kind, name, paused);
    return node().put(kind.word(), name).put("paused", paused);
  }

  private ObjectNode rate(JsonNode order) throws HttpRefusal {
    String name = known(Pausable.WORKSPACE, text(order, "workspace"));
    JsonNode rate = order.path("rate");
    if (!rate.isNumber() && !rate.isNull()) {
      throw new HttpRefusal(400, "\"rate\" is a number of leads a second, or null");
    }
    try {
      ledger.rate(name, rate.isNull() ? null : rate.decimalValue());
    } catch (IllegalArgumentException wrong) {
      throw new HttpRefusal(400, String.valueOf(wrong.getMessage()));
    }
    return node().put("workspace", name).set("rate", rate);
  }

  /** Says where a route was changed, and how many other nodes it still stands on as it did. */
  private ObjectNode here(ObjectNode changed) {
    changed.put("node", node);
    try {
      Instant now = ledger.now();
      changed.put(
          "other_nodes",
          ledger.roster().nodes().stream()
              .filter(other -> other.alive(now) && !other.name().equals(node))
              .count());
    } catch (LedgerUnavailable unavailable) {
      LOG.debug("Nobody knows of other nodes: {}", unavailable.getMessage());
    }
    return changed;
  }

  // ---- What they say ----

  private static ObjectNode node() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static ObjectNode leads(int leads) {
    return node().put("leads", leads);
  }

  private String known(Pausable kind, @Nullable String name) throws HttpRefusal {
    Catalogue catalogue = delivery.catalogue();
    Set<String> names =
        kind == Pausable.TABLE ? catalogue.tables().keySet() : catalogue.workspaces().keySet();
    if (name == null || !names.contains(name)) {
      throw new HttpRefusal(
          400,
          "there is no such " + kind.word() + " in clay.yaml" + hint(String.valueOf(name), names));
    }
    return name;
  }

  private static LeadSelection selection(JsonNode order) throws HttpRefusal {
    String lead = text(order, "lead");
    String run = text(order, "run");
    String table = text(order, "table");
    boolean all = order.path("all").asBoolean(false);
    boolean narrowed = run != null || table != null;
    if ((lead == null ? 0 : 1) + (narrowed ? 1 : 0) + (all ? 1 : 0) != 1) {
      throw new HttpRefusal(
          400, "say which leads: \"lead\", or \"run\" and \"table\", or \"all\": true");
    }
    try {
      return lead == null ? new LeadSelection(run, table, null) : LeadSelection.ofLead(lead);
    } catch (IllegalArgumentException notAnId) {
      throw new HttpRefusal(400, String.valueOf(notAnId.getMessage()));
    }
  }

  private static String named(JsonNode order, String key) throws HttpRefusal {
    String name = text(order, key);
    if (name == null) {
      throw new HttpRefusal(400, "an order of this kind has \"" + key + "\"");
    }
    return name;
  }

  private static @Nullable String text(JsonNode order, String key) throws HttpRefusal {
    JsonNode value = order.path(key);
    if (value.isMissingNode()) {
      return null;
    }
    if (!value.isTextual()) {
      throw new HttpRefusal(400, "\"" + key + "\" is a text");
    }
    return value.asText();
  }
}
