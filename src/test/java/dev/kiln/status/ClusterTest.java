package dev.kiln.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.clay.Budgets;
import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Workspace;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.BudgetAccount;
import dev.kiln.ledger.LedgerView.NodeAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.LedgerView.WorkspaceAccount;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Who runs on a ledger and who leads what, for people and for programs. */
final class ClusterTest {
  private static final Instant NOW = Instant.parse("2026-11-25T10:00:00Z");
  private static final Instant BEFORE = Instant.EPOCH;

  private static Snapshot snapshot(List<NodeAccount> nodes, WorkspaceAccount... workspaces) {
    return new Snapshot(
        List.of(), List.of(), List.of(), Map.of(), List.of(workspaces), BudgetAccount.EMPTY, nodes);
  }

  private static NodeAccount node(String name, long aliveFor) {
    return new NodeAccount(name, "0.2.0", NOW.minusSeconds(7_500), NOW.plusSeconds(aliveFor));
  }

  private static WorkspaceAccount led(String name, String leader, long leaseFor) {
    return new WorkspaceAccount(
        name, leader, 3, NOW.plusSeconds(leaseFor), BEFORE, 0, false, NOW.minusSeconds(65));
  }

  private static String text(Snapshot snapshot) {
    return StatusText.of(snapshot, NOW);
  }

  @Test
  @DisplayName("one node is one line, and its workspace says who leads it and since when")
  void alone() {
    String text = text(snapshot(List.of(node("a", 10)), led("main", "a", 5)));
    assertThat(text)
        .contains("One node: a, version 0.2.0, up 2 h 5 min, since 2026-11-25T07:55:00Z")
        .contains("Workspace main: led by a for 1 min 5 s, since 2026-11-25T09:58:55Z")
        .doesNotContain("Nodes");
    assertThat(text(Snapshot.EMPTY)).doesNotContain("node");
  }

  @Test
  @DisplayName("a silent node is told with since when, who does its work, and the cure")
  void silent() {
    String text =
        text(
            snapshot(
                List.of(node("a", -40), node("b", 10), node("c", 10)),
                led("east", "b", 5),
                led("main", "c", 5)));
    assertThat(text)
        .containsPattern("a +0.2.0 +2026-11-25T07:55:00Z +silent +-")
        .containsPattern("b +0.2.0 +2026-11-25T07:55:00Z +alive +east")
        .contains("a is silent, and taken for dead since 2026-11-25T09:59:20Z (40 s ago)")
        .contains("east is led by b, main is led by c")
        .contains("by itself under Kubernetes or systemd", "kiln run");
  }

  @Test
  @DisplayName("a workspace that nobody leads says since when, why, and what cures it")
  void leaderless() {
    WorkspaceAccount lost = led("main", "a", -7);
    assertThat(text(snapshot(List.of(node("a", -3), node("b", 10)), lost)))
        .contains("no Kiln delivers for it since 2026-11-25T09:59:53Z, when the lease of a ended")
        .contains("any lead of its tables waits", "A node that runs takes it within seconds")
        .contains("nobody has taken its work over");
    assertThat(text(snapshot(List.of(), lost))).contains("Start one with \"kiln run\"");
    WorkspaceAccount given =
        new WorkspaceAccount("main", "a", 3, BEFORE, BEFORE, 0, false, NOW.minusSeconds(65));
    assertThat(text(snapshot(List.of(), given)))
        .contains("Workspace main: no Kiln delivers for it; any lead of its tables waits.");
  }

  @Test
  @DisplayName("a workspace that went is left out, unless it is led or a lead may wait for it")
  void went() {
    Catalogue catalogue =
        new Catalogue(Map.of("main", new Workspace("main", 8, 0)), Map.of(), Budgets.none());
    WorkspaceAccount main = led("main", "a", -7);
    WorkspaceAccount gone = led("gone", "a", -7);
    WorkspaceAccount elsewhere = led("elsewhere", "b", 5);
    Snapshot all = snapshot(List.of(), elsewhere, gone, main);
    assertThat(Cluster.present(all, catalogue, NOW).workspaces()).containsExactly(elsewhere, main);
    for (LeadState state : LeadState.values()) {
      Snapshot with =
          new Snapshot(
              all.runs(),
              List.of(new TableAccount("banks", Map.of(state, 1L), null, null)),
              all.webhooks(),
              all.recentUse(),
              all.workspaces(),
              all.budget(),
              all.nodes());
      assertThat(Cluster.present(with, catalogue, NOW).workspaces().contains(gone))
          .as("with a lead of its table that is %s", state)
          .isEqualTo(state.open());
    }
  }

  @Test
  @DisplayName("programs get nodes with what they lead, and leader, epoch and time of a workspace")
  void json() {
    JsonNode status =
        StatusJson.node(
            snapshot(
                List.of(node("a", -40), node("b", 10)), led("east", "b", 5), led("main", "a", -30)),
            NOW);
    JsonNode nodes = status.path("nodes");
    assertThat(nodes).hasSize(2);
    assertThat(nodes.path(0).path("alive").asBoolean()).isFalse();
    assertThat(nodes.path(0).path("alive_until").asText()).isEqualTo("2026-11-25T09:59:20Z");
    assertThat(nodes.path(0).path("leads")).isEmpty();
    assertThat(nodes.path(1).path("name").asText()).isEqualTo("b");
    assertThat(nodes.path(1).path("version").asText()).isEqualTo("0.2.0");
    assertThat(nodes.path(1).path("started").asText()).isEqualTo("2026-11-25T07:55:00Z");
    assertThat(nodes.path(1).path("leads").path(0).asText()).isEqualTo("east");
    JsonNode east = status.path("workspaces").path(0);
    assertThat(east.path("leader").asText()).isEqualTo("b");
    assertThat(east.path("led_since").asText()).isEqualTo("2026-11-25T09:58:55Z");
    assertThat(east.path("epoch").asLong()).isEqualTo(3);
    JsonNode main = status.path("workspaces").path(1);
    assertThat(main.path("leader").asText()).isEmpty();
    assertThat(main.path("led_since").isNull()).isTrue();
  }
}
