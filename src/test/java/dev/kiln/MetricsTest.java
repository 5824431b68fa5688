package dev.kiln;

import static dev.kiln.RunningKiln.FINANCE;
import static dev.kiln.RunningKiln.TECH;
import static dev.kiln.RunningKiln.leads;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.simulate.Fault;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What Prometheus reads of a Kiln, and what the shipped dashboard and rules make of it. */
final class MetricsTest {
  private static final Path DEPLOY = Path.of("config", "deploy");

  /** Prometheus' own metric of a scrape. */
  private static final Map<String, Set<String>> ITS_OWN = Map.of("up", Set.of("job", "instance"));

  private static final Set<String> WORDS =
      Set.of("by", "without", "on", "ignoring", "and", "or", "unless", "offset", "bool");

  private static final Pattern TOKEN = Pattern.compile("[A-Za-z_]\\w*");
  private static final Pattern SELECTOR = Pattern.compile("([A-Za-z_]\\w*)\\s*\\{([^}]*)}");
  private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(?:=~|!~|!=|=)\\s*\"[^\"]*\"");
  private static final Pattern GROUPING = Pattern.compile("\\b(?:by|without)\\s*\\(([^)]*)\\)");

  private final HttpClient client = HttpClient.newHttpClient();

  private Scrape scrape(RunningKiln kiln) throws IOException, InterruptedException {
    HttpResponse<String> answer = get(kiln.http("/metrics"));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8");
    return Scrape.of(answer.body());
  }

  private HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  /** A Kiln with something of everything: answers, budgets, an alert, a table that waits. */
  private RunningKiln busy(Path folder) throws Exception {
    RunningKiln kiln = new RunningKiln(folder);
    kiln.set("kiln.alerts.look", "50ms")
        .inClayYaml("{{webhook:tech-1}}\" }", "{{webhook:tech-1}}\", cap: 900, used: 880 }")
        .inClayYaml("tables:\n", "budgets:\n  credits: { day: 1000 }\ntables:\n")
        .inClayYaml("  outbound-leads-tech:\n", "  outbound-leads-tech:\n    credits-per-lead: 6\n")
        .start();
    kiln.drop("normal/tech.csv", leads(1, 25, "Computer Software"));
    soon()
        .untilAsserted(
            () ->
                assertThat(scrape(kiln).text())
                    .contains("kiln_table_waiting{", "kiln_table_runway_days{", "level=\"full\"")
                    .as("the webhook is full and no longer nearly full")
                    .doesNotContain("level=\"nearly_full\""));
    return kiln;
  }

  @Test
  @DisplayName("a scrape tells leads, answers, rooms, budgets, waits, breakers and alerts")
  void everythingIsTold(@TempDir Path folder) throws Exception {
    try (RunningKiln kiln = busy(folder)) {
      soon()
          .untilAsserted(
              () -> {
                Scrape scrape = scrape(kiln);
                assertThat(scrape.value("kiln_runs", "phase", "read")).isEqualTo(1);
                assertThat(scrape.value("kiln_leads", "table", TECH, "state", "accepted"))
                    .isEqualTo(20);
                assertThat(scrape.value("kiln_leads", "table", TECH, "state", "queued"))
                    .isEqualTo(5);
                assertThat(scrape.value("kiln_table_waiting", "table", TECH, "reason", "exhausted"))
                    .isEqualTo(1);
                assertThat(
                        scrape.value(
                            "kiln_alert", "kind", "capacity", "subject", TECH, "level", "full"))
                    .isEqualTo(1);
              });
      Scrape scrape = scrape(kiln);
      assertThat(scrape.value("kiln_ready")).isEqualTo(1);
      assertThat(scrape.value("kiln_ledger_usable")).isEqualTo(1);
      assertThat(scrape.value("kiln_rows_read_total")).isEqualTo(25);
      assertThat(scrape.value("kiln_leads", "table", "inbound-leads", "state", "dead")).isZero();
      assertThat(
              scrape.value("kiln_clay_request_seconds_count", "table", TECH, "answer", "accepted"))
          .isEqualTo(20);
      assertThat(
              scrape.value(
                  "kiln_clay_request_seconds_bucket",
                  "table",
                  TECH,
                  "answer",
                  "accepted",
                  "le",
                  "30.0"))
          .isEqualTo(20);
      assertThat(scrape.value("kiln_webhook_rows", "webhook", "tech-1")).isEqualTo(900);
      assertThat(scrape.value("kiln_webhook_rows_left", "webhook", "tech-1")).isZero();
      assertThat(scrape.value("kiln_webhook_state", "webhook", "tech-1", "state", "open"))
          .isEqualTo(1);
      assertThat(scrape.value("kiln_table_rows_left", "table", TECH)).isZero();
      assertThat(scrape.value("kiln_budget_spent", "unit", "credits", "period", "day"))
          .isEqualTo(120);
      assertThat(scrape.value("kiln_budget_left", "unit", "credits", "period", "day"))
          .isEqualTo(880);
      assertThat(scrape.text()).doesNotContain("kiln_budget_left{period=\"month\"");
      assertThat(scrape.value("kiln_breaker_state", "table", TECH, "state", "closed")).isEqualTo(1);
      assertThat(scrape.value("kiln_workspace_leads_per_second", "workspace", "main"))
          .isEqualTo(200);
      assertThat(scrape.value("kiln_workspace_led", "workspace", "main")).isEqualTo(1);
      assertThat(scrape.value("kiln_workspace_leader", "workspace", "main")).isEqualTo(1);
      assertThat(scrape.value("kiln_workspace_led_seconds", "workspace", "main"))
          .isGreaterThanOrEqualTo(0);
      soon()
          .untilAsserted(
              () ->
                  assertThat(scrape(kiln).value("kiln_table_oldest_waiting_seconds", "table", TECH))
                      .isPositive());
    }
  }

  @Test
  @DisplayName("no label is of a lead, a run, a file or a secret, and their number is bounded")
  void labelsAreBounded(@TempDir Path folder) throws Exception {
    try (RunningKiln kiln = busy(folder)) {
      kiln.clay().faults(Fault.status(503).withNext(3));
      kiln.drop("high/more.csv", leads(200, 40, "Banking"));
      Scrape before = scrapeOnceAccepted(kiln, 40);
      kiln.drop("normal/again.csv", leads(300, 40, "Banking"));
      Scrape after = scrapeOnceAccepted(kiln, 80);
      assertThat(series(after)).isEqualTo(series(before));
      String run = kiln.run("again.csv").orElseThrow().id();
      assertThat(after.text())
          .doesNotContain(run, "tech.csv", "again.csv", "firm", "example", "://", "hook-");
    }
  }

  private Scrape scrapeOnceAccepted(RunningKiln kiln, double leads) {
    return soon()
        .until(
            () -> scrape(kiln),
            scrape -> scrape.value("kiln_leads", "table", FINANCE, "state", "accepted") == leads);
  }

  private static long series(Scrape scrape) {
    return scrape.samples().stream().filter(sample -> sample.name().startsWith("kiln_")).count();
  }

  // ---- The dashboard and the rules ----

  @Test
  @DisplayName("the dashboard and the rules ask for metrics and labels that there are")
  void dashboardAndRulesAskForWhatThereIs(@TempDir Path folder) throws Exception {
    JsonNode dashboard = new ObjectMapper().readTree(DEPLOY.resolve("grafana/kiln.json").toFile());
    List<String> expressions = new ArrayList<>();
    List<String> faults = new ArrayList<>();
    dashboard.findValues("expr").forEach(expr -> expressions.add(expr.asText()));
    assertThat(expressions).hasSizeGreaterThan(20);
    List<String> rules = rules().stream().map(rule -> String.valueOf(rule.get("expr"))).toList();
    assertThat(rules).hasSizeGreaterThan(10);
    expressions.addAll(rules);
    try (RunningKiln kiln = busy(folder)) {
      Map<String, Set<String>> there = scrape(kiln).labels();
      there.putAll(ITS_OWN);
      for (String expression : expressions) {
        faults.addAll(faults(expression, there));
      }
      for (JsonNode panel : dashboard.path("panels")) {
        for (JsonNode target : panel.path("targets")) {
          Set<String> labels = new TreeSet<>(Set.of("instance"));
          metrics(target.path("expr").asText())
              .forEach(name -> labels.addAll(there.getOrDefault(name, Set.of())));
          Matcher legend =
              Pattern.compile("\\{\\{(\\w+)}}").matcher(target.path("legendFormat").asText());
          while (legend.find()) {
            if (!labels.contains(legend.group(1))) {
              faults.add(panel.path("title") + " names the label " + legend.group(1));
            }
          }
        }
      }
      assertThat(faults).as("the metrics that there are: " + there.keySet()).isEmpty();
      assertThat(faults("sum by (tabel) (kiln_leads{stat=\"x\"}) + kiln_lead", there))
          .as("this check finds what is wrong")
          .hasSize(3);
    }
  }

  @Test
  @DisplayName("every rule has an expression, a time, a severity and words for a person")
  void rulesAreWhole() throws IOException {
    Set<Object> names = new TreeSet<>();
    for (Map<?, ?> rule : rules()) {
      assertThat(names.add(String.valueOf(rule.get("alert")))).as("%s", rule).isTrue();
      assertThat(rule.keySet().stream().map(String::valueOf))
          .containsExactlyInAnyOrder("alert", "expr", "for", "labels", "annotations");
      assertThat(String.valueOf(rule.get("for"))).matches("\\d+[smh]");
      assertThat(map(rule.get("labels")).get("severity")).isIn("warning", "critical");
      Map<?, ?> annotations = map(rule.get("annotations"));
      assertThat(String.valueOf(annotations.get("summary"))).isNotBlank();
      assertThat(String.valueOf(annotations.get("description"))).endsWith(".");
    }
  }

  private static List<Map<?, ?>> rules() throws IOException {
    Map<?, ?> file =
        (Map<?, ?>)
            new Load(LoadSettings.builder().build())
                .loadFromString(Files.readString(DEPLOY.resolve("prometheus/kiln.rules.yaml")));
    List<Map<?, ?>> rules = new ArrayList<>();
    for (Object group : list(file.get("groups"))) {
      for (Object rule : list(map(group).get("rules"))) {
        rules.add(map(rule));
      }
    }
    return rules;
  }

  private static Map<?, ?> map(@Nullable Object yaml) {
    return (Map<?, ?>) Objects.requireNonNull(yaml);
  }

  private static List<?> list(@Nullable Object yaml) {
    return (List<?>) Objects.requireNonNull(yaml);
  }

  /** The metrics that an expression asks for. */
  private static Set<String> metrics(String expression) {
    String bare =
        GROUPING
            .matcher(
                expression
                    .replaceAll("\\{[^}]*}", " ")
                    .replaceAll("\\[[^]]*]", " ")
                    .replaceAll("\"[^\"]*\"", " "))
            .replaceAll(" ");
    Set<String> metrics = new TreeSet<>();
    Matcher token = TOKEN.matcher(bare);
    while (token.find()) {
      boolean called = bare.substring(token.end()).stripLeading().startsWith("(");
      boolean ofANumber =
          token.start() > 0 && Character.isLetterOrDigit(bare.charAt(token.start() - 1));
      if (!called && !ofANumber && !WORDS.contains(token.group())) {
        metrics.add(token.group());
      }
    }
    return metrics;
  }

  private static List<String> faults(String expression, Map<String, Set<String>> there) {
    List<String> faults = new ArrayList<>();
    Set<String> metrics = metrics(expression);
    Set<String> labels = new TreeSet<>(Set.of("instance"));
    for (String metric : metrics) {
      if (there.containsKey(metric)) {
        labels.addAll(there.get(metric));
      } else {
        faults.add(expression + " asks for " + metric);
      }
    }
    if (metrics.isEmpty()) {
      faults.add(expression + " asks for nothing");
    }
    Matcher selector = SELECTOR.matcher(expression);
    while (selector.find()) {
      Matcher matcher = MATCHER.matcher(selector.group(2));
      while (matcher.find()) {
        if (!there.getOrDefault(selector.group(1), Set.of()).contains(matcher.group(1))) {
          faults.add(expression + " asks for the label " + matcher.group(1));
        }
      }
    }
    Matcher grouping = GROUPING.matcher(expression);
    while (grouping.find()) {
      for (String label : grouping.group(1).split(",", -1)) {
        if (!labels.contains(label.strip())) {
          faults.add(expression + " groups by " + label.strip());
        }
      }
    }
    return faults;
  }
}
