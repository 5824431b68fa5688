package dev.kiln.clay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DeliveryPolicyTest {
  private static final DeliveryPolicy POLICY =
      new DeliveryPolicy(
          32,
          8,
          Duration.ofSeconds(5),
          Duration.ofMinutes(15),
          true,
          Duration.ofMinutes(2),
          Duration.ofSeconds(10),
          Duration.ofSeconds(35));

  @ParameterizedTest
  @CsvSource({"0,5", "1,5", "2,10", "3,20", "7,320", "8,640", "9,900", "30,900", "1000,900"})
  void theWaitDoublesWithEachAttemptUpToTheLongest(int attempts, int seconds) {
    assertThat(POLICY.waitAfter(attempts)).isEqualTo(Duration.ofSeconds(seconds));
  }

  @Test
  void nothingWaitsForLongerThanTwiceTheLongestWaitOrWhatClayMayAskFor() {
    assertThat(POLICY.mostWait()).isEqualTo(Duration.ofMinutes(30));
  }
}
