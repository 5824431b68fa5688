package dev.kiln.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.kiln.simulate.SimulatorStatistics.Callbacks;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows on their way back, as Clay's HTTP API column sends them. */
final class CallbackTest {
  private final HttpClient client = HttpClient.newHttpClient();
  private final List<String> bodies = new CopyOnWriteArrayList<>();
  private final List<String> tokens = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newFixedThreadPool(4);
  private volatile int status = 200;
  private Simulator simulator;
  private HttpServer receiver;

  @BeforeEach
  void start() throws IOException {
    simulator = Simulator.start(SimulatorOptions.defaults().withLimits(0, 1_000));
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.setExecutor(threads);
    receiver.createContext(
        "/",
        exchange -> {
          bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          tokens.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    receiver.start();
  }

  @AfterEach
  void close() {
    simulator.close();
    receiver.stop(0);
    threads.shutdownNow();
  }

  private URI url() {
    return URI.create("http://127.0.0.1:" + receiver.getAddress().getPort() + "/results/t");
  }

  private Callback callback() {
    return Callback.of(url(), Map.of("Authorization", "Bearer x"));
  }

  private HttpResponse<String> post(URI to, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(to)
            .timeout(Duration.ofSeconds(30))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private void leads(int count) throws Exception {
    for (int i = 1; i <= count; i++) {
      assertThat(post(simulator.webhookUrl("a"), "{\"lead_id\":\"r-" + i + "\"}").statusCode())
          .isEqualTo(200);
    }
  }

  private Callbacks done(long rows) {
    return await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> simulator.statistics().callbacks(),
            callbacks -> callbacks.rows() == rows && callbacks.open() == 0);
  }

  @Test
  void everyStoredRowComesBackThroughTheTemplate() throws Exception {
    simulator.callbacks(
        callback().withTemplate("{\"id\":\"{{lead_id}}\",\"who\":\"{{name}}\",\"n\":\"{{no}}\"}"));
    post(simulator.webhookUrl("a"), "{\"lead_id\":\"r-1\",\"name\":\"A \\\"B\\\"\"}");

    assertThat(done(1).acknowledged()).isEqualTo(1);
    assertThat(bodies).containsExactly("{\"id\":\"r-1\",\"who\":\"A \\\"B\\\"\",\"n\":\"\"}");
    assertThat(tokens).containsExactly("Bearer x");
    assertThat(simulator.sentBack())
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.leadId()).isEqualTo("r-1");
              assertThat(row.tries()).isEqualTo(1);
              assertThat(row.acknowledged()).isTrue();
            });
  }

  @ParameterizedTest
  @CsvSource({"408,2", "413,2", "429,2", "500,1", "503,1", "401,1"})
  void onlySomeAnswersAreTriedOnceMore(int answer, int tries) throws Exception {
    status = answer;
    simulator.callbacks(callback());
    leads(1);

    assertThat(done(1).lost()).isEqualTo(1);
    assertThat(bodies).hasSize(tries);
    assertThat(simulator.sentBack()).extracting(SentBack::status).containsExactly(answer);
  }

  @Test
  void whereNobodyListensIsTriedOnceMore() throws Exception {
    try (Socket taken = new Socket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      URI nobody = URI.create("http://127.0.0.1:" + taken.getLocalPort() + "/");
      simulator.callbacks(Callback.of(nobody, Map.of()));
      leads(1);

      assertThat(done(1).requests()).isEqualTo(2);
      assertThat(simulator.sentBack()).extracting(SentBack::status).containsExactly(0);
    }
  }

  @Test
  void someNeverComeBackAndSomeTwice() throws Exception {
    simulator.callbacks(callback().withRate(1_000).withShares(0.5, 0.5));
    leads(60);

    Callbacks callbacks = done(60);
    assertThat(callbacks.withheld()).isBetween(1L, 59L);
    assertThat(callbacks.repeats()).isBetween(1L, 59L);
    assertThat(callbacks.acknowledged()).isEqualTo(60 - callbacks.withheld() + callbacks.repeats());
    assertThat(bodies).hasSize((int) callbacks.acknowledged());
  }

  @Test
  void comesBackAfterADelayAndAtARate() throws Exception {
    long began = System.nanoTime();
    simulator.callbacks(
        callback()
            .withRate(20)
            .withDelay(new Delay(Duration.ofMillis(200), Duration.ofMillis(200))));
    leads(5);

    done(5);
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .isGreaterThanOrEqualTo(Duration.ofMillis(200 + 4 * 50 - 10));
  }

  @Test
  void isDrivenFromAnotherProcess() throws Exception {
    URI control = simulator.uri().resolve("/control/callbacks");
    HttpResponse<String> ordered =
        post(
            control,
            "{\"url\":\"%s\",\"headers\":{\"Authorization\":\"Bearer y\"},\"webhook\":\"a\"}"
                .formatted(url()));
    assertThat(ordered.statusCode()).as(ordered.body()).isEqualTo(200);
    leads(1);
    done(1);

    HttpResponse<String> listed =
        client.send(HttpRequest.newBuilder(control).build(), BodyHandlers.ofString());
    assertThat(listed.body()).contains("\"lead_id\":\"r-1\",\"tries\":1,\"status\":200");
    assertThat(tokens).containsExactly("Bearer y");
    assertThat(post(control, "{\"url\":\"ftp://x\"}").statusCode()).isEqualTo(400);
    assertThat(post(control, "{\"url\":\"http://x/\",\"headers\":[]}").statusCode()).isEqualTo(400);
    assertThat(post(control, "{}").statusCode()).isEqualTo(200);
    leads(1);
    assertThat(simulator.statistics().callbacks().rows()).isEqualTo(1);
    assertThat(simulator.statistics().toJson()).contains("\"callbacks\":{\"rows\":1");
  }

  @Test
  void boundsAreChecked() {
    assertThatThrownBy(() -> callback().withShares(2, 0)).hasMessageContaining("share: 0 to 1");
    assertThatThrownBy(() -> callback().withRate(0)).hasMessageContaining("ratePerSecond");
  }
}
