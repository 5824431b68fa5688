package dev.kiln;

import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.kiln.lead.InvalidConfiguration;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Alerts on their way to a chat, by the shipped template. */
final class AlertRouteTest {
  private static final String ROUTE =
      """
      - templatedRoute:
          routeTemplateRef: alert
          routeId: alert
          prefixId: "alert-"
          parameters:
            - name: url
              value: alerts-url
      """;

  private final List<String> posted = new CopyOnWriteArrayList<>();
  private final AtomicInteger status = new AtomicInteger(200);
  private HttpServer chat;
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) throws Exception {
    chat = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    chat.createContext(
        "/hooks/hidden",
        exchange -> {
          try (exchange) {
            int answer = status.get();
            posted.add(
                exchange.getRequestHeaders().getFirst("Content-Type")
                    + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(answer, -1);
          }
        });
    chat.start();
    kiln = new RunningKiln(folder).set("kiln.alerts.look", "50ms").set("kiln.alerts.runway", "1s");
    kiln.inClayYaml("{{webhook:tech-1}}\" }", "{{webhook:tech-1}}\", cap: 90 }")
        .inRoutes("alerts.camel.yaml", "- routeTemplate:\n", ROUTE + "- routeTemplate:\n");
  }

  @AfterEach
  void close() {
    kiln.close();
    chat.stop(0);
  }

  private void secret(int port) throws Exception {
    Path secrets = Files.createDirectories(kiln.places().secrets());
    Files.writeString(
        secrets.resolve("alerts-url"), "http://127.0.0.1:" + port + "/hooks/hidden?key=abc");
  }

  @Test
  @DisplayName("an alert is posted once when it begins and once when it ends, as a text")
  void beginsAndEnds() throws Exception {
    secret(chat.getAddress().getPort());
    kiln.start();
    kiln.drop("normal/tech.csv", leads(1, 82, "Computer Software"));
    kiln.settled("tech.csv");
    soon().until(() -> posted.size() == 1);
    assertThat(posted.get(0))
        .startsWith(
            "application/json {\"text\":\"Kiln: Webhook tech-1 of table outbound-leads-tech")
        .contains("has taken 8", "of its 90", "duplicate the Clay table");
    kiln.inClayYaml("cap: 90", "cap: 9000").places();
    soon().until(() -> posted.size() == 2);
    assertThat(posted.get(1)).contains("\"Kiln: over, capacity of tech-1.\"");
    assertThat(kiln.context().getEndpoints().toString()).doesNotContain("hidden", "abc");
  }

  @Test
  @DisplayName("an endpoint that refuses gets the alert again, and delivery does not wait for it")
  void refusedAlertsAreKept() throws Exception {
    secret(chat.getAddress().getPort());
    status.set(503);
    kiln.start();
    kiln.drop("normal/tech.csv", leads(1, 82, "Computer Software"));
    soon().until(() -> posted.size() > 2);
    kiln.drop("normal/more.csv", leads(200, 50, "Banking"));
    kiln.settled("more.csv");
    int before = posted.size();
    status.set(204);
    soon().until(() -> posted.size() > before);
    assertThat(posted).allMatch(post -> post.contains("tech-1"));
  }

  @Test
  @DisplayName("an endpoint that never answers holds up neither delivery nor the stop")
  void silentEndpointsHoldUpNothing() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      secret(silent.getLocalPort());
      kiln.start();
      kiln.drop("normal/tech.csv", leads(1, 82, "Computer Software"));
      kiln.settled("tech.csv");
      kiln.drop("normal/more.csv", leads(200, 50, "Banking"));
      kiln.settled("more.csv");
      kiln.stop();
    }
  }

  @Test
  @DisplayName("a start without the secret, or with another URL than https, is refused by name")
  void theSecretIsChecked() throws Exception {
    assertThatThrownBy(kiln::start)
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("alerts.camel.yaml:")
        .hasMessageContaining("alerts-url");
    Path secrets = Files.createDirectories(kiln.places().secrets());
    Files.writeString(secrets.resolve("alerts-url"), "http://chat.example/hidden");
    assertThatThrownBy(kiln::start)
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("https://")
        .message()
        .doesNotContain("hidden");
  }
}
