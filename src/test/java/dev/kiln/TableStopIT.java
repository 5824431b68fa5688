package dev.kiln;

import static dev.kiln.RunningKiln.EVENTS;
import static dev.kiln.RunningKiln.FINANCE;
import static dev.kiln.RunningKiln.INBOUND;
import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.WaitReason;
import dev.kiln.simulate.StoredRow;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One table is stopped over JMX while all of them deliver. */
@Tag("alone") // it measures, and reads JMX
final class TableStopIT {
  private static final double RATE = 50;
  private static final int FILES = Proof.of(14, 60);
  private static final int LEADS_A_FILE = 10;
  private static final int LEADS = FILES * LEADS_A_FILE;
  private static final Duration LONGEST = Duration.ofMinutes(2);

  /** Where leads of each table are dropped, with an industry that leads to it. */
  private static final Map<String, List<String>> WAYS =
      Map.of(
          TECH, List.of("normal/", "Computer Software"),
          FINANCE, List.of("normal/", "Banking"),
          INBOUND, List.of("normal/inbound/", "Banking"),
          EVENTS, List.of("normal/events/", "Banking"));

  @Test
  @DisplayName("a stopped table waits, the others keep the whole rate, and started it drains")
  void theOthersKeepTheWholeRate(@TempDir Path folder) throws Exception {
    MBeanServer jmx = ManagementFactory.getPlatformMBeanServer();
    ObjectName route =
        new ObjectName("org.apache.camel:context=kiln,type=routes,name=\"table-" + FINANCE + "\"");
    try (RunningKiln kiln = new RunningKiln(folder);
        Lateness lateness = new Lateness()) {
      kiln.rate(RATE).set("kiln.intake.batch-rows", "10").start();
      for (int file = 0; file < FILES; file++) {
        for (Map.Entry<String, List<String>> way : WAYS.entrySet()) {
          kiln.drop(
              way.getValue().get(0) + way.getKey() + file + ".csv",
              leads(file * LEADS_A_FILE, LEADS_A_FILE, way.getValue().get(1)));
        }
      }
      await("all four tables deliver")
          .atMost(LONGEST)
          .until(() -> WAYS.keySet().stream().allMatch(t -> kiln.count(t, LeadState.ACCEPTED) > 0));

      jmx.invoke(route, "stop", null, null);
      assertThat(jmx.getAttribute(route, "State")).isEqualTo("Stopped");
      assertThat(kiln.parked(FINANCE, WaitReason.ROUTE_STOPPED).reason()).contains(FINANCE);
      List<StoredRow> before = kiln.clay().rows();
      await("the others at the whole rate")
          .atMost(LONGEST)
          .pollInterval(Duration.ofMillis(200))
          .until(() -> Arrivals.of(RATE, since(kiln, before)).exact());
      assertThat(since(kiln, before))
          .as("rows that came while the table was stopped")
          .noneMatch(row -> row.webhook().equals("hook-finance-1"));
      assertThat(kiln.count(FINANCE, LeadState.QUEUED)).isPositive();

      jmx.invoke(route, "start", null, null);
      await("every lead of all four tables")
          .atMost(LONGEST)
          .until(
              () ->
                  WAYS.keySet().stream().allMatch(t -> kiln.count(t, LeadState.ACCEPTED) == LEADS));
      assertThat(kiln.ledgerLines()).allSatisfy(line -> assertThat(line.attempts()).isZero());
      assertThat(kiln.clay().statistics().total().repeats()).isZero();
      Arrivals all = Arrivals.of(RATE, kiln.clay().rows());
      System.out.println(all);
      all.mustKeepThePace(lateness.worst());
    }
  }

  private static List<StoredRow> since(RunningKiln kiln, List<StoredRow> before) {
    List<StoredRow> rows = kiln.clay().rows();
    return rows.subList(before.size(), rows.size());
  }
}
