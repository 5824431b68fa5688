package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.Proof;
import dev.kiln.cli.KilnProcess.Ended;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Leads to Clay and back: with kill -9 in between, and at the rate that Clay sends rows back at. At
 * full length 20,000 leads and ten kills, and 100 rows a second for five minutes.
 */
@Execution(ExecutionMode.CONCURRENT)
final class ReturnIT {
  private static final int LEADS = Proof.of(200, 20_000);
  private static final int KILLS = Proof.of(1, 10);
  private static final int RETURNED = Proof.of(200, 30_000);
  private static final int BEFORE = Proof.of(100, 6_000);
  private static final Duration LONGEST = Duration.ofMinutes(Proof.of(2, 20));

  private static long callbacks(Rehearsal rehearsal, String count) {
    return rehearsal.statistics().path("callbacks").path(count).asLong();
  }

  @Test
  void noRowThatWasAcknowledgedIsLostAndNoneIsStoredTwice(@TempDir Path folder) {
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0", "--latency", "20-80")) {
      String[] results = rehearsal.returning(Proof.LONG ? "10s" : "1s");
      rehearsal.sendBack(
          """
              "template": "{\\"lead_id\\":\\"{{lead_id}}\\",\\"phone\\":\\"7\\",\\"title\\":null}",
              "minMs": 100, "maxMs": 500, "share": 0.97, "repeats": 0.05
              """);
      rehearsal.configure(100);
      rehearsal.properties(results);
      rehearsal.drop("leads.csv", Rehearsal.leads("lead", LEADS));

      for (int kill = 1; kill <= KILLS; kill++) {
        int arrived = LEADS * kill / (KILLS + 1);
        KilnProcess kiln = rehearsal.run();
        await(arrived + " leads at Clay")
            .atMost(LONGEST)
            .until(() -> rehearsal.received().path("distinct").asInt() >= arrived);
        kiln.kill();
        rehearsal.status();
      }
      KilnProcess kiln = rehearsal.run();
      rehearsal.awaitLedger(
          "every lead came back or is missing",
          LONGEST,
          snapshot ->
              !snapshot.runs().isEmpty()
                  && snapshot.runs().get(0).phase().equals("READ")
                  && snapshot.runs().get(0).states().keySet().stream()
                      .noneMatch(state -> state.open() || state == LeadState.ACCEPTED)
                  && callbacks(rehearsal, "open") == 0);
      try (LedgerView view = LedgerView.open(rehearsal.data())) {
        await("every row in its file")
            .atMost(LONGEST)
            .until(() -> view.onward().stream().allMatch(target -> target.behind() == 0));
      }
      kiln.terminate();

      JsonNode run = rehearsal.status().path("runs").path(0);
      assertThat(run.path("read").asInt()).isEqualTo(LEADS);
      assertThat(run.path("states").fieldNames()).toIterable().isSubsetOf("ENRICHED", "MISSING");
      Set<String> enriched =
          rehearsal.leads("--state", "ENRICHED").stream()
              .map(lead -> lead.path("lead_id").asText())
              .collect(Collectors.toSet());
      Set<String> acknowledged =
          rehearsal.sentBack().stream()
              .filter(row -> row.path("status").asInt() == 200)
              .map(row -> row.path("lead_id").asText())
              .collect(Collectors.toSet());
      assertThat(acknowledged).hasSizeGreaterThan(LEADS / 4);
      assertThat(enriched).as("leads whose rows were acknowledged").containsAll(acknowledged);
      JsonNode report = Rehearsal.parse(rehearsal.here("results", "--json").out());
      JsonNode tech = Rehearsal.named(report.path("tables"), "table", "outbound-leads-tech");
      assertThat(tech.path("enriched").asInt()).isEqualTo(enriched.size());
      assertThat(tech.path("filled").path("phone").asInt()).isEqualTo(enriched.size());
      assertThat(report.path("quarantined").asInt()).isZero();
      assertThat(Rehearsal.named(report.path("onward"), "target", "files").path("waiting").asInt())
          .isZero();
      try (LedgerView view = LedgerView.open(rehearsal.data())) {
        assertThat(view.results()).as("rows stored").isEqualTo(enriched.size());
      }
      assertThat(filed(rehearsal.data().resolve("results/outbound-leads-tech")))
          .as("rows in files, each once")
          .containsExactlyInAnyOrderElementsOf(enriched);

      String id = run.path("run").asText();
      assertThat(rehearsal.here("join", id, "-o", "joined.ndjson").exit()).isZero();
      assertThat(Rehearsal.read(folder.resolve("joined.ndjson")).lines())
          .hasSize(LEADS)
          .allMatch(
              line -> line.contains("\"state\":\"MISSING\"") || line.contains("\"phone\":\"7\""));
      assertThat(rehearsal.here("join", id, "-o", "joined.txt").exit()).isEqualTo(2);
      assertThat(rehearsal.here("redeliver", "nobody").err()).contains("There is no target nobody");
      System.out.printf(
          "%,d leads, %d kills: %s; %,d rows acknowledged, %,d given up while Kiln was down, %,d never sent back%n",
          LEADS,
          KILLS,
          run.path("states"),
          callbacks(rehearsal, "acknowledged"),
          callbacks(rehearsal, "lost"),
          callbacks(rehearsal, "withheld"));
    }
  }

  /** The rate at which so many rows arrived at Clay, a second. */
  private static double rate(Rehearsal rehearsal, int rows) {
    JsonNode received = rehearsal.received();
    return (rows - 1)
        * 1_000.0
        / (received.path("lastArrivalMs").asLong() - received.path("firstArrivalMs").asLong());
  }

  /** The leads in the NDJSON files of a folder. */
  private static List<String> filed(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".ndjson"))
          .flatMap(file -> Rehearsal.read(file).lines())
          .map(line -> Rehearsal.parse(line).path("lead_id").asText())
          .toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @Test
  void rowsComeBackAtClaysRateBesideDelivery(@TempDir Path folder) {
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0", "--latency", "150-250")) {
      String[] results = rehearsal.returning("24h");
      rehearsal.configure(100);
      rehearsal.properties(results);
      String leads = rehearsal.write("leads.csv", Rehearsal.leads("lead", RETURNED)).toString();
      assertThat(rehearsal.here("send", "--wait", "enriched", leads).err())
          .contains("rows come back to a running one only");
      KilnProcess kiln = rehearsal.run();
      assertThat(kiln.out()).contains("rows come back to http://127.0.0.1:");
      String before = rehearsal.write("before.csv", Rehearsal.leads("before", BEFORE)).toString();
      assertThat(rehearsal.start("send", "--wait", before).end(LONGEST).exit()).isZero();
      double alone = rate(rehearsal, BEFORE);

      rehearsal.order("reset", "");
      rehearsal.sendBack("\"minMs\": 1000, \"ratePerSecond\": 100");
      Ended send = rehearsal.start("send", "--wait", "enriched", "--json", leads).end(LONGEST);
      assertThat(send.exit()).as(send.err()).isZero();
      assertThat(Rehearsal.count(Rehearsal.parse(send.out()), "ENRICHED")).isEqualTo(RETURNED);
      kiln.terminate();

      double rate = rate(rehearsal, RETURNED);
      JsonNode callbacks = rehearsal.statistics().path("callbacks");
      System.out.printf(
          "%,d rows out and back: delivered at %.1f a second, without at %.1f; answered in %d ms, 99 of 100 in %d ms, all in %d ms%n",
          RETURNED,
          rate,
          alone,
          callbacks.path("medianMillis").asInt(),
          callbacks.path("p99Millis").asInt(),
          callbacks.path("mostMillis").asInt());
      assertThat(callbacks.path("lost").asInt()).isZero();
      if (Proof.LONG) {
        assertThat(callbacks.path("p99Millis").asInt()).isLessThan(200);
        assertThat(rate).isGreaterThan(0.98 * alone);
      }
    }
  }
}
