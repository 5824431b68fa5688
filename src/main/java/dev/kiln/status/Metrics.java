package dev.kiln.status;

import dev.kiln.clay.Answer;
import dev.kiln.clay.Breakers;
import dev.kiln.clay.Delivery;
import dev.kiln.clay.Reply;
import dev.kiln.clay.Table;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.WebhookUse;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * The account for Prometheus. Labels are names of {@code clay.yaml} and words of Kiln's own: never
 * a run, a file, a URL or anything of a lead. Thread-safe.
 */
public final class Metrics {
  /** The content type of {@link #scrape}. */
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private static final Duration[] BUCKETS =
      Stream.of(25, 50, 100, 200, 300, 500, 1_000, 2_000, 5_000, 10_000, 30_000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  private record Request(String table, Answer answer) {}

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final String node;
  private final Facts.Source facts;
  private final Breakers breakers;
  private final Delivery delivery;
  private final Alerts alerts;
  private final Map<Request, Timer> requests = new ConcurrentHashMap<>();
  private final AtomicLong rowsRead = new AtomicLong();
  private final Map<String, MultiGauge> gauges = new HashMap<>();
  private final Map<String, List<Row<?>>> rows = new HashMap<>();

  /**
   * Metrics of a Kiln.
   *
   * @param node its name
   * @param facts the account
   * @param delivery knows the rates of now
   * @param breakers the circuit breakers of the tables
   * @param alerts what an operator should know
   * @param ready whether Kiln is ready
   */
  public Metrics(
      String node,
      Facts.Source facts,
      Delivery delivery,
      Breakers breakers,
      Alerts alerts,
      BooleanSupplier ready) {
    this.node = node;
    this.facts = facts;
    this.delivery = delivery;
    this.breakers = breakers;
    this.alerts = alerts;
    Gauge.builder("kiln.ready", () -> ready.getAsBoolean() ? 1 : 0)
        .description("1 while Kiln is ready, as /health/ready says")
        .strongReference(true)
        .register(registry);
    gauge("kiln.ledger.usable", "1 while the ledger can be read");
    gauge("kiln.runs", "Runs by phase: reading, read, refused");
    FunctionCounter.builder("kiln.rows.read", rowsRead, AtomicLong::get)
        .description("Rows read, of all runs")
        .register(registry);
    gauge("kiln.leads", "Leads by table and state");
    gauge("kiln.table.waiting", "1 with the reason for which a table waits");
    gauge("kiln.table.oldest.waiting.seconds", "How long a table's oldest queued lead waits");
    gauge("kiln.table.rows.left", "Rows that a table still takes");
    gauge("kiln.table.runway.days", "For how long that lasts at the last week's use");
    gauge("kiln.webhook.rows", "Rows that a webhook has taken");
    gauge("kiln.webhook.rows.left", "Rows that it still takes");
    gauge("kiln.webhook.state", "1 with the state of a webhook: open, refusing, exhausted");
    gauge("kiln.budget.spent", "What is spent of a budget");
    gauge("kiln.budget.left", "What is left of a budget that has a cap");
    gauge(
        "kiln.workspace.leads.per.second",
        "The rate of now, leads a second, where this node leads the workspace");
    gauge("kiln.workspace.led", "1 while a Kiln delivers for the workspace");
    gauge("kiln.workspace.led.seconds", "For how long its leader leads it");
    gauge("kiln.workspace.leader", "1 where this node leads the workspace");
    gauge("kiln.nodes", "Processes that live on the ledger");
    gauge(
        "kiln.breaker.state",
        "1 with the state of a table's breaker, where this node leads: closed, open, half_open");
    gauge("kiln.alert", "1 for each alert that has begun and not ended");
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
  }

  private void gauge(String name, String description) {
    gauges.put(name, MultiGauge.builder(name).description(description).register(registry));
  }

  /** Notes what came of a request to Clay. */
  public void posted(String table, Reply reply) {
    requests
        .computeIfAbsent(new Request(table, Answer.of(reply)), this::timer)
        .record(reply.millis(), TimeUnit.MILLISECONDS);
  }

  private Timer timer(Request request) {
    return Timer.builder("kiln.clay.request")
        .description("Requests to Clay by table and answer, and how long they took")
        .tags("table", request.table, "answer", request.answer.name().toLowerCase(Locale.ROOT))
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  /** Everything in the text form of Prometheus, of now or of up to a second ago. */
  public synchronized String scrape() {
    rows.clear();
    gauges.keySet().forEach(name -> rows.put(name, new ArrayList<>()));
    try {
      note(facts.now());
      row("kiln.ledger.usable", Tags.empty(), 1);
    } catch (LedgerUnavailable unavailable) {
      // What is not known is left out: old figures would pass for present ones.
      rows.values().forEach(List::clear);
      row("kiln.ledger.usable", Tags.empty(), 0);
    }
    for (Alert alert : alerts.raised()) {
      row(
          "kiln.alert",
          Tags.of(
              "kind", alert.kind().word(),
              "subject", alert.subject(),
              "level", alert.level().word()),
          1);
    }
    gauges.forEach((name, gauge) -> gauge.register(rows.getOrDefault(name, List.of()), true));
    return registry.scrape();
  }

  private void row(String gauge, Tags tags, Number value) {
    rows.computeIfAbsent(gauge, name -> new ArrayList<>()).add(Row.of(tags, value));
  }

  private <E extends Enum<E>> void state(String gauge, Tags tags, E[] all, E present) {
    for (E one : all) {
      row(gauge, tags.and("state", one.name().toLowerCase(Locale.ROOT)), one == present ? 1 : 0);
    }
  }

  private void note(Facts present) {
    Snapshot snapshot = present.snapshot();
    for (String phase : List.of("READING", "READ", "REFUSED")) {
      row(
          "kiln.runs",
          Tags.of("phase", phase.toLowerCase(Locale.ROOT)),
          snapshot.runs().stream().filter(run -> run.phase().equals(phase)).count());
    }
    rowsRead.set(snapshot.runs().stream().mapToLong(RunAccount::read).sum());
    tables(present);
    for (WebhookUse webhook : snapshot.webhooks()) {
      Tags tags = Tags.of("webhook", webhook.name(), "table", webhook.table());
      row("kiln.webhook.rows", tags, webhook.used());
      if (webhook.cap() > 0) {
        row("kiln.webhook.rows.left", tags, webhook.left());
      }
      state("kiln.webhook.state", tags, WebhookUse.State.values(), webhook.state());
    }
    for (BudgetUse budget : present.budgets()) {
      Tags tags = Tags.of("unit", budget.unit(), "period", budget.period());
      row("kiln.budget.spent", tags, budget.spent());
      if (budget.capped()) {
        row("kiln.budget.left", tags, budget.left());
      }
    }
    Cluster cluster = present.cluster();
    row("kiln.nodes", Tags.empty(), cluster.living());
    for (String workspace : present.catalogue().workspaces().keySet()) {
      Tags tags = Tags.of("workspace", workspace);
      Instant since = cluster.ledSince(workspace);
      boolean here = cluster.leader(workspace).equals(node);
      row("kiln.workspace.led", tags, since == null ? 0 : 1);
      row("kiln.workspace.leader", tags, here ? 1 : 0);
      if (since != null) {
        row("kiln.workspace.led.seconds", tags, secondsUntil(present.at(), since));
      }
      if (here) {
        row("kiln.workspace.leads.per.second", tags, delivery.throttle(workspace).rate());
      }
    }
  }

  private static long secondsUntil(Instant now, Instant since) {
    return Math.max(0, Duration.between(since, now).toSeconds());
  }

  private void tables(Facts present) {
    Map<String, TableAccount> accounts = new HashMap<>();
    present.snapshot().tables().forEach(table -> accounts.put(table.name(), table));
    Set<String> names = new TreeSet<>(accounts.keySet());
    names.addAll(present.catalogue().tables().keySet());
    for (String name : names) {
      TableAccount account =
          accounts.getOrDefault(
              name, new TableAccount(name, new EnumMap<>(LeadState.class), null, null));
      Tags tags = Tags.of("table", name);
      for (LeadState state : LeadState.values()) {
        row(
            "kiln.leads",
            tags.and("state", state.name().toLowerCase(Locale.ROOT)),
            account.states().getOrDefault(state, 0L));
      }
      if (account.waiting() != null) {
        row(
            "kiln.table.waiting",
            tags.and("reason", account.waiting().kind().name().toLowerCase(Locale.ROOT)),
            1);
      }
      Instant oldest = account.oldestQueued();
      row(
          "kiln.table.oldest.waiting.seconds",
          tags,
          oldest == null ? 0 : secondsUntil(present.at(), oldest));
    }
    Cluster cluster = present.cluster();
    for (Table table : present.catalogue().tables().values()) {
      if (cluster.leader(table.workspace()).equals(node)) {
        state(
            "kiln.breaker.state",
            Tags.of("table", table.name()),
            new CircuitBreaker.State[] {
              CircuitBreaker.State.CLOSED, CircuitBreaker.State.OPEN, CircuitBreaker.State.HALF_OPEN
            },
            breakers.of(table.name()).getState());
      }
    }
    for (Capacity capacity : Capacity.of(present.snapshot())) {
      Tags tags = Tags.of("table", capacity.table());
      if (capacity.left() != null) {
        row("kiln.table.rows.left", tags, capacity.left());
      }
      Double days = capacity.runwayDays();
      if (days != null) {
        row("kiln.table.runway.days", tags, days);
      }
    }
  }
}
