package dev.kiln;

import dev.kiln.clay.Delivery;
import dev.kiln.ledger.LedgerUnavailable;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says again and again that this node lives, on a thread of its own. */
final class Heartbeat implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);

  private final Delivery delivery;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Daemons.named("kiln-heartbeat"));

  Heartbeat(Delivery delivery) {
    this.delivery = delivery;
  }

  /** Beats after every such time. */
  Heartbeat every(Duration time) {
    also(time, delivery::beat);
    return this;
  }

  /** Does something else in the same rhythm. */
  Heartbeat also(Duration time, Runnable task) {
    ScheduledFuture<?> unused =
        thread.scheduleWithFixedDelay(
            () -> attempt(task), time.toMillis(), time.toMillis(), TimeUnit.MILLISECONDS);
    return this;
  }

  private static void attempt(Runnable task) {
    try {
      task.run();
    } catch (LedgerUnavailable unavailable) {
      LOG.debug("No heartbeat: {}", unavailable.getMessage());
    } catch (RuntimeException fault) {
      LOG.error("The heartbeat failed", fault);
    }
  }

  /** Beats no more. */
  @Override
  public void close() {
    thread.shutdown();
  }
}
