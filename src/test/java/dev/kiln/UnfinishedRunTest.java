package dev.kiln;

import static dev.kiln.RunningKiln.FINANCE;
import static dev.kiln.RunningKiln.INBOUND;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Wish;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What the routes do not read to its end stays where it is, whatever they did. */
final class UnfinishedRunTest {
  private static final String ACCEPT = "accept.camel.yaml";
  private static final String FAILURES = "failures.camel.yaml";
  private static final String HANDLED =
      """
                handled:
                  constant:
                    expression: "true"
      """;

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) {
    kiln = new RunningKiln(folder).ownRoutes();
    kiln.set("camel.component.direct.timeout", "50");
    kiln.set("kiln.intake.batch-rows", "2");
    log.start();
    logger(Intake.class).addAppender(log);
  }

  @AfterEach
  void close() {
    logger(Intake.class).detachAppender(log);
    kiln.close();
  }

  private static Logger logger(Class<?> of) {
    return (Logger) LoggerFactory.getLogger(of);
  }

  /** The lines of the log that say that files of this test stay. */
  private List<String> told() {
    return RunningKiln.logged(log).stream()
        .map(ILoggingEvent::getFormattedMessage)
        .filter(line -> line.startsWith("stays.csv stay"))
        .toList();
  }

  private Path file() {
    return kiln.data().resolve("inbox/normal/stays.csv");
  }

  /** Gives the file another time, so that it is looked at at once. */
  private void touch(int seconds) {
    soon()
        .ignoreExceptionsInstanceOf(NoSuchFileException.class)
        .until(
            () -> Files.setLastModifiedTime(file(), FileTime.fromMillis(seconds * 1000L)) != null);
  }

  private void isTriedAgain() throws IOException {
    Path claim = kiln.data().resolve("inbox/normal/.stays.csv.claim");
    FileTime before = Files.getLastModifiedTime(claim);
    soon().until(() -> Files.getLastModifiedTime(claim).compareTo(before) > 0);
  }

  /** Asserts that one thing is told, which is a moment after it is noted. */
  private void tells(String why) {
    soon().untilAsserted(() -> assertThat(told()).singleElement().asString().contains(why));
  }

  /** Asserts that the file is where it was, and that this is told. */
  private void stays(String why) {
    soon().until(() -> !kiln.notes().isEmpty());
    assertThat(kiln.notes())
        .singleElement()
        .asString()
        .startsWith("stays.csv stays where it is: ")
        .contains(why);
    tells(why);
    assertThat(kiln.files("archive")).isEmpty();
    assertThat(kiln.files("inbox")).containsExactly("stays.csv");
    RunAccount run = kiln.run("stays.csv").orElseThrow();
    assertThat(run.phase()).isEqualTo("READING");
    soon()
        .untilAsserted(() -> assertThat(kiln.run("stays.csv").orElseThrow().note()).contains(why));
  }

  private RunAccount isReadOn() {
    RunAccount run = kiln.settled("stays.csv");
    assertThat(run.phase()).isEqualTo("READ");
    assertThat(run.note()).isEmpty();
    assertThat(kiln.snapshot().runs()).hasSize(1);
    soon()
        .untilAsserted(
            () -> assertThat(kiln.files("archive")).containsExactly(run.id() + "-stays.csv"));
    assertThat(kiln.files("inbox")).isEmpty();
    soon().until(() -> kiln.notes().isEmpty());
    assertThat(told()).hasSizeLessThanOrEqualTo(1);
    return run;
  }

  /** A handler as it may be in routes of somebody's own: what is missing is handled everywhere. */
  private void handlesWhatIsMissing() {
    String when =
        """
                  onWhen:
                    simple:
                      expression: "${exchangeProperty.lead} != null"
        """;
    kiln.inRoutes(
        FAILURES,
        "CallNotPermittedException\n" + when,
        """
        CallNotPermittedException
                    - org.apache.camel.component.direct.DirectConsumerNotAvailableException
        """);
    String missing =
        """
              - onException:
                  id: route-missing
                  exception:
                    - org.apache.camel.component.direct.DirectConsumerNotAvailableException
                  steps:
                    - bean:
                        id: wait-for-route
                        ref: intake
                        method: waitForRoute
        """;
    kiln.inRoutes(FAILURES, missing, "");
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "accept, false",
    "choose-table, false",
    "choose-table, true",
    "rejects, false",
    "rejects, true"
  })
  @DisplayName("a file waits for a route that is stopped, and is read on once it runs")
  void stoppedRoute(String route, boolean handled) throws Exception {
    if (handled) {
      handlesWhatIsMissing();
    }
    kiln.start();
    kiln.context().getRouteController().stopRoute(route);
    kiln.drop("normal/stays.csv", leads(1, 3, "Banking") + "bad,Ada,Firm,Banking\n");
    String why =
        handled
            ? "the routes ended without reading it"
            : "no route runs that begins with direct:" + route + ":";
    if (route.equals("accept")) {
      soon().until(() -> !kiln.notes().isEmpty());
      tells(why);
      assertThat(kiln.snapshot().runs()).isEmpty();
    } else {
      stays(why);
    }
    if (route.equals("choose-table")) {
      isTriedAgain();
    }
    assertThat(kiln.notReady()).singleElement().asString().contains("kiln route start " + route);

    kiln.context().getRouteController().startRoute(route);
    RunAccount run = isReadOn();
    assertThat(run.states()).isEqualTo(Map.of(LeadState.ACCEPTED, 3L, LeadState.REJECTED, 1L));
    soon()
        .untilAsserted(() -> assertThat(kiln.files("rejects")).containsExactly(run.id() + ".csv"));
    assertThat(kiln.requests("finance-1")).isEqualTo(3);
  }

  /** An edit of the routes that ends a file before its end, without a failure. */
  private enum Edit {
    HANDLER(
        FAILURES,
        "id: route-failed\n          exception:\n            - java.lang.Exception\n",
        "id: route-failed\n          exception:\n            - java.lang.Exception\n" + HANDLED,
        "a route fails: IllegalStateException in the route choose-table: mend it"),
    STOP(
        ACCEPT,
        "        - bean:\n            id: close-run\n",
        "        - stop:\n            id: end\n        - bean:\n            id: close-run\n",
        "the routes ended without reading it"),
    FILTER(
        ACCEPT,
        "        - bean:\n            id: store-batch\n            ref: intake\n            method: store\n",
        """
                - filter:
                    id: only-the-first
                    expression:
                      simple:
                        expression: "${exchangeProperty.batch.last} < 3"
                    steps:
                      - bean:
                          id: store-batch
                          ref: intake
                          method: store
        """,
        "not all of its rows came to the step store-batch");

    private final String file;
    private final String from;
    private final String to;
    private final String why;

    Edit(String file, String from, String to, String why) {
      this.file = file;
      this.from = from;
      this.to = to;
      this.why = why;
    }
  }

  @ParameterizedTest
  @EnumSource(Edit.class)
  @DisplayName("a file of which an edited route drops the rest stays, and is read on once mended")
  void editedRoute(Edit edit) throws Exception {
    kiln.inRoutes(edit.file, edit.from, edit.to);
    if (edit == Edit.HANDLER) {
      kiln.failsAtTheThirdRecord();
    }
    kiln.start();
    kiln.drop("normal/stays.csv", leads(1, 4, "Banking"));
    stays(edit.why);
    kiln.stop();

    kiln.inRoutes(edit.file, edit.to, edit.from);
    if (edit == Edit.HANDLER) {
      kiln.failsNoMore();
    }
    kiln.start();
    assertThat(isReadOn().states()).isEqualTo(Map.of(LeadState.ACCEPTED, 4L));
    assertThat(kiln.requests("finance-1")).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"${exchangePropety.source} == 'inbound'", "${body.country} == 'inbound'"})
  @DisplayName("a file waits for a route that fails, and is read on once it is mended")
  void failingRoute(String edited) throws Exception {
    String expression = "${exchangeProperty.source} == 'inbound'";
    kiln.inRoutes("choose-table.camel.yaml", expression, edited);
    ListAppender<ILoggingEvent> all = new ListAppender<>();
    all.start();
    Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    root.addAppender(all);
    try {
      kiln.start();
      kiln.drop("normal/stays.csv", leads(1, 3, "Banking"));
      stays("a route fails: MethodNotFoundException in the route choose-table: mend it");
      isTriedAgain();
      isTriedAgain();
      assertThat(told()).hasSize(1);
      assertThat(RunningKiln.logged(all))
          .filteredOn(line -> line.getLevel().isGreaterOrEqual(Level.WARN))
          .allSatisfy(
              line -> {
                assertThat(line.getThrowableProxy()).isNull();
                assertThat(line.getFormattedMessage()).doesNotContain("\tat ", "@");
              });
    } finally {
      root.detachAppender(all);
    }
    kiln.inRoutes("choose-table.camel.yaml", edited, expression);
    assertThat(isReadOn().states()).isEqualTo(Map.of(LeadState.ACCEPTED, 3L));
    assertThat(kiln.requests("finance-1")).isEqualTo(3);
  }

  @Test
  @DisplayName("a file of which the route before accept fails waits too")
  void failingBeforeItIsOpened() throws Exception {
    String mode = "constant:\n                  expression: \"{{kiln.dedupe.mode}}\"";
    String edited = "simple:\n                  expression: \"${body.mode}\"";
    kiln.inRoutes("intake-files.camel.yaml", mode, edited);
    kiln.start();
    kiln.drop("normal/stays.csv", leads(1, 3, "Banking"));
    soon().until(() -> !kiln.notes().isEmpty());
    tells("a route fails: MethodNotFoundException in the route intake-files-normal: mend");
    assertThat(kiln.snapshot().runs()).isEmpty();
    kiln.inRoutes("intake-files.camel.yaml", edited, mode);
    isReadOn();
  }

  @Test
  @DisplayName("an upload waits in the spool for a route that fails")
  void uploadToFailingRoute() throws Exception {
    String expression = "${exchangeProperty.source} == 'inbound'";
    String edited = "${body.country} == 'inbound'";
    kiln.inRoutes("choose-table.camel.yaml", expression, edited);
    kiln.start();
    assertThat(post().statusCode()).isEqualTo(202);
    soon().until(() -> !kiln.notes().isEmpty());
    assertThat(kiln.notes()).singleElement().asString().contains("a route fails: MethodNotFound");
    assertThat(kiln.run("POST /leads").orElseThrow().note()).contains("a route fails: MethodNot");
    assertThat(kiln.files("spool")).hasSize(1);
    kiln.inRoutes("choose-table.camel.yaml", edited, expression);
    RunAccount run = kiln.settled("POST /leads");
    assertThat(run.note()).isEmpty();
    soon().until(() -> kiln.notes().isEmpty());
  }

  private HttpResponse<String> post() throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(kiln.http("/leads?source=inbound"))
                .timeout(Duration.ofSeconds(60))
                .POST(BodyPublishers.ofString(leads(1, 3, "Banking")))
                .build(),
            BodyHandlers.ofString());
  }

  @Test
  @DisplayName("a save that calls a route that is not there is refused, and files are read on")
  void refusedSave() throws Exception {
    kiln.start();
    kiln.inRoutes(ACCEPT, "name: choose-table", "name: choose-tabel");
    soon()
        .until(
            () ->
                kiln.refusal()
                    .orElse("")
                    .endsWith(
                        "no route begins with direct:choose-tabel; did you mean \"choose-table\"?"));
    kiln.drop("normal/goes.csv", leads(1, 1, "Banking"));
    assertThat(kiln.settled("goes.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 1L));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("an upload waits in the spool for a route that is stopped")
  void upload(boolean handled) throws Exception {
    if (handled) {
      handlesWhatIsMissing();
    }
    kiln.start();
    kiln.context().getRouteController().stopRoute("choose-table");
    assertThat(post().statusCode()).isEqualTo(202);
    soon().until(() -> !kiln.notes().isEmpty());
    assertThat(kiln.files("spool")).hasSize(1);
    assertThat(kiln.files("archive")).isEmpty();
    kiln.context().getRouteController().startRoute("choose-table");
    RunAccount run = kiln.settled("POST /leads");
    assertThat(run.tables()).isEqualTo(Map.of(INBOUND, Map.of(LeadState.ACCEPTED, 3L)));
    soon().untilAsserted(() -> assertThat(kiln.files("archive")).containsExactly(run.id()));
    assertThat(kiln.files("spool")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("a message is not acknowledged while a route that it needs is stopped")
  void message(boolean handled) throws Exception {
    if (handled) {
      handlesWhatIsMissing();
    }
    kiln.start();
    kiln.context().getRouteController().stopRoute("choose-table");
    Messages messages =
        Objects.requireNonNull(
            kiln.context().getRegistry().lookupByNameAndType("messages", Messages.class));
    ListAppender<ILoggingEvent> waits = new ListAppender<>();
    waits.start();
    logger(Messages.class).addAppender(waits);
    try {
      Exchange exchange = new DefaultExchange(kiln.context());
      CompletableFuture<Void> taken =
          CompletableFuture.runAsync(
              () -> {
                try {
                  messages.take(
                      exchange,
                      "inbound",
                      Priority.NORMAL,
                      new Messages.Message("m1", leads(1, 1, "Banking")));
                } catch (InterruptedException interrupted) {
                  Thread.currentThread().interrupt();
                }
              });
      soon()
          .until(
              () ->
                  RunningKiln.logged(waits).stream()
                      .anyMatch(line -> line.getFormattedMessage().contains("a message waits")));
      assertThat(taken).isNotDone();
      kiln.context().getRouteController().startRoute("choose-table");
      taken.get(60, TimeUnit.SECONDS);
    } finally {
      logger(Messages.class).detachAppender(waits);
    }
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 1);
  }

  @Test
  @DisplayName("a send whose routes end early does not say that the file was read")
  void send(@TempDir Path elsewhere) throws Exception {
    kiln.inRoutes(Edit.STOP.file, Edit.STOP.from, Edit.STOP.to);
    kiln.start(App.Mode.SEND);
    Path file = Files.writeString(elsewhere.resolve("stays.csv"), leads(1, 1, "Banking"));
    assertThatThrownBy(() -> kiln.app().read(file, "", Priority.NORMAL, Wish.NONE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("was not read to its end");
    assertThat(told()).hasSize(1);
  }

  @Test
  @DisplayName("a file that cannot be read is told once, with the cure, and holds up no other")
  void unreadable() throws Exception {
    kiln.start();
    Files.createDirectories(file().getParent());
    // Whoever runs the tests: a socket cannot be opened as a file.
    try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.bind(UnixDomainSocketAddress.of(file()));
      soon().until(() -> !kiln.notes().isEmpty());
      touch(1);
      kiln.drop("normal/good.csv", leads(1, 1, "Banking"));
      kiln.settled("good.csv");
      touch(2);
      kiln.drop("normal/second.csv", leads(2, 1, "Banking"));
      kiln.settled("second.csv");
      assertThat(told())
          .singleElement()
          .asString()
          .contains("it cannot be read", "let the user that runs Kiln read it");
      assertThat(kiln.notes()).singleElement().asString().startsWith("stays.csv stays where it is");
      soon().untilAsserted(() -> assertThat(kiln.files("inbox")).isEmpty());
      Files.delete(file());
      assertThat(kiln.notes()).isEmpty();
    }
    assertThat(kiln.count(FINANCE, LeadState.ACCEPTED)).isEqualTo(2);
  }
}
