package dev.kiln;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.engine.DefaultShutdownStrategy;
import org.apache.camel.spi.RouteStartupOrder;

/**
 * Camel's way of stopping routes, which ones it is about to stop, and since when others are
 * stopped. A route that begins with {@code direct} takes exchanges until none is under way, and
 * until then counts as started: who feeds it must know, or its stop lasts as long as there is work.
 * Thread-safe.
 */
final class RouteStops extends DefaultShutdownStrategy {
  private final Set<String> stopping = ConcurrentHashMap.newKeySet();
  private final Map<String, Instant> stopped = new ConcurrentHashMap<>();
  private final Lock changing = new ReentrantLock();

  /**
   * Camel's strategy.
   *
   * @param seconds how long it waits for what is under way
   */
  RouteStops(long seconds) {
    setTimeout(seconds);
    setTimeUnit(TimeUnit.SECONDS);
  }

  /** Whether a route is about to stop. */
  boolean under(String route) {
    return stopping.contains(route);
  }

  /** When a route that runs no more was stopped; empty where it was never started. */
  Optional<Instant> since(String route) {
    return Optional.ofNullable(stopped.get(route));
  }

  /** A route is taken away, and another of its id is no concern of its stop. */
  void forget(String route) {
    stopped.remove(route);
  }

  /** What is told of a route that is stopped, with the cure. */
  static String told(String route) {
    return "Route "
        + route
        + " is stopped on this node: \"kiln route start "
        + route
        + "\" lets it go on";
  }

  /** Held by who replaces routes, and by who stops or starts one: not both at once. */
  Lock changing() {
    return changing;
  }

  @Override
  protected boolean doShutdown(
      CamelContext context,
      List<RouteStartupOrder> routes,
      long timeout,
      TimeUnit unit,
      boolean suspendOnly,
      boolean abortAfterTimeout,
      boolean forceShutdown)
      throws Exception {
    List<String> ids = routes.stream().map(route -> route.getRoute().getId()).toList();
    List<String> running = new ArrayList<>(ids);
    running.removeIf(id -> !context.getRouteController().getRouteStatus(id).isStarted());
    stopping.addAll(ids);
    try {
      boolean done =
          super.doShutdown(
              context, routes, timeout, unit, suspendOnly, abortAfterTimeout, forceShutdown);
      running.forEach(id -> stopped.put(id, Clock.systemUTC().instant()));
      return done;
    } finally {
      ids.forEach(stopping::remove);
    }
  }
}
