package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kiln.simulate.Simulator;
import dev.kiln.simulate.SimulatorOptions;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class SimulateCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final CommandLine command =
      new CommandLine(new SimulateCommand())
          .setOut(new PrintWriter(out))
          .setErr(new PrintWriter(err));

  @Test
  void saysWhereItListensAndEndsWithATable() throws Exception {
    Thread running =
        new Thread(() -> command.execute("--port", "0", "--latency", "1-2", "--cap", "1"));
    running.start();
    Pattern webhook = Pattern.compile("http://\\S+pull-in-data-from-a-webhook-demo");
    await().atMost(Duration.ofSeconds(20)).until(() -> webhook.matcher(out.toString()).find());
    Matcher url = webhook.matcher(out.toString());
    assertThat(url.find()).isTrue();
    HttpRequest row =
        HttpRequest.newBuilder(URI.create(url.group()))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString("{\"lead_id\":\"1\"}"))
            .build();
    HttpClient client = HttpClient.newHttpClient();
    assertThat(client.send(row, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    assertThat(client.send(row, BodyHandlers.ofString()).statusCode()).isEqualTo(403);

    running.interrupt();
    running.join(Duration.ofSeconds(20).toMillis());
    assertThat(out.toString()).contains("curl -d").containsPattern("demo +2 +1 +1 +0 +0 +2\n");
  }

  @Test
  void aBusyPortIsOneLineAndExitCodeTwo() {
    try (Simulator busy = Simulator.start(SimulatorOptions.defaults())) {
      int exit = command.execute("--port", Integer.toString(busy.port()));

      assertThat(exit).isEqualTo(2);
      assertThat(err.toString().lines()).hasSize(1);
      assertThat(err.toString()).contains("127.0.0.1:" + busy.port());
    }
  }

  @Test
  void refusesWhatItCannotUse() {
    assertThat(command.execute("--latency", "250-150")).isEqualTo(2);
    assertThat(command.execute("--latency", "soon")).isEqualTo(2);
    assertThat(command.execute("--rate", "-1")).isEqualTo(2);
    assertThat(command.execute("--port", "70000")).isEqualTo(2);
  }
}
