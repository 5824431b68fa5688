package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AppTest {
  @Test
  void kilnsThatStartAtOnceInAProcessHaveNamesOfTheirOwn(@TempDir Path folder) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      for (int round = 0; round < 3; round++) {
        CyclicBarrier together = new CyclicBarrier(2);
        try (RunningKiln one = new RunningKiln(folder.resolve("one-" + round));
            RunningKiln other = new RunningKiln(folder.resolve("other-" + round))) {
          Future<String> first = threads.submit(started(one, together));
          Future<String> second = threads.submit(started(other, together));
          assertThat(first.get()).isNotEqualTo(second.get());
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static Callable<String> started(RunningKiln kiln, CyclicBarrier together) {
    return () -> {
      together.await();
      return kiln.start(App.Mode.CHECK).app().context().getManagementName();
    };
  }
}
