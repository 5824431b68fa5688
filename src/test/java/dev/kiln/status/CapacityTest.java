package dev.kiln.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.ledger.LedgerView.BudgetAccount;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.LedgerView.WorkspaceAccount;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.RecentUse;
import dev.kiln.ledger.WebhookUse;
import dev.kiln.ledger.WebhookUse.State;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** What a table can still take, and how that is told. */
@Isolated("one test changes the default locale")
final class CapacityTest {
  private static final Instant NOW = Instant.parse("2026-11-25T10:00:00Z");

  private static WebhookUse webhook(
      String name, String clayTable, long cap, long used, long rowCap, long rows, State state) {
    return new WebhookUse(
        "id of " + name, name, "tech", clayTable, cap, used, rows, rowCap, state, null, "");
  }

  private static WebhookUse webhook(String name, long cap, long used) {
    return webhook(name, name, cap, used, 50_000, used, State.OPEN);
  }

  private static Snapshot snapshot(Map<String, RecentUse> recent, WebhookUse... webhooks) {
    return new Snapshot(
        List.of(),
        List.of(),
        Arrays.asList(webhooks),
        recent,
        List.of(new WorkspaceAccount("main", "node", 1, NOW.plusSeconds(5), NOW, 2.5, true, NOW)),
        BudgetAccount.EMPTY,
        List.of());
  }

  private static Capacity capacity(Map<String, RecentUse> recent, WebhookUse... webhooks) {
    List<Capacity> capacities = Capacity.of(snapshot(recent, webhooks));
    assertThat(capacities).hasSize(1);
    return capacities.get(0);
  }

  @Test
  void whatIsLeftIsLeftInAllWebhooksThatTakeRows() {
    assertThat(
            capacity(
                    Map.of(),
                    webhook("a", 45_000, 44_000),
                    webhook("b", 45_000, 0),
                    webhook("c", 45_000, 45_100),
                    webhook("d", "d", 45_000, 10, 50_000, 10, State.EXHAUSTED),
                    webhook("e", "e", 10, 1, 50_000, 1, State.REFUSING))
                .left())
        .isEqualTo(1_000 + 45_000 + 9);
  }

  @Test
  void aClayTableTakesNoMoreThanItsOwnRowsThroughAllItsWebhooks() {
    assertThat(
            capacity(
                    Map.of(),
                    webhook("a", "sheet", 45_000, 1_000, 50_000, 41_000, State.OPEN),
                    webhook("b", "sheet", 45_000, 40_000, 50_000, 41_000, State.OPEN))
                .left())
        .isEqualTo(9_000);
    assertThat(capacity(Map.of(), webhook("a", "a", 100, 10, 5, 10, State.OPEN)).left()).isZero();
  }

  @Test
  void theRunwayIsWhatIsLeftAtTheLastWeeksUse() {
    Map<String, RecentUse> recent =
        Map.of("id of a", new RecentUse(2_000, 7), "id of b", new RecentUse(1_500, 2));
    Capacity capacity = capacity(recent, webhook("a", 45_000, 45_000), webhook("b", 45_000, 1_500));
    assertThat(capacity.leadsPerDay()).isEqualTo(500);
    assertThat(capacity.runwayDays()).isCloseTo(87, within(1e-9));
    assertThat(capacity(Map.of(), webhook("a", 45_000, 45_000)).runwayDays()).isNull();
  }

  @Test
  void nothingLimitsATableThatDeletesItsRows() {
    Capacity capacity =
        capacity(
            Map.of("id of a", new RecentUse(10, 1)),
            webhook("a", "a", 0, 70_000, 0, 70_000, State.OPEN));
    assertThat(capacity.left()).isNull();
    assertThat(capacity.runwayDays()).isNull();
    assertThat(capacity.leadsPerDay()).isEqualTo(10);
  }

  @Test
  void peopleReadTheRunwayAndTheOrdersOfTheOperator() {
    String text =
        StatusText.of(
            snapshot(
                Map.of("id of a", new RecentUse(7_000, 7)),
                webhook("a", 45_000, 40_000),
                webhook("b", 45_000, 39_999)),
            NOW);
    assertThat(text)
        .contains("nearly full", "open")
        .contains("tech: 10,001 rows left; at 1,000 a day, as in the last week, they last 10 days")
        .contains("paused: \"kiln resume workspace main\"")
        .contains("at most 2.5 leads a second by \"kiln rate\"");
    assertThat(StatusText.of(snapshot(Map.of(), webhook("a", 0, 7)), NOW))
        .doesNotContain("rows left");
    assertThat(StatusText.of(snapshot(Map.of(), webhook("a", 9, 7)), NOW))
        .contains("tech: 2 rows left\n");
  }

  @Test
  void programsReadTheSame() throws IOException {
    JsonNode json =
        new ObjectMapper()
            .readTree(
                StatusJson.of(
                    snapshot(
                        Map.of("id of a", new RecentUse(7_000, 7)), webhook("a", 45_000, 40_000)),
                    List.of(),
                    NOW));
    assertThat(json.path("capacities").path(0).toString())
        .isEqualTo(
            "{\"table\":\"tech\",\"left\":5000,\"leads_per_day\":1000.0,\"runway_days\":5.0}");
    assertThat(json.path("webhooks").path(0).path("state").asText()).isEqualTo("nearly full");
    assertThat(json.path("webhooks").path(0).path("leads_per_day").asDouble()).isEqualTo(1_000);
    assertThat(json.path("workspaces").path(0).path("rate_set").asDouble()).isEqualTo(2.5);
    assertThat(json.path("workspaces").path(0).path("paused").asBoolean()).isTrue();
  }

  @Test
  void howLongTheOldestLeadOfATableWaitsIsToldInItsTwoLargestUnits() {
    assertThat(waits(Duration.ofSeconds(-3))).contains(" 0 s");
    assertThat(waits(Duration.ofSeconds(59))).contains(" 59 s");
    assertThat(waits(Duration.ofSeconds(3599))).contains(" 59 min 59 s");
    assertThat(waits(Duration.ofMinutes(1439))).contains(" 23 h 59 min");
    assertThat(waits(Duration.ofHours(49))).contains(" 2 d 1 h");
  }

  private static String waits(Duration age) {
    RunAccount run =
        new RunAccount(
            "run",
            "run",
            "",
            Priority.NORMAL,
            "READ",
            false,
            "",
            "",
            0,
            0,
            Map.of(),
            Map.of(),
            0,
            "");
    TableAccount table = new TableAccount("tech", Map.of(), null, NOW.minus(age));
    return StatusText.of(
        new Snapshot(
            List.of(run),
            List.of(table),
            List.of(),
            Map.of(),
            List.of(),
            BudgetAccount.EMPTY,
            List.of()),
        NOW);
  }

  @Test
  void numbersAreWrittenAlikeInEveryLocale() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      peopleReadTheRunwayAndTheOrdersOfTheOperator();
      assertThat(new TextTable("n").row(12_345)).asString().contains("  12,345");
    } finally {
      Locale.setDefault(before);
    }
  }
}
