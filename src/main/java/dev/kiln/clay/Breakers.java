package dev.kiln.clay;

import dev.kiln.ledger.NotSent;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The circuit breakers, one a table. They outlive a reload of routes, and can be read before the
 * pace. Opens at half of the last 20 calls failed (10 calls at least) or five in a row; goes
 * half-open by itself. Thread-safe.
 */
public final class Breakers {
  /** Calls that a half-open breaker lets through to see whether Clay is back. */
  static final int PROBES = 3;

  /**
   * Failures in a row that open it: fewer than the attempts of a lead, so that an outage costs none
   * that is alone on its table.
   */
  private static final int IN_A_ROW = 5;

  private final CircuitBreakerConfig config;
  private final Map<String, CircuitBreaker> breakers = new ConcurrentHashMap<>();

  /**
   * Breakers that stay open for a time.
   *
   * @param open how long a breaker stays open before it probes
   */
  public Breakers(Duration open) {
    this.config =
        CircuitBreakerConfig.custom()
            .slidingWindowType(SlidingWindowType.COUNT_BASED)
            .slidingWindowSize(20)
            .minimumNumberOfCalls(10)
            .failureRateThreshold(50)
            .waitDurationInOpenState(open)
            .automaticTransitionFromOpenToHalfOpenEnabled(true)
            .permittedNumberOfCallsInHalfOpenState(PROBES)
            .ignoreException(NotSent.class::isInstance)
            .build();
  }

  /** The breaker of a table. */
  public CircuitBreaker of(String table) {
    return breakers.computeIfAbsent(table, this::make);
  }

  private CircuitBreaker make(String table) {
    CircuitBreaker breaker = CircuitBreaker.of("breaker-" + table, config);
    AtomicInteger failed = new AtomicInteger();
    breaker
        .getEventPublisher()
        .onSuccess(call -> failed.set(0))
        .onError(
            call -> {
              if (failed.incrementAndGet() >= IN_A_ROW
                  && breaker.getState() == CircuitBreaker.State.CLOSED) {
                breaker.transitionToOpenState();
              }
            });
    return breaker;
  }
}
