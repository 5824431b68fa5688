package dev.kiln;

import java.io.Closeable;
import java.io.IOException;
import org.apache.camel.Exchange;
import org.apache.camel.support.SynchronizationAdapter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes something when an exchange is done, however it ends. */
final class Closing extends SynchronizationAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(Closing.class);

  private final Closeable resource;

  Closing(Closeable resource) {
    this.resource = resource;
  }

  @Override
  public void onDone(Exchange exchange) {
    try {
      resource.close();
    } catch (IOException failure) {
      LOG.warn("A file could not be closed: {}", failure.getMessage());
    }
  }
}
