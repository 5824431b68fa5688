package dev.kiln.plan;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * What a plan says of one table. Immutable.
 *
 * @param name the table
 * @param workspace its workspace
 * @param leads leads a month, at least 1
 * @param rows rows a month: the leads and what is sent again
 * @param creditsPerLead Data Credits that a lead takes
 * @param actionsPerLead Actions that a lead takes
 * @param ratePerSecond the table's own limit on leads a second; 0 for none
 * @param autoDelete whether its rows leave by themselves: then nothing of it fills up
 * @param rowCap rows that each of its Clay tables holds, from 1
 * @param webhookCap submissions that each of its webhooks takes, from 1
 * @param webhooks webhooks that it has in clay.yaml
 * @param rowsLeft rows that these still take; means nothing with {@code autoDelete}
 */
public record TablePlan(
    String name,
    String workspace,
    long leads,
    BigDecimal rows,
    BigDecimal creditsPerLead,
    BigDecimal actionsPerLead,
    double ratePerSecond,
    boolean autoDelete,
    int rowCap,
    int webhookCap,
    int webhooks,
    long rowsLeft) {
  /** Clay tables of about so many rows are quick to work with. */
  public static final int HANDY_ROWS = 10_000;

  /** Rows after which a webhook, or the Clay table behind it, is full. */
  public int rowsPerWebhook() {
    return Math.min(webhookCap, rowCap);
  }

  /**
   * Webhooks that so many months fill or begin to fill, each with a Clay table of its own behind
   * it; at least 1.
   *
   * @param months how many, at least 1
   */
  public long webhooks(int months) {
    return autoDelete ? 1 : parts(months, rowsPerWebhook());
  }

  /**
   * Clay tables where none is to hold more than {@link #HANDY_ROWS} rows; at least 1.
   *
   * @param months how many, at least 1
   */
  public long handyTables(int months) {
    return autoDelete ? 1 : parts(months, Math.min(rowCap, HANDY_ROWS));
  }

  private long parts(int months, int size) {
    return rows.multiply(BigDecimal.valueOf(months))
        .divide(BigDecimal.valueOf(size), 0, RoundingMode.CEILING)
        .longValueExact();
  }

  /** Data Credits a month. */
  public BigDecimal credits() {
    return creditsPerLead.multiply(BigDecimal.valueOf(leads));
  }

  /** Actions a month. */
  public BigDecimal actions() {
    return actionsPerLead.multiply(BigDecimal.valueOf(leads));
  }

  /**
   * Months until the present webhooks are full, from 0; infinite where nothing fills up. No webhook
   * at all is 0.
   */
  public double runwayMonths() {
    if (webhooks == 0) {
      return 0;
    }
    return autoDelete ? Double.POSITIVE_INFINITY : rowsLeft / rows.doubleValue();
  }
}
