package dev.kiln;

import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.status.Alert;
import dev.kiln.status.Alerts;
import dev.kiln.status.Facts;
import java.time.Duration;
import java.util.ArrayDeque;
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
 * is a route {@code alert}, to {@code direct:alert}. What that route cannot post waits for the next
 * look, the newest hundred of it; delivery never waits for any of this. Of several Kilns on one
 * ledger the one whose duty it is tells them; when it dies, the next one tells what is new since.
 */
final class Watch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final String ROUTE = "alert";
  private static final String DUTY = "alerts";
  private static final int MOST_WAITING = 100;

  /** News that another node may have told, and when they were found, by the clock of durations. */
  private record Untold(Alert.News news, long since) {}

  private final Facts.Source facts;
  private final Alerts alerts;
  private final Duties duties;
  private final CamelContext context;
  private final ProducerTemplate routes;
  private final Deque<Alert.News> waiting = new ConcurrentLinkedDeque<>();
  private final Deque<Untold> untold = new ArrayDeque<>();

  /** One thread looks and one posts, so that an address that does not answer delays no look. */
  private final ScheduledExecutorService threads =
      Executors.newScheduledThreadPool(2, Daemons.named("kiln-alerts"));

  /**
   * A watch that does not look yet.
   *
   * @param facts what to look at
   * @param alerts finds them
   * @param duties knows whether this node tells them
   * @param context has the route
   */
  Watch(Facts.Source facts, Alerts alerts, Duties duties, CamelContext context) {
    this.facts = facts;
    this.alerts = alerts;
    this.duties = duties;
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

  /** Looks once, and tells the log. */
  void look() {
    try {
      long now = System.nanoTime();
      alerts.look(facts.now()).forEach(news -> untold.add(new Untold(news, now)));
      if (duties.mine(DUTY)) {
        untold.forEach(found -> tell(found.news));
        untold.clear();
      }
      long told = 2 * duties.lease().toNanos();
      untold.removeIf(found -> now - found.since > told);
    } catch (LedgerUnavailable unavailable) {
      LOG.debug("No look for alerts: {}", unavailable.getMessage());
    } catch (RuntimeException | Error fault) {
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
    } catch (RuntimeException | Error fault) {
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
