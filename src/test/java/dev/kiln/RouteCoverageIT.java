package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What all tests together reached of the shipped routes; runs after them. */
final class RouteCoverageIT {
  /**
   * Camel builds the steps of an onException once a route and counts them in the first one alone,
   * where no lead travels. DeliveryRouteTest sees what these do: leads that wait behind an open
   * breaker, and a table that is parked after a fault.
   */
  private static final Set<String> UNCOUNTED =
      Set.of("log-lead-waits", "log-lead-failed", "wait-after-failure");

  @Test
  @DisplayName("every step of the shipped routes is reached by some test")
  void everyStepIsReached() throws IOException {
    Set<String> unreached = new TreeSet<>();
    HouseTest.steps()
        .forEach(
            (path, step) -> {
              // A branch and an onException are no processors: the steps in them stand for them.
              if (!path.matches(".*/(when/\\d+|otherwise|onException)")) {
                unreached.add(String.valueOf(step.get("id")));
              }
            });
    assertThat(unreached).as("take a step that is gone off UNCOUNTED").containsAll(UNCOUNTED);
    unreached.removeAll(UNCOUNTED);
    unreached.removeAll(RouteCoverage.reached());
    assertThat(unreached)
        .as(
            "steps that no test reaches: add a test that does, with RunningKiln, or delete the step;"
                + " after a run of single tests run ./mvnw verify")
        .isEmpty();
  }
}
