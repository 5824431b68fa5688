package dev.kiln;

import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.status.Alert;
import dev.kiln.status.Alerts;
import dev.kiln.status.Facts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for alerts every few seconds, on a thread of its own: each goes to the log and, where there
 * is a route {@code alert}, to {@code direct:alert}. All nodes of a ledger look and one tells: what
 * is new while nobody leads anything waits for the one that will. What that route cannot post waits
 * for the next look, the newest hundred of it; delivery never waits for any of this.
 */
final class Watch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final String ROUTE = "alert";
  private static final int MOST_WAITING = 100;

  private final String node;
  private final Facts.Source facts;
  private final Alerts alerts;
  private final CamelContext context;
  private final ProducerTemplate routes;
  private final List<Alert.News> untold = new ArrayList<>();
  private final Deque<Alert.News> waiting = new ConcurrentLinkedDeque<>();

  /** One thread looks and one posts, so that an address that does not answer delays no look. */
  private final ScheduledExecutorService threads =
      Executors.newScheduledThreadPool(2, Daemons.named("kiln-alerts"));

  /**
   * A watch that does not look yet.
   *
   * @param node the name of this node
   * @param facts what to look at
   * @param alerts finds them
   * @param context has the route
   */
  Watch(String node, Facts.Source facts, Alerts alerts, CamelContext context) {
    this.node = node;
    this.facts = facts;
    this.alerts = alerts;
    this.context = context;
    this.routes = context.createProducerTemplate();
  }

  /** Looks now and then after every such time. */
  Watch every(Duration time) {
    for (Runnable task : List.<Runnable>of(this::look, this::post)) {
      ScheduledFuture<?> unused =
          threads.scheduleWithFixedDelay(task, 0, time.toMillis(), TimeUnit.MILLISECONDS);
    }
    return this;
  }

  /** Looks once, and tells the log what is for this node to tell. */
  void look() {
    try {
      Facts present = facts.now();
      untold.addAll(alerts.look(present));
      while (untold.size() > MOST_WAITING) {
        untold.remove(0);
      }
      if (present.cluster().leaderless()) {
        return;
      }
      if (present.cluster().tells(node)) {
        untold.forEach(this::tell);
      }
      untold.clear();
    } catch (LedgerUnavailable unavailable) {
      LOG.debug("No look for alerts: {}", unavailable.getMessage());
    } catch (RuntimeException fault) {
      LOG.error("Alerts could not be looked for", fault);
    }
  }

  private void tell(Alert.News news) {
    Alert alert = news.alert();
    if (news.begins()) {
      LOG.warn("Alert ({}): {}. {}.", alert.kind().word(), alert.what(), alert.cure());
    } else {
      LOG.info("Alert over ({}): {}", alert.kind().word(), alert.subject());
    }
    waiting.add(news);
  }

  private void post() {
    try {
      if (context.getRoute(ROUTE) == null) {
        waiting.clear();
      }
      while (waiting.size() > MOST_WAITING) {
        waiting.poll();
      }
      for (Alert.News news = waiting.peek(); news != null && post(news); news = waiting.peek()) {
        waiting.remove(news);
      }
    } catch (RuntimeException fault) {
      LOG.error("Alerts could not be posted", fault);
    }
  }

  private boolean post(Alert.News news) {
    Exchange posted =
        routes.send(
            "direct:" + ROUTE + "?block=false", exchange -> exchange.getMessage().setBody(news));
    return posted.getException() == null
        && !Boolean.FALSE.equals(posted.getMessage().getBody(Boolean.class));
  }

  /** Looks no more; what is being posted is given up. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
