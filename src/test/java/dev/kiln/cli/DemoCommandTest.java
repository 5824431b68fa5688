package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.App;
import dev.kiln.Places;
import dev.kiln.simulate.Simulator;
import dev.kiln.simulate.SimulatorOptions;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a demo runs with. */
final class DemoCommandTest {
  @Test
  void nothingBesideTheLauncherChangesADemo(@TempDir Path folder) throws Exception {
    try (Simulator clay =
        Simulator.start(SimulatorOptions.defaults().withAddress("127.0.0.1", 0))) {
      Places places = DemoCommand.prepare(folder, clay);
      assertThat(places.routes()).startsWith(folder);
      assertThat(places.config())
          .startsWith(folder)
          .isDirectoryContaining("glob:**/industries.csv");
      assertThat(App.check(places)).isNotEmpty();
    }
  }
}
