package dev.kiln;

import dev.kiln.clay.Delivery;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.processor.TotalRequestsThrottler;
import org.apache.camel.support.DefaultExchange;

/**
 * The bean {@code pace}: keeps each workspace's throttle at the rate of now. The throttle asks for
 * its permits with every lead; its period is set here beforehand, so a change of the rate holds
 * from the next lead on. Thread-safe.
 */
public final class PaceBean {
  private final Supplier<CamelContext> context;
  private final Delivery delivery;
  private final Map<String, TotalRequestsThrottler> throttlers = new ConcurrentHashMap<>();

  /**
   * A bean over the routes of a context.
   *
   * @param context where the routes {@code pace-<workspace>} run
   * @param delivery knows the rates
   */
  public PaceBean(Supplier<CamelContext> context, Delivery delivery) {
    this.context = context;
    this.delivery = delivery;
  }

  /** The permits of a workspace's throttle in one period. */
  public int permits(String workspace) {
    TotalRequestsThrottler throttler =
        throttlers.computeIfAbsent(workspace, name -> throttler(name));
    Delivery.Throttle throttle = delivery.throttle(workspace);
    if (throttler.getTimePeriodMillis() != throttle.periodMillis()) {
      throttler.setTimePeriodMillis(throttle.periodMillis());
    }
    return throttle.permits();
  }

  /**
   * Lets the leads that wait in the throttles go on at once, back to the queue. For a stop:
   * delivery must begin none of them any more.
   */
  void letGo() throws Exception {
    for (TotalRequestsThrottler throttler : throttlers.values()) {
      // A throttle looks at its permits only when something passes.
      throttler.process(new DefaultExchange(context.get()));
    }
  }

  private TotalRequestsThrottler throttler(String workspace) {
    TotalRequestsThrottler throttler =
        context.get().getProcessor(workspace + "-throttle", TotalRequestsThrottler.class);
    if (throttler == null) {
      throw new IllegalStateException(
          "Route pace-" + workspace + " has no throttle with the id " + workspace + "-throttle.");
    }
    return throttler;
  }
}
