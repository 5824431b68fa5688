package dev.kiln;

import static dev.kiln.RunningKiln.FINANCE;
import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.WaitReason;
import dev.kiln.ledger.WebhookUse;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hc.core5.pool.PoolStats;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What Clay, or whatever stands before it, can do to Kiln by an answer. */
@ResourceLock(RunningKiln.MANAGED)
final class AnswerBoundsTest {
  private static final String PATH = "/v3/sources/webhook/pull-in-data-7c1f-very-secret";

  /** More than may be on the wire at once. */
  private static final int MANY = 40;

  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) {
    kiln = new RunningKiln(folder);
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  private void startsWith(String url) throws Exception {
    kiln.inClayYaml("{{webhook:tech-1}}", url).set("kiln.delivery.unknown", "hold").start();
  }

  private static void sayForEver(RawClay clay, Socket to, String text, long pause)
      throws IOException {
    do {
      RawClay.say(to, text);
    } while (clay.waits(pause));
  }

  /** Answers that never end, in ways that no timeout of a single read notices. */
  enum Endless {
    SLOW_BODY("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", 50, true),
    FAST_BODY(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "10000\r\n" + "x".repeat(65_536) + "\r\n",
        0,
        true),
    CHUNK_LINE(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x".repeat(9_999), 0, true),
    SLOW_HEAD("HTTP/1.1 200 OK\r\n", "X-Header: x\r\n", 50, false),
    FAST_HEAD("HTTP/1.1 200 OK\r\n", "X-Header: x\r\n".repeat(999), 0, false),
    HEADER("HTTP/1.1 200 OK\r\nX-Header: ", "x".repeat(9_999), 0, false),
    INFORMATION("", "HTTP/1.1 102 Processing\r\n\r\n", 50, false);

    final String start;
    final String more;
    final long pause;
    final boolean hasStatus;

    Endless(String start, String more, long pause, boolean hasStatus) {
      this.start = start;
      this.more = more;
      this.pause = pause;
      this.hasStatus = hasStatus;
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("an answer that never ends is settled in time, by its status if that came")
  void endlessAnswersEnd(Endless endless) throws Exception {
    try (RawClay clay =
        new RawClay(
            (self, connection) -> {
              self.request(connection);
              RawClay.say(connection, endless.start);
              sayForEver(self, connection, endless.more, endless.pause);
            })) {
      if (endless.hasStatus) {
        // Not held: what a busy machine lets come too late is sent again.
        kiln.set("kiln.http.response-timeout", "500ms")
            .inClayYaml("{{webhook:tech-1}}", clay.url("http", PATH))
            .start();
      } else {
        kiln.set("kiln.http.response-timeout", "2s");
        startsWith(clay.url("http", PATH));
      }
      kiln.drop("normal/tech.csv", leads(1, MANY, "Computer Software"));
      // Half of a table's calls failing would open its breaker: what is on the wire is enough.
      soon()
          .untilAsserted(
              () ->
                  assertThat(
                          kiln.count(
                              TECH, endless.hasStatus ? LeadState.ACCEPTED : LeadState.UNKNOWN))
                      .isGreaterThanOrEqualTo(endless.hasStatus ? MANY : 10));
      kiln.drop("normal/finance.csv", leads(500, 5, "Banking"));
      kiln.reaches(FINANCE, LeadState.ACCEPTED, 5);
    }
  }

  @Test
  @DisplayName("a long body is not kept, and is no reason not to accept; short ones keep the line")
  void longBodiesAreLeftOut() throws Exception {
    try (RawClay clay =
        RawClay.answering(
            "200 OK", request -> "y".repeat(request.body().contains("lead1@") ? 20_000_000 : 99))) {
      kiln.set("kiln.delivery.in-flight", "4");
      startsWith(clay.url("http", PATH));
      kiln.drop("normal/tech.csv", leads(1, 20, "Computer Software"));
      assertThat(kiln.settled("tech.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 20L));
      ClayComponent component = kiln.context().getComponent("clay", ClayComponent.class);
      soon().until(() -> component.connections().getLeased() == 0);
      PoolStats pool = component.connections();
      assertThat(pool.getAvailable()).isBetween(1, 4);
      assertThat(clay.connections()).as("one was given up").isLessThanOrEqualTo(4 + 1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reset", "text", "end"})
  @DisplayName("what breaks in the TLS handshake never left: it costs nothing and is in no doubt")
  void handshakesThatBreakCostNothing(String how) throws Exception {
    try (RawClay clay =
        new RawClay(
            (self, connection) -> {
              if (how.equals("text")) {
                RawClay.say(connection, RawClay.whole("400 Bad Request", ""));
              } else if (how.equals("reset")) {
                connection.setSoLinger(true, 0);
              }
            })) {
      startsWith(clay.url("https", PATH));
      kiln.drop("normal/tech.csv", leads(1, 3, "Computer Software"));
      soon().until(() -> clay.connections() >= 6);
      assertThat(kiln.ledgerLines())
          .hasSize(3)
          .allSatisfy(
              line -> {
                assertThat(line.state()).isIn(LeadState.QUEUED, LeadState.SENDING);
                assertThat(line.attempts()).isZero();
                assertThat(line.possibleDuplicate()).isFalse();
              });
    }
  }

  @Test
  @DisplayName(
      "an answer that repeats the URL and the row tells neither: not as a reason, not in the log")
  void answersThatRepeatAreBlanked() throws Exception {
    Logger kilns = (Logger) LoggerFactory.getLogger("dev.kiln");
    Level before = kilns.getLevel();
    try (RawClay clay =
        RawClay.answering(
            "503 Busy",
            request ->
                "Cannot POST "
                    + request.path()
                    + "<br> token t0ken-very-secret, "
                    + request.body())) {
      kiln.inClayYaml("tech-1}}\" }", "tech-1}}\", token: t0ken-very-secret }");
      kilns.setLevel(Level.DEBUG);
      List<String> lines =
          SecretsTest.Kept.of(
              "dev.kiln",
              () -> {
                startsWith(clay.url("http", PATH + "?key=an/other%20secret"));
                kiln.drop("normal/tech.csv", leads(1, 3, "Computer Software"));
                soon()
                    .until(
                        () ->
                            kiln.ledgerLines().stream().anyMatch(line -> !line.reason().isEmpty()));
                return true;
              });
      List<String> told =
          Stream.concat(lines.stream(), kiln.ledgerLines().stream().map(line -> line.reason()))
              .toList();
      assertThat(told).anyMatch(line -> line.startsWith("HTTP 503 Cannot POST ***"));
      assertThat(SecretsTest.showing(told, "very-secret", "other", "firm1.example")).isEmpty();
    } finally {
      kilns.setLevel(before);
    }
  }

  @Test
  @DisplayName("a webhook's reason has nothing of the row")
  void reasonsOfWebhooksHaveNothingOfTheRow() throws Exception {
    try (RawClay clay =
        RawClay.answering(
            "404 Not Found", request -> "No " + request.path() + " for LEAD1@firm1.example")) {
      startsWith(clay.url("http", PATH));
      kiln.drop("normal/tech.csv", leads(1, 1, "Computer Software"));
      kiln.parked(TECH, WaitReason.REFUSING);
      assertThat(kiln.snapshot().webhooks())
          .filteredOn(use -> use.name().equals("tech-1"))
          .extracting(WebhookUse::reason)
          .containsExactly("HTTP 404 No *** for ***");
    }
  }

  @Test
  @DisplayName("a REFUSED lead's own reason has Clay's words, without the URL")
  void refusedLeadsHaveClaysWords() throws Exception {
    try (RawClay clay =
        RawClay.answering("422 No", request -> request.path() + " of lead1@firm1.example")) {
      startsWith(clay.url("http", PATH));
      kiln.drop("normal/tech.csv", leads(1, 1, "Computer Software"));
      kiln.reaches(TECH, LeadState.REFUSED, 1);
      assertThat(kiln.ledgerLines().get(0).reason())
          .isEqualTo("HTTP 422 *** of lead1@firm1.example");
    }
  }

  @Test
  @DisplayName("a row is not sent on a connection that was closed since it was last used")
  void closedConnectionsAreNotUsed() throws Exception {
    try (RawClay clay =
        new RawClay(
            (self, connection) -> {
              self.request(connection);
              RawClay.say(connection, RawClay.whole("200 OK", "ok"));
            })) {
      kiln.rate(1);
      startsWith(clay.url("http", PATH));
      kiln.drop("normal/tech.csv", leads(1, 5, "Computer Software"));
      assertThat(kiln.settled("tech.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 5L));
      assertThat(clay.requests()).isEqualTo(5);
      assertThat(kiln.ledgerLines()).allSatisfy(line -> assertThat(line.attempts()).isZero());
    }
  }
}
