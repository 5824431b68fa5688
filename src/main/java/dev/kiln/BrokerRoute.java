package dev.kiln;

import dev.kiln.ledger.Priority;
import java.util.Objects;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * What a route that reads from a broker is told by its template. Set once, before it is used;
 * thread-safe from then on.
 */
final class BrokerRoute {
  private final String template;
  private @Nullable CamelContext context;
  private String source = "";
  private Priority priority = Priority.NORMAL;

  /**
   * A route of a template.
   *
   * @param template the template's id
   */
  BrokerRoute(String template) {
    this.template = template;
  }

  void in(@Nullable CamelContext camel) {
    context = camel;
  }

  /** The context that it was put in. */
  CamelContext context() {
    return Objects.requireNonNull(context);
  }

  void source(String name) {
    source = name;
  }

  void priority(String word) {
    priority = Priority.of(word);
  }

  /** The route's id. */
  String id() {
    return template + "-" + source;
  }

  /** The key of a message: no key that a sender over HTTP can choose. */
  String key(String... parts) {
    return id() + "\n" + String.join("\n", parts);
  }

  Messages messages() {
    return Objects.requireNonNull(
        context().getRegistry().lookupByNameAndType("messages", Messages.class));
  }

  void take(Exchange exchange, Messages.Message message) throws InterruptedException {
    messages().take(exchange, source, priority, message);
  }
}
