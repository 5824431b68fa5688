package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.ledger.LedgerFixture;
import dev.kiln.ledger.ListedWebhook;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** {@code kiln plan} with the shipped configuration, which has no secrets, and no ledger. */
final class PlanCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Path data;

  PlanCommandTest(@TempDir Path data) {
    this.data = data;
  }

  private int plan(String... options) {
    List<String> arguments = new ArrayList<>(List.of("--data", data.toString()));
    arguments.addAll(List.of(options));
    return new CommandLine(new PlanCommand())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(arguments.toArray(String[]::new));
  }

  @Test
  void theReadmeShowsWhatItPrints() throws IOException {
    assertThat(plan("--leads", "50000")).isZero();
    assertThat(Files.readString(Path.of("README.md")))
        .as("bring the example in the README up to date")
        .contains("```\n$ ./kiln plan --leads 50000\n" + out + "```\n");
  }

  @Test
  void printsJsonWithUnits() throws IOException {
    assertThat(plan("--leads", "10000", "--months", "3", "--json")).isZero();

    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.path("leads_per_month").asLong()).isEqualTo(10_000);
    assertThat(json.at("/all_months/months").asInt()).isEqualTo(3);
    assertThat(json.at("/all_months/data_credits").asText()).isEqualTo("180000");
    assertThat(json.at("/year/webhooks").asInt()).isEqualTo(3);
    assertThat(json.path("clay_plan").asText()).isEqualTo("Growth");
    assertThat(json.path("usd_per_month").asText()).isEqualTo("495");
    assertThat(json.at("/clay_plans/3/usd_per_month").isNull()).isTrue();
    assertThat(json.at("/clay_plans/1/reasons/0").asText()).isEqualTo("no webhooks");
    assertThat(json.at("/tables/0/runway_months").asDouble()).isEqualTo(9);
    assertThat(json.at("/what_if/0/month/data_credits").asText()).isEqualTo("0");
    assertThat(json.at("/simple_formula/1/why").asText()).contains("one a lead");
    assertThat(json.path("prices_as_of").asText()).isEqualTo("2026-03-11");
    assertThat(out.toString()).doesNotContain("E+");
  }

  @Test
  void theLedgerSaysHowLeadsAreSpreadAndWhatWebhooksHaveTaken() {
    try (LedgerFixture fixture = LedgerFixture.in(data)) {
      fixture
          .ledger()
          .register(
              List.of(
                  new ListedWebhook(
                      "id of events-1",
                      "events-1",
                      "event-attendees",
                      "events-1",
                      45_000,
                      50_000,
                      40_000)));
      fixture.stored("tech", "outbound-leads-tech", 30);
      fixture.stored("events", "event-attendees", 10);
    }

    assertThat(plan("--leads", "50000")).isZero();
    assertThat(out.toString())
        .startsWith("Plan for 50,000 leads a month, as the last 40 leads in the ledger went\n")
        .contains("The webhooks of table event-attendees take 5,000 more rows, fewer than planned")
        .containsPattern("outbound-leads-tech +37,500 .* 90,000 +2.4\n")
        .containsPattern("event-attendees +12,500 .* 5,000 +0.4\n");
  }

  @Test
  void oneLeadIsOne() {
    assertThat(plan("--leads", "1")).isZero();
    assertThat(out.toString()).startsWith("Plan for 1 lead a month, ");
  }

  @Test
  void saysWhatAPlanWithAPriceCosts() {
    assertThat(plan("--leads", "5000", "--months", "3")).isZero();
    assertThat(out.toString())
        .contains(
            "Clay plan Growth: USD 495 a month, 1,485 in 3 months, 5,940 a year;"
                + " 24,000 Data Credits a month to buy on top\n")
        .containsPattern("Growth +495 +yes +24,000 Data Credits a month to buy on top\n");
  }

  @Test
  void severalWorkspacesAndNoPlanThatFits(@TempDir Path config) throws IOException {
    Files.writeString(
        config.resolve("clay.yaml"),
        """
        workspaces:
          main:
          legacy: { leads-per-hour: 400 }
        tables:
          tech: { webhooks: [{ name: tech-1, url: "{{secret:tech-1}}" }] }
          old: { workspace: legacy, auto-delete: true }
        """);
    Files.writeString(
        config.resolve("prices.yaml"),
        "as-of: 2026-03-11\nplans: { Free: { usd-a-month: 0, data-credits: 1, actions: 1 } }\n");
    String[] options = {"--leads", "1000", "--share", "old=40", "--config", config.toString()};

    assertThat(plan(options)).isZero();
    assertThat(out.toString())
        .contains(
            "hours to deliver, main at 8/s, legacy at 400/h",
            "No plan of Clay in prices.yaml fits.",
            "Table old has no webhook: its leads wait until clay.yaml names one.",
            "no hourly cap");
    out.getBuffer().setLength(0);
    List<String> json = new ArrayList<>(List.of(options));
    json.add("--json");
    assertThat(plan(json.toArray(String[]::new))).isZero();
    JsonNode plan = new ObjectMapper().readTree(out.toString());
    assertThat(plan.path("clay_plan").isNull()).isTrue();
    assertThat(plan.at("/tables/1/rows_per_webhook").isNull()).isTrue();
    assertThat(plan.at("/workspaces/1/hours_per_month").asDouble()).isEqualTo(1);
  }

  @Test
  void everyOptionCounts() {
    assertThat(
            plan(
                "--leads=10000",
                "--months=6",
                "--rate=2.5",
                "--own-keys",
                "--actions-per-lead=1.5",
                "--retry-share=10",
                "--share=outbound-leads-finance=25",
                "--share=inbound-leads=25"))
        .isZero();
    assertThat(out.toString())
        .contains(
            "as --share says, the rest all to outbound-leads-tech",
            ", 10 % of them twice",
            "in 6 months",
            "at 2.5/s")
        .containsPattern("inbound-leads +2,500 +0 +3,750 +no cap +1 +no cap +no end\n")
        .containsPattern("outbound-leads-tech +5,000 +0 +7,500 +45,000 +2 +90,000 +16.4\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--leads 0 | --leads is from 1 to 1000000000",
        "--leads 50,000 | \"50,000\" is no whole number; write one such as 50000",
        "--months 3 | --leads",
        "--leads 1 --months 121 | --months is from 1 to 120",
        "--leads 1 --rate 0 | --rate is above 0 and at most 1000",
        "--leads 1 --rate fast | \"fast\" is no number",
        "--leads 1 --credits-per-lead -1 | --credits-per-lead is from 0",
        "--leads 1 --retry-share 101 | --retry-share is from 0 to 100",
        "--leads 1 --own-keys --credits-per-lead 2 | leave out --credits-per-lead",
        "--leads 1 --share outbound=20 | --share: clay.yaml has no table outbound",
        "--leads 1 --share inbound-leads=much | --share: \"much\" is no number",
        "--leads 1 --share inbound-leads=101 | --share: the shares make 101 %, more than 100",
        "--leads 1 --share inbound-leads | --share",
      })
  void refusesWhatItCannotPlan(String options, String message) {
    assertThat(plan(options.split(" "))).isEqualTo(Main.USAGE);
    assertThat(err.toString()).contains(message);
    assertThat(out.toString()).isEmpty();
  }
}
