package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class IndustriesTest {
  private final Industries shipped = Industries.load(Path.of("config/industries.csv"));

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  @ParameterizedTest
  @CsvSource({
    "Information Technology & Services,tech",
    "information technology AND services,tech",
    "'Technology, Information and Internet',tech",
    "SaaS,tech",
    "Fin-Tech,finance",
    "Venture Capital and Private Equity,finance",
    "' FINANCIAL   SERVICES\u00A0',finance",
    "Sante,health",
    "E-Learning,education",
    "Underwater Basket Weaving,''",
    "Technology & Poetry,''",
    "&,''",
  })
  void shipped(String industry, String sector) {
    assertThat(shipped.sector(industry)).isEqualTo(sector);
  }

  @Test
  void noIndustryHasNoSector() {
    assertThat(shipped.sector(null)).isEmpty();
  }

  @Test
  void shippedSectors() {
    assertThat(shipped.sectors())
        .containsExactly(
            "education",
            "energy",
            "finance",
            "health",
            "manufacturing",
            "media",
            "other",
            "public",
            "real-estate",
            "retail",
            "services",
            "tech",
            "travel");
  }

  @ParameterizedTest
  @CsvSource({"linkedin-old,147", "linkedin-new,435", "gics,230"})
  void everyNameOfThePublishedListsHasASector(String list, int names) throws IOException {
    List<String> published =
        Files.readAllLines(Path.of("src/test/resources/industries", list + ".txt"));
    assertThat(published).hasSize(names).doesNotHaveDuplicates();
    assertThat(published)
        .allSatisfy(name -> assertThat(shipped.sector(name)).as(name).isNotEmpty());
  }

  @Test
  void noNameIsShippedTwice() throws IOException {
    long names =
        Files.readAllLines(Path.of("config/industries.csv")).stream()
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .skip(1)
            .count();
    assertThat(shipped.size()).isEqualTo(names).isEqualTo(1006);
  }

  @Test
  void commentsBlankLinesAndAnyOrderOfColumns() throws IOException {
    Path file = write("\uFEFF# a \"comment\n\nSector,Industry\n# more\ntech,\"Web, mobile\"\n");
    assertThat(Industries.load(file).sector("web/mobile")).isEqualTo("tech");
    assertThat(Industries.load(write("industry,sector\nFoo,tech,,\n")).sector("foo"))
        .isEqualTo("tech");
  }

  @Test
  void faultsNameFileAndLine() throws IOException {
    assertRefused("industry;sector\n", ":1: no column \"industry\"; the first line must be");
    assertRefused("# c\nindustry\n", ":2: no column \"sector\"");
    assertRefused("industry,sector\nBanking,\n", ":2: \"Banking\" has no sector");
    assertRefused("industry,sector\nBanking\n", ":2: \"Banking\" has no sector");
    assertRefused("industry,sector\n&,tech\n", ":2: the industry is empty");
    assertRefused("industry,sector\n\"Banking,tech\n", ":2: a quote is never closed");
    assertRefused(
        "industry,sector\nFoo, Inc,tech\n",
        ":2: there are more cells than columns; put a name that holds a comma into quotes");
    assertRefused(
        "industry,sector\nA & B,tech\n\na and b,finance\n",
        ":4: \"a and b\" is \"finance\" here and \"tech\" on line 2; keep one");
    assertRefused("# nothing\n", ": has no header");
    assertThatThrownBy(() -> Industries.load(folder.resolve("none.csv")))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("none.csv: is missing");
  }

  private void assertRefused(String text, String message) throws IOException {
    Path file = write(text);
    assertThatThrownBy(() -> Industries.load(file))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining(file + message);
  }

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("industries.csv"), text);
  }

  @Test
  @Timeout(60)
  void longTextsAreNoIndustries() throws IOException {
    assertThat(shipped.sector("\u0301".repeat(400_000) + "\u0323".repeat(400_000))).isEmpty();
    Path csv =
        Files.writeString(
            folder.resolve("long.csv"), "industry,sector\n" + "x".repeat(201) + ",tech\n");
    assertThatThrownBy(() -> Industries.load(csv))
        .hasMessageContaining("the industry is longer than 200 characters");
  }

  @Test
  void longSpellingsAreNotRemembered() {
    assertThat(isRemembered("x".repeat(200))).isTrue();
    assertThat(isRemembered("x".repeat(201))).isFalse();
  }

  private boolean isRemembered(String industry) {
    WeakReference<String> spelling = new WeakReference<>(String.valueOf(industry.toCharArray()));
    assertThat(shipped.sector(spelling.get())).isEmpty();
    System.gc();
    return spelling.get() != null;
  }
}
