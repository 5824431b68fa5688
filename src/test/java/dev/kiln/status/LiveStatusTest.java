package dev.kiln.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.clay.Breakers;
import dev.kiln.clay.Budgets;
import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Delivery;
import dev.kiln.clay.DeliveryPolicy;
import dev.kiln.clay.Node;
import dev.kiln.clay.Secret;
import dev.kiln.clay.Table;
import dev.kiln.clay.Webhook;
import dev.kiln.clay.Webhooks;
import dev.kiln.clay.Workspace;
import dev.kiln.ledger.LedgerFixture;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node shows of a workspace that another one leads. */
final class LiveStatusTest {
  private static final String TECH = "tech";
  private static final String WORKSPACE = LedgerFixture.WORKSPACE;

  private LedgerFixture books;
  private LiveStatus live;
  private Metrics metrics;
  private Alerts alerts;
  private Facts.Source facts;

  @BeforeEach
  void prepare(@TempDir Path data) {
    books = LedgerFixture.in(data);
    Webhook webhook =
        new Webhook("tech-1", "", "id", new Secret("https://clay/tech"), null, 45_000, 0, "tech-1");
    Table table =
        new Table(
            TECH,
            WORKSPACE,
            0,
            BigDecimal.ONE,
            BigDecimal.ONE,
            50_000,
            false,
            Set.of(),
            Set.of(),
            Set.of(),
            Map.of(),
            null,
            List.of(webhook));
    Catalogue catalogue =
        new Catalogue(
            Map.of(WORKSPACE, new Workspace(WORKSPACE, 8, 0)), Map.of(TECH, table), Budgets.none());
    books.ledger().register(Webhooks.listed(catalogue));
    Breakers breakers = new Breakers(Duration.ofHours(1));
    Delivery delivery =
        new Delivery(
            catalogue,
            books.ledger(),
            new DeliveryPolicy(
                32,
                8,
                Duration.ofSeconds(5),
                Duration.ofMinutes(15),
                true,
                Duration.ofMinutes(8),
                Duration.ofSeconds(10),
                Duration.ofSeconds(35)),
            breakers,
            one -> Optional.empty(),
            name -> Optional.empty(),
            new Node("other", "0.1.0", false),
            RandomGenerator.getDefault());
    facts = new Facts.Source(books.ledger(), () -> catalogue);
    alerts =
        new Alerts(
            Duration.ofMinutes(1), Duration.ofDays(7), name -> true, books.clock().instant());
    live =
        new LiveStatus(
            "other", books.ledger(), delivery, breakers, alerts, List::of, List::of, () -> null);
    metrics = new Metrics("other", facts, delivery, breakers, alerts, () -> true);
  }

  @AfterEach
  void close() {
    books.close();
  }

  private JsonNode workspace() {
    return live.now().path("live").path("workspaces").path(0);
  }

  @Test
  @DisplayName("the rate is what the ledger counts, and what only the leader knows is left out")
  void elsewhere() {
    books.lead("leader");
    books.stored("people", TECH, 40);
    assertThat(workspace().path("sent_per_second").asDouble()).isZero();
    for (int second = 0; second < 12; second++) {
      books.clock().advance(Duration.ofSeconds(1));
      books.send(TECH, 200);
      books.send(TECH, 200);
      live.now();
    }
    JsonNode status = live.now();
    JsonNode workspace = status.path("live").path("workspaces").path(0);
    assertThat(workspace.path("led_here").asBoolean()).isFalse();
    assertThat(workspace.path("sent_per_second").asDouble()).isEqualTo(2);
    assertThat(workspace.path("pace_per_second").isNull()).isTrue();
    assertThat(workspace.path("allowed_per_second").asDouble()).isEqualTo(8);
    assertThat(status.path("live").path("node").asText()).isEqualTo("other");
    assertThat(status.path("live").path("tables").path(0).path("breaker").isNull()).isTrue();
    assertThat(status.path("runs").path(0).path("eta_seconds").asDouble())
        .as("16 leads at 2 a second")
        .isEqualTo(8);
  }

  @Test
  @DisplayName("samples of the last hour do not hide how long a workspace has work")
  void samples() {
    books.lead("other");
    books.stored("people", TECH, 40);
    for (int second = 0; second < 12; second++) {
      books.clock().advance(Duration.ofSeconds(1));
      live.sample();
      live.now();
    }
    JsonNode run = live.now().path("runs").path(0);
    assertThat(run.path("eta_seconds").isNull())
        .as("nothing gets through, whatever may be sent")
        .isTrue();
  }

  @Test
  @DisplayName("its metrics say that it does not lead, and leave out what the leader knows")
  void metricsElsewhere() {
    books.lead("leader");
    books.ledger().beat("leader", "0.2.0", books.clock().instant(), Duration.ofSeconds(30));
    books.ledger().beat("other", "0.2.0", books.clock().instant(), Duration.ofSeconds(5));
    books.clock().advance(Duration.ofSeconds(7));
    assertThat(metrics.scrape())
        .contains("kiln_nodes 1.0")
        .contains("kiln_workspace_led{workspace=\"" + WORKSPACE + "\"} 1.0")
        .contains("kiln_workspace_leader{workspace=\"" + WORKSPACE + "\"} 0.0")
        .contains("kiln_workspace_led_seconds{workspace=\"" + WORKSPACE + "\"} 7.0")
        .doesNotContain("kiln_workspace_leads_per_second{", "kiln_breaker_state{");
  }

  @Test
  @DisplayName("an exhausted webhook has no rows left, whatever its cap leaves")
  void noRowsLeft() {
    books.lead("other");
    books.stored("people", TECH, 1);
    String left = "kiln_webhook_rows_left{table=\"tech\",webhook=\"tech-1\"} ";
    assertThat(metrics.scrape()).contains(left + "45000.0");
    books.send(TECH, 403);
    books.clock().advance(Duration.ofSeconds(2));
    assertThat(metrics.scrape()).contains(left + "0.0");
  }

  @Test
  @DisplayName("leads that another node gets through are no stall")
  void noStall() {
    books.lead("leader");
    books.stored("people", TECH, 40);
    for (int minute = 0; minute < 5; minute++) {
      books.clock().advance(Duration.ofSeconds(50));
      books.send(TECH, 200);
      assertThat(alerts.look(facts.now())).isEmpty();
    }
    books.clock().advance(Duration.ofSeconds(61));
    assertThat(alerts.look(facts.now()))
        .singleElement()
        .satisfies(news -> assertThat(news.alert().kind()).isEqualTo(Alert.Kind.STALLED));
  }
}
