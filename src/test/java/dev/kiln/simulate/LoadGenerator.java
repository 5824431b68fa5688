package dev.kiln.simulate;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Posts rows as fast as it can, to find how many a simulator takes. By hand:
 *
 * <pre>java -cp ... dev.kiln.simulate.LoadGenerator [connections] [pipelined] [seconds]</pre>
 *
 * <p>Each connection has a thread that writes a number of requests at once and then reads their
 * answers; 1 is a sender without pipelining.
 */
final class LoadGenerator {
  private LoadGenerator() {}

  public static void main(String[] args) throws Exception {
    int connections = args.length > 0 ? Integer.parseInt(args[0]) : 32;
    int pipelined = args.length > 1 ? Integer.parseInt(args[1]) : 1;
    int seconds = args.length > 2 ? Integer.parseInt(args[2]) : 10;
    SimulatorOptions options =
        SimulatorOptions.defaults()
            .withLimits(0, 1)
            .withCaps(Integer.MAX_VALUE, Integer.MAX_VALUE)
            .withKeepBodies(false);
    try (Simulator simulator = Simulator.start(options)) {
      run(simulator, connections, pipelined, 3);
      simulator.reset();
      run(simulator, connections, pipelined, seconds);
      SimulatorStatistics.Counts total = simulator.statistics().total();
      System.out.printf(
          Locale.ROOT,
          "%d connections, %d pipelined: %d stored in %d s = %.0f/s, most in a second %d, statuses"
              + " %s%n",
          connections,
          pipelined,
          total.accepted(),
          seconds,
          (double) total.accepted() / seconds,
          total.mostAcceptedInOneSecond(),
          total.statuses());
    }
  }

  private static void run(Simulator simulator, int connections, int pipelined, int seconds)
      throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    ExecutorService threads = Executors.newFixedThreadPool(connections);
    try {
      List<Future<?>> senders = new ArrayList<>();
      for (int i = 0; i < connections; i++) {
        URI url = simulator.webhookUrl("load-" + i % 4);
        int sender = i;
        senders.add(
            threads.submit(
                () -> {
                  send(url, sender, pipelined, end);
                  return null;
                }));
      }
      for (Future<?> sender : senders) {
        sender.get();
      }
    } finally {
      threads.shutdown();
    }
  }

  private static void send(URI url, int sender, int pipelined, long end) throws IOException {
    try (Socket socket = new Socket(url.getHost(), url.getPort())) {
      socket.setTcpNoDelay(true);
      OutputStream out = socket.getOutputStream();
      InputStream in = socket.getInputStream();
      byte[] answers = new byte[65_536];
      for (long n = 0; System.nanoTime() < end; n += pipelined) {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < pipelined; i++) {
          append(requests, url, sender + "-" + (n + i));
        }
        out.write(requests.toString().getBytes(StandardCharsets.US_ASCII));
        int open = pipelined;
        while (open > 0) {
          int read = in.read(answers);
          if (read < 0) {
            throw new IOException("closed");
          }
          for (int i = 0; i < read; i++) {
            // The only closing brace of an answer is the last byte of its body.
            if (answers[i] == '}') {
              open--;
            }
          }
        }
      }
    }
  }

  /** A request of about 500 bytes with a body of about 320, the size of a lead. */
  private static void append(StringBuilder to, URI url, String leadId) {
    String body =
        "{\"lead_id\":\""
            + leadId
            + "\",\"first_name\":\"Ada\",\"last_name\":\"Lovelace\",\"email\":\"ada.lovelace@example.com\","
            + "\"company\":\"Analytical Engines Ltd\",\"domain\":\"example.com\",\"title\":\"Head of"
            + " Computing\",\"industry\":\"software\",\"linkedin_url\":\"https://www.linkedin.com/in/ada\","
            + "\"country\":\"GB\",\"employees\":120,\"source\":\"conference\",\"phone\":null}";
    to.append("POST ").append(url.getPath()).append(" HTTP/1.1\r\nHost: localhost\r\n");
    to.append("Content-Type: application/json\r\nContent-Length: ").append(body.length());
    to.append("\r\n\r\n").append(body);
  }
}
