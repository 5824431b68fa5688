package dev.kiln.ledger;

/**
 * Why a queued lead is not sent now. None of these is a failure of Clay, and none costs an attempt.
 */
public enum WaitReason {
  /**
   * The lead is no longer queued, or not yet due: somebody else moved it. Concerns the lead alone.
   */
  NOT_DUE(Scope.LEAD),
  /** This node does not lead the workspace, or no longer. */
  NOT_LEADER(Scope.WORKSPACE),
  /** Clay asked the workspace to wait (429). */
  PAUSED(Scope.WORKSPACE),
  /** The operator has paused the workspace. */
  WORKSPACE_PAUSED(Scope.WORKSPACE),
  /** The operator has paused the table. */
  TABLE_PAUSED(Scope.TABLE),
  /** Kiln is stopping. */
  STOPPING(Scope.WORKSPACE),
  /** A budget has no room for it. */
  BUDGET(Scope.TABLE),
  /** Every webhook of the table has reached its cap. */
  EXHAUSTED(Scope.TABLE),
  /** Every webhook that is left refuses: token or URL. */
  REFUSING(Scope.TABLE),
  /** The Clay table behind the webhooks has reached its row cap. */
  TABLE_FULL(Scope.TABLE),
  /** The table is no longer in the catalogue. */
  NO_TABLE(Scope.TABLE),
  /** The table has no webhook in the catalogue. */
  NO_WEBHOOK(Scope.TABLE),
  /** The table's circuit breaker is open. */
  BREAKER_OPEN(Scope.TABLE),
  /** The table's route is stopped. */
  ROUTE_STOPPED(Scope.TABLE),
  /** A route on the way to the table fails. */
  ROUTE_FAILED(Scope.TABLE);

  /** What a reason keeps waiting. */
  public enum Scope {
    /** One lead. */
    LEAD,
    /** One table. */
    TABLE,
    /** A whole workspace. */
    WORKSPACE
  }

  private final Scope scope;

  WaitReason(Scope scope) {
    this.scope = scope;
  }

  /** What this reason keeps waiting. */
  public Scope scope() {
    return scope;
  }

  /**
   * Whether waiting ends only when an operator acts (or a period turns), not by itself within
   * minutes.
   */
  public boolean parks() {
    return switch (this) {
      case WORKSPACE_PAUSED,
          TABLE_PAUSED,
          EXHAUSTED,
          REFUSING,
          TABLE_FULL,
          NO_TABLE,
          NO_WEBHOOK,
          ROUTE_STOPPED,
          BUDGET ->
          true;
      case NOT_DUE, NOT_LEADER, PAUSED, STOPPING, BREAKER_OPEN, ROUTE_FAILED -> false;
    };
  }
}
