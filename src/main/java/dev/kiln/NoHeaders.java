package dev.kiln;

import org.apache.camel.Exchange;
import org.apache.camel.spi.HeaderFilterStrategy;
import org.jspecify.annotations.Nullable;

/**
 * The filter {@code no-headers}: lets no header of a broker's message in, whatever it is called.
 * Routes know what Camel itself says of a message, such as its id. Thread-safe.
 */
final class NoHeaders implements HeaderFilterStrategy {
  @Override
  public boolean applyFilterToCamelHeaders(String name, @Nullable Object value, Exchange exchange) {
    return true;
  }

  @Override
  public boolean applyFilterToExternalHeaders(
      String name, @Nullable Object value, Exchange exchange) {
    return true;
  }
}
