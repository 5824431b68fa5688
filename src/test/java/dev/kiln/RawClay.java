package dev.kiln;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** A receiver that may break every rule of HTTP and TLS, as a whole simulator cannot. */
final class RawClay implements AutoCloseable {
  private final ServerSocket listener;
  private final Behaviour behaviour;
  private final ExecutorService threads = Executors.newCachedThreadPool(Daemons.named("raw-clay"));
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger requests = new AtomicInteger();

  /** What is done with a connection, which is closed behind it. */
  @FunctionalInterface
  interface Behaviour {
    void meet(RawClay clay, Socket connection) throws IOException;
  }

  /**
   * A request.
   *
   * @param path its path and query
   * @param body its body
   */
  record Request(String path, String body) {}

  RawClay(Behaviour behaviour) throws IOException {
    this.behaviour = behaviour;
    this.listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    threads.execute(this::listen);
  }

  /** One that answers each request with a text, and keeps the connection. */
  static RawClay answering(String status, Function<Request, String> body) throws IOException {
    return new RawClay(
        (clay, connection) -> {
          Optional<Request> request = clay.request(connection);
          while (request.isPresent()) {
            say(connection, whole(status, body.apply(request.orElseThrow())));
            request = clay.request(connection);
          }
        });
  }

  private void listen() {
    while (true) {
      try {
        Socket connection = listener.accept();
        connections.incrementAndGet();
        threads.execute(() -> meet(connection));
      } catch (IOException over) {
        return;
      }
    }
  }

  private void meet(Socket connection) {
    try (connection) {
      connection.setTcpNoDelay(true);
      behaviour.meet(this, connection);
    } catch (IOException gone) {
      // The other side has closed it.
    }
  }

  String url(String scheme, String path) {
    return scheme + "://127.0.0.1:" + listener.getLocalPort() + path;
  }

  int connections() {
    return connections.get();
  }

  int requests() {
    return requests.get();
  }

  /** Lets time pass; false once the test is over. */
  boolean waits(long millis) {
    try {
      return !closed.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException over) {
      return false;
    }
  }

  static void say(Socket to, String text) throws IOException {
    to.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    to.getOutputStream().flush();
  }

  static String whole(String status, String body) {
    return "HTTP/1.1 "
        + status
        + "\r\nContent-Type: text/plain\r\nContent-Length: "
        + body.getBytes(StandardCharsets.UTF_8).length
        + "\r\n\r\n"
        + body;
  }

  /** The next request; empty where the connection ends. */
  Optional<Request> request(Socket connection) throws IOException {
    InputStream in = connection.getInputStream();
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        return Optional.empty();
      }
      head.append((char) next);
    }
    int length =
        head.toString()
            .lines()
            .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
            .mapToInt(line -> Integer.parseInt(line.substring("content-length:".length()).strip()))
            .findFirst()
            .orElse(0);
    String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
    requests.incrementAndGet();
    int path = head.indexOf(" ") + 1;
    return Optional.of(new Request(head.substring(path, head.indexOf(" ", path)), body));
  }

  @Override
  public void close() {
    closed.countDown();
    threads.shutdownNow();
    try {
      listener.close();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
