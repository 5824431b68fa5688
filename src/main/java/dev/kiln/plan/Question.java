package dev.kiln.plan;

import dev.kiln.clay.Table;
import dev.kiln.clay.Workspace;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What a plan is asked for. What is null is as clay.yaml says. Immutable.
 *
 * @param leads leads a month, at least 1
 * @param months how many months, at least 1
 * @param retryPercent leads sent again after an unknown outcome, in percent of all; from 0
 * @param ratePerSecond leads a second of every workspace, above 0; or null
 * @param creditsPerLead Data Credits that a lead takes in any table, from 0 (own API keys take
 *     none); or null
 * @param actionsPerLead Actions that a lead takes in any table, from 0; or null
 * @param autoDelete whether every table deletes its rows itself, whatever clay.yaml says
 * @param hourlyCaps whether the workspaces' caps on leads in an hour hold
 */
public record Question(
    long leads,
    int months,
    BigDecimal retryPercent,
    @Nullable BigDecimal ratePerSecond,
    @Nullable BigDecimal creditsPerLead,
    @Nullable BigDecimal actionsPerLead,
    boolean autoDelete,
    boolean hourlyCaps) {
  /**
   * A question with everything as clay.yaml says, for one month and nothing sent again.
   *
   * @param leads leads a month, at least 1
   */
  public static Question of(long leads) {
    return new Question(leads, 1, BigDecimal.ZERO, null, null, null, false, true);
  }

  Question withOwnKeys() {
    return with(ratePerSecond, BigDecimal.ZERO, autoDelete, hourlyCaps);
  }

  Question withAutoDelete() {
    return with(ratePerSecond, creditsPerLead, true, hourlyCaps);
  }

  Question withRate(BigDecimal raised) {
    return with(raised, creditsPerLead, autoDelete, hourlyCaps);
  }

  Question withoutHourlyCaps() {
    return with(ratePerSecond, creditsPerLead, autoDelete, false);
  }

  private Question with(
      @Nullable BigDecimal rate, @Nullable BigDecimal credits, boolean deleting, boolean capped) {
    return new Question(
        leads, months, retryPercent, rate, credits, actionsPerLead, deleting, capped);
  }

  /** The rows that so many leads make: what is sent again is a row again. */
  BigDecimal rows(long sent) {
    return BigDecimal.valueOf(sent).multiply(retryPercent.movePointLeft(2).add(BigDecimal.ONE));
  }

  BigDecimal credits(Table table) {
    return creditsPerLead == null ? table.creditsPerLead() : creditsPerLead;
  }

  BigDecimal actions(Table table) {
    return actionsPerLead == null ? table.actionsPerLead() : actionsPerLead;
  }

  boolean autoDelete(Table table) {
    return autoDelete || table.autoDelete();
  }

  /** The workspace as it is asked for. */
  Workspace workspace(Workspace written) {
    return new Workspace(
        written.name(),
        ratePerSecond == null ? written.ratePerSecond() : ratePerSecond.doubleValue(),
        hourlyCaps ? written.leadsPerHour() : 0);
  }
}
