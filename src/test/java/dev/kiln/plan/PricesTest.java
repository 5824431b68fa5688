package dev.kiln.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.plan.Prices.ClayPlan;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PricesTest {
  private final Path folder;

  PricesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Prices read(String yaml) throws IOException {
    Path file = folder.resolve("prices.yaml");
    Files.writeString(file, yaml);
    return Prices.read(file);
  }

  @Test
  void theShippedFileIsClaysPriceListOfItsDay() {
    Prices prices = Prices.read(Path.of("config/prices.yaml"));

    assertThat(prices.asOf()).isEqualTo(LocalDate.of(2026, 3, 11));
    assertThat(prices.plans())
        .containsExactly(
            new ClayPlan("Free", BigDecimal.ZERO, 100, 500, false, false, 200),
            new ClayPlan("Launch", BigDecimal.valueOf(185), 2_500, 15_000, false, false, 50_000),
            new ClayPlan("Growth", BigDecimal.valueOf(495), 6_000, 40_000, true, false, 50_000),
            new ClayPlan("Enterprise", null, 100_000, 100_000, true, true, 50_000));
    assertThat(prices.plans()).filteredOn(ClayPlan::byContract).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``|: is empty; it needs at least \"as-of\" and \"plans\"",
        "`plans: {}`|:1: the file needs the key \"as-of\"",
        "`as-of: soon`|:1: as-of must be a day of the form 2026-03-11",
        "`as-of: 2026-03-11`|:1: the file needs at least one plan under \"plans\"",
        "`as_of: 2026-03-11`|:1: the file has an unknown key \"as_of\"; did you mean \"as-of\"?",
        "`as-of: 2026-03-11\nplans: {A: {data-credits: 1}}`|:2: plan \"A\" needs the key \"actions\"",
        "`as-of: 2026-03-11\nplans:\n  A: {data-credits: 1, actions: 1,\n    usd-per-month: 5}`"
            + "|:4: plan \"A\" has an unknown key \"usd-per-month\"; did you mean \"usd-a-month\"?",
        "`as-of: 2026-03-11\nplans: {A: {data-credits: 1, actions: -1}}`"
            + "|:2: plan \"A\": actions must be a whole number from 0",
      })
  void refusesWithFileLineAndCure(String yaml, String fault) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessage(folder.resolve("prices.yaml") + fault);
  }

  @Test
  void aMissingFileSaysWhereItIsLookedFor() {
    assertThatThrownBy(() -> Prices.read(folder.resolve("prices.yaml")))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("--config");
  }
}
