package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Output that cannot be written is no success. */
final class OutputTest {
  private static OutputStream refusing(String reason) {
    return new OutputStream() {
      @Override
      public void write(int one) throws IOException {
        throw new IOException(reason);
      }
    };
  }

  @Test
  void whatIsLostIsAFailure() {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    assertThat(Main.execute(whole, "--version")).isZero();
    assertThat(whole.toString(StandardCharsets.UTF_8)).startsWith("kiln ");
    assertThat(Main.execute(refusing("No space left on device"), "--version"))
        .isEqualTo(Main.USAGE);
  }

  @Test
  void whoReadsNoMoreWantedNoMore() {
    assertThat(Main.execute(refusing("Broken pipe"), "--version")).isZero();
  }

  @Test
  @Timeout(30)
  void aWatchThatNobodyReadsEnds(@TempDir Path data) {
    String[] watch = {"status", "--watch", "1", "--data", data.toString()};
    assertThat(Main.execute(refusing("Broken pipe"), watch)).isZero();
    assertThat(Main.execute(refusing("No space left on device"), watch)).isEqualTo(Main.USAGE);
  }
}
