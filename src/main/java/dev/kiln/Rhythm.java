package dev.kiln;

import dev.kiln.ledger.LedgerUnavailable;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does something again and again, on a thread of its own, for as long as it is not closed: what
 * says that this process lives, and what it has claimed. A failure is told, and ends nothing.
 */
final class Rhythm implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Rhythm.class);

  private final String name;
  private final ScheduledExecutorService thread;

  /**
   * A rhythm of nothing yet.
   *
   * @param name the thread's
   */
  Rhythm(String name) {
    this.name = name;
    this.thread = Executors.newSingleThreadScheduledExecutor(Daemons.named(name));
  }

  /** Does a task after such a time, and so long after each end of it. */
  Rhythm every(Duration time, Runnable task) {
    ScheduledFuture<?> unused =
        thread.scheduleWithFixedDelay(
            () -> attempt(task), time.toMillis(), time.toMillis(), TimeUnit.MILLISECONDS);
    return this;
  }

  private void attempt(Runnable task) {
    try {
      task.run();
    } catch (LedgerUnavailable unavailable) {
      LOG.debug("{}: {}", name, unavailable.getMessage());
    } catch (RuntimeException | Error fault) {
      LOG.error("{} failed, and goes on", name, fault);
    }
  }

  /** Begins nothing any more. */
  @Override
  public void close() {
    thread.shutdown();
  }
}
