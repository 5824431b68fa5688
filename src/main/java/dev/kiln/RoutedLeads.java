package dev.kiln;

import dev.kiln.lead.Lead;
import dev.kiln.ledger.NewLead;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * The aggregation {@code routed}: gathers a batch's leads again after each was given its table
 * (exchange property {@code table}) by the route {@code choose-table}. The gathered body is a
 * {@code List<NewLead>}.
 */
final class RoutedLeads implements AggregationStrategy {
  /** No route has chosen a table for a lead. */
  static final class NoTable extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    NoTable(long record) {
      super("No branch of the route choose-table chose a table for record " + record);
    }
  }

  private final ToLongFunction<String> credits;

  /**
   * A gatherer.
   *
   * @param credits what one lead costs at a table, thousandths
   */
  RoutedLeads(ToLongFunction<String> credits) {
    this.credits = credits;
  }

  @Override
  public Exchange aggregate(@Nullable Exchange gathered, Exchange routed) {
    Lead lead = routed.getMessage().getBody(Lead.class);
    String table = routed.getProperty("table", String.class);
    if (table == null) {
      throw new NoTable(lead.record());
    }
    Exchange into = gathered == null ? routed : gathered;
    @SuppressWarnings("unchecked")
    List<NewLead> leads =
        gathered == null ? new ArrayList<>() : (List<NewLead>) gathered.getMessage().getBody();
    leads.add(
        new NewLead(
            lead.record(),
            lead.line(),
            table,
            lead.key(),
            lead.content(),
            lead.json(),
            lead.problem(),
            lead.notices(),
            credits.applyAsLong(table)));
    into.getMessage().setBody(leads);
    return into;
  }
}
