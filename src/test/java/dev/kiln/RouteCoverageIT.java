package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What all tests together reached of the shipped routes; runs after them.
 *
 * <p>A branch is no processor: the steps in it stand for it. The steps of an onException are made
 * anew for each route under one name in JMX, which counts for one of these routes only; what they
 * do is shown by IntakeRouteTest (refused files) and DeliveryRouteTest (the rest).
 */
final class RouteCoverageIT {
  @Test
  @DisplayName("every step of the shipped routes is reached by some test")
  void everyStepIsReached() throws IOException {
    Set<String> unreached = new TreeSet<>();
    HouseTest.steps()
        .forEach(
            (path, step) -> {
              if (!path.matches(".*/(when/\\d+|otherwise)") && !path.contains("/onException")) {
                unreached.add(String.valueOf(step.get("id")));
              }
            });
    unreached.removeAll(RouteCoverage.reached());
    assertThat(unreached)
        .as(
            "steps that no test reaches: add a test that does, with RunningKiln, or delete the step;"
                + " after a run of single tests run ./mvnw verify")
        .isEmpty();
  }
}
