package dev.kiln.clay;

/**
 * A Clay workspace: what Clay's rate limit belongs to, over all its tables and webhooks (Clay: 10
 * requests a second, burst 20). Immutable.
 *
 * @param name {@code [a-z0-9][a-z0-9-]{0,62}}
 * @param ratePerSecond leads a second over the whole workspace; above 0, default 8
 * @param leadsPerHour leads in any hour; 0, the default, is no cap (legacy Explorer plan: 400)
 */
public record Workspace(String name, double ratePerSecond, int leadsPerHour) {
  /**
   * The rate that both limits allow, rows a second: an hourly cap is spread evenly over the hour.
   */
  public double allowedRate() {
    return leadsPerHour == 0 ? ratePerSecond : Math.min(ratePerSecond, leadsPerHour / 3600.0);
  }

  /** The same workspace at another rate, leads a second. */
  public Workspace at(double rate) {
    return new Workspace(name, rate, leadsPerHour);
  }
}
