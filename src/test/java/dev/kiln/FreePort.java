package dev.kiln;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** A port for a server that starts later, or that is down for a while. */
public final class FreePort {
  /** Below those that the system gives to whoever asks for any, as tests beside this one do. */
  private static final int FIRST = 20_000;

  private static final int END = 32_000;

  private FreePort() {}

  /** One on which nobody listens on this computer's own addresses. */
  public static int find() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(FIRST, END);
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return free.getLocalPort();
      } catch (BindException taken) {
        // Another one.
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }
  }
}
