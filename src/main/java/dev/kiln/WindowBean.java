package dev.kiln;

import dev.kiln.clay.Delivery;
import dev.kiln.ledger.Due;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.support.SynchronizationAdapter;

/**
 * The bean {@code window}: takes a lead out of the window and sees to it that it is off the offer
 * when its exchange is done, however it ends. Thread-safe.
 */
public final class WindowBean {
  private final Delivery delivery;

  /**
   * A bean over delivery.
   *
   * @param delivery keeps what is on offer
   */
  public WindowBean(Delivery delivery) {
    this.delivery = delivery;
  }

  /**
   * Takes a lead: it is the exchange property {@code lead} from here on. One that is on offer no
   * more, since the route that handed it on failed, ends here.
   */
  public void take(Exchange exchange, @Body Due lead) {
    if (!delivery.take(lead)) {
      exchange.setRouteStop(true);
      return;
    }
    exchange.setProperty("lead", lead);
    exchange
        .getExchangeExtension()
        .addOnCompletion(
            new SynchronizationAdapter() {
              @Override
              public void onDone(Exchange done) {
                // What a route failed with stays, though it is handled.
                if (!done.isFailed() && done.getProperty(Exchange.EXCEPTION_CAUGHT) == null) {
                  delivery.ended(lead);
                }
                delivery.release(lead);
              }
            });
  }

  /** A route on the way of a lead calls one that is not there or does not run. */
  public void noRoute(@ExchangeProperty("lead") Due lead, Exception failure) {
    delivery.noRoute(lead, Intake.missing(failure));
  }

  /** A route {@code deliver-} or {@code window-} failed before its lead, or leads, were taken. */
  public void failed(Exchange exchange, Exception failure) {
    String route = exchange.getFromRouteId();
    delivery.failed(
        route.substring(route.indexOf('-') + 1),
        route,
        exchange.getMessage().getBody() instanceof Due lead ? lead : null,
        failure);
  }
}
