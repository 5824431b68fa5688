package dev.kiln;

import dev.kiln.clay.Delivery;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.LedgerView.Awaiting;
import dev.kiln.status.StatusJson;
import dev.kiln.status.StatusText;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bean {@code results}: looks for rows that did not come back, and for tables that take rows
 * and get none back; tells of runs that are done. One node does it for all that share a ledger.
 * Thread-safe.
 */
public final class ResultWatch {
  private static final String DUTY = "results-watch";
  private static final Logger LOG = LoggerFactory.getLogger(ResultWatch.class);

  /** What an endpoint says of an account that it would not take later either. */
  private static final Set<Integer> ITS_OWN_FAULT = Set.of(400, 413, 422);

  private final Duties duties;
  private final Ledger ledger;
  private final Delivery delivery;
  private final Duration silence;
  private final HttpPoster poster;
  private final Supplier<Optional<HttpPeer>> told;
  private final AtomicBoolean failing = new AtomicBoolean();

  /**
   * A watch.
   *
   * @param duties knows whether this node looks and tells
   * @param ledger knows what was sent and what came back
   * @param delivery knows the tables whose rows are to come back, and whether the ledger can be
   *     used
   * @param silence how long a table may take rows and get none back before that is told, unless its
   *     rows are missing sooner
   * @param poster posts notifications
   * @param told whom to tell of runs that are done, asked for anew with each; empty for nobody
   */
  ResultWatch(
      Duties duties,
      Ledger ledger,
      Delivery delivery,
      Duration silence,
      HttpPoster poster,
      Supplier<Optional<HttpPeer>> told) {
    this.duties = duties;
    this.ledger = ledger;
    this.delivery = delivery;
    this.silence = silence;
    this.poster = poster;
    this.told = told;
  }

  /** Looks once. */
  public void look() {
    try {
      if (duties.mine(DUTY)) {
        lookAt(delivery.expecting());
      }
    } catch (LedgerUnavailable unavailable) {
      delivery.standStill(unavailable);
    }
  }

  private void lookAt(Map<String, Duration> tables) {
    ledger.expect(tables.keySet());
    tables.forEach(
        (table, after) -> {
          // What is missing is not awaited any more.
          Duration within = after.compareTo(silence) < 0 ? after : silence;
          // Of one time: what goes missing by a later one would not be awaited when silence is
          // looked for.
          Instant now = ledger.now();
          Optional<Boolean> silent = ledger.silence(table, within, now);
          if (silent.isPresent() && silent.get()) {
            LOG.warn(
                "Table {} takes rows, and for {} none came back: look at its HTTP API column in Clay, and whether it"
                    + " reaches kiln.results.listen",
                table,
                StatusText.time(within));
          } else if (silent.isPresent()) {
            LOG.info("Table {}: rows come back again", table);
          }
          int missing = ledger.missing(table, after, now);
          if (missing > 0) {
            LOG.warn(
                "Table {}: {} leads did not come back within {}: \"kiln leads --state MISSING\" lists them",
                table,
                missing,
                StatusText.time(after));
          }
        });
  }

  /**
   * Tells of runs of which nothing is under way any more: all of their leads are settled, and those
   * that were to come back did or are missing. What cannot be told is told with the next look; what
   * is refused for its own fault is not told again.
   */
  public void tell() throws InterruptedException {
    try {
      if (duties.mine(DUTY)) {
        for (String run : ledger.doneRuns()) {
          tell(run);
        }
      }
    } catch (LedgerUnavailable unavailable) {
      delivery.standStill(unavailable);
    } catch (IOException | InvalidConfiguration failure) {
      fails(String.valueOf(failure.getMessage()));
    }
  }

  private void tell(String run) throws IOException, InterruptedException {
    Optional<HttpPeer> peer = told.get();
    Awaiting done = ledger.view().awaiting(run).orElseThrow();
    if (peer.isPresent()) {
      int status = poster.post(peer.get(), StatusJson.of(done).toString(), "done-" + run);
      if (ITS_OWN_FAULT.contains(status)) {
        LOG.warn(
            "Nobody is told that run {} is done (kiln.results.notify answers {})", run, status);
      } else if (status / 100 == 2) {
        failing.set(false);
      } else {
        fails("it answers " + status);
        return;
      }
    }
    ledger.told(run);
    LOG.info("Run {} is done: {}", run, done.run().states());
  }

  private void fails(String why) {
    if (!poster.closed() && !failing.getAndSet(true)) {
      LOG.warn(
          "Nobody was told that a run is done (kiln.results.notify): {}; it is told as soon as it can be",
          why);
    }
  }
}
