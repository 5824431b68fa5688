package dev.kiln;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.engine.DefaultShutdownStrategy;
import org.apache.camel.spi.RouteStartupOrder;

/**
 * Camel's way of stopping routes, and which ones it is about to stop. A route that begins with
 * {@code direct} takes exchanges until none is under way, and until then counts as started: who
 * feeds it must know, or its stop lasts as long as there is work. Thread-safe.
 */
final class RouteStops extends DefaultShutdownStrategy {
  private final Set<String> stopping = ConcurrentHashMap.newKeySet();

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
    stopping.addAll(ids);
    try {
      return super.doShutdown(
          context, routes, timeout, unit, suspendOnly, abortAfterTimeout, forceShutdown);
    } finally {
      ids.forEach(stopping::remove);
    }
  }
}
