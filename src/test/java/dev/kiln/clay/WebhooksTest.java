package dev.kiln.clay;

import static dev.kiln.clay.DeliveryFixture.table;
import static dev.kiln.clay.DeliveryFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.kiln.ledger.ListedWebhook;
import dev.kiln.ledger.NotSent;
import dev.kiln.ledger.WaitReason;
import dev.kiln.ledger.WebhookUse;
import dev.kiln.ledger.WebhookUse.State;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class WebhooksTest {
  private static final Instant NOW = Instant.parse("2026-11-25T10:00:00Z");
  private static final int ROW_CAP = 100;
  private static final Table TABLE = table("tech", 0, ROW_CAP, false);
  private static final Table AUTO_DELETE = table("tech", 0, ROW_CAP, true);

  private static WebhookUse use(
      String name, long cap, long used, long rows, State state, @Nullable Instant probeAt) {
    return new WebhookUse(
        "id of " + name,
        name,
        "tech",
        "sheet of " + name,
        cap,
        used,
        rows,
        cap == 0 ? 0 : ROW_CAP,
        state,
        probeAt,
        state == State.OPEN ? "" : "HTTP 401 no such token");
  }

  private static WebhookUse open(String name, long used) {
    return use(name, 50, used, used, State.OPEN, null);
  }

  private static WebhookUse refusing(String name, Instant probeAt) {
    return use(name, 50, 0, 0, State.REFUSING, probeAt);
  }

  private static WebhookUse exhausted(String name) {
    return use(name, 50, 20, 20, State.EXHAUSTED, null);
  }

  private static String chosen(Table table, WebhookUse... uses) {
    return Webhooks.choose(table, List.of(uses), NOW).name();
  }

  private static NotSent refusal(Table table, WebhookUse... uses) {
    NotSent notSent =
        catchThrowableOfType(NotSent.class, () -> Webhooks.choose(table, List.of(uses), NOW));
    assertThat(notSent).isNotNull();
    return notSent;
  }

  @Test
  void theFirstThatCanTakeARowIsFilledToItsCapAndThenTheNext() {
    assertThat(chosen(TABLE, open("a", 49), open("b", 0))).isEqualTo("a");
    assertThat(chosen(TABLE, open("a", 50), open("b", 0))).isEqualTo("b");
    assertThat(chosen(TABLE, open("a", 51), open("b", 0))).isEqualTo("b");
    assertThat(chosen(TABLE, exhausted("a"), open("b", 0))).isEqualTo("b");
  }

  @Test
  void aFullClayTableIsPassedOverForTheNext() {
    assertThat(chosen(TABLE, use("a", 50, 1, ROW_CAP, State.OPEN, null), open("b", 0)))
        .isEqualTo("b");
    assertThat(chosen(TABLE, use("a", 50, 1, ROW_CAP - 1, State.OPEN, null))).isEqualTo("a");
  }

  @Test
  void autoDeleteLiftsTheCapOfTheClayTableAndOfItsWebhooks() {
    assertThat(chosen(AUTO_DELETE, use("a", 0, 70_000, 70_000, State.OPEN, null))).isEqualTo("a");
    assertThat(
            Webhooks.listed(
                DeliveryFixture.catalogue(
                    Budgets.none(), table("tech", 0, ROW_CAP, true, webhook("a", 45_000)))))
        .extracting(ListedWebhook::cap, ListedWebhook::rowCap)
        .containsExactly(tuple(0L, 0L));
  }

  @Test
  void theCatalogueIsListedInItsOrder() {
    assertThat(
            Webhooks.listed(
                DeliveryFixture.catalogue(
                    Budgets.none(),
                    table("tech", webhook("b", 10, "sheet"), webhook("a", 20, "sheet")))))
        .containsExactly(
            new ListedWebhook("id of b", "b", "tech", "sheet", 10, 50_000, 0),
            new ListedWebhook("id of a", "a", "tech", "sheet", 20, 50_000, 0));
  }

  @Test
  void aRefusingWebhookIsProbedFromItsTimeOnAndOthersServeBefore() {
    assertThat(chosen(TABLE, refusing("a", NOW), open("b", 0))).isEqualTo("a");
    assertThat(chosen(TABLE, refusing("a", NOW.plusMillis(1)), open("b", 0))).isEqualTo("b");
  }

  @Test
  void aFullWebhookIsNotProbed() {
    assertThat(chosen(TABLE, use("a", 50, 50, 50, State.REFUSING, NOW), open("b", 0)))
        .isEqualTo("b");
  }

  @Test
  void withoutAWebhookTheCureIsToAddOne() {
    NotSent refusal = refusal(TABLE);
    assertThat(refusal.reason()).isEqualTo(WaitReason.NO_WEBHOOK);
    assertThat(refusal.until()).isNull();
    assertThat(refusal)
        .hasMessageContaining("tech")
        .hasMessageContaining("add one")
        .hasMessageContaining("config/clay.yaml");
  }

  @Test
  void whereAllThatIsLeftRefusesTheCureIsUrlAndToken() {
    NotSent refusal =
        refusal(
            TABLE,
            open("full", 50),
            refusing("a", NOW.plusSeconds(60)),
            refusing("b", NOW.plusSeconds(20)));
    assertThat(refusal.reason()).isEqualTo(WaitReason.REFUSING);
    assertThat(refusal.until()).as("the first probe").isEqualTo(NOW.plusSeconds(20));
    assertThat(refusal)
        .hasMessageContaining("a, b")
        .hasMessageContaining("HTTP 401")
        .hasMessageContaining("URL and token");
  }

  @Test
  void whereTheClayTableIsFullTheCureIsACopyOfIt() {
    NotSent refusal = refusal(TABLE, open("full", 50), use("a", 50, 1, ROW_CAP, State.OPEN, null));
    assertThat(refusal.reason()).isEqualTo(WaitReason.TABLE_FULL);
    assertThat(refusal.until()).isNull();
    assertThat(refusal)
        .hasMessageContaining("sheet of a")
        .hasMessageContaining("100 rows")
        .hasMessageContaining("duplicate it in Clay")
        .hasMessageEndingWith(
            "; if webhook a leads to another Clay table than what had its place before, give it a clay-table");
    assertThat(refusal(TABLE, use("a", 200, 100, ROW_CAP, State.OPEN, null)))
        .hasMessageEndingWith("with a name of its own, to table tech in config/clay.yaml");
  }

  @Test
  void whereAllAreUsedUpTheCureIsAnotherWebhook() {
    NotSent refusal = refusal(TABLE, open("a", 50), exhausted("b"));
    assertThat(refusal.reason()).isEqualTo(WaitReason.EXHAUSTED);
    assertThat(refusal.until()).isNull();
    assertThat(refusal)
        .hasMessageContaining("a 50/50, b 20/50")
        .hasMessageContaining("duplicate the Clay table")
        .hasMessageContaining("config/clay.yaml");
  }
}
