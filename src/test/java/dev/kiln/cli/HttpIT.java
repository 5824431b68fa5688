package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.Proof;
import dev.kiln.cli.KilnProcess.Ended;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Leads over HTTP at a real process: kill -9, taken ports, and the README's own examples. */
@Execution(ExecutionMode.CONCURRENT)
final class HttpIT {
  private final HttpClient client = HttpClient.newHttpClient();
  private Rehearsal rehearsal;

  @BeforeEach
  void open(@TempDir Path folder) {
    rehearsal = new Rehearsal(folder, "--rate", "0");
    rehearsal.configure(0.2);
  }

  @AfterEach
  void close() {
    rehearsal.close();
  }

  private HttpResponse<String> post(URI root, String body)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(root.resolve("/leads?source=inbound"))
            .timeout(KilnProcess.LONGEST)
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private List<Path> spool() {
    try (var files = Files.list(rehearsal.data().resolve("spool"))) {
      return files.toList();
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  @Test
  @DisplayName("kill -9 after 202: every row is read, once; what came in by half is gone")
  void killedBetweenAnswerAndReading() throws Exception {
    int rows = Proof.of(40_000, 400_000);
    rehearsal.properties("kiln.intake.poll = 1h");
    KilnProcess kiln = rehearsal.run();
    URI root = kiln.http();
    HttpResponse<String> answer = post(root, Rehearsal.leads("lead", rows));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    String run = Rehearsal.parse(answer.body()).path("run").asText();
    try (Socket half = new Socket(InetAddress.getLoopbackAddress(), root.getPort())) {
      half.getOutputStream()
          .write(
              "POST /leads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\nemail\n"
                  .getBytes(StandardCharsets.UTF_8));
      await("half an upload").atMost(KilnProcess.LONGEST).until(() -> spool().size() == 2);
      kiln.kill();
    }
    assertThat(rehearsal.status().path("runs").path(0).path("read").asInt()).isZero();

    rehearsal.properties("kiln.intake.batch-rows = 10");
    int killedAt = rows / 40;
    kiln = rehearsal.run();
    rehearsal.awaitLedger(
        killedAt + " rows read", snapshot -> snapshot.runs().get(0).read() >= killedAt);
    kiln.kill();
    assertThat(spool()).extracting(file -> file.getFileName().toString()).containsExactly(run);

    rehearsal.properties();
    kiln = rehearsal.run();
    rehearsal.awaitLedger(
        "the upload read", snapshot -> snapshot.runs().get(0).phase().equals("READ"));
    await("an empty spool").atMost(KilnProcess.LONGEST).until(() -> spool().isEmpty());
    HttpResponse<String> told =
        client.send(
            HttpRequest.newBuilder(kiln.http().resolve("/runs/" + run)).GET().build(),
            BodyHandlers.ofString());
    assertThat(told.statusCode()).isEqualTo(200);
    assertThat(Rehearsal.parse(told.body()).path("read").asInt()).isEqualTo(rows);
    kiln.terminate();

    JsonNode status = rehearsal.status();
    assertThat(status.path("runs")).hasSize(1);
    assertThat(status.path("runs").path(0).path("read").asInt()).isEqualTo(rows);
    assertThat(status.path("runs").path(0).path("states").has("DUPLICATE")).isFalse();
    assertThat(rehearsal.data().resolve("archive").resolve(run)).exists();
  }

  @Test
  @DisplayName("run refuses a taken port and an open address; demo, send and check do not listen")
  void ports() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      rehearsal.write(
          "config/application.properties",
          "\nkiln.http.listen = 127.0.0.1:" + taken.getLocalPort() + "\n");
      Ended run = rehearsal.kiln("run");
      assertThat(run.exit()).isEqualTo(Main.NOT_NOW);
      assertThat(run.out()).isEmpty();
      assertThat(run.err())
          .startsWith(
              "config/application.properties:2: kiln.http.listen is \"127.0.0.1:"
                  + taken.getLocalPort()
                  + "\", where Kiln cannot listen: ")
          .endsWith("; choose another port, or off\n");
      assertThat(rehearsal.here("check").exit()).isZero();
      rehearsal.configure(100);
      rehearsal.write("good.csv", Rehearsal.leads("good", 1));
      Ended send = rehearsal.here("send", "good.csv");
      assertThat(send.exit()).as(send.err()).isZero();
    }
    rehearsal.write("config/application.properties", "kiln.http.listen = 0.0.0.0:0\n");
    for (String command : List.of("run", "check")) {
      Ended open = rehearsal.here(command);
      assertThat(open.exit()).isEqualTo(2);
      assertThat(open.err())
          .startsWith("config/application.properties:1: kiln.http.listen")
          .contains("kiln.http.token is empty");
    }
  }

  @Test
  @DisplayName("the README's examples work as they are written")
  void readme() throws Exception {
    rehearsal.properties();
    rehearsal.write("leads.csv", Rehearsal.leads("lead", 3));
    rehearsal.write("config/secrets/http-token", "any");
    URI root = rehearsal.run().http();
    String readme = Rehearsal.read(KilnProcess.PROJECT.resolve("README.md"));
    String section = readme.substring(readme.indexOf("\n## Leads over HTTP\n"));
    String examples = section.substring(section.indexOf("```sh\n") + 6).split("```", 2)[0];
    List<String> lines = examples.lines().filter(line -> line.contains("curl ")).toList();
    assertThat(lines).hasSizeGreaterThanOrEqualTo(5);
    String run = "";
    for (String line : lines) {
      assertThat(line).contains("http://127.0.0.1:8040/");
      JsonNode answer =
          Rehearsal.parse(
              bash(
                  line.replace("curl ", "curl -sS --fail ")
                      .replace("http://127.0.0.1:8040", root.toString())
                      .replace("20261125-k3f9zq", run)));
      assertThat(answer.path("read").asInt()).as(line).isBetween(1, 3);
      run = answer.path("run").asText();
    }
  }

  private String bash(String line) throws IOException, InterruptedException {
    Path out = Files.createTempFile(rehearsal.folder(), "curl", ".json");
    Process shell =
        new ProcessBuilder("bash", "-o", "pipefail", "-c", line)
            .directory(rehearsal.folder().toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    assertThat(shell.waitFor(Duration.ofSeconds(60).toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    assertThat(shell.exitValue()).as("%s: %s", line, Rehearsal.read(out)).isZero();
    return Rehearsal.read(out);
  }
}
