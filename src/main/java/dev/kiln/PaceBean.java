package dev.kiln;

import dev.kiln.clay.Delivery;
import dev.kiln.clay.Metronome;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.processor.TotalRequestsThrottler;
import org.apache.camel.support.DefaultExchange;
import org.jspecify.annotations.Nullable;

/**
 * The bean {@code pace}: keeps each workspace's throttle at the rate of now. The throttle asks for
 * its permits with every lead; its period is set here beforehand, so a change of the rate holds
 * from the next lead on. Thread-safe.
 */
public final class PaceBean {
  private final Supplier<CamelContext> context;
  private final Delivery delivery;
  private final Map<String, Throttled> throttled = new ConcurrentHashMap<>();

  /** A workspace's throttle and what keeps it on time. */
  private static final class Throttled {
    private final TotalRequestsThrottler throttler;
    private final Metronome metronome = new Metronome();
    private final Permits permits = new Permits();
    private volatile double rate;

    Throttled(TotalRequestsThrottler throttler) {
      this.throttler = throttler;
    }

    /**
     * A rate that changes by more than a little holds at once; the metronome follows a little by
     * itself.
     */
    void at(Delivery.Throttle throttle) {
      if (Math.abs(throttle.rate() - rate) > rate * FOLLOWED) {
        rate = throttle.rate();
        throttler.setTimePeriodMillis(throttle.periodMillis());
      }
    }

    /** A permit was taken: it comes back after the throttle's period. */
    void taken(int most) {
      permits.taken(System.currentTimeMillis() + throttler.getTimePeriodMillis(), most);
    }
  }

  private static final double FOLLOWED = 0.05;

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
    Delivery.Throttle throttle = delivery.throttle(workspace);
    Throttled throttled = throttled(workspace);
    throttled.at(throttle);
    return throttle.permits() + throttled.permits.standIns(System.currentTimeMillis());
  }

  /**
   * Lets a rate that was raised hold at once, though a lead may wait in the throttle for a permit
   * of the lower rate; and lets leads go on though the clock that the throttle goes by is set back.
   */
  public void follow(String workspace) throws Exception {
    Delivery.Throttle throttle = delivery.throttle(workspace);
    Throttled followed = throttled(workspace);
    if (followed.permits.replace(throttle.periodMillis(), System.currentTimeMillis())) {
      followed.throttler.process(new DefaultExchange(context.get()));
      followed.taken(throttle.permits());
    }
  }

  /** A lead passed a workspace's throttle. */
  public void passed(String workspace) {
    Throttled passed = throttled(workspace);
    Delivery.Throttle throttle = delivery.throttle(workspace);
    passed.taken(throttle.permits());
    passed.rate = throttle.rate();
    passed.throttler.setTimePeriodMillis(
        passed.metronome.passed(
            System.nanoTime(), throttle.rate(), throttle.permits(), throttle.enough()));
  }

  private Throttled throttled(String workspace) {
    return throttled.computeIfAbsent(workspace, name -> new Throttled(throttler(name)));
  }

  /** Forgets throttles that are no longer there, since their routes were replaced. */
  void renew() {
    throttled.entrySet().removeIf(known -> known.getValue().throttler != found(known.getKey()));
  }

  /**
   * Lets the leads that wait in the throttles go on at once, back to the queue. For a stop:
   * delivery must begin none of them any more.
   */
  void letGo() throws Exception {
    for (Throttled waited : throttled.values()) {
      // A throttle looks at its permits only when something passes.
      waited.throttler.process(new DefaultExchange(context.get()));
    }
  }

  private @Nullable TotalRequestsThrottler found(String workspace) {
    return context.get().getProcessor(workspace + "-throttle", TotalRequestsThrottler.class);
  }

  private TotalRequestsThrottler throttler(String workspace) {
    TotalRequestsThrottler throttler = found(workspace);
    if (throttler == null) {
      throw new IllegalStateException(
          "Route pace-" + workspace + " has no throttle with the id " + workspace + "-throttle.");
    }
    return throttler;
  }
}
