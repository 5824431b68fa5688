package dev.kiln;

import dev.kiln.simulate.Simulator;
import dev.kiln.simulate.SimulatorOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

/**
 * A Clay that has seen rows before. One in a JVM that is new to it takes its first rows late, and
 * then together, as no sender could have sent them.
 */
public final class WarmClay {
  private static final int ROWS = 50;

  private static boolean warm;

  private WarmClay() {}

  /** Starts a simulator that has no rows yet; the first in a JVM is warmed up. */
  public static synchronized Simulator start(SimulatorOptions options) {
    if (!warm) {
      try (Simulator first = Simulator.start(SimulatorOptions.defaults().withLimits(0, ROWS))) {
        HttpRequest row =
            HttpRequest.newBuilder(first.webhookUrl("warm-up"))
                .POST(BodyPublishers.ofString("{\"email\":\"ada@example.com\"}"))
                .build();
        HttpClient client = HttpClient.newHttpClient();
        for (int i = 0; i < ROWS; i++) {
          client.send(row, BodyHandlers.discarding());
        }
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      } catch (InterruptedException stop) {
        Thread.currentThread().interrupt();
      }
      warm = true;
    }
    return Simulator.start(options);
  }
}
