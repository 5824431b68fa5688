package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The counts that the demo shows: by table, what becomes of each row. */
final class DemoTest {
  private static final Path DEMO = Path.of("src/main/resources/demo");
  private static final int BODY_LIMIT = 100_000;

  private final Industries industries = Industries.load(Path.of("config/industries.csv"));
  private final Map<String, Integer> states = new TreeMap<>();
  private final Map<String, Integer> sectors = new TreeMap<>();
  private final Set<String> keys = new HashSet<>();

  @Test
  void leads() throws IOException {
    Frames frames = count("leads.csv", "");
    assertThat(frames.read()).isEqualTo(800);
    assertThat(frames.skipped()).isEqualTo(0);
    assertThat(states)
        .isEqualTo(
            Map.of(
                "outbound-leads-tech",
                534,
                "outbound-leads-finance",
                232,
                "duplicate",
                17,
                "rejected",
                14,
                "oversized outbound-leads-tech",
                2,
                "oversized outbound-leads-finance",
                1));
    assertThat(sectors)
        .isEqualTo(
            Map.ofEntries(
                Map.entry("education", 18),
                Map.entry("energy", 19),
                Map.entry("finance", 243),
                Map.entry("health", 11),
                Map.entry("manufacturing", 21),
                Map.entry("media", 16),
                Map.entry("other", 9),
                Map.entry("public", 18),
                Map.entry("real-estate", 11),
                Map.entry("retail", 34),
                Map.entry("services", 26),
                Map.entry("tech", 299),
                Map.entry("travel", 26),
                Map.entry("", 49)));
  }

  @Test
  void inbound() throws IOException {
    Frames frames = count("inbound.csv", "inbound-leads");
    assertThat(frames.read()).isEqualTo(100);
    assertThat(frames.skipped()).isEqualTo(0);
    assertThat(states).isEqualTo(Map.of("inbound-leads", 93, "duplicate", 4, "rejected", 3));
    assertThat(sectors)
        .isEqualTo(
            Map.ofEntries(
                Map.entry("energy", 2),
                Map.entry("finance", 26),
                Map.entry("health", 1),
                Map.entry("manufacturing", 4),
                Map.entry("media", 1),
                Map.entry("other", 1),
                Map.entry("public", 1),
                Map.entry("real-estate", 1),
                Map.entry("retail", 5),
                Map.entry("services", 5),
                Map.entry("tech", 42),
                Map.entry("travel", 3),
                Map.entry("", 8)));
  }

  @Test
  void events() throws IOException {
    Frames frames = count("events.csv", "event-attendees");
    assertThat(frames.format())
        .isEqualTo(new Format(Format.Kind.DELIMITED, "UTF-8", ';', List.of()));
    assertThat(frames.read()).isEqualTo(97);
    assertThat(frames.skipped()).isEqualTo(3);
    assertThat(states).isEqualTo(Map.of("event-attendees", 90, "duplicate", 4, "rejected", 3));
    assertThat(sectors)
        .isEqualTo(
            Map.ofEntries(
                Map.entry("education", 2),
                Map.entry("energy", 4),
                Map.entry("finance", 31),
                Map.entry("media", 6),
                Map.entry("other", 2),
                Map.entry("public", 1),
                Map.entry("real-estate", 3),
                Map.entry("retail", 3),
                Map.entry("services", 6),
                Map.entry("tech", 29),
                Map.entry("travel", 2),
                Map.entry("", 8)));
  }

  @Test
  void everyAddressIsAtAReservedDomain() throws IOException {
    Pattern reserved = Pattern.compile("(.*[@.])?(example|test|invalid|example\\.(com|org|net))$");
    for (String file : List.of("leads.csv", "inbound.csv", "events.csv")) {
      String text = Files.readString(DEMO.resolve(file));
      Matcher address = Pattern.compile("[\\w.-]+@([\\w-]+(\\.[\\w-]+)+)").matcher(text);
      while (address.find()) {
        assertThat(address.group(1).toLowerCase(Locale.ROOT)).matches(reserved);
      }
    }
  }

  private Frames count(String file, String table) throws IOException {
    Frames frames = Frames.open(DEMO.resolve(file), Limits.defaults(), 0);
    assertThat(frames.broken()).isEmpty();
    Columns columns = Columns.of(frames.header(), Hygiene.of(industries));
    for (int i = 0; i < frames.rows().size(); i++) {
      Lead lead = columns.lead(i + 1L, i + 1L, frames.rows().get(i));
      String goesTo =
          !table.isEmpty()
              ? table
              : lead.sector().equals("finance") ? "outbound-leads-finance" : "outbound-leads-tech";
      if (lead.rejected()) {
        states.merge("rejected", 1, Integer::sum);
      } else if (!keys.add(goesTo + lead.key())) {
        states.merge("duplicate", 1, Integer::sum);
      } else if (lead.json().getBytes(StandardCharsets.UTF_8).length > BODY_LIMIT) {
        states.merge("oversized " + goesTo, 1, Integer::sum);
      } else {
        states.merge(goesTo, 1, Integer::sum);
      }
      sectors.merge(lead.sector(), 1, Integer::sum);
    }
    return frames;
  }
}
