package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataLockTest {
  /** Another process that looks whether a Kiln is running, for as long as its input is open. */
  static final class Looking {
    private Looking() {}

    /** Takes the path of a lock's file. */
    public static void main(String[] arguments) throws IOException {
      try (FileChannel channel =
          FileChannel.open(
              Path.of(arguments[0]), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        channel.lock(0, Long.MAX_VALUE, true);
        System.out.println("looks");
        while (System.in.read() >= 0) {
          // Until the end.
        }
      }
    }
  }

  @Test
  @DisplayName("who only looks is no running Kiln")
  void looking(@TempDir Path data) throws Exception {
    DataLock.take(data).close();
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Looking.class.getName(),
                data.resolve("kiln.lock").toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader out = other.inputReader()) {
      assertThat(out.readLine()).isEqualTo("looks");
      assertThat(DataLock.held(data)).isFalse();
      assertThatThrownBy(() -> DataLock.take(data))
          .as("nobody looks for that long")
          .isInstanceOf(AlreadyRunning.class);
      other.getOutputStream().close();
      assertThat(other.waitFor()).isZero();
    }
    try (DataLock lock = DataLock.take(data)) {
      assertThat(DataLock.held(data)).isTrue();
      assertThat(lock).isNotNull();
    }
    assertThat(DataLock.held(data)).isFalse();
  }
}
