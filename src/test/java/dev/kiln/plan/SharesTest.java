package dev.kiln.plan;

import static dev.kiln.plan.PlanFixture.webhook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ledger.LeadState;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SharesTest {
  private final PlanFixture fixture =
      new PlanFixture()
          .table("tech", webhook("tech", "tech-1"))
          .table("finance", webhook("finance", "finance-1"))
          .table("events", webhook("events", "events-1"));

  @Test
  void allGoToTheFirstTableWhereNothingIsKnown() {
    Shares shares = fixture.shares(Map.of());

    assertThat(shares.split(7)).isEqualTo(Map.of("tech", 7L));
    assertThat(shares.origin()).isEqualTo("all to tech, the first table in clay.yaml");
  }

  @Test
  void elseTheyGoAsTheNewestLeadsInTheLedgerWent() {
    Shares shares =
        fixture
            .run(
                Map.of(
                    "tech", Map.of(LeadState.ACCEPTED, 5_000L, LeadState.QUEUED, 1_000L),
                    "finance", Map.of(LeadState.REFUSED, 4_000L, LeadState.DUPLICATE, 90L),
                    "gone", Map.of(LeadState.ACCEPTED, 8L)))
            .run(Map.of("events", Map.of(LeadState.ACCEPTED, 1_000_000L)))
            .shares(Map.of());

    assertThat(shares.split(100)).isEqualTo(Map.of("tech", 60L, "finance", 40L));
    assertThat(shares.origin()).isEqualTo("as the last 10,000 leads in the ledger went");
  }

  @Test
  void givenSharesComeFirstAndTheRestGoesAsUsual() {
    assertThat(fixture.shares(Map.of("finance", 20)))
        .satisfies(
            shares -> {
              assertThat(shares.split(1_000)).isEqualTo(Map.of("tech", 800L, "finance", 200L));
              assertThat(shares.origin()).startsWith("as --share says, the rest all to tech");
            });
    fixture.run(
        Map.of(
            "tech", Map.of(LeadState.ACCEPTED, 3L),
            "finance", Map.of(LeadState.ACCEPTED, 90L),
            "events", Map.of(LeadState.ACCEPTED, 1L)));
    assertThat(fixture.shares(Map.of("finance", 20)).split(1_000))
        .isEqualTo(Map.of("tech", 600L, "finance", 200L, "events", 200L));
    assertThat(fixture.shares(Map.of("finance", 30, "events", 70)))
        .satisfies(
            shares -> {
              assertThat(shares.split(10)).isEqualTo(Map.of("finance", 3L, "events", 7L));
              assertThat(shares.origin()).isEqualTo("as --share says");
            });
  }

  @Test
  void leadsThatDoNotDivideGoWhereTheyAreMissedMost() {
    Shares shares = fixture.shares(Map.of("tech", 50, "finance", 30, "events", 20));
    assertThat(shares.split(7)).isEqualTo(Map.of("tech", 4L, "finance", 2L, "events", 1L));
    assertThat(shares.split(3)).isEqualTo(Map.of("tech", 2L, "finance", 1L, "events", 0L));
    assertThat(shares.split(1)).isEqualTo(Map.of("tech", 1L, "finance", 0L, "events", 0L));
    assertThat(fixture.shares(Map.of("finance", 50, "events", 50)).split(3))
        .as("the first in clay.yaml among equals")
        .isEqualTo(Map.of("finance", 2L, "events", 1L));
  }

  @Test
  void aShareOfNothingLeavesItsTableOut() {
    assertThat(fixture.shares(Map.of("finance", 0)).split(7)).isEqualTo(Map.of("tech", 7L));
  }

  @Test
  void refusesSharesThatCannotBe() {
    assertThatThrownBy(() -> fixture.shares(Map.of("finanse", 20)))
        .hasMessage("clay.yaml has no table finanse; did you mean \"finance\"?");
    assertThatThrownBy(() -> fixture.shares(Map.of("tech", 60, "finance", 50)))
        .hasMessage("the shares make 110 %, more than 100");
    assertThatThrownBy(() -> fixture.shares(Map.of("tech", -1)))
        .hasMessage("the share of tech is below 0");
    assertThatThrownBy(() -> fixture.shares(Map.of("tech", 80)))
        .hasMessage("the shares make 80 %; give the rest to another table");
  }
}
