package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kiln.cli.KilnProcess.Ended;
import dev.kiln.cli.Rehearsal.Hook;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.RunAccount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What an operator types beside a running Kiln, and what a stopped one is brought back to. */
@Execution(ExecutionMode.CONCURRENT)
final class OperatorIT {
  private static final String TECH = "outbound-leads-tech";
  private static final String FINANCE = "outbound-leads-finance";

  private static String done(Rehearsal rehearsal, String command, String... arguments) {
    Ended ended = rehearsal.here(command, arguments);
    assertThat(ended.exit()).as(ended.err()).isZero();
    return ended.out();
  }

  private static String refused(Rehearsal rehearsal, int exit, String command, String... given) {
    Ended ended = rehearsal.here(command, given);
    assertThat(ended.exit()).as(ended.err()).isEqualTo(exit);
    assertThat(ended.out()).isEmpty();
    return ended.err();
  }

  private static RunAccount newestRun(Rehearsal rehearsal) {
    try (LedgerView view = LedgerView.open(rehearsal.data())) {
      return view.snapshot().runs().get(0);
    }
  }

  @Test
  void aRunningKilnObeysAndAStoppedOneIsBroughtBackToItsBackup(@TempDir Path folder)
      throws IOException {
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0")) {
      rehearsal.configure(100);
      rehearsal.properties();
      KilnProcess kiln = rehearsal.run();
      rehearsal.drop("first.csv", Rehearsal.leads("first", 10));
      rehearsal.awaitDistinct(10);

      assertThat(done(rehearsal, "pause", "table", TECH)).contains("kiln resume table " + TECH);
      String bank = Rehearsal.leads("bank", 20).replace("Software", "Banking");
      String rows = bank.substring(bank.indexOf('\n') + 1);
      rehearsal.drop("second.csv", Rehearsal.leads("second", 40) + rows);
      rehearsal.awaitDistinct(30);
      rehearsal.awaitLedger(
          "the second file read, and what may go settled",
          snapshot ->
              snapshot.runs().get(0).phase().equals("READ")
                  && snapshot
                      .runs()
                      .get(0)
                      .states()
                      .equals(Map.of(LeadState.ACCEPTED, 20L, LeadState.QUEUED, 40L)));
      assertThat(rehearsal.stored("finance-1")).isEqualTo(20);
      assertThat(rehearsal.stored("tech-1")).isEqualTo(10);
      assertThat(done(rehearsal, "status"))
          .contains(TECH + " waits: Paused", "\"kiln resume table " + TECH + "\"");

      assertThat(refused(rehearsal, Main.USAGE, "rate", "main", "0")).contains("0.1 to 1000");
      assertThat(refused(rehearsal, Main.USAGE, "rate", "main")).contains("--reset");
      assertThat(done(rehearsal, "rate", "main", "50")).contains("at most 50 leads a second");
      assertThat(done(rehearsal, "status")).contains("at most 50 leads a second by \"kiln rate\"");
      assertThat(done(rehearsal, "rate", "main", "--reset")).contains("clay.yaml again");

      assertThat(done(rehearsal, "backup", "copy.db")).contains("kiln restore copy.db");
      assertThat(refused(rehearsal, 2, "backup", "copy.db")).contains("copy.db");
      assertThat(refused(rehearsal, Main.ALREADY_RUNNING, "restore", "copy.db"))
          .contains("already running");

      String run = newestRun(rehearsal).id();
      assertThat(done(rehearsal, "hold", "--run", run)).contains("Leads held: 40");
      assertThat(done(rehearsal, "resume", "table", TECH)).contains("goes on");
      assertThat(done(rehearsal, "cancel", "--lead", run + "-1")).contains("Leads cancelled: 1.");
      assertThat(rehearsal.stored("tech-1")).as("held leads are not sent").isEqualTo(10);
      assertThat(done(rehearsal, "release", "--run", run)).contains("Leads queued again: 39");
      rehearsal.awaitDistinct(69);
      kiln.terminate();
      assertThat(newestRun(rehearsal).states())
          .isEqualTo(Map.of(LeadState.ACCEPTED, 59L, LeadState.CANCELLED, 1L));
      assertThat(rehearsal.received().path("repeats").asInt()).isZero();

      rehearsal.write("sent.csv", Rehearsal.leads("sent", 3));
      assertThat(rehearsal.here("send", "sent.csv").exit()).isZero();

      rehearsal.write("text.db", "this is no ledger");
      rehearsal.write("empty.db", "");
      byte[] before = Files.readAllBytes(rehearsal.data().resolve(Ledger.FILE));
      for (String noLedger : new String[] {"text.db", "empty.db", "missing.db"}) {
        assertThat(refused(rehearsal, Main.USAGE, "restore", noLedger)).contains(noLedger);
        assertThat(rehearsal.data().resolve(Ledger.FILE)).hasBinaryContent(before);
        assertThat(rehearsal.data()).isDirectoryNotContaining("glob:**{restoring,before}-*");
      }

      assertThat(done(rehearsal, "restore", "copy.db"))
          .contains(
              "kept in",
              ".before-",
              "Restored. 40 leads were not settled",
              "\"kiln reconcile\"",
              "does not know their leads: sent.csv (run ");
      assertThat(newestRun(rehearsal))
          .satisfies(
              restored -> {
                assertThat(restored.states())
                    .isEqualTo(Map.of(LeadState.ACCEPTED, 20L, LeadState.QUEUED, 40L));
                assertThat(restored.possibleDuplicates()).isEqualTo(40);
              });
    }
  }

  @Test
  void leadsInDoubtAreResolvedAndThoseOfAFullTableMoved(@TempDir Path folder) {
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0")) {
      rehearsal.configure(100, new Hook("tech-1", 10));
      rehearsal.properties("kiln.delivery.unknown = hold");
      rehearsal.order(
          "faults", "{\"kind\":\"reset-after-store\",\"webhook\":\"tech-1\",\"next\":2}");
      KilnProcess kiln = rehearsal.run();
      rehearsal.drop("leads.csv", Rehearsal.leads("lead", 15));
      rehearsal.awaitLedger(
          "two in doubt and five that wait",
          snapshot ->
              snapshot
                  .runs()
                  .get(0)
                  .states()
                  .equals(
                      Map.of(LeadState.ACCEPTED, 8L, LeadState.UNKNOWN, 2L, LeadState.QUEUED, 5L)));

      assertThat(refused(rehearsal, Main.USAGE, "resolve", "--all")).contains("--resend");
      assertThat(done(rehearsal, "resolve", "--accepted", "--table", TECH))
          .contains("Leads accepted: 2");
      assertThat(done(rehearsal, "move", "--table", TECH, "--to", FINANCE))
          .contains("Leads that wait for table " + FINANCE + " now: 5");
      await("the moved leads")
          .atMost(KilnProcess.LONGEST)
          .until(() -> rehearsal.stored("finance-1") == 5);
      kiln.terminate();
      assertThat(newestRun(rehearsal).states()).isEqualTo(Map.of(LeadState.ACCEPTED, 15L));
      assertThat(rehearsal.arrivals()).hasSize(15);
      assertThat(rehearsal.received().path("repeats").asInt()).isZero();
    }
  }

  @Test
  void whatIsNotMeantIsRefusedBeforeAnythingChanges(@TempDir Path folder) throws IOException {
    try (Rehearsal rehearsal = new Rehearsal(folder)) {
      assertThat(refused(rehearsal, Main.USAGE, "hold", "--all")).contains("has no ledger yet");
      Ledger.open(Files.createDirectories(rehearsal.data()), Clock.systemUTC()).close();
      assertThat(refused(rehearsal, Main.USAGE, "pause", "table", "outbound-lead-tech"))
          .contains("has no table outbound-lead-tech", TECH);
      assertThat(refused(rehearsal, Main.USAGE, "hold", "--table", "outbound-lead-tech"))
          .contains("has no table outbound-lead-tech", TECH);
      assertThat(refused(rehearsal, Main.USAGE, "cancel", "20261125-abcdef"))
          .contains("There is no run 20261125-abcdef");
      assertThat(refused(rehearsal, Main.USAGE, "move", "--all", "--to", "inbound-lead"))
          .contains("has no table inbound-lead", "inbound-leads");
      assertThat(refused(rehearsal, Main.USAGE, "cancel")).contains("--run", "--all");
      assertThat(refused(rehearsal, Main.USAGE, "cancel", "--run", "20261125-k3f9zq", "--all"))
          .contains("--all goes alone");
      assertThat(refused(rehearsal, Main.USAGE, "cancel", "--lead", "17"))
          .contains("\"17\" is no lead_id");
    }
  }

  @Test
  void deliveryIsPausedAlsoWhileTheConfigurationIsBroken(@TempDir Path folder) throws IOException {
    try (Rehearsal rehearsal = new Rehearsal(folder)) {
      Ledger.open(Files.createDirectories(rehearsal.data()), Clock.systemUTC()).close();
      rehearsal.write("config/clay.yaml", "tabels: {}");
      for (String[] order :
          new String[][] {
            {"pause", "workspace", "main"}, {"resume", "workspace", "main"}, {"rate", "main", "1"}
          }) {
        Ended ended = rehearsal.here(order[0], Arrays.copyOfRange(order, 1, order.length));
        assertThat(ended.exit()).as(ended.err()).isZero();
        assertThat(ended.err()).contains("workspace main is not known", "\"tabels\"");
        assertThat(ended.out()).contains("workspace main");
      }
      assertThat(refused(rehearsal, Main.USAGE, "move", "--all", "--to", FINANCE))
          .contains("\"tabels\"");
    }
  }
}
