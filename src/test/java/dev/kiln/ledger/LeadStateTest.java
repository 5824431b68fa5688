package dev.kiln.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class LeadStateTest {
  /** The design's table of states: each row a state that a lead leaves, each x one it may go to. */
  private static final String MOVES =
      """
                REJECTED DUPLICATE HELD QUEUED SENDING ACCEPTED UNKNOWN REFUSED DEAD CANCELLED ENRICHED MISSING
      REJECTED  .        .         .    .      .       .        .       .       .    .         .        .
      DUPLICATE .        .         .    .      .       .        .       .       .    .         .        .
      HELD      .        .         .    x      .       x        .       .       .    x         x        .
      QUEUED    .        .         x    .      x       x        .       .       .    x         x        .
      SENDING   .        .         .    x      .       x        x       x       x    .         x        .
      ACCEPTED  .        .         .    .      .       .        .       .       .    .         x        x
      UNKNOWN   .        .         .    x      .       x        .       .       .    .         x        .
      REFUSED   .        .         .    x      .       .        .       .       .    .         x        .
      DEAD      .        .         .    x      .       .        .       .       .    .         x        .
      CANCELLED .        .         .    .      .       .        .       .       .    .         .        .
      ENRICHED  .        .         .    .      .       .        .       .       .    .         .        .
      MISSING   .        .         .    x      .       .        .       .       .    .         x        .
      """;

  private static Map<LeadState, Set<LeadState>> moves() {
    List<List<String>> grid =
        MOVES.lines().map(line -> Arrays.asList(line.strip().split("\\s+", -1))).toList();
    List<LeadState> columns = grid.get(0).stream().map(LeadState::valueOf).toList();
    Map<LeadState, Set<LeadState>> moves = new EnumMap<>(LeadState.class);
    for (List<String> row : grid.subList(1, grid.size())) {
      Set<LeadState> legal = EnumSet.noneOf(LeadState.class);
      for (int i = 0; i < columns.size(); i++) {
        if (row.get(i + 1).equals("x")) {
          legal.add(columns.get(i));
        }
      }
      moves.put(LeadState.valueOf(row.get(0)), legal);
    }
    return moves;
  }

  static Stream<Arguments> pairs() {
    Map<LeadState, Set<LeadState>> moves = moves();
    return Arrays.stream(LeadState.values())
        .flatMap(
            from ->
                Arrays.stream(LeadState.values())
                    .map(
                        to ->
                            Arguments.of(
                                from, to, moves.getOrDefault(from, Set.of()).contains(to))));
  }

  @Test
  void theTableKnowsEveryState() {
    assertThat(moves()).containsOnlyKeys(LeadState.values());
    assertThat(pairs()).hasSize(144);
  }

  @ParameterizedTest(name = "{0} -> {1}: {2}")
  @MethodSource("pairs")
  void aMoveIsAllowedExactlyWhereTheTableSaysSo(LeadState from, LeadState to, boolean legal) {
    assertThat(from.next().contains(to)).isEqualTo(legal);
    if (legal) {
      assertThatCode(() -> from.mustAllow(to)).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(() -> from.mustAllow(to))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(from + " to " + to);
    }
  }

  @Test
  void nobodyCanChangeTheTableFromOutside() {
    LeadState.REJECTED.next().add(LeadState.QUEUED);
    assertThat(LeadState.REJECTED.next()).isEmpty();
  }

  @Test
  void aNewRowIsRejectedADuplicateHeldQueuedOrOfACancelledRun() {
    assertThat(LeadState.values())
        .filteredOn(LeadState::atIntake)
        .containsExactlyInAnyOrder(
            LeadState.REJECTED,
            LeadState.DUPLICATE,
            LeadState.HELD,
            LeadState.QUEUED,
            LeadState.CANCELLED);
  }

  @Test
  void onlyHeldQueuedAndSendingLeadsStillWantDelivery() {
    assertThat(LeadState.values())
        .filteredOn(LeadState::open)
        .containsExactlyInAnyOrder(LeadState.HELD, LeadState.QUEUED, LeadState.SENDING);
  }

  @Test
  void whatAnOperatorMayRetryMayGoBackToTheQueue() {
    assertThat(LeadState.retried())
        .containsExactlyInAnyOrder(
            LeadState.REFUSED, LeadState.DEAD, LeadState.UNKNOWN, LeadState.MISSING)
        .allMatch(state -> state.next().contains(LeadState.QUEUED));
  }

  @Test
  void onlyLeadsThatClayHasLetTheWindowOfTheirKeyRun() {
    assertThat(LeadState.values())
        .filteredOn(LeadState::holdsKeyForItsWindow)
        .containsExactlyInAnyOrder(LeadState.ACCEPTED, LeadState.ENRICHED);
  }

  @Test
  void onlyRefusedDeadAndCancelledLeadsReleaseTheirKey() {
    assertThat(LeadState.values())
        .filteredOn(LeadState::releasesKey)
        .containsExactlyInAnyOrder(LeadState.REFUSED, LeadState.DEAD, LeadState.CANCELLED);
  }

  @Test
  void intakeSortsOutOnlyRejectedRowsAndDuplicates() {
    assertThat(LeadState.values())
        .filteredOn(state -> !state.passedIntake())
        .containsExactlyInAnyOrder(LeadState.REJECTED, LeadState.DUPLICATE);
  }

  @Test
  void aLeadHasGotThroughWhereClayHasAcceptedIt() {
    assertThat(LeadState.gotThrough())
        .containsExactlyInAnyOrder(LeadState.ACCEPTED, LeadState.ENRICHED, LeadState.MISSING);
  }

  @Test
  void aLeadHasEndedWhereNothingOfItIsUnderWayNorInDoubt() {
    assertThat(LeadState.ended())
        .containsExactlyInAnyOrder(
            LeadState.REJECTED,
            LeadState.DUPLICATE,
            LeadState.ACCEPTED,
            LeadState.REFUSED,
            LeadState.DEAD,
            LeadState.CANCELLED,
            LeadState.ENRICHED,
            LeadState.MISSING);
  }
}
