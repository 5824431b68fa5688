package dev.kiln.plan;

import static dev.kiln.plan.PlanFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.clay.Catalogue;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.DryRun;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.BudgetAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.LedgerView.WorkspaceAccount;
import dev.kiln.ledger.NewLead;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Run;
import dev.kiln.ledger.WaitReason;
import dev.kiln.ledger.Waiting;
import dev.kiln.ledger.WebhookUse;
import dev.kiln.plan.Preview.FilePreview;
import dev.kiln.plan.Preview.WebhookPreview;
import dev.kiln.plan.Preview.WorkspacePreview;
import dev.kiln.status.PreviewJson;
import dev.kiln.status.PreviewText;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ForecastTest {
  private static final Instant NOW = Instant.parse("2026-11-25T10:00:00Z");

  /** Good leads by table. */
  private static DryRun leads(Catalogue catalogue, Map<String, Integer> tables) {
    DryRun rows =
        new DryRun(
            null,
            Duration.ofDays(90),
            catalogue.budgets().at(catalogue.tables().values(), NOW, null),
            true);
    rows.begin("leads.csv");
    Run run = new Run("run", "", Priority.NORMAL, 0, 0, 0, false, DedupeMode.SKIP, false);
    tables.forEach(
        (table, count) -> {
          List<NewLead> leads = new ArrayList<>();
          for (int i = 0; i < count; i++) {
            leads.add(new NewLead(i + 1, i + 2, table, null, "", "{}", null, List.of(), 6_000));
          }
          rows.add(run, leads, lead -> false);
        });
    return rows;
  }

  private static Preview preview(
      PlanFixture fixture, Priority priority, Map<String, Integer> tables) {
    return new Forecast(fixture.catalogue(), fixture.ledger(), priority)
        .of(
            List.of(new FilePreview("leads.csv", 1, 0, "", null)),
            leads(fixture.catalogue(), tables),
            Map.of());
  }

  private static PlanFixture queued(long leads) {
    return new PlanFixture()
        .table("tech", webhook("tech", "tech-1", 100, 10, "clay"), webhook("tech", "tech-2"))
        .run(Map.of("tech", Map.of(LeadState.QUEUED, leads, LeadState.ACCEPTED, 7L)));
  }

  @Test
  void leadsOfTheSameOrAHigherPriorityGoFirst() {
    Preview normal = preview(queued(80), Priority.NORMAL, Map.of("tech", 30));
    assertThat(normal.webhooks())
        .containsExactly(
            new WebhookPreview("tech-1", "tech", 100, 10, 80, 10),
            new WebhookPreview("tech-2", "tech", 45_000, 0, 0, 20));
    assertThat(normal.webhooks().get(0).then()).isEqualTo(100);
    assertThat(normal.workspaces())
        .singleElement()
        .satisfies(
            main -> {
              assertThat(main.ahead()).isEqualTo(80);
              assertThat(main.leads()).isEqualTo(30);
              assertThat(main.hours()).isCloseTo(110 / 8.0 / 3600, within(1e-9));
            });

    Preview high = preview(queued(80), Priority.HIGH, Map.of("tech", 30));
    assertThat(high.workspaces()).extracting(WorkspacePreview::ahead).containsExactly(0L);
    assertThat(high.webhooks()).extracting(WebhookPreview::leads).containsExactly(30L, 0L);
  }

  @Test
  void whatFindsNoRoomWaitsAndTakesNoTime() {
    PlanFixture fixture =
        new PlanFixture()
            .table("tech", webhook("tech", "tech-1", 100, 60, "clay"))
            .table("none")
            .table("endless", "main", 2, 100, true, webhook("endless", "endless-1", 10, 0, "own"));
    Preview preview =
        preview(fixture, Priority.NORMAL, Map.of("tech", 50, "none", 5, "endless", 500));
    assertThat(preview.tables())
        .extracting(Preview.TablePreview::waits)
        .containsExactly(10L, 5L, 0L);
    assertThat(preview.tables().get(0).credits()).isEqualByComparingTo("300");
    assertThat(preview.webhooks())
        .containsExactly(
            new WebhookPreview("tech-1", "tech", 100, 60, 0, 40),
            new WebhookPreview("endless-1", "endless", 0, 0, 0, 500));
    assertThat(preview.workspaces().get(0).hours())
        .as("the slow table's 500 at 2/s")
        .isCloseTo(250 / 3600.0, within(1e-9));
    assertThat(preview.notes())
        .hasSize(2)
        .anyMatch(note -> note.contains("tech have no room for 10 leads"))
        .anyMatch(note -> note.contains("Table none has no webhook"));
    assertThat(PreviewText.of(preview)).contains("4 min 10 s", "none", "no room for 10");
    assertThat(PreviewJson.of(preview)).contains("\"cap\" : null", "\"waits_for_room\" : 10");
  }

  @Test
  void theLedgerKnowsTheRateAndWhatStandsStill() {
    PlanFixture fixture =
        new PlanFixture()
            .table("tech", webhook("tech", "tech-1"), webhook("tech", "tech-2"))
            .use("tech", "tech-1", "tech-1", 300, 300, WebhookUse.State.REFUSING)
            .use("tech", "tech-2", "tech-2", 0, 0, WebhookUse.State.EXHAUSTED);
    Snapshot known = fixture.ledger();
    Snapshot ledger =
        new Snapshot(
            known.runs(),
            List.of(
                new TableAccount(
                    "tech", Map.of(), new Waiting(WaitReason.EXHAUSTED, "all is full", NOW), null)),
            known.webhooks(),
            Map.of(),
            List.of(new WorkspaceAccount("main", "", 1, NOW, NOW, 2.0, true, NOW)),
            BudgetAccount.EMPTY,
            List.of());
    Forecast forecast = new Forecast(fixture.catalogue(), ledger, Priority.NORMAL);
    assertThat(forecast.webhook(fixture.catalogue().table("tech").orElseThrow()))
        .isEqualTo("tech-1");
    Preview preview =
        forecast.of(List.of(), leads(fixture.catalogue(), Map.of("tech", 20)), Map.of());
    assertThat(preview.workspaces())
        .extracting(WorkspacePreview::ratePerSecond)
        .containsExactly(2.0);
    assertThat(preview.webhooks()).extracting(WebhookPreview::then).containsExactly(320L, 0L);
    assertThat(preview.notes())
        .containsExactly(
            "Table tech waits now: all is full.",
            "Clay refuses webhook tech-1 now; it is counted as if it took rows again.",
            "Workspace main is paused: \"kiln resume workspace main\".");
  }

  @Test
  void whatABudgetHoldsIsNeitherSentNorPaid() {
    PlanFixture fixture =
        new PlanFixture().table("tech", webhook("tech", "tech-1")).budgets(1_000, 0, 0, 5_000);
    Preview preview = preview(fixture, Priority.LOW, Map.of("tech", 200));
    assertThat(preview.tables())
        .singleElement()
        .satisfies(
            tech -> {
              assertThat(tech.states())
                  .isEqualTo(Map.of(LeadState.QUEUED, 166L, LeadState.HELD, 34L));
              assertThat(tech.sent()).isEqualTo(166);
              assertThat(tech.credits()).isEqualByComparingTo("996");
            });
    assertThat(preview.webhooks()).extracting(WebhookPreview::leads).containsExactly(166L);
    assertThat(preview.covers())
        .extracting(DryRun.Cover::account)
        .containsExactly("day 2026-11-25", "month from 2026-11-01");
    assertThat(PreviewText.of(preview))
        .contains("Held by a budget", "2026-11-26T00:00:00Z", "day 2026-11-25 (1000 Data Credits)")
        .containsPattern("day 2026-11-25 +Data Credits +1,000 +0 +0 +996 ")
        .containsPattern("month from 2026-11-01 +Actions +5,000 +0 +0 +664 ")
        .containsPattern("leads.csv +tech +34 +168 ");
    assertThat(PreviewJson.of(preview))
        .contains("\"from_line\" : 168", "\"leads\" : 34", "\"by\" : \"BUDGET\"");
  }
}
