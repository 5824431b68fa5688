package dev.kiln;

import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one Kiln does for all that share a ledger: polls, alerts, notifications, results to their
 * targets, retention. Who asks first has a duty and keeps it while it lives and its route runs;
 * another one gets it within the lease after that. Where no other Kiln can be on the ledger, all
 * duties are this one's, and the ledger hears nothing of them. Thread-safe.
 */
final class Duties implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Duties.class);

  /** Renewals within a lease, so that some may fail. */
  private static final int RENEWALS = 3;

  /** Who has the duties. */
  enum Share {
    /** This Kiln has all. */
    ALL,
    /** This Kiln and others, by what the ledger says. */
    SOME,
    /** Others. */
    NONE
  }

  private final Ledger ledger;
  private final String node;
  private final Duration lease;
  private final Share share;
  private final Map<String, Instant> mine = new ConcurrentHashMap<>();

  /** Duties that a route here was seen to do. */
  private final Set<String> routed = ConcurrentHashMap.newKeySet();

  private @Nullable Rhythm keeper;

  /**
   * Duties of a node.
   *
   * @param ledger knows who has which
   * @param node the node's name
   * @param lease how long a duty stays with a node that no longer lives
   * @param share who has the duties
   */
  Duties(Ledger ledger, String node, Duration lease, Share share) {
    this.ledger = ledger;
    this.node = node;
    this.lease = lease;
    this.share = share;
  }

  /** How long a duty stays with a node that no longer lives. */
  Duration lease() {
    return lease;
  }

  /** Whom the ledger knows this node's duties by; null where it hears nothing of them. */
  @Nullable String holder() {
    return share == Share.SOME ? node : null;
  }

  /**
   * Whether a duty is this node's now; takes it where nobody has it.
   *
   * @param duty its name
   * @throws LedgerUnavailable if the ledger has to be asked and cannot be
   */
  boolean mine(String duty) {
    if (share != Share.SOME) {
      return share == Share.ALL;
    }
    Instant until = mine.get(duty);
    return (until != null && ledger.now().isBefore(until)) || ask(duty);
  }

  private boolean ask(String duty) {
    Instant now = ledger.now();
    boolean ours = ledger.duty(duty, node, lease);
    boolean before = (ours ? mine.put(duty, now.plus(lease)) : mine.remove(duty)) != null;
    if (ours != before) {
      LOG.info("Duty \"{}\" is {} this node's", duty, ours ? "now" : "no longer");
    }
    return ours;
  }

  /**
   * Keeps what this node has, until the close, but for what its routes no longer do. How often a
   * duty is asked for says nothing of that: a source may be polled once a day.
   *
   * @param route whether the route that does a duty runs; empty where none is known to do it
   */
  void keep(Function<String, Optional<Boolean>> route) {
    if (share == Share.SOME) {
      keeper =
          new Rhythm("kiln-duties")
              .every(lease.dividedBy(RENEWALS).plusMillis(1), () -> renew(route));
    }
  }

  /** Asks anew for what is still done here; the rest ends with its lease. */
  void renew(Function<String, Optional<Boolean>> route) {
    for (String duty : List.copyOf(mine.keySet())) {
      Optional<Boolean> runs = route.apply(duty);
      if (runs.isPresent()) {
        routed.add(duty);
      }
      if (runs.orElse(!routed.contains(duty))) {
        ask(duty);
      } else {
        mine.remove(duty);
        routed.remove(duty);
        LOG.info("Duty \"{}\" goes to another node: its route here is stopped or gone", duty);
      }
    }
  }

  /** Gives all duties up, so that another node has them at once. */
  @Override
  public void close() {
    Rhythm renewing = keeper;
    if (renewing == null) {
      return;
    }
    keeper = null;
    renewing.close();
    try {
      ledger.release(node);
    } catch (LedgerUnavailable unavailable) {
      LOG.debug("Duties end with their lease: {}", unavailable.getMessage());
    }
  }
}
