package dev.kiln;

import static dev.kiln.RunningKiln.EVENTS;
import static dev.kiln.RunningKiln.FINANCE;
import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.ledger.WaitReason;
import dev.kiln.simulate.Fault;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** Files under config and routes that are saved while Kiln runs. */
@ResourceLock(RunningKiln.MANAGED)
final class ReloadTest {
  private static final String CHOOSE = "choose-table.camel.yaml";

  /** The branch that sends finance to its table, and one that sends it to the events'. */
  private static final String TO_FINANCE =
      """
      id: to-outbound-leads-finance
                            name: table
                            expression:
                              constant:
                                expression: outbound-leads-finance""";

  private static final String TO_EVENTS =
      TO_FINANCE.replace("expression: outbound-leads-finance", "expression: event-attendees");

  /** A branch that keeps the table of finance in use. */
  private static final String STILL_FINANCE =
      """
                    - id: is-bank
                      expression:
                        simple:
                          expression: "${exchangeProperty.source} == 'bank'"
                      steps:
                        - setProperty:
                            id: to-finance-of-banks
                            name: table
                            expression:
                              constant:
                                expression: outbound-leads-finance
                    - id: is-tech
      """
          .stripLeading();

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger logger = (Logger) LoggerFactory.getLogger(LiveReload.class);
  private Path folder;
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path temporary) {
    folder = temporary;
    kiln = new RunningKiln(temporary).ownRoutes();
    log.setContext(logger.getLoggerContext());
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void close() {
    logger.detachAppender(log);
    kiln.close();
  }

  private Path route(String file) {
    return folder.resolve("routes").resolve(file);
  }

  /** Each route that runs, by id: another object after it was replaced. */
  private Map<String, Route> routes() {
    Map<String, Route> routes = new HashMap<>();
    kiln.context().getRoutes().forEach(route -> routes.put(route.getId(), route));
    return routes;
  }

  /** The routes that were replaced, added or removed since. */
  private Set<String> changedSince(Map<String, Route> before) {
    Map<String, Route> now = routes();
    Set<String> changed = new TreeSet<>(now.keySet());
    changed.addAll(before.keySet());
    changed.removeIf(id -> before.get(id) == now.get(id));
    return changed;
  }

  private Reload state() {
    return kiln.app().reload().orElseThrow();
  }

  /** Does something to the files and waits until all of it is in force. */
  private void takenUp(Edit edit) throws Exception {
    Instant before = state().inForce();
    edit.run();
    soon()
        .untilAsserted(
            () -> {
              assertThat(state().fault()).isNull();
              assertThat(state().inForce()).isAfter(before);
            });
  }

  /** Does something to the files and waits until it is refused with these words. */
  private String refused(Edit edit, String... words) throws Exception {
    Instant before = state().inForce();
    edit.run();
    soon().untilAsserted(() -> assertThat(state().fault()).isNotNull().contains(words));
    assertThat(state().inForce()).isEqualTo(before);
    assertThat(state().faultSince()).isAfterOrEqualTo(before);
    return String.valueOf(state().fault());
  }

  @FunctionalInterface
  private interface Edit {
    void run() throws Exception;
  }

  /** Sends finance to the events' table from here on. */
  private void financeToEvents() {
    kiln.inRoutes(CHOOSE, TO_FINANCE, TO_EVENTS).inRoutes(CHOOSE, "- id: is-tech\n", STILL_FINANCE);
  }

  private void arrivesAt(String table, String file) {
    long before = kiln.count(table, LeadState.ACCEPTED);
    kiln.drop("normal/" + file, leads(file.hashCode() & 0xffff, 2, "Banking"));
    assertThat(kiln.settled(file).states()).isEqualTo(Map.of(LeadState.ACCEPTED, 2L));
    assertThat(kiln.count(table, LeadState.ACCEPTED)).isEqualTo(before + 2);
  }

  private void logged(String words) {
    soon()
        .untilAsserted(
            () ->
                assertThat(RunningKiln.logged(log))
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .anyMatch(line -> line.contains(words)));
  }

  // ---- Ways of saving ----

  @Test
  @DisplayName("a route that is edited in place is replaced alone, and the way back too")
  void inPlace() throws Exception {
    kiln.start();
    arrivesAt(FINANCE, "first.csv");
    Map<String, Route> before = routes();
    takenUp(this::financeToEvents);
    assertThat(changedSince(before)).containsExactly("choose-table");
    arrivesAt(EVENTS, "second.csv");
    takenUp(
        () ->
            Files.copy(
                Path.of("routes", CHOOSE), route(CHOOSE), StandardCopyOption.REPLACE_EXISTING));
    arrivesAt(FINANCE, "third.csv");
  }

  @Test
  @DisplayName("a file that another is moved over, and a folder whose link is turned, are taken up")
  void renamedAndLinked() throws Exception {
    Path maps = Files.createDirectories(folder.resolve("routes-of-old"));
    Files.move(route(CHOOSE), maps.resolve(CHOOSE));
    Path data = Files.createSymbolicLink(folder.resolve("routes").resolve("..data"), maps);
    Files.createSymbolicLink(route(CHOOSE), Path.of("..data", CHOOSE));
    kiln.start();
    arrivesAt(FINANCE, "first.csv");
    Path next = Files.createDirectories(folder.resolve("routes-of-new"));
    takenUp(
        () -> {
          Files.writeString(
              next.resolve(CHOOSE),
              Files.readString(maps.resolve(CHOOSE))
                  .replace(TO_FINANCE, TO_EVENTS)
                  .replace("- id: is-tech\n", STILL_FINANCE));
          Path turned = Files.createSymbolicLink(folder.resolve("routes").resolve("..new"), next);
          Files.move(turned, data, StandardCopyOption.ATOMIC_MOVE);
        });
    arrivesAt(EVENTS, "second.csv");
    takenUp(
        () -> {
          Path edited = Files.copy(maps.resolve(CHOOSE), route(CHOOSE + ".tmp"));
          Files.move(edited, route(CHOOSE), StandardCopyOption.ATOMIC_MOVE);
        });
    arrivesAt(FINANCE, "third.csv");
  }

  @Test
  @DisplayName("routes are moved between files, files are split, renamed and deleted")
  void movedAndDeleted() throws Exception {
    Files.writeString(
        route("own.camel.yaml"),
        """
        - route:
            id: own
            from:
              uri: direct
              parameters:
                name: own
              steps:
                - log:
                    id: say
                    message: hello
        """);
    kiln.start();
    Map<String, Route> before = routes();
    takenUp(
        () -> {
          String accept = Files.readString(route("accept.camel.yaml"));
          int batch = accept.indexOf("- route:\n    id: batch\n");
          Files.writeString(route("accept.camel.yaml"), "# split\n" + accept.substring(0, batch));
          Files.writeString(route("batch.camel.yaml"), accept.substring(batch));
          Files.writeString(route(".accept.camel.yaml"), "[an editor's own file");
          Files.move(route("own.camel.yaml"), route("mine.camel.yaml"));
        });
    assertThat(changedSince(before)).isEmpty();
    takenUp(() -> Files.delete(route("mine.camel.yaml")));
    assertThat(changedSince(before)).containsExactly("own");
    assertThat(refused(() -> Files.writeString(route("accept.camel.yaml"), ""), "is empty"))
        .contains("accept.camel.yaml");
    refused(
        () ->
            Files.copy(
                Path.of("routes", "accept.camel.yaml"),
                route("accept.camel.yaml"),
                StandardCopyOption.REPLACE_EXISTING),
        "batch.camel.yaml:1: route batch is there twice: also in ",
        "accept.camel.yaml:");
    takenUp(() -> Files.delete(route("batch.camel.yaml")));
    assertThat(changedSince(before)).containsExactly("own");
    arrivesAt(FINANCE, "all.csv");
  }

  // ---- Kinds of difference ----

  @Test
  @DisplayName(
      "a changed template replaces its routes, a routeConfiguration those it holds for; the rest run on")
  void dependants() throws Exception {
    kiln.start();
    arrivesAt(FINANCE, "first.csv");
    Map<String, Route> before = routes();
    takenUp(
        () ->
            kiln.inRoutes(
                "delivery.camel.yaml",
                "Throttler of workspace {{workspace}}: a lead",
                "Throttler of {{workspace}}: a lead"));
    assertThat(changedSince(before)).containsExactly("pace-main");
    arrivesAt(FINANCE, "second.csv");
    takenUp(
        () ->
            kiln.inRoutes(
                "delivery.camel.yaml",
                "throwExceptionWhenHalfOpenOrOpenState: true",
                "throwExceptionWhenHalfOpenOrOpenState: \"true\""
                    + "\n                writableStackTraceEnabled: false"));
    assertThat(changedSince(before))
        .contains("pace-main", "table-" + FINANCE, "table-" + TECH)
        .doesNotContain("window-main", "accept");
    arrivesAt(FINANCE, "third.csv");
    takenUp(() -> kiln.inRoutes("failures.camel.yaml", "A lead waits: ", "This lead waits: "));
    Set<String> all = new HashSet<>(before.keySet());
    all.remove("preview");
    assertThat(changedSince(before))
        .as("all but one with a configuration of its own")
        .isEqualTo(all);
    arrivesAt(FINANCE, "fourth.csv");
  }

  @Test
  @DisplayName("a stopped route stays stopped when it is replaced, and starts when it is told to")
  void stoppedStaysStopped() throws Exception {
    kiln.start();
    kiln.context().getRouteController().stopRoute("table-" + FINANCE);
    kiln.drop("normal/waits.csv", leads(1, 3, "Banking"));
    kiln.parked(FINANCE, WaitReason.ROUTE_STOPPED);
    Map<String, Route> before = routes();
    takenUp(
        () ->
            kiln.inRoutes(
                "delivery.camel.yaml", "Sends one lead to table {{table}}:", "One lead:"));
    assertThat(changedSince(before)).contains("table-" + FINANCE, "table-" + TECH);
    assertThat(kiln.context().getRouteController().getRouteStatus("table-" + FINANCE))
        .isEqualTo(ServiceStatus.Stopped);
    assertThat(kiln.context().getRouteController().getRouteStatus("table-" + TECH))
        .isEqualTo(ServiceStatus.Started);
    kiln.parked(FINANCE, WaitReason.ROUTE_STOPPED);
    kiln.context().getRouteController().startRoute("table-" + FINANCE);
    kiln.settled("waits.csv");
    takenUp(() -> kiln.inRoutes("delivery.camel.yaml", "One lead:", "One lead to {{table}}:"));
    assertThat(kiln.context().getRouteController().getRouteStatus("table-" + FINANCE))
        .isEqualTo(ServiceStatus.Started);
  }

  @Test
  @DisplayName("a change that waits for leads on the wire says for what, and until it is in force")
  void waitsForTheWire() throws Exception {
    kiln.set("kiln.http.response-timeout", "60s");
    kiln.clay().faults(Fault.of(Fault.Kind.HANG).withNext(1));
    kiln.start();
    kiln.drop("normal/hangs.csv", leads(1, 1, "Computer Software"));
    soon().until(() -> kiln.requests("tech-1") == 1);
    assertThat(state().waitsFor()).isNull();
    Instant before = state().inForce();
    kiln.inRoutes("delivery.camel.yaml", "Sends one lead to table {{table}}:", "One lead:");
    soon()
        .untilAsserted(
            () ->
                assertThat(state().json().path("waits_for").asText())
                    .contains("leads are on their way", TECH, FINANCE));
    assertThat(state().inForce()).isEqualTo(before);
    // Resets what hangs.
    kiln.clay().outage(true);
    kiln.clay().outage(false);
    soon().until(() -> state().inForce().isAfter(before));
    assertThat(state().waitsFor()).isNull();
    kiln.settled("hangs.csv");
  }

  /** A class that cannot be used, as one of a jar in extra/ whose own jars are missing. */
  public static final class Unusable {
    static {
      if (Unusable.class.getName().length() > 0) {
        throw new NoClassDefFoundError("a class of another jar");
      }
    }

    /** Is never called. */
    public Unusable() {}

    /** Nor is this. */
    public void run() {}
  }

  @Test
  @DisplayName("a look that ends with an error is told once, and the next save is taken up")
  void outlivesAnError() throws Exception {
    kiln.start();
    Instant before = state().inForce();
    Files.writeString(
        route("own.camel.yaml"),
        """
        - route:
            id: own
            from:
              uri: "direct:own"
              steps:
                - bean:
                    beanType: dev.kiln.ReloadTest$Unusable
                    method: run
        """);
    soon().untilAsserted(() -> assertThat(state().fault()).contains("see the log"));
    Instant seen = Instant.now();
    soon().until(() -> Instant.now().isAfter(seen.plusSeconds(2)));
    assertThat(state().fault()).contains("NoClassDefFoundError", "take back the last change");
    assertThat(state().inForce()).isEqualTo(before);
    assertThat(RunningKiln.logged(log))
        .filteredOn(line -> line.getFormattedMessage().contains("could not be looked at"))
        .hasSize(1);
    takenUp(() -> Files.delete(route("own.camel.yaml")));
    takenUp(this::financeToEvents);
    arrivesAt(EVENTS, "after.csv");
  }

  @Test
  @DisplayName("what makes a file endless is refused, and the next save is taken up")
  void outlivesAnEndlessFile() throws Exception {
    kiln.start();
    refused(
        () -> Files.writeString(route("own.camel.yaml"), "- route: &r\n    id: *r\n"),
        "own.camel.yaml:2: an alias stands within");
    refused(
        () -> Files.writeString(route("own.camel.yaml"), "- route:\n    id: \0\n"),
        "own.camel.yaml:2: holds the character U+0000");
    takenUp(() -> Files.delete(route("own.camel.yaml")));
  }

  /** A step that fails, in front of another one. */
  private static String failingBefore(String step) {
    String indent = " ".repeat(step.indexOf('-'));
    return """
        - throwException:
            id: break
            exceptionType: java.lang.IllegalArgumentException
            message: "a fault in an edited route"
        """
            .indent(indent.length())
        + step;
  }

  private static final String TAKE = "          - bean:\n              id: take\n";
  private static final String TO_WINDOW =
      "                - to:\n                    id: to-window\n";
  private static final String DUE = "          - bean:\n              id: due\n";

  private static Stream<Arguments> waysToTheWindow() {
    return Stream.of(
        Arguments.of("deliver-main", "${body.size} > 0", "${body.sze} > 0"),
        Arguments.of("deliver-main", DUE, failingBefore(DUE)),
        Arguments.of("deliver-main", TO_WINDOW, failingBefore(TO_WINDOW)),
        Arguments.of("window-main", TAKE, failingBefore(TAKE)));
  }

  @ParameterizedTest
  @MethodSource("waysToTheWindow")
  @DisplayName("a route to the window that fails is told once, as a reason too, and soon mended")
  void mendsTheWayToTheWindow(String id, String whole, String broken) throws Exception {
    kiln.start();
    List<String> lines =
        SecretsTest.Kept.of(
            "dev.kiln",
            () -> {
              kiln.takesUp("delivery.camel.yaml", whole, broken);
              kiln.drop("normal/waits.csv", leads(1, 50, "Banking"));
              assertThat(kiln.parked(FINANCE, WaitReason.ROUTE_FAILED).reason())
                  .contains("Route " + id + " fails", "see the log");
              Instant seen = Instant.now();
              soon().until(() -> Instant.now().isAfter(seen.plusSeconds(1)));
              kiln.takesUp("delivery.camel.yaml", broken, whole);
              assertThat(seen).isAfter(Instant.now().minusSeconds(30));
              return null;
            });
    assertThat(kiln.settled("waits.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 50L));
    assertThat(kiln.requests("finance-1")).isEqualTo(50);
    assertThat(lines).filteredOn(line -> line.contains("Route " + id + " failed")).hasSize(1);
  }

  private static final String NEW_TABLE_ROUTE =
      """

      - templatedRoute:
          routeTemplateRef: table
          routeId: table-banks
          prefixId: "banks-"
          parameters:
            - name: table
              value: banks
            - name: workspace
              value: second
      """;

  private static final String NEW_WORKSPACE_ROUTES =
      Stream.of("deliver", "window", "pace")
          .map(
              template ->
                  NEW_TABLE_ROUTE
                      .replace("table-banks", template + "-second")
                      .replace("routeTemplateRef: table", "routeTemplateRef: " + template)
                      .replace("\"banks-\"", "\"second-\"")
                      .replace("      - name: table\n        value: banks\n", ""))
          .reduce("", String::concat);

  @Test
  @DisplayName("a table and a workspace are added live, in any order of saves, and removed again")
  void tableAndWorkspace() throws Exception {
    MBeanServer jmx = ManagementFactory.getPlatformMBeanServer();
    ObjectName managed = new ObjectName("dev.kiln:context=kiln,type=table,name=\"banks\"");
    kiln.start();
    arrivesAt(FINANCE, "first.csv");
    Map<String, Route> before = routes();
    Path clayYaml = kiln.places().clayYaml();
    String oldYaml = Files.readString(clayYaml);
    refused(() -> Files.writeString(clayYaml, "nothing"), "clay.yaml");
    takenUp(() -> Files.writeString(clayYaml, oldYaml));
    logged("The configuration is again the one in force");
    String newYaml =
        oldYaml.replace("tables:\n", "  second:\n    rate-per-second: 100\ntables:\n")
            + """
                banks:
                  workspace: second
                  webhooks:
                    - { name: banks-1, url: "%s" }
              """
                .formatted(kiln.clay().webhookUrl("hook-banks-1"));

    refused(() -> Files.writeString(clayYaml, newYaml), "banks has no route", "template table");
    Path tables = route("tables.camel.yaml");
    String oldTables = Files.readString(tables);
    refused(
        () -> Files.writeString(tables, oldTables + NEW_TABLE_ROUTE),
        "banks gets no lead",
        "choose-table");
    Path choose = route(CHOOSE);
    String oldChoose = Files.readString(choose);
    String newChoose =
        oldChoose
            .replace(
                TO_FINANCE,
                TO_FINANCE.replace("expression: outbound-leads-finance", "expression: banks"))
            .replace("- id: is-tech\n", STILL_FINANCE);
    refused(() -> Files.writeString(choose, newChoose), "workspace second has no route", "deliver");
    arrivesAt(FINANCE, "meanwhile.csv");
    takenUp(() -> Files.writeString(route("second.camel.yaml"), NEW_WORKSPACE_ROUTES));
    assertThat(changedSince(before))
        .containsExactly(
            "choose-table", "deliver-second", "pace-second", "table-banks", "window-second");
    List<String> started = kiln.context().getRoutes().stream().map(Route::getId).toList();
    assertThat(started.indexOf("deliver-second"))
        .as("it asks for the throttle of pace-second as soon as it starts")
        .isGreaterThan(started.indexOf("pace-second"))
        .isGreaterThan(started.indexOf("window-second"));
    logged(
        "clay.yaml, choose-table.camel.yaml, second.camel.yaml, tables.camel.yaml changed and are in force");
    assertThat(jmx.isRegistered(managed)).isTrue();
    arrivesAt("banks", "second.csv");
    assertThat(kiln.stored("banks-1")).hasSize(2);

    // Removed while it has a lead: that one waits, and goes its way when the table is back.
    kiln.app().ledger().pause(dev.kiln.ledger.Pausable.TABLE, "banks", true);
    kiln.drop("normal/waits.csv", leads(7000, 1, "Banking"));
    kiln.reaches("banks", LeadState.QUEUED, 1);
    refused(() -> Files.writeString(choose, oldChoose), "banks gets no lead");
    Files.writeString(clayYaml, oldYaml);
    refused(() -> Files.delete(route("second.camel.yaml")), "unknown table banks");
    takenUp(() -> Files.writeString(tables, oldTables));
    assertThat(changedSince(before)).containsExactly("choose-table");
    assertThat(jmx.isRegistered(managed)).isFalse();
    assertThat(kiln.parked("banks", WaitReason.NO_TABLE).reason()).contains("kiln move");
    arrivesAt(FINANCE, "third.csv");
    kiln.app().ledger().pause(dev.kiln.ledger.Pausable.TABLE, "banks", false);
    Files.writeString(route("second.camel.yaml"), NEW_WORKSPACE_ROUTES);
    Files.writeString(tables, oldTables + NEW_TABLE_ROUTE);
    Files.writeString(choose, newChoose);
    takenUp(() -> Files.writeString(clayYaml, newYaml));
    kiln.settled("waits.csv");
    soon().until(() -> kiln.waiting("banks").isEmpty());
  }

  @Test
  @DisplayName("industries, lists of mail domains and blocked columns hold from the next file on")
  void listsOfIntake() throws Exception {
    kiln.set("kiln.mail.personal", "keep").start();
    Path config = kiln.places().config();
    arrivesAt(FINANCE, "first.csv");
    Path industries = config.resolve("industries.csv");
    takenUp(
        () ->
            Files.writeString(
                industries,
                Files.readString(industries)
                    .replaceAll("(?m)^\"?Banking\"?,finance$", "Banking,tech")));
    kiln.drop("normal/second.csv", leads(100, 2, "Banking"));
    kiln.settled("second.csv");
    assertThat(kiln.stored("tech-1")).hasSize(2);

    takenUp(
        () ->
            kiln.set("kiln.intake.blocked", "company")
                .set("kiln.mail.personal", "reject")
                .set("kiln.delivery.attempts", "3")
                .set("camel.main.description", "another")
                .places());
    takenUp(() -> Files.writeString(config.resolve("personal-domains.txt"), "firm201.example\n"));
    assertThat(state().atNextStart())
        .containsExactlyInAnyOrder("kiln.delivery.attempts", "camel.main.description");
    kiln.drop("normal/third.csv", leads(200, 2, "Computer Software"));
    assertThat(kiln.settled("third.csv").states())
        .isEqualTo(Map.of(LeadState.ACCEPTED, 1L, LeadState.REJECTED, 1L));
    assertThat(kiln.stored("tech-1")).last().asString().contains("Ada").doesNotContain("Firm 200");

    refused(() -> Files.writeString(industries, "not a list"), industries.toString());
    takenUp(kiln::places);
    refused(
        () -> Files.writeString(config.resolve("prices.yaml"), "as-of: someday\n"),
        "prices.yaml:1");
    takenUp(() -> Files.delete(config.resolve("prices.yaml")));
    refused(
        () -> kiln.set("kiln.delivery.attempts", "none").places(),
        "application.properties:",
        "kiln.delivery.attempts");
  }

  // ---- What is wrong ----

  @Test
  @DisplayName("a broken edit changes nothing, and says file, line and field")
  void brokenEdits() throws Exception {
    kiln.start();
    Map<String, Route> before = routes();
    String choose = Files.readString(route(CHOOSE));
    record Broken(String file, String from, String to, List<String> told) {}
    for (Broken broken :
        List.of(
            new Broken(
                CHOOSE,
                "    id: choose-table\n",
                "    id: [choose-table\n",
                List.of("is not YAML")),
            new Broken(CHOOSE, "- choice:", "- choise:", List.of("choise")),
            new Broken(
                CHOOSE,
                "        name: choose-table\n",
                "        block: false\n",
                List.of("route choose-table", "name", "direct")),
            new Broken(CHOOSE, "uri: direct\n", "uri: dierct\n", List.of("dierct", "choose-table")),
            new Broken(CHOOSE, "== 'events'", "=! 'events'", List.of("choose-table")),
            new Broken(CHOOSE, "id: choose-table\n", "description2: x\n", List.of("has no id")),
            new Broken(
                CHOOSE,
                "expression: event-attendees",
                "expression: event-attendes",
                List.of("did you mean")),
            new Broken(
                CHOOSE,
                "- route:\n",
                "- beans:\n    - name: x\n      type: java.lang.Object\n- route:\n",
                List.of("beans is new", "restart")),
            new Broken(
                CHOOSE,
                "name: choose-table\n",
                "name: \"{{kiln.no-such}}\"\n",
                List.of("kiln.no-such")))) {
      assertThat(choose).contains(broken.from);
      String fault =
          refused(
              () -> Files.writeString(route(CHOOSE), choose.replace(broken.from, broken.to)),
              broken.told.toArray(String[]::new));
      assertThat(fault).as(broken.to).contains(CHOOSE).containsPattern(":\\d+: ").hasLineCount(1);
      assertThat(changedSince(before)).isEmpty();
    }
    arrivesAt(FINANCE, "all.csv");
    takenUp(() -> Files.writeString(route(CHOOSE), "# as it was\n" + choose));
    assertThat(changedSince(before)).isEmpty();
  }

  @Test
  @DisplayName("where a changed route cannot be started all go back to what they were")
  void goesBack() throws Exception {
    kiln.start();
    arrivesAt(FINANCE, "first.csv");
    kiln.context().getRouteController().stopRoute("intake-files-low");
    List<String> notReady = kiln.notReady();
    assertThat(notReady).anyMatch(reason -> reason.contains("intake-files-low"));
    Set<String> before = routes().keySet();
    String fault =
        refused(
            () -> {
              Files.writeString(
                  route("own.camel.yaml"),
                  """
                  - route:
                      id: own
                      from:
                        uri: file
                        parameters:
                          directoryName: "%s"
                          autoCreate: false
                          startingDirectoryMustExist: true
                        steps:
                          - log:
                              id: say
                              message: hello
                  """
                      .formatted(folder.resolve("nowhere")));
              financeToEvents();
              kiln.inRoutes("failures.camel.yaml", "A lead waits: ", "This lead waits: ");
            },
            "own.camel.yaml:1:",
            "nowhere");
    assertThat(fault).contains("route own cannot be made");
    assertThat(routes().keySet()).isEqualTo(before);
    assertThat(kiln.context().getRouteController().getRouteStatus("intake-files-low"))
        .isEqualTo(ServiceStatus.Stopped);
    assertThat(kiln.notReady()).as("health knows of it as before").isEqualTo(notReady);
    arrivesAt(FINANCE, "second.csv");
    takenUp(() -> Files.createDirectory(folder.resolve("nowhere")), true);
    arrivesAt(EVENTS, "third.csv");
    assertThat(kiln.ledgerLines()).extracting(LeadLine::state).containsOnly(LeadState.ACCEPTED);
  }

  private void takenUp(Edit edit, boolean andTouch) throws Exception {
    takenUp(
        () -> {
          edit.run();
          if (andTouch) {
            Path own = route("own.camel.yaml");
            Files.writeString(own, "# again\n" + Files.readString(own));
          }
        });
  }
}
