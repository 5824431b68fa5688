package dev.kiln;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import org.jolokia.core.api.LogHandler;
import org.jolokia.jvmagent.JolokiaServer;
import org.jolokia.jvmagent.JolokiaServerConfig;
import org.jolokia.server.core.config.SystemPropertyMode;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * JMX over HTTP on this computer, for Hawtio and scripts: what {@code jolokia-access.xml} allows
 * and nothing else. Close it to stop.
 */
final class Jolokia implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Jolokia.class);

  private final JolokiaServer server;
  private final String host;

  private Jolokia(JolokiaServer server, String host) {
    this.server = server;
    this.host = host;
  }

  /**
   * Listens from now on.
   *
   * @param address an address of this computer alone; port 0 takes any free one
   * @throws IOException if that cannot be
   */
  static Jolokia listen(InetSocketAddress address) throws IOException {
    JolokiaServer server =
        new JolokiaServer(
            new JolokiaServerConfig(
                Map.of(
                    "host",
                    address.getHostString(),
                    "port",
                    String.valueOf(address.getPort()),
                    "restrictorClass",
                    JolokiaPolicy.class.getName(),
                    "discoveryEnabled",
                    "false",
                    "includeStackTrace",
                    "false",
                    "threadNamePrefix",
                    "kiln-jolokia-"),
                SystemPropertyMode.NEVER),
            new Log());
    server.start(false);
    return new Jolokia(server, address.getHostString());
  }

  /** Where it listens. */
  URI uri() {
    return URI.create(
        "http://"
            + (host.indexOf(':') < 0 ? host : "[" + host + "]")
            + ":"
            + server.getAddress().getPort()
            + "/jolokia");
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (IllegalStateException ending) {
      // While Java ends, Jolokia cannot take back its own hook for that, which closes the port
      // then.
      LOG.debug("Jolokia is closed by Java's end: {}", ending.getMessage());
    }
  }

  /** Jolokia's own log: what it was asked for is nobody's news. */
  private static final class Log implements LogHandler {
    @Override
    public void debug(String message) {
      LOG.trace("{}", message);
    }

    @Override
    public void info(String message) {
      LOG.debug("{}", message);
    }

    @Override
    public void error(String message, @Nullable Throwable failure) {
      LOG.warn("{}", message, failure);
    }

    @Override
    public boolean isDebug() {
      return false;
    }
  }
}
