package dev.kiln.status;

import dev.kiln.ledger.Traffic;
import dev.kiln.plan.Numbers;
import org.jspecify.annotations.Nullable;

/**
 * Clay's counter of a webhook's rows beside ours.
 *
 * @param traffic what Kiln sent through the webhook
 * @param clay what Clay's source shows; null where nobody has looked
 */
public record Reconciliation(Traffic traffic, @Nullable Long clay) {
  /** The webhook's name. */
  public String name() {
    return traffic.webhook().name();
  }

  /** Our count: a number, or the two that it lies between. */
  public String ours() {
    return traffic.least() == traffic.most()
        ? Numbers.of(traffic.most())
        : Numbers.of(traffic.least()) + " to " + Numbers.of(traffic.most());
  }

  /** Whether there is nothing that Kiln cannot explain. */
  public boolean agrees() {
    return clay == null || (clay >= traffic.least() && clay <= traffic.most());
  }

  /** Whether Clay's counter is Kiln's own, and no row is in doubt. */
  public boolean exact() {
    return clay != null && clay == traffic.most() && traffic.inDoubt() == 0;
  }

  /** What the figures mean, for a person. */
  public String words() {
    if (clay == null) {
      return made();
    }
    if (clay > traffic.most()) {
      return rows(clay - traffic.most())
          + " more than Kiln sent: something else posts to this webhook, or \"used\" was too low when Kiln first saw it;"
          + " --adopt counts them";
    }
    if (clay < traffic.least()) {
      return rows(traffic.least() - clay)
          + " fewer than Clay acknowledged: look whether it is the counter of this source, and whether \"used\" was too"
          + " high when Kiln first saw it; --adopt counts as Clay does";
    }
    if (traffic.inDoubt() + traffic.onTheWire() == 0) {
      return "the same";
    }
    return "agrees: of " + doubtful() + ", " + Numbers.of(clay - traffic.least()) + " arrived";
  }

  private static String rows(long rows) {
    return Numbers.of(rows) + (rows == 1 ? " row" : " rows");
  }

  private String made() {
    String brought =
        traffic.brought() == 0
            ? ""
            : Numbers.of(traffic.brought())
                + " of them from before Kiln, as \"used\" said, or adopted";
    if (traffic.inDoubt() + traffic.onTheWire() == 0) {
      return brought;
    }
    return (brought.isEmpty() ? "" : brought + "; ") + doubtful() + " may or may not be there";
  }

  private String doubtful() {
    String doubt = Numbers.of(traffic.inDoubt()) + " in doubt";
    return traffic.onTheWire() == 0
        ? doubt
        : doubt + " and " + Numbers.of(traffic.onTheWire()) + " on the wire";
  }
}
