package dev.kiln;

import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.kiln.lead.ContentHash;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.Onward;
import dev.kiln.simulate.Callback;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Results on their way onward: files, and the templates for HTTP and JDBC. */
final class OnwardTest {
  private static final String TEMPLATES = "- routeTemplate:\n    id: onward\n";

  private final List<String> posted = new CopyOnWriteArrayList<>();
  private final List<String> tokens = new CopyOnWriteArrayList<>();
  private final Map<String, Set<String>> bodies = new ConcurrentHashMap<>();
  private volatile int status = 200;
  private volatile String refused = "nobody";
  private HttpServer crm;
  private Path secrets;
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) throws IOException {
    crm = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    crm.createContext(
        "/",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          String key = exchange.getRequestHeaders().getFirst("Idempotency-Key");
          bodies.computeIfAbsent(key, one -> new ConcurrentSkipListSet<>()).add(body);
          int answer = body.contains(refused) ? 422 : status;
          if (answer == 200) {
            posted.add(body);
            tokens.add(String.valueOf(exchange.getRequestHeaders().getFirst("X-Key")));
          }
          exchange.sendResponseHeaders(answer, -1);
          exchange.close();
        });
    crm.start();
    secrets = Files.createDirectories(folder.resolve("config/secrets"));
    secret("results-token", "shibboleth");
    secret("crm-url", "http://127.0.0.1:" + crm.getAddress().getPort() + "/contacts");
    secret("crm-key", "open sesame");
    kiln =
        new RunningKiln(folder)
            .set("kiln.results.listen", "127.0.0.1:0")
            .set("kiln.results.token", "{{secret:results-token}}")
            .set("kiln.results.poll", "50ms")
            .set("kiln.results.longest-wait", "200ms");
  }

  @AfterEach
  void close() {
    kiln.close();
    crm.stop(0);
  }

  private void secret(String name, String value) throws IOException {
    Files.writeString(secrets.resolve(name), value);
  }

  /** Adds a target: a route of the template onward, and one of another template. */
  private void target(String name, String template, String rows, Map<String, String> parameters) {
    StringBuilder routes = new StringBuilder();
    route(routes, "onward", name, Map.of("rows", rows));
    route(routes, template, name, parameters);
    kiln.inRoutes("results.camel.yaml", TEMPLATES, routes + TEMPLATES);
  }

  private static void route(
      StringBuilder routes, String template, String target, Map<String, String> parameters) {
    routes.append(
        """
        - templatedRoute:
            routeTemplateRef: %1$s
            routeId: %1$s-%2$s
            prefixId: "%1$s-%2$s-"
            parameters:
              - name: target
                value: %2$s
        """
            .formatted(template, target));
    parameters.forEach(
        (name, value) ->
            routes.append("      - name: " + name + "\n        value: \"" + value + "\"\n"));
  }

  private void start() throws Exception {
    kiln.start();
    kiln.clay()
        .callbacks(
            Callback.of(
                    URI.create(kiln.app().results().orElseThrow() + "/results/x"),
                    Map.of("Authorization", "Bearer shibboleth"))
                .withRate(1_000));
  }

  private Onward onward(String target) {
    return kiln.look(LedgerView::onward).stream()
        .filter(one -> one.target().equals(target))
        .findFirst()
        .orElseThrow();
  }

  private void taken(String target, long position) {
    soon().ignoreExceptions().until(() -> onward(target).position() == position);
  }

  /** The lines of all NDJSON files. */
  private List<String> lines() throws IOException {
    List<String> lines = new ArrayList<>();
    for (Path file : Trees.paths(kiln.data().resolve("results"), Integer.MAX_VALUE)) {
      if (file.toString().endsWith(".ndjson")) {
        lines.addAll(Files.readAllLines(file));
      }
    }
    return lines;
  }

  @Test
  @DisplayName("without a word of configuration results are files, also over a restart")
  void files() throws Exception {
    start();
    kiln.drop("normal/a.csv", leads(1, 20, "Software"));
    taken("files", 20);
    kiln.stop();
    start();
    kiln.drop("normal/b.csv", leads(100, 10, "Software"));
    taken("files", 30);
    assertThat(lines()).hasSize(30).doesNotHaveDuplicates().allMatch(line -> line.endsWith("}}"));
  }

  @Test
  @DisplayName("a dead CRM slows nobody, and gets everything once it is back")
  void http() throws Exception {
    target(
        "crm",
        "enriched-http",
        "1",
        Map.of("url", "crm-url", "secret", "crm-key", "header", "X-Key"));
    status = 503;
    start();
    kiln.drop("normal/a.csv", leads(1, 10, "Software"));
    kiln.reaches(TECH, LeadState.ENRICHED, 10);
    taken("files", 10);
    soon().ignoreExceptions().until(() -> onward("crm").failures() > 1);
    assertThat(onward("crm").reason()).isEqualTo("it answers 503");
    assertThat(onward("crm").behind()).isEqualTo(10);

    status = 200;
    taken("crm", 10);
    assertThat(posted).hasSize(10).allMatch(body -> body.startsWith("{\"lead_id\":\""));
    assertThat(tokens).containsOnly("open sesame");
    assertThat(onward("crm").dead()).isZero();
  }

  @Test
  @DisplayName("the same key is the same body, also where a page goes on row by row")
  void keys() throws Exception {
    target("crm", "enriched-http", "5", Map.of("url", "crm-url"));
    start();
    kiln.context().getRouteController().stopRoute("onward-crm");
    kiln.drop("normal/a.csv", leads(1, 5, "Software"));
    kiln.reaches(TECH, LeadState.ENRICHED, 5);
    // As if the answer was lost: the target has the page, and Kiln does not know it.
    status = 503;
    kiln.context().getRouteController().startRoute("onward-crm");
    soon().ignoreExceptions().until(() -> onward("crm").failures() > 1);
    status = 200;
    taken("crm", 5);
    // The page of five, its first row alone, and the four behind it, which end as the five do.
    assertThat(bodies).hasSize(3);
    bodies.forEach(
        (key, sent) ->
            assertThat(sent)
                .singleElement()
                .satisfies(body -> assertThat(key).isEqualTo("crm-" + ContentHash.sha256(body))));
  }

  @Test
  @DisplayName(
      "a target whose route fails before it has rows is not tried again at once, without end")
  void failsBeforeRows() throws Exception {
    target("hotline", "enriched-http", "1", Map.of("url", "crm-url"));
    String first = "          - bean:\n              id: next-results\n";
    kiln.inRoutes(
        "results.camel.yaml",
        first,
        """
                  - throwException:
                      id: break
                      exceptionType: java.lang.IllegalArgumentException
                      message: "a fault in an edited route"
        """
            + first);
    kiln.set("kiln.results.poll", "1h");
    List<String> lines =
        SecretsTest.Kept.of(
            "dev.kiln.routes",
            "Route onward-hotline failed",
            () -> {
              start();
              kiln.drop("normal/a.csv", leads(1, 1, "Software"));
              kiln.reaches(TECH, LeadState.ENRICHED, 1);
              return null;
            });
    assertThat(lines).filteredOn(line -> line.contains("Route onward-hotline failed")).hasSize(1);
  }

  @Test
  @DisplayName("a target whose route is stopped waits, and gets everything once it runs")
  void stopped() throws Exception {
    target("crm", "enriched-http", "1", Map.of("url", "crm-url"));
    start();
    kiln.context().getRouteController().stopRoute("enriched-http-crm");
    kiln.drop("normal/a.csv", leads(1, 3, "Software"));
    soon().ignoreExceptions().until(() -> onward("crm").failures() > 0);
    assertThat(onward("crm").reason()).isEqualTo("no route direct:enriched-crm runs");
    assertThat(OnwardBean.targets(kiln.context())).containsExactlyInAnyOrder("files", "crm");
    kiln.context().getRouteController().startRoute("enriched-http-crm");
    taken("crm", 3);
    assertThat(onward("crm").dead()).isZero();
  }

  @Test
  @DisplayName("how often the target failed before says nothing against a row")
  void ownFailures() throws Exception {
    target("crm", "enriched-http", "1", Map.of("url", "crm-url"));
    kiln.inRoutes(
        "results.camel.yaml",
        "          - bean:\n              id: post-results\n",
        """
                  - bean:
                      id: fault
                      beanType: dev.kiln.OnwardTest$Faults
                      method: rise
                  - bean:
                      id: post-results
        """);
    kiln.set("kiln.results.longest-wait", "20ms");
    Faults.LEFT.set(5);
    start();
    kiln.context().getRouteController().stopRoute("enriched-http-crm");
    kiln.drop("normal/a.csv", leads(1, 1, "Software"));
    soon().ignoreExceptions().until(() -> onward("crm").failures() > 12);
    kiln.context().getRouteController().startRoute("enriched-http-crm");
    taken("crm", 1);
    assertThat(onward("crm").dead()).isZero();
    assertThat(posted).hasSize(1);

    Faults.LEFT.set(9);
    kiln.drop("normal/b.csv", leads(2, 1, "Software"));
    taken("crm", 2);
    assertThat(onward("crm").dead()).isEqualTo(1);
    assertThat(Faults.LEFT).hasValue(0);
  }

  /** A step that fails so often. */
  public static final class Faults {
    static final AtomicInteger LEFT = new AtomicInteger();

    public void rise() {
      if (LEFT.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        throw new IllegalArgumentException("a fault in an edited route");
      }
    }
  }

  @ParameterizedTest
  @DisplayName("a target that lacks its secret, or is written wrong, stops the start")
  @CsvSource({
    "enriched-http, nowhere, secret, none, needs the file",
    "enriched-http, crm-url, secret, nothing, needs the file",
    "enriched-http, crm-url, header, Host, which HTTP itself sets",
    "enriched-http, plain-url, secret, none, does not begin with https://",
    "enriched-jdbc, nowhere, password, none, needs the file",
    "enriched-jdbc, crm-url, password, nothing, needs the file",
  })
  void wrongTargets(String template, String url, String name, String value, String fault)
      throws Exception {
    secret("plain-url", "http://crm.example/?key=hidden");
    target("crm", template, "1", Map.of("url", url, name, value));
    assertThatThrownBy(this::start)
        .isInstanceOf(InvalidConfiguration.class)
        .message()
        .contains("results.camel.yaml:", "target crm ", fault)
        .doesNotContain("hidden");
  }

  @Test
  @DisplayName("a row that a target does not take is a dead letter, and can be delivered again")
  void deadLetters() throws Exception {
    target("crm", "enriched-http", "5", Map.of("url", "crm-url"));
    refused = "lead3@";
    start();
    kiln.drop("normal/a.csv", leads(1, 10, "Software"));
    taken("crm", 10);
    assertThat(onward("crm").dead()).isEqualTo(1);
    assertThat(String.join("", posted)).contains("lead1@", "lead10@").doesNotContain("lead3@");

    refused = "nobody";
    assertThat(kiln.app().ledger().redeliver("crm")).isEqualTo(1);
    soon().until(() -> String.join("", posted).contains("lead3@"));
    soon().until(() -> onward("crm").dead() == 0);
    assertThat(kiln.app().ledger().redeliver("crm")).isZero();
    assertThat(onward("crm").position()).isEqualTo(10);
  }

  @Test
  @DisplayName("a table of another database is upserted, a page a transaction")
  void jdbc(@TempDir Path elsewhere) throws Exception {
    String url = "jdbc:sqlite:" + elsewhere.resolve("warehouse.db");
    secret("warehouse-url", url);
    target(
        "warehouse",
        "enriched-jdbc",
        "4",
        Map.of(
            "url",
            "warehouse-url",
            "statement",
            "INSERT INTO contact (lead_id, email, title) VALUES (:lead_id, :email, :title)"
                + " ON CONFLICT (lead_id) DO UPDATE SET email = excluded.email"));
    start();
    kiln.drop("normal/a.csv", leads(1, 10, "Software"));
    soon().ignoreExceptions().until(() -> onward("warehouse").failures() > 0);
    assertThat(onward("warehouse").reason()).startsWith("the database fails");
    try (Connection warehouse = DriverManager.getConnection(url);
        Statement statement = warehouse.createStatement()) {
      statement.execute(
          "CREATE TABLE contact (lead_id TEXT PRIMARY KEY, email TEXT CHECK (email <> 'lead3@firm3.example'), title TEXT)");
    }
    taken("warehouse", 10);
    assertThat(onward("warehouse").dead()).isEqualTo(1);
    assertThat(
            count(url, "SELECT COUNT(*) FROM contact WHERE email LIKE 'lead%' AND title IS NULL"))
        .isEqualTo(9);
  }

  private static int count(String url, String query) throws SQLException {
    try (Connection warehouse = DriverManager.getConnection(url);
        Statement statement = warehouse.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      return rows.getInt(1);
    }
  }
}
