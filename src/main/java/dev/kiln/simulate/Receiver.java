package dev.kiln.simulate;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Clay without the network: webhooks, workspaces, tables, stored rows, and the judgement of a
 * request that was read to its end. Confined to one thread.
 */
final class Receiver {
  /** Clay says 100 KB and does not say which; this is the smaller. */
  static final int LARGEST_BODY = 100_000;

  private static final String JSON_TYPE = "application/json";

  private final RowBody rowBody = new RowBody();
  private final Reply notFound = Reply.refusal(404, "NotFound", "Source not found");
  private final Reply unauthorized =
      Reply.refusal(401, "Unauthorized", "Missing or invalid webhook auth token");
  private final Reply tooManyRequests = Reply.tooManyRequests();
  private final Reply notJsonType =
      Reply.refusal(400, "BadRequest", "Content-Type must be application/json");
  private final Reply badJson = Reply.refusal(400, "BadRequest", "Invalid JSON body");
  private final Reply recordLimit = Reply.text(403, "Record limit reached for webhook");

  private final Map<String, Hook> hooks = new HashMap<>();
  private final Map<String, Workspace> workspaces = new HashMap<>();
  private final Map<String, Table> tables = new HashMap<>();
  private final Tally total = new Tally();
  private final List<StoredRow> rows = new ArrayList<>();
  private final Instant start = Instant.now();
  private final long startNanos = System.nanoTime();

  private SimulatorOptions options;
  private Settable settable;
  private SplittableRandom random;
  private List<Fault> faults = List.of();
  private List<ArmedFault> armed = List.of();
  private boolean outage;
  private boolean lastWasJson;
  private long connections;

  /** A webhook and what it has received. */
  static final class Hook {
    private SimulatedWebhook definition;
    private Workspace workspace;
    private Table table;
    private final Tally tally = new Tally();
    private long accepted;

    private Hook(SimulatedWebhook definition, Workspace workspace, Table table) {
      this.definition = definition;
      this.workspace = workspace;
      this.table = table;
    }
  }

  /** The answers that options decide. */
  private record Settable(Reply tooLarge, Reply tableFull, Reply successJson, Reply successText) {
    static Settable of(SimulatorOptions.Answers answers) {
      return new Settable(
          Reply.refusal(answers.tooLargeStatus(), "BadRequest", "Request body over 100 KB"),
          Reply.text(answers.tableFullStatus(), answers.tableFullBody()),
          Reply.json(answers.successStatus(), "{\"success\":true}"),
          Reply.text(answers.successStatus(), "OK"));
    }
  }

  private static final class Workspace {
    private final Tally tally = new Tally();
    private TokenBucket bucket;

    private Workspace(TokenBucket bucket) {
      this.bucket = bucket;
    }
  }

  private static final class Table {
    private int rowCap;
    private long rows;
  }

  Receiver(SimulatorOptions options) {
    this.options = options;
    settable = Settable.of(options.answers());
    random = new SplittableRandom(options.seed());
  }

  SimulatorOptions options() {
    return options;
  }

  /** Changes everything but the address. A changed rate holds for every workspace at once. */
  void options(SimulatorOptions changed) {
    SimulatorOptions before = options;
    options = changed;
    settable = Settable.of(changed.answers());
    if (before.seed() != changed.seed()) {
      random = new SplittableRandom(changed.seed());
      faults(faults);
    }
    if (!before.limits().equals(changed.limits())) {
      long now = System.nanoTime();
      workspaces.values().forEach(w -> w.bucket = new TokenBucket(changed.limits(), now));
    }
  }

  /** Gives one workspace a limit of its own and a full bucket. */
  void limits(String workspace, SimulatorOptions.Limits limits) {
    workspace(workspace).bucket = new TokenBucket(limits, System.nanoTime());
  }

  void define(SimulatedWebhook webhook) {
    Workspace workspace = workspace(webhook.workspace());
    Table table = tables.computeIfAbsent(webhook.table(), name -> new Table());
    table.rowCap = webhook.tableRowCap();
    Hook known = hooks.get(webhook.id());
    if (known == null) {
      hooks.put(webhook.id(), new Hook(webhook, workspace, table));
    } else {
      known.definition = webhook;
      known.workspace = workspace;
      known.table = table;
    }
  }

  private Workspace workspace(String name) {
    return workspaces.computeIfAbsent(
        name, n -> new Workspace(new TokenBucket(options.limits(), System.nanoTime())));
  }

  /** Puts these faults in force instead of those that were. */
  void faults(List<Fault> changed) {
    faults = List.copyOf(changed);
    List<ArmedFault> fresh = new ArrayList<>();
    for (Fault fault : faults) {
      fresh.add(new ArmedFault(fault, options.seed() + fresh.size()));
    }
    armed = fresh;
  }

  void outage(boolean on) {
    outage = on;
  }

  boolean outage() {
    return outage;
  }

  void connected() {
    connections++;
  }

  /** The webhook of an id; null when there is none and none comes into being. */
  @Nullable Hook hook(String id) {
    Hook hook = hooks.get(id);
    if (hook == null && options.autoCreate() && SimulatedWebhook.isId(id)) {
      define(SimulatedWebhook.of(id, options.caps()));
      hook = hooks.get(id);
    }
    return hook;
  }

  void arrived(@Nullable Hook hook) {
    long nowNanos = System.nanoTime();
    long nowMillis = System.currentTimeMillis();
    total.arrived(nowNanos, nowMillis);
    if (hook != null) {
      hook.tally.arrived(nowNanos, nowMillis);
      hook.workspace.tally.arrived(nowNanos, nowMillis);
    }
  }

  void answered(@Nullable Hook hook, int status) {
    total.answered(status);
    if (hook != null) {
      hook.tally.answered(status);
      hook.workspace.tally.answered(status);
    }
  }

  void injected(@Nullable Hook hook, String word) {
    total.injected(word);
    if (hook != null) {
      hook.tally.injected(word);
      hook.workspace.tally.injected(word);
    }
  }

  /** The fault that strikes a request at this stage, counted; null when none does. */
  @Nullable ArmedFault strike(Fault.Stage stage, @Nullable Hook hook) {
    for (ArmedFault candidate : armed) {
      Fault fault = candidate.fault();
      if (fault.kind().stage() == stage && isMeant(fault, hook) && candidate.strikes()) {
        injected(hook, fault.word());
        return candidate;
      }
    }
    return null;
  }

  private static boolean isMeant(Fault fault, @Nullable Hook hook) {
    if (fault.webhook() == null && fault.workspace() == null) {
      return true;
    }
    return hook != null
        && (fault.webhook() == null || fault.webhook().equals(hook.definition.id()))
        && (fault.workspace() == null || fault.workspace().equals(hook.definition.workspace()));
  }

  /** The wait before the next answer. */
  long latencyMillis() {
    return options.latency().millis(random);
  }

  /**
   * Judges a request in the order of a gateway, and stores its row when nothing speaks against it.
   *
   * @param hook the webhook; null when there is none
   * @param token the header {@code x-clay-webhook-auth}
   * @param contentType the header {@code Content-Type}
   * @param body the body; null when it is larger than {@link #LARGEST_BODY}
   * @return the answer; a 2xx only where the row was stored
   */
  Reply submit(
      @Nullable Hook hook,
      @Nullable String token,
      @Nullable String contentType,
      byte @Nullable [] body) {
    if (hook == null || hook.definition.deleted()) {
      return notFound;
    }
    SimulatedWebhook definition = hook.definition;
    if (definition.token() != null && !definition.token().equals(token)) {
      return unauthorized;
    }
    long nowNanos = System.nanoTime();
    if (!hook.workspace.bucket.take(nowNanos)) {
      total.rateLimited();
      hook.tally.rateLimited();
      hook.workspace.tally.rateLimited();
      return tooManyRequests;
    }
    if (contentType == null || !isJson(contentType)) {
      return notJsonType;
    }
    if (body == null) {
      return settable.tooLarge();
    }
    String leadId;
    try {
      leadId = rowBody.leadId(body);
    } catch (IOException e) {
      return badJson;
    }
    if (!definition.autoDelete()) {
      if (hook.accepted >= definition.cap()) {
        return recordLimit;
      }
      if (hook.table.rows >= hook.table.rowCap) {
        return settable.tableFull();
      }
      hook.table.rows++;
    }
    hook.accepted++;
    store(hook, leadId, body, nowNanos);
    return success();
  }

  private void store(Hook hook, @Nullable String leadId, byte[] body, long nowNanos) {
    total.stored(leadId, nowNanos);
    hook.tally.stored(leadId, nowNanos);
    hook.workspace.tally.stored(leadId, nowNanos);
    rows.add(
        new StoredRow(
            rows.size() + 1L,
            hook.definition.id(),
            hook.definition.workspace(),
            leadId,
            options.keepBodies() ? new String(body, StandardCharsets.UTF_8) : null,
            start.plusNanos(nowNanos - startNanos)));
  }

  private Reply success() {
    boolean json =
        switch (options.answers().successBody()) {
          case JSON -> true;
          case TEXT -> false;
          case ALTERNATING -> !lastWasJson;
        };
    lastWasJson = json;
    return json ? settable.successJson() : settable.successText();
  }

  private static boolean isJson(String contentType) {
    if (contentType.equals(JSON_TYPE)) {
      return true;
    }
    int end = contentType.indexOf(';');
    String type = end < 0 ? contentType : contentType.substring(0, end);
    return type.strip().toLowerCase(Locale.ROOT).equals(JSON_TYPE);
  }

  /** The stored rows, in order. Grows, and never changes what it holds. */
  List<StoredRow> rows() {
    return rows;
  }

  /** The row that was stored last. */
  StoredRow lastRow() {
    return rows.get(rows.size() - 1);
  }

  SimulatorStatistics statistics(SimulatorStatistics.Callbacks callbacks) {
    SortedMap<String, SimulatorStatistics.Counts> byWorkspace = new TreeMap<>();
    workspaces.forEach((name, workspace) -> byWorkspace.put(name, workspace.tally.counts()));
    SortedMap<String, SimulatorStatistics.Counts> byWebhook = new TreeMap<>();
    hooks.forEach((id, hook) -> byWebhook.put(id, hook.tally.counts()));
    return new SimulatorStatistics(
        total.counts(),
        Collections.unmodifiableSortedMap(byWorkspace),
        Collections.unmodifiableSortedMap(byWebhook),
        connections,
        Duration.ofNanos(System.nanoTime() - startNanos),
        callbacks);
  }
}
