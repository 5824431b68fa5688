package dev.kiln;

import static dev.kiln.RunningKiln.EVENTS;
import static dev.kiln.RunningKiln.INBOUND;
import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.lead.EnrichedRow;
import dev.kiln.ledger.Budget;
import dev.kiln.ledger.Due;
import dev.kiln.ledger.LeadSelection;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Lease;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.Pausable;
import dev.kiln.ledger.WaitReason;
import dev.kiln.ledger.WebhookUse;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import javax.management.Attribute;
import javax.management.MBeanException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.RuntimeMBeanException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What an operator changes while leads are on their way. */
@ResourceLock(RunningKiln.MANAGED)
final class LiveChangeTest {
  private static final MBeanServer JMX = ManagementFactory.getPlatformMBeanServer();
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) {
    kiln = new RunningKiln(folder);
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  private static ObjectName managed(String type, String name) throws Exception {
    return new ObjectName("dev.kiln:context=kiln,type=" + type + ",name=\"" + name + "\"");
  }

  // ---- The rate ----

  @Test
  @DisplayName(
      "a raised rate holds at once for the lead that waits at the throttle, without a burst")
  void raisedRateHoldsAtOnce() throws Exception {
    try (Lateness lateness = new Lateness()) {
      kiln.rate(0.1).start();
      kiln.drop("normal/tech.csv", leads(1, 60, "Computer Software"));
      soon().until(() -> kiln.requests("tech-1") == 1);
      kiln.app().ledger().rate("main", new BigDecimal("20"));
      assertThat(kiln.settled("tech.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 60L));

      kiln.app().ledger().rate("main", new BigDecimal("0.1"));
      soon().until(() -> kiln.app().rate("main") == 0.1);
      kiln.drop("normal/more.csv", leads(100, 300, "Computer Software"));
      kiln.read("more.csv");
      soon().until(() -> kiln.requests("tech-1") > 60);
      kiln.app().ledger().rate("main", new BigDecimal("20"));
      soon().until(() -> kiln.requests("tech-1") > 70);
      kiln.app().ledger().rate("main", null);
      soon().until(() -> kiln.app().rate("main") == 0.1);
      assertThat(kiln.count(TECH, LeadState.QUEUED)).isGreaterThan(20);
      Arrivals.of(20, kiln.clay().rows()).mustKeepThePace(lateness.worst());
    }
  }

  @Test
  @DisplayName("over JMX: the rate is set and checked, a workspace and a table pause and go on")
  void overJmx() throws Exception {
    kiln.rate(0.1).start();
    kiln.drop("normal/tech.csv", leads(1, 20, "Computer Software"));
    ObjectName workspace = managed("workspace", "main");
    ObjectName table = managed("table", TECH);
    soon().until(() -> kiln.requests("tech-1") == 1);
    JMX.setAttribute(workspace, new Attribute("RateSet", 40.0));
    soon().until(() -> (double) JMX.getAttribute(workspace, "RateNow") == 40.0);
    assertThat(JMX.getAttribute(workspace, "RateSet")).isEqualTo(40.0);
    kiln.settled("tech.csv");
    soon().until(() -> JMX.getAttribute(table, "Accepted").equals(20L));
    String back = kiln.run("tech.csv").orElseThrow().id() + "-1";
    kiln.app().ledger().receive(TECH, new EnrichedRow(back, "{}", "hash"));
    soon().until(() -> kiln.count(TECH, LeadState.ENRICHED) == 1);
    soon()
        .during(Duration.ofMillis(1_100))
        .until(() -> JMX.getAttribute(table, "Accepted").equals(20L));
    assertThatThrownBy(() -> JMX.setAttribute(workspace, new Attribute("RateSet", 1001.0)))
        .isInstanceOfAny(RuntimeMBeanException.class, MBeanException.class)
        .hasMessageContaining("0.1 to 1000");

    JMX.invoke(table, "pause", null, null);
    assertThat(JMX.getAttribute(table, "Paused")).isEqualTo(true);
    kiln.drop("normal/more.csv", leads(50, 5, "Computer Software"));
    assertThat(kiln.parked(TECH, WaitReason.TABLE_PAUSED).reason()).contains("kiln resume table");
    soon().until(() -> JMX.getAttribute(table, "Waiting").toString().contains("kiln resume table"));
    soon().until(() -> JMX.getAttribute(table, "Queued").equals(5L));
    JMX.invoke(workspace, "pause", null, null);
    JMX.invoke(table, "resume", null, null);
    assertThat(JMX.getAttribute(workspace, "Paused")).isEqualTo(true);
    kiln.parked(TECH, WaitReason.WORKSPACE_PAUSED);
    JMX.invoke(workspace, "resume", null, null);
    kiln.settled("more.csv");
    assertThat(kiln.clay().statistics().total().repeats()).isZero();

    kiln.stop();
    assertThat(JMX.isRegistered(workspace)).isFalse();
  }

  @Test
  @DisplayName("over JMX: what webhooks have taken and budgets have spent, of webhooks live")
  void webhooksAndBudgetsOverJmx() throws Exception {
    kiln.inClayYaml("{{webhook:tech-1}}\" }", "{{webhook:tech-1}}\", cap: 9 }")
        .inClayYaml("tables:\n", "budgets:\n  credits: { day: 50 }\ntables:\n")
        .inClayYaml(
            "  outbound-leads-tech:\n", "  outbound-leads-tech:\n    credits-per-lead: 2.5\n")
        .start();
    ObjectName webhook = managed("webhook", "tech-1");
    ObjectName budget = managed("budget", "credits-day");
    kiln.drop("normal/tech.csv", leads(1, 8, "Computer Software"));
    kiln.settled("tech.csv");
    soon().until(() -> JMX.getAttribute(webhook, "Used").equals(8L));
    assertThat(JMX.getAttribute(webhook, "Cap")).isEqualTo(9L);
    assertThat(JMX.getAttribute(webhook, "Left")).isEqualTo(1L);
    assertThat(JMX.getAttribute(webhook, "Table")).isEqualTo(TECH);
    assertThat(JMX.getAttribute(webhook, "State")).isEqualTo("nearly full");
    assertThat(JMX.getAttribute(webhook, "Reason")).isEqualTo("");
    assertThat(JMX.getAttribute(budget, "Spent")).isEqualTo(20.0);
    assertThat(JMX.getAttribute(budget, "Cap")).isEqualTo(50.0);
    assertThat(JMX.getAttribute(budget, "Left")).isEqualTo(30.0);
    assertThat(JMX.getAttribute(budget, "Ends")).asString().endsWith("T00:00:00Z");
    assertThat(JMX.getAttribute(managed("budget", "actions-month"), "Left")).isEqualTo(-1.0);

    kiln.inClayYaml("name: tech-1", "name: tech-one").places();
    soon().until(() -> JMX.isRegistered(managed("webhook", "tech-one")));
    assertThat(JMX.isRegistered(webhook)).isFalse();
    kiln.stop();
    assertThat(JMX.isRegistered(managed("webhook", "tech-one"))).isFalse();
    assertThat(JMX.isRegistered(budget)).isFalse();
  }

  // ---- clay.yaml ----

  @Test
  @DisplayName(
      "clay.yaml is taken up live: a new webhook and a rate; what is wrong changes nothing")
  void clayYamlIsTakenUp() throws Exception {
    kiln.inClayYaml("{{webhook:tech-1}}\" }", "{{webhook:tech-1}}\", cap: 3 }").start();
    kiln.drop("normal/tech.csv", leads(1, 8, "Computer Software"));
    kiln.parked(TECH, WaitReason.EXHAUSTED);
    Path clayYaml = kiln.places().clayYaml();
    String before = Files.readString(clayYaml);

    Files.writeString(clayYaml, before.replace("rate-per-second", "rate-per-secnd"));
    soon().until(() -> kiln.refusal().filter(why -> why.contains("rate-per-secnd")).isPresent());
    assertThat(kiln.refusal().orElseThrow())
        .contains(clayYaml + ":3:", "did you mean \"rate-per-second\"?");
    assertThat(kiln.app().rate("main")).isEqualTo(200);
    Files.writeString(clayYaml, before.replace("  event-attendees:", "  event-guests:"));
    soon().until(() -> kiln.refusal().filter(why -> why.contains("event-guests")).isPresent());
    Files.writeString(clayYaml, before);
    soon().until(() -> kiln.refusal().isEmpty());

    kiln.inClayYaml("cap: 3 }", "cap: 3 }\n      - { name: tech-2, url: \"{{webhook:tech-2}}\" }")
        .rate(30)
        .places();
    assertThat(kiln.settled("tech.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 8L));
    assertThat(kiln.stored("tech-2")).hasSize(5);
    assertThat(kiln.app().rate("main")).isEqualTo(30);
    assertThat(kiln.snapshot().webhooks())
        .filteredOn(use -> use.table().equals(TECH))
        .extracting(WebhookUse::used)
        .containsExactly(3L, 5L);
  }

  @Test
  @DisplayName("a secret is taken up live, however its file is replaced")
  void secretsAreTakenUp() throws Exception {
    Path secrets = Files.createDirectories(kiln.places().secrets());
    Path url = webhook(secrets, "tech-1-url", "tech-1");
    takesUp(
        () -> {
          webhook(secrets, "next", "tech-2");
          Files.delete(url);
          return Files.createSymbolicLink(url, Path.of("next"));
        });
  }

  @Test
  @DisplayName("secrets that are mounted elsewhere are taken up when Kubernetes turns their link")
  void mountedSecretsAreTakenUp() throws Exception {
    Path secrets = Files.createDirectories(kiln.data().resolveSibling("mounted"));
    webhook(Files.createDirectory(secrets.resolve("..first")), "tech-1-url", "tech-1");
    webhook(Files.createDirectory(secrets.resolve("..second")), "tech-1-url", "tech-2");
    Path data = Files.createSymbolicLink(secrets.resolve("..data"), Path.of("..first"));
    Files.createSymbolicLink(secrets.resolve("tech-1-url"), Path.of("..data", "tech-1-url"));
    kiln.secrets(secrets);
    takesUp(
        () -> {
          Path turned = secrets.resolve("..data_tmp");
          Files.createSymbolicLink(turned, Path.of("..second"));
          return Files.move(turned, data, StandardCopyOption.ATOMIC_MOVE);
        });
  }

  private Path webhook(Path folder, String secret, String webhook) throws Exception {
    return Files.writeString(
        folder.resolve(secret), "" + kiln.clay().webhookUrl("hook-" + webhook));
  }

  /** A swap of the secret tech-1-url, from the webhook tech-1 to tech-2, counts at once. */
  private void takesUp(Callable<Path> swap) throws Exception {
    kiln.inClayYaml("\"{{webhook:tech-1}}\"", "\"{{secret:tech-1-url}}\"").start();
    kiln.drop("normal/tech.csv", leads(1, 2, "Computer Software"));
    kiln.settled("tech.csv");
    swap.call();
    soon()
        .until(
            () ->
                kiln.snapshot().webhooks().stream()
                    .anyMatch(use -> use.name().equals("tech-1") && use.used() == 0));
    kiln.drop("normal/more.csv", leads(10, 2, "Computer Software"));
    kiln.settled("more.csv");
    assertThat(kiln.stored("tech-1")).hasSize(2);
    assertThat(kiln.stored("tech-2")).hasSize(2);
  }

  /** Three leads, of which a Kiln had one on the wire when it was killed. */
  private void diedWithALeadOnTheWire(String workspace, long epoch) throws Exception {
    kiln.start();
    kiln.app().ledger().pause(Pausable.TABLE, INBOUND, true);
    kiln.drop("normal/inbound/came.csv", leads(1, 3, "Banking"));
    kiln.read("came.csv");
    kiln.stop();
    try (Ledger ledger = Ledger.open(kiln.data(), Clock.systemUTC())) {
      ledger.pause(Pausable.TABLE, INBOUND, false);
      Lease lease;
      int killed = 0;
      do {
        lease =
            ledger
                .lead(workspace, "killed " + killed++, Duration.ofSeconds(10), true)
                .orElseThrow();
      } while (lease.epoch() < epoch);
      Due due = ledger.due(Map.of(INBOUND, 1), 1, Set.of(), null).get(0);
      ledger.begin(due, lease, (uses, now) -> uses.get(0), now -> Budget.NONE);
    }
  }

  @Test
  @DisplayName("leads of a removed table wait, also those that were on the wire, and can be moved")
  void removedTable() throws Exception {
    diedWithALeadOnTheWire("main", 0);

    kiln.inClayYaml(
            """
              inbound-leads:
                webhooks:
                  - { name: inbound-1, url: "{{webhook:inbound-1}}" }
            """,
            "")
        .inRoutes(
            "tables.camel.yaml",
            """
            - templatedRoute:
                routeTemplateRef: table
                routeId: table-inbound-leads
                prefixId: "inbound-leads-"
                parameters:
                  - name: table
                    value: inbound-leads
                  - name: workspace
                    value: main
            """,
            "")
        .inRoutes(
            "choose-table.camel.yaml", "expression: inbound-leads", "expression: event-attendees")
        .start();
    assertThat(kiln.parked(INBOUND, WaitReason.NO_TABLE).reason())
        .contains("kiln move --table inbound-leads");
    kiln.reaches(INBOUND, LeadState.QUEUED, 3);
    assertThat(kiln.run("came.csv").orElseThrow().possibleDuplicates()).isEqualTo(1);
    kiln.app().ledger().reroute(new LeadSelection(null, INBOUND, null), EVENTS, Duration.ofDays(1));
    assertThat(kiln.settled("came.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 3L));
    assertThat(kiln.stored("events-1")).hasSize(3);
  }

  @Test
  @DisplayName("leads that were on the wire go on where their table has another workspace")
  void tableOfAnotherWorkspace() throws Exception {
    diedWithALeadOnTheWire("before", 20);
    kiln.start();
    assertThat(kiln.settled("came.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 3L));
    assertThat(kiln.run("came.csv").orElseThrow().possibleDuplicates()).isEqualTo(1);
  }

  // ---- Edited routes ----

  private static String failing(String anchor, boolean before) {
    String fault =
        """
        - throwException:
            id: break
            exceptionType: java.lang.IllegalArgumentException
            message: "a fault in an edited route"
        """
            .indent(16);
    return before ? fault + anchor : anchor + fault;
  }

  @Test
  @DisplayName("a fault between begin and the webhook sends nothing and costs nothing")
  void faultBeforeTheWire() throws Exception {
    String anchor = "                - marshal:\n                    id: json\n";
    kiln.set("kiln.delivery.first-wait", "1s")
        .inRoutes("delivery.camel.yaml", anchor, failing(anchor, true))
        .start();
    kiln.drop("normal/tech.csv", leads(1, 3, "Computer Software"));
    kiln.parked(TECH, WaitReason.ROUTE_FAILED);
    kiln.reaches(TECH, LeadState.QUEUED, 3);
    assertThat(kiln.requests("tech-1")).isZero();
    assertThat(kiln.ledgerLines())
        .allSatisfy(
            line -> {
              assertThat(line.attempts()).isZero();
              assertThat(line.possibleDuplicate()).isFalse();
            });
    assertThat(kiln.snapshot().webhooks())
        .filteredOn(use -> use.name().equals("tech-1"))
        .extracting(WebhookUse::used)
        .containsExactly(0L);
  }

  @Test
  @DisplayName("a fault between the webhook and settle leaves the lead in doubt, and ends")
  void faultBehindTheWire() throws Exception {
    String anchor = "                - bean:\n                    id: settle\n";
    kiln.set("kiln.delivery.attempts", "1")
        .inRoutes("delivery.camel.yaml", anchor, failing(anchor, true))
        .start();
    kiln.drop("normal/tech.csv", leads(1, 1, "Computer Software"));
    RunAccount run = kiln.settled("tech.csv");
    assertThat(run.states()).isEqualTo(Map.of(LeadState.UNKNOWN, 1L));
    assertThat(kiln.requests("tech-1")).isEqualTo(1);
    assertThat(kiln.ledgerLines()).extracting(LeadLine::attempts).containsExactly(1);
  }

  @Test
  @DisplayName("no edit of a route posts a lead twice, or one that was not begun")
  void onePostForEachBegin() throws Exception {
    String anchor = "                - bean:\n                    id: settle\n";
    kiln.set("kiln.delivery.attempts", "1")
        .inRoutes(
            "delivery.camel.yaml",
            anchor,
            "                - to:\n                    id: twice\n                    uri: clay:tech-1\n"
                + anchor)
        .start();
    kiln.drop("normal/tech.csv", leads(1, 1, "Computer Software"));
    assertThat(kiln.settled("tech.csv").states()).isEqualTo(Map.of(LeadState.UNKNOWN, 1L));
    assertThat(kiln.requests("tech-1")).isEqualTo(1);
    assertThatThrownBy(
            () ->
                kiln.context()
                    .createProducerTemplate()
                    .sendBody("clay:tech-1", "{}".getBytes(StandardCharsets.UTF_8)))
        .hasRootCauseInstanceOf(IllegalStateException.class)
        .hasStackTraceContaining("only what was begun");
    assertThat(kiln.requests("tech-1")).isEqualTo(1);
  }
}
