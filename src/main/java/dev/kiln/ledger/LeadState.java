package dev.kiln.ledger;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The states of a lead and every legal move between them. This is the one place that knows them;
 * the ledger asks here before each move.
 */
public enum LeadState {
  /** Refused at intake: the row is invalid. */
  REJECTED,
  /** Refused at intake: the same key was taken within the dedupe window. */
  DUPLICATE,
  /** Kept back for a reason with its own release. */
  HELD,
  /** Waiting until its due time. */
  QUEUED,
  /** Begun: the request may be on the wire. */
  SENDING,
  /** Clay answered 2xx. */
  ACCEPTED,
  /** It may or may not have arrived: bytes left and no trustworthy answer came. */
  UNKNOWN,
  /** Clay refused the row for the row's own fault. */
  REFUSED,
  /** Its attempts are used up. */
  DEAD,
  /** Withdrawn by the operator, maybe while its run was still being read. */
  CANCELLED,
  /** The enriched row came back. */
  ENRICHED,
  /** Accepted, and the enriched row did not come back in time. */
  MISSING;

  private static final Set<LeadState> AT_INTAKE =
      EnumSet.of(REJECTED, DUPLICATE, HELD, QUEUED, CANCELLED);

  /** Whether a row in this state was none that intake sorts out. */
  boolean passedIntake() {
    return this != REJECTED && this != DUPLICATE;
  }

  /** Whether a new row may enter the ledger in this state. */
  boolean atIntake() {
    return AT_INTAKE.contains(this);
  }

  /** The states that a lead may go to from this one. */
  public Set<LeadState> next() {
    return switch (this) {
      case REJECTED, DUPLICATE, CANCELLED, ENRICHED -> EnumSet.noneOf(LeadState.class);
      // ACCEPTED and ENRICHED: a late answer to the last attempt, while its resend still waits.
      case HELD -> EnumSet.of(QUEUED, CANCELLED, ACCEPTED, ENRICHED);
      case QUEUED -> EnumSet.of(SENDING, HELD, CANCELLED, ACCEPTED, ENRICHED);
      case SENDING -> EnumSet.of(ACCEPTED, QUEUED, UNKNOWN, REFUSED, DEAD, ENRICHED);
      case UNKNOWN -> EnumSet.of(QUEUED, ACCEPTED, ENRICHED);
      case ACCEPTED -> EnumSet.of(ENRICHED, MISSING);
      case REFUSED, DEAD -> EnumSet.of(QUEUED, ENRICHED);
      case MISSING -> EnumSet.of(QUEUED, ENRICHED);
    };
  }

  /**
   * Checks one move.
   *
   * @param to the state to go to
   * @throws IllegalStateException if the move is not legal
   */
  void mustAllow(LeadState to) {
    if (!next().contains(to)) {
      throw new IllegalStateException("A lead cannot go from " + this + " to " + to + ".");
    }
  }

  /** The states from which an operator can bring a lead back to the queue. */
  public static Set<LeadState> retried() {
    return EnumSet.of(REFUSED, DEAD, UNKNOWN, MISSING);
  }

  /** Whether the lead still wants delivery: it is queued, being sent, or held. */
  public boolean open() {
    return this == QUEUED || this == SENDING || this == HELD;
  }

  /** The states of leads of which nothing is under way any more, nor in doubt. */
  static Set<LeadState> ended() {
    return EnumSet.complementOf(EnumSet.of(HELD, QUEUED, SENDING, UNKNOWN));
  }

  /** The states of leads that Clay has accepted, whatever came back of them. */
  static Set<LeadState> gotThrough() {
    return EnumSet.of(ACCEPTED, ENRICHED, MISSING);
  }

  /** Some states as SQL lists them behind {@code IN}. */
  static String sql(Set<LeadState> states) {
    return states.stream()
        .map(state -> "'" + state.name() + "'")
        .collect(Collectors.joining(", ", "(", ")"));
  }

  /** Whether the lead's dedupe key is free again in this state. */
  boolean releasesKey() {
    return this == REFUSED || this == DEAD || this == CANCELLED;
  }

  /** Whether Clay has the lead, so that the window of its dedupe key runs. */
  boolean holdsKeyForItsWindow() {
    return this == ACCEPTED || this == ENRICHED;
  }
}
