package dev.kiln;

import static dev.kiln.RunningKiln.EVENTS;
import static dev.kiln.RunningKiln.FINANCE;
import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.WaitReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.ObjectName;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.api.management.ManagedCamelContext;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are saved over and over, while leads deliver. */
@Tag("alone") // it counts threads, MBeans and open files
final class LiveReloadIT {
  private static final int RELOADS = Proof.of(6, 100);
  private static final int LEADS = Proof.of(600, 5_000);
  private static final int A_FILE = 10;
  private static final int IN_FLIGHT = 4;

  /** Of the JVM, the libraries and the test: they come and go whatever Kiln does. */
  private static final String COMING_AND_GOING =
      "ForkJoinPool.*|HttpClient.*|process reaper|awaitility.*|.* connection adder|JMX .*|RMI .*";

  private static final String CHOOSE = "choose-table.camel.yaml";
  private static final String FAILURES = "failures.camel.yaml";
  private static final String DELIVERY = "delivery.camel.yaml";
  private static final String STOPPED = "table-" + EVENTS;

  private static ConditionFactory settling() {
    return await().atMost(Duration.ofMinutes(3)).pollInterval(Duration.ofMillis(100));
  }

  // ---- What must not grow ----

  private static Map<String, Long> counted(Stream<String> names) {
    return names.collect(
        Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
  }

  /** Threads by name, numbers left out. */
  private static Map<String, Long> threads() {
    return counted(
        Thread.getAllStackTraces().keySet().stream()
            .map(Thread::getName)
            .filter(name -> !name.matches(COMING_AND_GOING))
            .map(name -> name.replaceAll("\\d+", "#")));
  }

  /** MBeans of Camel and of Kiln by type. */
  private static Map<String, Long> managed() throws Exception {
    return counted(
        ManagementFactory.getPlatformMBeanServer().queryNames(new ObjectName("*:*"), null).stream()
            .filter(name -> name.getDomain().matches("org.apache.camel|dev.kiln"))
            .map(name -> name.getDomain() + " " + name.getKeyProperty("type")));
  }

  /** Open files by what they are, numbers left out. */
  private static Map<String, Long> open() {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return counted(all.map(LiveReloadIT::target).map(file -> file.replaceAll("\\d+", "#")));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** What there is more of now. */
  private static Map<String, Long> grown(Map<String, Long> before, Map<String, Long> now) {
    Map<String, Long> grown = new TreeMap<>();
    now.forEach(
        (what, count) -> {
          // Connections to Clay are kept, as many as leads were on the wire; here both ends are
          // ours.
          // The ledger has up to four readers.
          long pooled =
              what.startsWith("socket:") ? 2 * IN_FLIGHT : what.contains("kiln.db") ? 4 : 0;
          long most = before.getOrDefault(what, 0L) + pooled;
          if (count > most) {
            grown.put(what, count - most);
          }
        });
    return grown;
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException closed) {
      return "closed";
    }
  }

  // ---- Saving ----

  /** Saves a file in one of the ways in which files are saved. */
  private interface Saving {
    void save(Path file, String text) throws IOException;
  }

  private static void inPlace(Path file, String text) throws IOException {
    Files.writeString(file, text);
  }

  private static void byRename(Path file, String text) throws IOException {
    Path next = Files.writeString(file.resolveSibling(file.getFileName() + ".tmp"), text);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** The folder of the link {@code ..data} is another one afterwards, as with a ConfigMap. */
  private static void byLink(Path file, String text) throws IOException {
    Path next = Files.createDirectory(file.resolveSibling("..turned" + System.nanoTime()));
    Files.writeString(next.resolve(file.getFileName()), text);
    Path link = Files.createSymbolicLink(file.resolveSibling("..next"), next);
    Files.move(link, file.resolveSibling("..data"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static void takenUp(RunningKiln kiln, Path file, String text, Saving saving)
      throws IOException {
    Instant before = kiln.app().reload().orElseThrow().inForce();
    saving.save(file, text);
    settling()
        .untilAsserted(
            () -> {
              Reload state = kiln.app().reload().orElseThrow();
              assertThat(state.fault()).isNull();
              assertThat(state.inForce()).isAfter(before);
            });
  }

  @Test
  @DisplayName("reloads under load leave threads, routes, MBeans and open files as they were")
  void nothingGrows(@TempDir Path folder) throws Exception {
    try (RunningKiln kiln = new RunningKiln(folder).ownRoutes()) {
      Path routes = folder.resolve("routes");
      Path linked = Files.createDirectories(folder.resolve("linked"));
      Files.move(routes.resolve(FAILURES), linked.resolve(FAILURES));
      Files.createSymbolicLink(routes.resolve("..data"), linked);
      Files.createSymbolicLink(routes.resolve(FAILURES), Path.of("..data", FAILURES));
      kiln.set("kiln.http.uploads-at-once", "2")
          .set("kiln.delivery.in-flight", String.valueOf(IN_FLIGHT))
          .start();
      kiln.context().getRouteController().stopRoute(STOPPED);
      kiln.context().getRouteController().stopRoute("intake-files-low");
      kiln.drop("normal/events/waits.csv", leads(0, A_FILE, "Banking"));
      kiln.parked(EVENTS, WaitReason.ROUTE_STOPPED);

      int reload = 0;
      for (; reload < 3; reload++) {
        reload(kiln, routes, reload);
      }
      // The threads of a throttle come with its first leads.
      drop(kiln, reload);
      allAccepted(kiln, ++reload);
      Map<String, Long> threads = threads();
      Map<String, Long> managed = managed();
      Map<String, Long> open = open();
      Set<String> ids = ids(kiln);

      for (int last = reload + RELOADS; reload < last; reload++) {
        reload(kiln, routes, reload);
      }
      drop(kiln, reload);
      allAccepted(kiln, ++reload);
      settling().untilAsserted(() -> assertThat(managed()).isEqualTo(managed));
      settling().untilAsserted(() -> assertThat(grown(threads, threads())).isEmpty());
      settling().untilAsserted(() -> assertThat(grown(open, open())).isEmpty());
      assertThat(ids(kiln)).isEqualTo(ids);

      assertThat(kiln.context().getRouteController().getRouteStatus("intake-files-low"))
          .isEqualTo(ServiceStatus.Stopped);
      assertThat(kiln.context().getRouteController().getRouteStatus(STOPPED))
          .isEqualTo(ServiceStatus.Stopped);
      assertThat(kiln.count(EVENTS, LeadState.QUEUED)).isEqualTo(A_FILE);
      kiln.context().getRouteController().startRoute(STOPPED);
      kiln.settled("waits.csv");
      int all = reload * 2 * A_FILE + A_FILE;
      assertThat(kiln.clay().statistics().total().distinct()).isEqualTo(all);
      assertThat(kiln.clay().statistics().total().repeats()).isZero();
      assertThat(kiln.ledgerLines())
          .hasSize(all)
          .allSatisfy(line -> assertThat(line.state()).isEqualTo(LeadState.ACCEPTED))
          .allSatisfy(line -> assertThat(line.possibleDuplicate()).isFalse());
      assertThat(requests(kiln)).as("metrics count on").isEqualTo(all);
    }
  }

  /** The requests to Clay that the metrics have counted. */
  private static double requests(RunningKiln kiln) throws Exception {
    String text =
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(kiln.http("/metrics")).build(), BodyHandlers.ofString())
            .body();
    return Scrape.of(text).samples().stream()
        .filter(sample -> sample.name().equals("kiln_clay_request_seconds_count"))
        .mapToDouble(Scrape.Sample::value)
        .sum();
  }

  /** Drops leads for two tables, and while they deliver saves a file, each time in another way. */
  private static void reload(RunningKiln kiln, Path routes, int number) throws IOException {
    drop(kiln, number);
    String comment = "# " + number + "\n";
    switch (number % 3) {
      case 0 ->
          takenUp(
              kiln,
              routes.resolve(DELIVERY),
              comment
                  + Files.readString(Path.of("routes", DELIVERY))
                      .replace("Sends one lead to", "Sends (" + number + ") one lead to"),
              LiveReloadIT::inPlace);
      case 1 ->
          takenUp(
              kiln,
              routes.resolve(CHOOSE),
              Files.readString(Path.of("routes", CHOOSE))
                  .replace("id: to-event-attendees", "id: to-event-attendees-" + number),
              LiveReloadIT::byRename);
      default ->
          takenUp(
              kiln,
              routes.resolve(FAILURES),
              Files.readString(Path.of("routes", FAILURES))
                  .replace("A lead waits: ", "A lead waits (" + number + "): "),
              LiveReloadIT::byLink);
    }
  }

  private static void drop(RunningKiln kiln, int number) {
    int first = 1_000 + number * 2 * A_FILE;
    kiln.drop("normal/tech" + number + ".csv", leads(first, A_FILE, "Computer Software"));
    kiln.drop("high/finance" + number + ".csv", leads(first + A_FILE, A_FILE, "Banking"));
  }

  private static void allAccepted(RunningKiln kiln, int files) {
    settling()
        .untilAsserted(
            () -> {
              assertThat(kiln.count(TECH, LeadState.ACCEPTED)).isEqualTo((long) files * A_FILE);
              assertThat(kiln.count(FINANCE, LeadState.ACCEPTED)).isEqualTo((long) files * A_FILE);
            });
  }

  private static Set<String> ids(RunningKiln kiln) {
    return kiln.context().getRoutes().stream()
        .map(Route::getId)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  @DisplayName(
      "an engineer edits a route while leads deliver: it works, and a broken one harms not")
  void anEngineerEdits(@TempDir Path folder) throws Exception {
    try (RunningKiln kiln = new RunningKiln(folder).ownRoutes()) {
      Path routes = folder.resolve("routes");
      kiln.start();
      kiln.drop("normal/all.csv", leads(0, LEADS, "Banking"));
      arrive(kiln, LEADS / 10);

      String choose = Files.readString(routes.resolve(CHOOSE));
      Files.writeString(routes.resolve(CHOOSE), choose.replace("- choice:", "- choise:"));
      settling().until(() -> kiln.refusal().filter(why -> why.contains("choise")).isPresent());
      arrive(kiln, LEADS / 5);
      assertThat(kiln.refusal().orElseThrow()).containsPattern(CHOOSE + ":\\d+: ");

      String told =
          """
                  - log:
                      id: told
                      message: "On its way to {{table}}"
                      loggingLevel: DEBUG
          """
              .indent(-8)
              .indent(16);
      String begin = "                - bean:\n                    id: begin\n";
      takenUp(
          kiln,
          routes.resolve(CHOOSE),
          choose.replace(
              "expression: \"${exchangeProperty.source} == 'events'\"",
              "expression: \"${exchangeProperty.source} == 'guests'\""),
          LiveReloadIT::inPlace);
      String delivery = Files.readString(routes.resolve(DELIVERY));
      assertThat(delivery).contains(begin);
      takenUp(
          kiln,
          routes.resolve(DELIVERY),
          delivery.replace(begin, told + begin),
          LiveReloadIT::byRename);
      kiln.drop("high/guests/more.csv", leads(LEADS, 20, "Banking"));
      kiln.settled("more.csv");
      assertThat(kiln.stored("events-1")).as("by the edited branch").hasSize(20);
      assertThat(
              kiln.context()
                  .getCamelContextExtension()
                  .getContextPlugin(ManagedCamelContext.class)
                  .getManagedProcessor(EVENTS + "-told")
                  .getExchangesCompleted())
          .as("through the edited template")
          .isEqualTo(20);

      settling().until(() -> kiln.count(FINANCE, LeadState.ACCEPTED) == LEADS);
      assertThat(kiln.snapshot().tables().stream().map(TableAccount::states))
          .as("nothing has another end")
          .allMatch(states -> states.keySet().stream().allMatch(LeadState.ACCEPTED::equals));
      assertThat(kiln.clay().statistics().total().distinct()).isEqualTo(LEADS + 20);
      assertThat(kiln.clay().statistics().total().repeats()).isZero();
      assertThat(kiln.ledgerLines())
          .allSatisfy(line -> assertThat(line.possibleDuplicate()).isFalse());
    }
  }

  private static void arrive(RunningKiln kiln, long leads) {
    settling().until(() -> kiln.requests("finance-1") >= leads);
  }
}
