package dev.kiln.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.Onward;
import dev.kiln.ledger.Quarantined;
import dev.kiln.ledger.ReturnAccount;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What came back, for people. */
final class ReturnReportTest {
  private static final Instant NOON = Instant.parse("2026-11-25T12:00:00.123Z");

  @Test
  void saysWhatCameBackAndWhatDidNot() {
    ReturnReport report =
        new ReturnReport(
            List.of(
                new ReturnAccount("tech", true, NOON, 3, 2, 1, NOON, 3, Map.of("phone", 2L)),
                new ReturnAccount("bank", false, null, 0, 9, 0, null, 0, Map.of())),
            List.of(new Onward("crm", 7, 5, 2, NOON, "it answers 503", "", 4)),
            1,
            List.of(new Quarantined("tech", "crm-7", "no lead has this lead_id", NOON)));

    assertThat(report.text().replaceAll(" +", " "))
        .contains(
            " tech 3 2 1 50.0 % 2026-11-25T12:00:00Z",
            " bank 0 - 0 0.0 % -",
            "tech takes rows, and none comes back (noticed 2026-11-25T12:00:00Z)",
            " phone 2 66.7 %",
            " crm 5 4 it answers 503",
            "Kept apart: 1 rows of no lead that was sent",
            "crm-7 no lead has this lead_id");
    assertThat(report.json())
        .contains("\"hit_rate\" : 0.5", "\"waiting\" : 5", "\"quarantined\" : 1");
    List<Quarantined> odd =
        List.of(
            new Quarantined("x".repeat(500_000), "ada@firm.example", "it", NOON),
            new Quarantined("t\u001b[31m\u0007", "\u001b]0;title", "it", NOON),
            new Quarantined("tech", "", "it names no lead", NOON));
    assertThat(new ReturnReport(List.of(), List.of(), 3, odd).text())
        .contains("(not shown)", "t?[31m?", " -  ")
        .doesNotContain("@", "\u001b", "\u0007", "x".repeat(300));
    assertThat(ReturnReport.EMPTY.text()).startsWith("No table expects rows to come back");
  }
}
