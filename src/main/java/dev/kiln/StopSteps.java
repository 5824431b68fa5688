package dev.kiln;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The steps of a stop: one that fails is told, and keeps no other from being done. */
final class StopSteps {
  private static final Logger LOG = LoggerFactory.getLogger(StopSteps.class);

  private StopSteps() {}

  /** One step of a stop. */
  @FunctionalInterface
  interface Step {
    void run() throws Exception;
  }

  /** Does all of them, in this order; throws nothing. */
  static void all(Step... steps) {
    for (Step step : steps) {
      try {
        step.run();
      } catch (Exception | Error failure) {
        LOG.warn(
            "The stop was not clean: {}",
            failure.getMessage() == null ? failure : failure.getMessage());
        LOG.debug("It was this that failed", failure);
      }
    }
  }

  /** Closes a part, if it was ever made. */
  static Step closing(@Nullable AutoCloseable part) {
    return () -> {
      if (part != null) {
        part.close();
      }
    };
  }
}
