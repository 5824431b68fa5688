package dev.kiln.simulate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.simulate.SimulatorOptions.Answers;
import dev.kiln.simulate.SimulatorOptions.Caps;
import dev.kiln.simulate.SimulatorOptions.Limits;
import dev.kiln.simulate.SimulatorOptions.SuccessBody;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What drives a simulator from another process: everything that {@link Simulator} offers in Java,
 * as JSON. Asks nobody for a password, so it is for the loopback address only. Confined to the
 * event loop.
 *
 * <p>Every field may be left out or null where a default is given; an unknown field, a wrong type
 * or a value outside its bounds is 400 with a message that says what is valid, and changes nothing.
 *
 * <pre>
 * GET  /control/statistics  {@link SimulatorStatistics#toJson()}
 * GET  /control/rows        one JSON object a line: sequence, webhook, workspace, lead_id, body (a
 *                           string), arrivalMs; ?webhook=ID for one webhook
 * GET  /control/callbacks   the rows that came back, one JSON object a line: sequence, lead_id, tries,
 *                           status (0 = no answer), millis
 * POST /control/callbacks   a {@link Callback} or an array, instead of those in force; {} clears: url,
 *                           webhook, headers (an object), template, minMs, maxMs (0), ratePerSecond
 *                           (100), share (1), repeats (0)
 * POST /control/webhooks    a {@link SimulatedWebhook} or an array: id, workspace (main), cap, token,
 *                           table (as id), tableRowCap, deleted (false), autoDelete (false)
 * POST /control/faults      a {@link Fault} or an array, instead of those in force; {} clears: kind,
 *                           share (1), next (0 = no end), webhook, workspace, status, retryAfter,
 *                           location, body, minMs, maxMs (0)
 * POST /control/limits      workspace (all of them), ratePerSecond, burst (as the options)
 * POST /control/options     any of {@link SimulatorOptions}, the rest stays: webhookCap, tableRowCap,
 *                           latencyMinMs, latencyMaxMs, successStatus, successBody (json, text,
 *                           alternating), tooLargeStatus, tableFullStatus, tableFullBody, autoCreate,
 *                           keepBodies, seed
 * POST /control/outage      on (true)
 * POST /control/reset       as if just started
 * </pre>
 */
final class ControlPlane {
  static final String PATH = "/control/";

  private static final String VALID =
      "valid: GET /control/statistics, GET /control/rows[?webhook=ID], GET /control/callbacks, POST"
          + " /control/callbacks, POST /control/webhooks, POST /control/faults, POST /control/limits, POST /control/options, POST /control/outage,"
          + " POST /control/reset";

  /** Rows are sent in pieces of about this size, so that none holds up the event loop. */
  private static final int PIECE = 65_536;

  private final ObjectMapper mapper = new ObjectMapper();
  private final Vertx vertx;
  private final DataPlane dataPlane;

  ControlPlane(Vertx vertx, DataPlane dataPlane) {
    this.vertx = vertx;
    this.dataPlane = dataPlane;
  }

  /** Takes a request to {@link #PATH}. */
  void handle(HttpServerRequest request) {
    String call = request.method() + " " + request.path().substring(PATH.length());
    if (call.equals("GET rows")) {
      sendRows(request);
    } else if (call.equals("GET callbacks")) {
      send(request.response(), sentBack());
    } else {
      request.bodyHandler(body -> send(request.response(), answer(call, request, body)));
    }
  }

  private Reply answer(String call, HttpServerRequest request, Buffer body) {
    try {
      switch (call) {
        case "GET statistics" -> {
          return Reply.json(200, dataPlane.statistics().toJson());
        }
        case "POST webhooks" -> {
          // All are read before the first is defined.
          each(body).stream().map(this::webhook).toList().forEach(dataPlane.receiver()::define);
        }
        case "POST faults" -> dataPlane.receiver().faults(faults(body));
        case "POST callbacks" -> dataPlane.callbacks().callbacks(callbacks(body));
        case "POST limits" -> limits(object(body));
        case "POST options" -> dataPlane.receiver().options(options(object(body)));
        case "POST outage" -> {
          boolean on = new JsonFields(object(body), "on").flag("on", true);
          dataPlane.outage(on, request.connection());
        }
        case "POST reset" -> dataPlane.reset();
        default -> {
          return Reply.refusal(404, "NotFound", VALID);
        }
      }
      return Reply.json(200, "{\"ok\":true}");
    } catch (IllegalArgumentException e) {
      ObjectNode refusal = mapper.createObjectNode().put("type", "BadRequest");
      return Reply.json(400, refusal.put("message", e.getMessage()).toString());
    }
  }

  private static void send(HttpServerResponse response, Reply reply) {
    response
        .setStatusCode(reply.status())
        .putHeader("content-type", reply.contentType())
        .end(reply.body());
  }

  /** The body as JSON; an empty one is an empty object. */
  private JsonNode object(Buffer body) {
    if (body.length() == 0) {
      return mapper.createObjectNode();
    }
    try {
      return mapper.readTree(body.getBytes());
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IllegalArgumentException("not JSON", e);
    }
  }

  /** The body as a list: an array, or one object. */
  private List<JsonNode> each(Buffer body) {
    JsonNode json = object(body);
    List<JsonNode> list = new ArrayList<>();
    if (json.isArray()) {
      json.forEach(list::add);
    } else {
      list.add(json);
    }
    return list;
  }

  private SimulatedWebhook webhook(JsonNode json) {
    JsonFields fields =
        new JsonFields(
            json,
            "id",
            "workspace",
            "cap",
            "token",
            "table",
            "tableRowCap",
            "deleted",
            "autoDelete");
    Caps caps = dataPlane.receiver().options().caps();
    String id = fields.required("id");
    return new SimulatedWebhook(
        id,
        fields.text("workspace", "main"),
        fields.number("cap", caps.webhook()),
        fields.text("token"),
        fields.text("table", id),
        fields.number("tableRowCap", caps.table()),
        fields.flag("deleted", false),
        fields.flag("autoDelete", false));
  }

  private List<Fault> faults(Buffer body) {
    List<JsonNode> list = each(body);
    return clears(list) ? List.of() : list.stream().map(ControlPlane::fault).toList();
  }

  private static boolean clears(List<JsonNode> list) {
    return list.size() == 1 && list.get(0).isObject() && list.get(0).isEmpty();
  }

  private List<Callback> callbacks(Buffer body) {
    List<JsonNode> list = each(body);
    return clears(list) ? List.of() : list.stream().map(ControlPlane::callback).toList();
  }

  private static Callback callback(JsonNode json) {
    JsonFields fields =
        new JsonFields(
            json,
            "url",
            "webhook",
            "headers",
            "template",
            "minMs",
            "maxMs",
            "ratePerSecond",
            "share",
            "repeats");
    return new Callback(
        URI.create(fields.required("url")),
        fields.text("webhook"),
        fields.texts("headers"),
        fields.text("template", Callback.TEMPLATE),
        fields.delay("minMs", "maxMs", Delay.NONE),
        fields.decimal("ratePerSecond", 100),
        fields.decimal("share", 1),
        fields.decimal("repeats", 0));
  }

  private Reply sentBack() {
    StringBuilder lines = new StringBuilder();
    for (SentBack row : dataPlane.callbacks().sent()) {
      lines
          .append(
              mapper
                  .createObjectNode()
                  .put("sequence", row.sequence())
                  .put("lead_id", row.leadId())
                  .put("tries", row.tries())
                  .put("status", row.status())
                  .put("millis", row.millis()))
          .append('\n');
    }
    return Reply.text(200, lines.toString());
  }

  private static Fault fault(JsonNode json) {
    JsonFields fields =
        new JsonFields(
            json,
            "kind",
            "share",
            "next",
            "webhook",
            "workspace",
            "status",
            "retryAfter",
            "location",
            "body",
            "minMs",
            "maxMs");
    return new Fault(
        kind(fields.text("kind", "")),
        fields.decimal("share", 1),
        fields.number("next", 0),
        fields.text("webhook"),
        fields.text("workspace"),
        fields.number("status", 0),
        fields.text("retryAfter"),
        fields.text("location"),
        fields.text("body"),
        fields.delay("minMs", "maxMs", Delay.NONE));
  }

  private static Fault.Kind kind(String word) {
    return Arrays.stream(Fault.Kind.values())
        .filter(kind -> kind.word().equals(word))
        .findAny()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    Arrays.stream(Fault.Kind.values())
                        .map(Fault.Kind::word)
                        .collect(Collectors.joining(", ", "kind: ", ", not \"" + word + "\""))));
  }

  private void limits(JsonNode json) {
    JsonFields fields = new JsonFields(json, "workspace", "ratePerSecond", "burst");
    Receiver receiver = dataPlane.receiver();
    Limits usual = receiver.options().limits();
    Limits limits =
        new Limits(
            fields.decimal("ratePerSecond", usual.ratePerSecond()),
            fields.number("burst", usual.burst()));
    String workspace = fields.text("workspace");
    if (workspace == null) {
      receiver.options(receiver.options().withLimits(limits.ratePerSecond(), limits.burst()));
    } else {
      receiver.limits(workspace, limits);
    }
  }

  private SimulatorOptions options(JsonNode json) {
    JsonFields fields =
        new JsonFields(
            json,
            "webhookCap",
            "tableRowCap",
            "latencyMinMs",
            "latencyMaxMs",
            "successStatus",
            "successBody",
            "tooLargeStatus",
            "tableFullStatus",
            "tableFullBody",
            "autoCreate",
            "keepBodies",
            "seed");
    SimulatorOptions before = dataPlane.receiver().options();
    Answers answers = before.answers();
    return new SimulatorOptions(
        before.host(),
        before.port(),
        before.limits(),
        new Caps(
            fields.number("webhookCap", before.caps().webhook()),
            fields.number("tableRowCap", before.caps().table())),
        fields.delay("latencyMinMs", "latencyMaxMs", before.latency()),
        new Answers(
            fields.number("successStatus", answers.successStatus()),
            successBody(fields.text("successBody", answers.successBody().name())),
            fields.number("tooLargeStatus", answers.tooLargeStatus()),
            fields.number("tableFullStatus", answers.tableFullStatus()),
            fields.text("tableFullBody", answers.tableFullBody())),
        fields.flag("autoCreate", before.autoCreate()),
        fields.flag("keepBodies", before.keepBodies()),
        fields.longNumber("seed", before.seed()));
  }

  private static SuccessBody successBody(String word) {
    try {
      return SuccessBody.valueOf(word.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "successBody: json, text or alternating, not \"" + word + "\"", e);
    }
  }

  private void sendRows(HttpServerRequest request) {
    List<StoredRow> rows = dataPlane.receiver().rows();
    HttpServerResponse response =
        request.response().setChunked(true).putHeader("content-type", "application/x-ndjson");
    new RowSender(response, rows, request.getParam("webhook")).send();
  }

  /** One answer full of rows: those that were stored when it was asked for. */
  private final class RowSender {
    private final HttpServerResponse response;
    private final List<StoredRow> rows;
    private final @Nullable String webhook;
    private final int end;
    private int next;

    RowSender(HttpServerResponse response, List<StoredRow> rows, @Nullable String webhook) {
      this.response = response;
      this.rows = rows;
      this.webhook = webhook;
      end = rows.size();
    }

    /** Sends a piece, and the rest when the reader is ready for it. */
    void send() {
      if (response.closed()) {
        return;
      }
      Buffer piece = Buffer.buffer(PIECE);
      // Looked-at rows count too: a filter may pass over many.
      for (int looked = 0; next < end && piece.length() < PIECE && looked < 10_000; looked++) {
        StoredRow row = rows.get(next++);
        if (webhook == null || webhook.equals(row.webhook())) {
          piece.appendString(json(row).toString()).appendByte((byte) '\n');
        }
      }
      if (next == end) {
        response.end(piece);
        return;
      }
      response.write(piece);
      if (response.writeQueueFull()) {
        response.drainHandler(drained -> send());
      } else {
        vertx.runOnContext(turn -> send());
      }
    }
  }

  private ObjectNode json(StoredRow row) {
    return mapper
        .createObjectNode()
        .put("sequence", row.sequence())
        .put("webhook", row.webhook())
        .put("workspace", row.workspace())
        .put("lead_id", row.leadId())
        .put("body", row.body())
        .put("arrivalMs", row.arrival().toEpochMilli());
  }
}
