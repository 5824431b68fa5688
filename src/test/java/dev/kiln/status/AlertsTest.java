package dev.kiln.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.clay.Budgets;
import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Workspace;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.BudgetAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.RecentUse;
import dev.kiln.ledger.WaitReason;
import dev.kiln.ledger.Waiting;
import dev.kiln.ledger.WebhookUse;
import dev.kiln.ledger.WebhookUse.State;
import dev.kiln.status.Alert.News;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What raises an alert, and when it is told. */
final class AlertsTest {
  private static final Instant NOW = Instant.parse("2026-11-25T10:00:00Z");
  private static final Duration STALLED = Duration.ofMinutes(20);
  private static final Catalogue CATALOGUE =
      new Catalogue(Map.of("main", new Workspace("main", 8, 0)), Map.of(), Budgets.none());

  private boolean due = true;
  private final Alerts alerts =
      new Alerts(STALLED, Duration.ofDays(7), table -> due, NOW.minus(Duration.ofHours(5)));

  private static Facts facts(Snapshot snapshot, BudgetUse... budgets) {
    return new Facts(NOW, CATALOGUE, snapshot, List.of(budgets));
  }

  private static Facts budget(String spent) {
    return budget(spent, "1000", "2026-11-26");
  }

  private static Facts budget(String spent, String cap, String ends) {
    return facts(
        Snapshot.EMPTY,
        new BudgetUse(
            "credits",
            "day",
            new BigDecimal(spent),
            new BigDecimal(cap),
            Instant.parse(ends + "T00:00:00Z")));
  }

  private static WebhookUse use(String id, long used, State state) {
    String name = id.equals("id") ? "tech-1" : id;
    return new WebhookUse(
        id, name, "tech", name, 45_000, used, used, 50_000, state, null, "Ada Lovelace");
  }

  private static Facts webhook(long used, State state, Map<String, RecentUse> recent) {
    return webhooks(recent, use("id", used, state));
  }

  private static Facts webhooks(Map<String, RecentUse> recent, WebhookUse... uses) {
    return facts(
        new Snapshot(
            List.of(),
            List.of(),
            List.of(uses),
            recent,
            List.of(),
            BudgetAccount.EMPTY,
            List.of()));
  }

  private static Facts queued(@Nullable Waiting waiting) {
    return queued(waiting, 0);
  }

  private static Facts queued(@Nullable Waiting waiting, long accepted) {
    return facts(
        new Snapshot(
            List.of(),
            List.of(
                new TableAccount(
                    "tech",
                    Map.of(LeadState.QUEUED, 5L, LeadState.ACCEPTED, accepted),
                    waiting,
                    NOW)),
            List.of(),
            Map.of(),
            List.of(),
            BudgetAccount.EMPTY,
            List.of()));
  }

  private static Facts later(Duration time, Facts facts) {
    return new Facts(NOW.plus(time), facts.catalogue(), facts.snapshot(), facts.budgets());
  }

  private List<String> told(Facts facts) {
    return alerts.look(facts).stream().map(News::text).toList();
  }

  @Test
  void aBudgetIsToldAtSeventyEightyAndNinetyPercentAndOnceItTurns() {
    assertThat(told(budget("699.9"))).isEmpty();
    assertThat(told(budget("700")))
        .singleElement()
        .asString()
        .contains("70 % of the Data Credits of this day are spent, 700 of 1,000")
        .contains("2026-11-26T00:00:00Z", "raise budgets in config/clay.yaml");
    assertThat(told(budget("799"))).isEmpty();
    assertThat(told(budget("850"))).hasSize(1);
    assertThat(told(budget("799"))).as("what hovers is not told over and over").isEmpty();
    assertThat(told(budget("850"))).isEmpty();
    assertThat(told(budget("1000"))).singleElement().asString().contains("100 %");
    assertThat(told(budget("0"))).isEmpty();
    assertThat(told(budget("0"))).isEmpty();
    assertThat(told(budget("0"))).containsExactly("Kiln: over, budget of credits of the day.");
    assertThat(told(budget("0"))).isEmpty();
    assertThat(alerts.raised()).isEmpty();
  }

  @Test
  void aRaisedCapAndANewDayAreToldAnewAndTheWordsAreThoseOfNow() {
    told(budget("850"));
    assertThat(told(budget("870"))).isEmpty();
    assertThat(alerts.raised())
        .singleElement()
        .satisfies(
            alert -> {
              assertThat(alert.level()).isEqualTo(Alert.Level.SPENT_80);
              assertThat(alert.what()).contains("87 %", "870 of 1,000");
            });
    assertThat(told(budget("900", "1100", "2026-11-26")))
        .singleElement()
        .asString()
        .contains("81 %", "900 of 1,100");
    assertThat(told(budget("1045", "1100.00", "2026-11-26")))
        .singleElement()
        .asString()
        .contains("95 %");
    assertThat(told(budget("800", "1100", "2026-11-27")))
        .singleElement()
        .asString()
        .contains("72 %", "2026-11-27");
    assertThat(told(budget("0", "1100", "2026-11-28"))).isEmpty();
  }

  @Test
  void ofATableThatGotAWebhookItIsToldAnewWhatIsLeft() {
    RecentUse recent = new RecentUse(35_000, 7);
    WebhookUse full = use("a", 45_000, State.OPEN);
    assertThat(told(webhooks(Map.of("a", recent), full)))
        .singleElement()
        .asString()
        .contains("used up");
    WebhookUse fresh = use("b", 40_000 - 1, State.OPEN);
    assertThat(told(webhooks(Map.of("a", recent), full, fresh)))
        .singleElement()
        .asString()
        .contains("room for 5,001 rows");
    assertThat(told(webhooks(Map.of("a", recent), full, use("b", 45_000, State.OPEN))))
        .singleElement()
        .asString()
        .contains("used up");
  }

  @Test
  void aWebhookIsToldAtFortyThousandAndItsTableOnceNothingIsLeft() {
    assertThat(told(webhook(39_999, State.OPEN, Map.of()))).isEmpty();
    assertThat(told(webhook(40_000, State.OPEN, Map.of())))
        .singleElement()
        .asString()
        .contains("tech-1 of table tech has taken 40,000 rows of its 45,000", "duplicate");
    assertThat(told(webhook(45_000, State.OPEN, Map.of())))
        .singleElement()
        .asString()
        .contains("Every webhook of table tech is used up", "config/clay.yaml");
    for (int look = 0; look < 4; look++) {
      assertThat(told(webhook(45_000, State.OPEN, Map.of()))).as("nothing is over").isEmpty();
    }
    assertThat(alerts.raised()).hasSize(1);
  }

  @Test
  void roomForLessThanAWeekIsTold() {
    assertThat(told(webhook(10_000, State.OPEN, Map.of("id", new RecentUse(35_000, 7))))).isEmpty();
    assertThat(told(webhook(10_001, State.OPEN, Map.of("id", new RecentUse(35_000, 7)))))
        .singleElement()
        .asString()
        .contains("Table tech has room for 34,999 rows, which last 6 days");
  }

  @Test
  void refusingAndExhaustedWebhooksAreToldWithoutWhatClaySaid() {
    assertThat(told(webhook(1, State.REFUSING, Map.of())))
        .singleElement()
        .asString()
        .contains("Clay refuses webhook tech-1", "config/secrets")
        .doesNotContain("Ada Lovelace");
    assertThat(told(webhook(1, State.EXHAUSTED, Map.of())))
        .anyMatch(text -> text.contains("record limit"))
        .anyMatch(text -> text.contains("Every webhook of table tech is used up"));
  }

  @Test
  void dueLeadsOfWhichNoneGetsThroughAreTold() {
    assertThat(told(queued(null))).as("the first after hours").isEmpty();
    assertThat(told(later(STALLED, queued(null)))).isEmpty();
    due = false;
    assertThat(told(later(STALLED.plusSeconds(1), queued(null)))).isEmpty();
    due = true;
    assertThat(told(later(STALLED.plusSeconds(1), queued(null))))
        .singleElement()
        .asString()
        .contains("Leads of table tech are due and none got through for 20 min");
  }

  @Test
  void whatGetsThroughByAnotherNodeIsNoStall() {
    assertThat(told(queued(null, 5))).isEmpty();
    assertThat(told(later(STALLED.plusSeconds(1), queued(null, 6)))).isEmpty();
    assertThat(told(later(STALLED.plusSeconds(2), queued(null, 6)))).isEmpty();
  }

  @Test
  void aPauseIsNoTimeInWhichLeadsWereDue() {
    Waiting paused = new Waiting(WaitReason.TABLE_PAUSED, "a cure", NOW);
    assertThat(told(queued(null))).isEmpty();
    assertThat(told(later(STALLED, queued(paused)))).isEmpty();
    assertThat(told(later(STALLED.plusSeconds(1), queued(null)))).isEmpty();
    assertThat(told(later(STALLED.multipliedBy(2).plusSeconds(2), queued(null)))).hasSize(1);
  }

  @Test
  void aWaitOfItsOwnNamesItsCureOnceItLasts() {
    String cure = "Route table-tech is stopped on this node: start it to go on";
    Waiting waiting = new Waiting(WaitReason.ROUTE_STOPPED, cure, NOW);
    assertThat(told(queued(waiting))).isEmpty();
    assertThat(told(later(STALLED, queued(waiting)))).isEmpty();
    assertThat(told(later(STALLED.plusSeconds(1), queued(waiting))))
        .singleElement()
        .asString()
        .contains(cure);
  }

  @ParameterizedTest
  @EnumSource(
      value = WaitReason.class,
      names = {"WORKSPACE_PAUSED", "TABLE_PAUSED", "BUDGET", "EXHAUSTED", "REFUSING", "TABLE_FULL"})
  void whatIsOrderedOrToldElsewhereIsNoStall(WaitReason reason) {
    assertThat(told(queued(new Waiting(reason, "a cure", NOW.minus(Duration.ofDays(1))))))
        .isEmpty();
  }
}
