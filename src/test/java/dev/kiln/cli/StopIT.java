package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.cli.KilnProcess.Ended;
import dev.kiln.cli.Rehearsal.Hook;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.WaitReason;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * T16: SIGTERM ends Kiln within 25 s whatever it is at ({@link KilnProcess#terminate} looks at
 * that), also with Jolokia on, and the next start goes on where it was. {@link StartIT} stops it
 * idle and while it delivers slowly, {@link DurabilityIT} while its ledger is locked.
 */
@Execution(ExecutionMode.CONCURRENT)
final class StopIT {
  private static Set<WaitReason> reasons(Snapshot snapshot) {
    return snapshot.tables().stream()
        .map(TableAccount::waiting)
        .filter(Objects::nonNull)
        .map(waiting -> waiting.kind())
        .collect(Collectors.toSet());
  }

  private static long sum(Snapshot snapshot, LeadState state) {
    return snapshot.runs().stream().mapToLong(run -> run.states().getOrDefault(state, 0L)).sum();
  }

  @Test
  void withEveryTableInAStateOfItsOwn(@TempDir Path folder) {
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0")) {
      rehearsal.configure(100, new Hook("tech-1", 5));
      rehearsal.properties(
          "kiln.delivery.first-wait = 1s",
          "kiln.breaker.open = 5s",
          "kiln.jolokia.listen = 127.0.0.1:0");
      rehearsal.order(
          "faults",
          """
          [{"kind": "status", "status": 503, "webhook": "finance-1"},
           {"kind": "hang", "webhook": "events-1"}]
          """);
      KilnProcess kiln = rehearsal.run();
      assertThat(rehearsal.here("pause", "table", "inbound-leads").exit()).isZero();
      rehearsal.drop("tech.csv", Rehearsal.leads("tech", 20));
      rehearsal.drop("bank.csv", Rehearsal.leads("bank", 20).replace("Software", "Banking"));
      rehearsal.drop("inbound/came.csv", Rehearsal.leads("came", 5));
      rehearsal.drop("events/fair.csv", Rehearsal.leads("fair", 5));
      rehearsal.awaitLedger(
          "used up, open breaker, paused, and five on the wire that hang",
          snapshot ->
              reasons(snapshot)
                      .containsAll(
                          Set.of(
                              WaitReason.EXHAUSTED,
                              WaitReason.BREAKER_OPEN,
                              WaitReason.TABLE_PAUSED))
                  && sum(snapshot, LeadState.SENDING) == 5);
      String before = kiln.err();
      Ended ended = kiln.terminate();
      assertThat(ended.err().substring(before.length())).doesNotContain("WARN", "ERROR");
      assertThat(ended.exit()).isEqualTo(143);
      JsonNode stopped = rehearsal.status();
      assertThat(Rehearsal.count(stopped, "SENDING")).isZero();
      assertThat(Rehearsal.count(stopped, "ACCEPTED")).isEqualTo(5);
      assertThat(Rehearsal.count(stopped, "QUEUED")).isEqualTo(45);

      rehearsal.order("faults", "{}");
      rehearsal.configure(100, new Hook("tech-1", 5), new Hook("tech-2", 100));
      KilnProcess next = rehearsal.run();
      assertThat(rehearsal.here("resume", "table", "inbound-leads").exit()).isZero();
      rehearsal.awaitLedger(
          "all leads accepted", snapshot -> sum(snapshot, LeadState.ACCEPTED) == 50);
      next.terminate();
      assertThat(rehearsal.leads("--possible-duplicates")).hasSize(5);
      assertThat(rehearsal.received().path("repeats").asInt()).isZero();
    }
  }

  @Test
  void inMidFileAndWithinALongPause(@TempDir Path folder) {
    int rows = 30_000;
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0")) {
      rehearsal.configure(100);
      rehearsal.properties("kiln.intake.batch-rows = 10");
      rehearsal.order("faults", "{\"kind\": \"status\", \"status\": 429, \"retryAfter\": \"600\"}");
      KilnProcess kiln = rehearsal.run();
      rehearsal.drop("first.csv", Rehearsal.leads("first", 1));
      rehearsal.awaitLedger(
          "a pause",
          snapshot ->
              !snapshot.workspaces().isEmpty()
                  && pausedUntil(snapshot).isAfter(Instant.now().plusSeconds(30)));
      rehearsal.drop("leads.csv", Rehearsal.leads("lead", rows));
      rehearsal.awaitLedger(
          "rows of the big file",
          snapshot -> snapshot.runs().size() == 2 && snapshot.runs().get(0).read() > 0);
      Ended stopped = kiln.terminate();
      assertThat(stopped.err()).contains("read on at the next start").doesNotContain("ERROR");
      JsonNode run = Rehearsal.named(rehearsal.status().path("runs"), "name", "leads.csv");
      assertThat(run.path("phase").asText()).as("stopped in mid-file").isEqualTo("READING");
      assertThat(run.path("read").asInt()).isBetween(1, rows - 1);
      long requests = rehearsal.received().path("requests").asLong();

      rehearsal.properties();
      KilnProcess next = rehearsal.run();
      rehearsal.awaitLedger(
          "the file read to its end",
          snapshot -> snapshot.runs().stream().map(RunAccount::phase).allMatch("READ"::equals));
      next.terminate();
      JsonNode status = rehearsal.status();
      assertThat(status.path("runs")).hasSize(2);
      assertThat(Rehearsal.count(status, "QUEUED")).isEqualTo(rows + 1);
      rehearsal.awaitLedger(
          "the pause lasts over the restart",
          snapshot -> pausedUntil(snapshot).isAfter(Instant.now()));
      assertThat(rehearsal.received().path("requests").asLong()).isEqualTo(requests);
    }
  }

  private static Instant pausedUntil(Snapshot snapshot) {
    return snapshot.workspaces().get(0).pauseUntil();
  }
}
