package dev.kiln.ledger;

/**
 * What went through a webhook lately.
 *
 * @param leads leads of the last seven days, today included (UTC)
 * @param days over how many of them: from its first use in that time, 1 to 7
 */
public record RecentUse(long leads, long days) {
  /** A webhook that was not used lately. */
  public static final RecentUse NONE = new RecentUse(0, 7);

  /** The two over the longer of their times. */
  public RecentUse plus(RecentUse other) {
    return new RecentUse(leads + other.leads, Math.max(days, other.days));
  }

  /** Leads a day on average. */
  public double leadsPerDay() {
    return (double) leads / days;
  }
}
