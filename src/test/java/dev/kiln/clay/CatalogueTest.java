package dev.kiln.clay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.tuple;

import dev.kiln.lead.InvalidConfiguration;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CatalogueTest {
  private static final String SECRET_PATH = "b7e1f0c2-very-secret";
  private static final String URL_1 = "https://api.clay.example/hook-" + SECRET_PATH + "-1";
  private static final String URL_2 = "https://api.clay.example/hook-" + SECRET_PATH + "-2";

  /** A file with one table; a test appends keys of that table, or more. Five lines. */
  private static final String ONE_TABLE =
      """
      workspaces:
        main:
      tables:
        tech:
          workspace: main
      """;

  @TempDir Path folder;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void writeSecrets() throws IOException {
    secret("url-1", URL_1 + "\n");
    secret("url-2", "  " + URL_2 + " \r\n");
    secret("token", SECRET_PATH + "\n");
  }

  private void secret(String name, String content) throws IOException {
    Files.createDirectories(folder.resolve("secrets"));
    Files.writeString(folder.resolve("secrets").resolve(name), content);
  }

  private Catalogue read(String yaml) throws IOException {
    Path file = folder.resolve("clay.yaml");
    Files.writeString(file, yaml);
    return Catalogue.read(file, folder.resolve("secrets"), environment);
  }

  /** Asserts that the file is refused with exactly this: {@code line: message}. */
  private void refuses(String yaml, String fault) {
    Throwable thrown = catchThrowable(() -> read(yaml));
    assertThat(thrown)
        .isInstanceOf(InvalidConfiguration.class)
        .hasNoCause()
        .hasMessage(folder.resolve("clay.yaml") + ":" + fault);
    assertThat(thrown.getMessage()).doesNotContain(SECRET_PATH);
  }

  private static String withWebhooks(String... webhooks) {
    return ONE_TABLE + "    webhooks:\n      - " + String.join("\n      - ", webhooks) + "\n";
  }

  @Test
  void readsEveryKey() throws IOException {
    environment.put("CLAY_URL", URL_2);
    Catalogue catalogue =
        read(
            """
            workspaces:
              main: { rate-per-second: 2.5, leads-per-hour: 400 }
              other:
            tables:
              tech:
                workspace: main
                rate-per-second: 1
                credits-per-lead: 6.25
                actions-per-lead: 3
                row-cap: 100
                auto-delete: false
                omit-fields: [phone, date_of_birth]
                trim-fields: [notes, about]
                stamps: [webhook, batch]
                constants: { enrichment: "waterfall+claygent", version: 1.10, live: true, none: "" }
                webhooks:
                  - { name: b-1, url: "{{secret:url-1}}", token: "{{secret:token}}", cap: 10, used: 3 }
                  - { name: a-2, url: "{{env:CLAY_URL}}", clay-table: b-1 }
              events:
                workspace: other
                auto-delete: true
                row-cap: 90000
                budgets: { credits: { day: 60 }, actions: { run: 7 } }
                webhooks:
                  - { name: local, url: "http://localhost:8080/w", token: plain, cap: 2000000 }
            budgets:
              timezone: Europe/Berlin
              month-starts-on: 28
              credits: { run: 0.5, day: 1.5, month: 2 }
              actions: { day: 3, month: 4 }
            """);
    assertThat(catalogue.workspaces().values())
        .containsExactly(new Workspace("main", 2.5, 400), new Workspace("other", 8, 0));
    assertThat(catalogue.tables().keySet()).containsExactly("tech", "events");
    Table tech = catalogue.table("tech").orElseThrow();
    assertThat(tech.workspace()).isEqualTo("main");
    assertThat(tech.ratePerSecond()).isEqualTo(1);
    assertThat(tech.creditsPerLead()).isEqualTo("6.25");
    assertThat(tech.actionsPerLead()).isEqualTo("3");
    assertThat(tech.rowCap()).isEqualTo(100);
    assertThat(tech.autoDelete()).isFalse();
    assertThat(tech.omitFields()).containsExactly("phone", "date_of_birth");
    assertThat(tech.trimFields()).containsExactly("notes", "about");
    assertThat(tech.stamps()).containsExactlyInAnyOrder(Stamp.BATCH, Stamp.WEBHOOK);
    assertThat(tech.constants().toString())
        .isEqualTo("{enrichment=waterfall+claygent, version=1.10, live=true, none=}");
    assertThat(tech.webhooks())
        .containsExactly(
            new Webhook(
                "b-1",
                "tech",
                "9b0e4062d79d14c062e644a172d9fe870a9da65cf23c2b6504b0b15528719459",
                new Secret(URL_1),
                new Secret(SECRET_PATH),
                10,
                3,
                "b-1"),
            new Webhook(
                "a-2",
                "tech",
                "1eb241b31dd9ab34d1ad25c207af58e14fe72108c7dcbdd7d70a19c47884a713",
                new Secret(URL_2),
                null,
                45_000,
                0,
                "b-1"));
    Webhook local = catalogue.webhook("local").orElseThrow();
    assertThat(local.table()).isEqualTo("events");
    assertThat(local.cap()).isEqualTo(2_000_000);
    assertThat(local.clayTable()).isEqualTo("local");
    assertThat(local.token()).isEqualTo(new Secret("plain"));
    assertThat(catalogue.table("events").orElseThrow().rowCap()).isEqualTo(90_000);
    assertThat(catalogue.budgets())
        .isEqualTo(
            new Budgets(
                ZoneId.of("Europe/Berlin"),
                28,
                new Caps(
                    new BigDecimal("0.5"),
                    new BigDecimal("1.5"),
                    new BigDecimal(2),
                    BigDecimal.ZERO,
                    new BigDecimal(3),
                    new BigDecimal(4)),
                Map.of(
                    "events",
                    new Caps(
                        BigDecimal.ZERO,
                        new BigDecimal(60),
                        BigDecimal.ZERO,
                        new BigDecimal(7),
                        BigDecimal.ZERO,
                        BigDecimal.ZERO))));
    assertThat(catalogue.budgets().of("tech")).isEqualTo(Caps.NONE);
  }

  @Test
  void takesTheDefaultsForWhatIsLeftOut() throws IOException {
    Catalogue catalogue =
        read("workspaces: { main: }\ntables:\n  tech:\n    omit-fields:\n    webhooks:\n");
    assertThat(catalogue.workspaces()).containsValue(new Workspace("main", 8, 0));
    Table tech = catalogue.table("tech").orElseThrow();
    assertThat(tech.workspace()).isEqualTo("main");
    assertThat(tech.ratePerSecond()).isZero();
    assertThat(tech.creditsPerLead()).isEqualTo("6");
    assertThat(tech.actionsPerLead()).isEqualTo("4");
    assertThat(tech.rowCap()).isEqualTo(50_000);
    assertThat(tech.autoDelete()).isFalse();
    assertThat(tech.omitFields()).isEmpty();
    assertThat(tech.trimFields()).isEmpty();
    assertThat(tech.stamps()).isEmpty();
    assertThat(tech.constants()).isEmpty();
    assertThat(tech.webhooks()).isEmpty();
    assertThat(catalogue.budgets()).isEqualTo(Budgets.none());
    assertThat(catalogue.budgets().timezone()).isEqualTo(ZoneId.of("UTC"));
    assertThat(catalogue.table("none")).isEmpty();
    assertThat(catalogue.webhook("none")).isEmpty();
  }

  @Test
  void identifiesAWebhookByTheHashOfItsUrl() throws IOException {
    Catalogue catalogue = read(withWebhooks("{ name: a, url: \"http://127.0.0.1:1/a\" }"));
    // printf %s http://127.0.0.1:1/a | sha256sum
    assertThat(catalogue.webhook("a").orElseThrow().id())
        .isEqualTo("950c1a686ac54e3d58952b98f317b92c03fbe53ac4544fe2ee8bff0c997b43ec");
  }

  @Test
  void showsNoSecret() throws IOException {
    Catalogue catalogue =
        read(withWebhooks("{ name: a, url: \"{{secret:url-1}}\", token: \"{{secret:token}}\" }"));
    Webhook webhook = catalogue.webhook("a").orElseThrow();
    assertThat(catalogue.toString()).contains("url=***, token=***").doesNotContain(SECRET_PATH);
    assertThat(webhook.url().reveal()).isEqualTo(URL_1);
    assertThat(webhook.url()).hasToString("***").isNotEqualTo(webhook.token());
    assertThat(webhook.url()).hasSameHashCodeAs(new Secret(URL_1));
  }

  @Test
  void cannotBeChanged() throws IOException {
    Catalogue catalogue = read(ONE_TABLE);
    Table table = catalogue.table("tech").orElseThrow();
    assertThatThrownBy(() -> catalogue.workspaces().clear())
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> catalogue.tables().clear())
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> table.omitFields().add("x"))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> table.constants().put("x", "y"))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> table.webhooks().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void readsAFileWithAByteOrderMark() throws IOException {
    secret("url-1", "\uFEFF" + URL_1 + "\r\n");
    Catalogue catalogue = read("\uFEFF" + withWebhooks("{ name: a, url: \"{{secret:url-1}}\" }"));
    assertThat(catalogue.webhook("a").orElseThrow().url()).isEqualTo(new Secret(URL_1));
  }

  @Test
  void refusesAMissingFile() {
    Path file = folder.resolve("none/clay.yaml");
    assertThatThrownBy(() -> Catalogue.read(file, folder, environment))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessage(file + ": does not exist; name the folder that holds it with --config");
  }

  @Test
  void readsWithoutASingleSecretForWhatNeedsNone() throws IOException {
    Path file = folder.resolve("clay.yaml");
    Files.writeString(
        file,
        withWebhooks(
            "{ name: one, url: \"{{secret:missing}}\", token: \"{{secret:missing-token}}\" }",
            "{ name: two, url: \"{{env:MISSING}}\", cap: 7 }"));

    Catalogue catalogue = Catalogue.readWithoutSecrets(file, folder.resolve("nowhere"));

    assertThat(catalogue.table("tech").orElseThrow().webhooks())
        .extracting(Webhook::name, Webhook::cap)
        .containsExactly(tuple("one", Webhook.DEFAULT_CAP), tuple("two", 7));
    Files.writeString(file, withWebhooks("{ name: one, url: \"" + URL_1 + "\" }"));
    assertThatThrownBy(() -> Catalogue.readWithoutSecrets(file, folder.resolve("nowhere")))
        .as("a secret in the file is refused all the same")
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("is a secret and must not stand in this file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "# nothing but a comment\n", "---\n", "null\n"})
  void refusesAnEmptyFile(String yaml) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessage(
            folder.resolve("clay.yaml")
                + ": is empty; it needs at least \"workspaces\" and \"tables\"");
  }

  @Test
  void refusesAFileThatIsNotUtf8() throws IOException {
    Path file = folder.resolve("clay.yaml");
    Files.write(file, "# Zürich\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> Catalogue.read(file, folder, environment))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessage(file + ":1: is not UTF-8 text; save it as UTF-8");
  }

  @Test
  void refusesAForbiddenCharacter() {
    assertThatThrownBy(() -> read("workspaces: \u0001\n"))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessage(
            folder.resolve("clay.yaml")
                + ":1: holds the character U+0001, which YAML forbids: delete it");
  }

  @Test
  void refusesWhatContainsItselfOrIsNestedTooDeep() {
    assertThatThrownBy(() -> read("workspaces: &w\n  main: *w\n"))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessage(
            folder.resolve("clay.yaml")
                + ":2: an alias stands within what it stands for: write out what is meant");
    assertThatThrownBy(() -> read("workspaces:\n  main: " + "[".repeat(30_000)))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("clay.yaml:2: lists and mappings are nested more than 100 deep");
  }

  @Test
  void refusesWhatIsNotYamlWithoutShowingTheLine() {
    refuses(
        "workspaces:\n  main:\n\turl: " + SECRET_PATH + "\n",
        "3: is not valid YAML: found character '\\t(TAB)' that cannot start any token."
            + " (Do not use \\t(TAB) for indentation)");
    refuses(
        "workspaces:\n  main: *" + SECRET_PATH + "\n",
        "2: is not valid YAML: found undefined alias; text with * needs quotes");
    refuses(ONE_TABLE + "---\na: 1\n", "6: is not valid YAML: but found another document");
  }

  @Test
  void refusesWhatIsNoMapping() {
    refuses("- a\n", "1: the file must be a mapping of the form key: value");
    refuses("workspaces: 8\n", "1: workspaces must be a mapping of the form key: value");
    refuses(
        ONE_TABLE + "    webhooks:\n      - " + URL_1 + "\n",
        "7: a webhook of table \"tech\" must be a mapping of the form key: value");
    refuses(
        ONE_TABLE + "    webhooks: { a: b }\n", "6: table \"tech\" needs a list under webhooks");
    refuses(
        ONE_TABLE + "    ? [a]\n    : b\n", "6: table \"tech\" has a key that is no plain word");
  }

  @Test
  void refusesUnknownKeysAtEveryLevel() {
    refuses(
        ONE_TABLE + "bugdets:\n",
        "6: the file has an unknown key \"bugdets\"; did you mean \"budgets\"?");
    refuses(
        "workspaces:\n  main:\n    rate-per-secnd: 8\n",
        "3: workspace \"main\" has an unknown key \"rate-per-secnd\";"
            + " did you mean \"rate-per-second\"?");
    refuses(
        ONE_TABLE + "    webhoks: []\n",
        "6: table \"tech\" has an unknown key \"webhoks\"; did you mean \"webhooks\"?");
    refuses(
        withWebhooks("name: a\n        tokn: x"),
        "8: a webhook of table \"tech\" has an unknown key \"tokn\"; did you mean \"token\"?");
    refuses(
        ONE_TABLE + "budgets:\n  timezon: UTC\n",
        "7: budgets has an unknown key \"timezon\"; did you mean \"timezone\"?");
    refuses(
        ONE_TABLE + "budgets:\n  credits:\n    week: 1\n",
        "8: budgets: credits has an unknown key \"week\"; valid: day, month, run");
    refuses(
        ONE_TABLE + "    budgets:\n      credit: { day: 1 }\n",
        "7: table \"tech\": budgets has an unknown key \"credit\"; did you mean \"credits\"?");
    refuses(
        ONE_TABLE + "    budgets: { actions: { dya: 1 } }\n",
        "6: table \"tech\": budgets: actions has an unknown key \"dya\"; did you mean \"day\"?");
    refuses(
        ONE_TABLE + "    " + URL_1 + ":\n",
        "6: table \"tech\" has an unknown key; valid: actions-per-lead, auto-delete, budgets, constants,"
            + " credits-per-lead, missing-after, omit-fields, rate-per-second, results, row-cap, stamps,"
            + " trim-fields, webhooks, workspace");
  }

  @Test
  void rowsAreWaitedForWhereTheTableSaysSo() throws IOException {
    assertThat(missingAfter("")).isNull();
    assertThat(missingAfter("    results: false\n")).isNull();
    assertThat(missingAfter("    results: true\n")).isEqualTo(Duration.ofHours(24));
    assertThat(missingAfter("    results: true\n    missing-after: 90m\n"))
        .isEqualTo(Duration.ofMinutes(90));
    refuses(
        ONE_TABLE + "    results: true\n    missing-after: 0h\n",
        "7: table \"tech\": missing-after must be a duration above 0, such as 30m, 24h, 7d");
    refuses(
        ONE_TABLE + "    missing-after: 1h\n",
        "6: table \"tech\": missing-after needs results: true beside it: else no row is waited for");
  }

  private @Nullable Duration missingAfter(String keys) throws IOException {
    return read(ONE_TABLE + keys).table("tech").orElseThrow().missingAfter();
  }

  @Test
  void refusesAKeyTwice() {
    refuses(ONE_TABLE + "  tech:\n", "6: tables has a key \"tech\" twice; the first is on line 4");
    refuses(
        ONE_TABLE + "    row-cap: 1\n    row-cap: 2\n",
        "7: table \"tech\" has a key \"row-cap\" twice; the first is on line 6");
  }

  @Test
  void refusesAFileWithoutWorkspacesOrTables() {
    refuses("tables:\n", "1: the file needs at least one workspace under \"workspaces\"");
    refuses(
        "workspaces:\n  main:\ntables:\n", "1: the file needs at least one table under \"tables\"");
  }

  @Test
  void refusesAnUnknownWorkspace() {
    refuses(
        "workspaces:\n  main:\ntables:\n  tech:\n    workspace: mian\n",
        "5: table \"tech\": workspace \"mian\" is not in this file; did you mean \"main\"?");
    refuses(
        "workspaces:\n  eu:\ntables:\n  tech:\n    row-cap: 1\n",
        "4: table \"tech\" needs the key \"workspace\": there is none called \"main\","
            + " the default; valid: eu");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Tech", "-tech", "te_ch", "\"\"", "täch", "\"a b\""})
  void refusesBadNames(String name) {
    String rule =
        " must be lower-case letters, digits and \"-\", at most 63, and not begin with \"-\"";
    refuses("workspaces:\n  " + name + ":\n", "2: the name of a workspace" + rule);
    refuses("workspaces:\n  main:\ntables:\n  " + name + ":\n", "4: the name of a table" + rule);
    if (!name.equals("\"\"")) {
      refuses(withWebhooks("name: " + name), "7: the name of a webhook" + rule);
      refuses(
          withWebhooks("{ name: a, url: \"{{secret:url-1}}\", clay-table: " + name + " }"),
          "7: the name of a Clay table" + rule);
    }
  }

  @Test
  void takesNamesOf63CharactersAtMost() throws IOException {
    String longest = "0" + "-".repeat(62);
    read("workspaces:\n  " + longest + ":\ntables:\n  a: { workspace: " + longest + " }\n");
    refuses(
        "workspaces:\n  " + longest + "a:\n",
        "2: the name of a workspace must be lower-case letters, digits and \"-\", at most 63,"
            + " and not begin with \"-\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          rate-per-second: 0     | rate-per-second must be above 0; to stop a workspace, pause it
          rate-per-second: -1    | rate-per-second must be a number from 0 to 1000000000 with at most six decimals
          rate-per-second: fast  | rate-per-second must be a number from 0 to 1000000000 with at most six decimals
          rate-per-second: .inf  | rate-per-second must be a number from 0 to 1000000000 with at most six decimals
          rate-per-second: 1e-99 | rate-per-second must be a number from 0 to 1000000000 with at most six decimals
          rate-per-second: "8"   | rate-per-second must be a number without quotes
          rate-per-second:       | rate-per-second is empty
          rate-per-second: [8]   | rate-per-second must be one text; text with braces needs quotes: "{{secret:...}}"
          rate-per-second: !x 8  | rate-per-second has a tag; remove the !...
          leads-per-hour: -1     | leads-per-hour must be a whole number from 0
          leads-per-hour: 1.5    | leads-per-hour must be a whole number from 0
          leads-per-hour: 1e99   | leads-per-hour must be a whole number from 0
          """)
  void refusesBadNumbersOfAWorkspace(String key, String fault) {
    refuses("workspaces:\n  main:\n    " + key + "\n", "3: workspace \"main\": " + fault);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          rate-per-second: -0.5  | rate-per-second must be a number from 0 to 1000000000 with at most six decimals
          credits-per-lead: -1   | credits-per-lead must be a number from 0 to 1000000000 with at most six decimals
          actions-per-lead: many | actions-per-lead must be a number from 0 to 1000000000 with at most six decimals
          row-cap: 0             | row-cap must be a whole number from 1
          row-cap: 50001         | row-cap must be at most 50000, Clay's own limit, unless the table has auto-delete: true
          auto-delete: yes       | auto-delete must be true or false
          auto-delete: 1         | auto-delete must be true or false
          omit-fields: [""]      | omit-fields is empty
          omit-fields: [[a]]     | omit-fields must be one text; text with braces needs quotes: "{{secret:...}}"
          omit-fields: [lead_id] | omit-fields cannot leave out lead_id: by it an enriched row finds its lead
          trim-fields: [lead_id] | trim-fields cannot cut lead_id: by it an enriched row finds its lead
          stamps: [bach]         | stamps is no stamp; did you mean "batch"?
          constants: { a: [1] }  | constants: a must be one text; text with braces needs quotes: "{{secret:...}}"
          constants: { a: }      | constants: a has no value; write "" for an empty text
          constants: { lead_id: 1 } | constants: lead_id cannot be a constant: by it an enriched row finds its lead
          """)
  void refusesBadValuesOfATable(String key, String fault) {
    refuses(ONE_TABLE + "    " + key + "\n", "6: table \"tech\": " + fault);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          cap: 0     | cap must be a whole number from 1
          cap: 50001 | cap must be at most 50000, Clay's own limit, unless the table has auto-delete: true
          used: -1   | used must be a whole number from 0
          """)
  void refusesBadNumbersOfAWebhook(String key, String fault) {
    refuses(
        withWebhooks("name: a\n        url: \"{{secret:url-1}}\"\n        " + key),
        "9: webhook \"a\": " + fault);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          month-starts-on: 0       | month-starts-on must be a whole number from 1 to 28
          month-starts-on: 29      | month-starts-on must be a whole number from 1 to 28
          timezone: Europe/Berln   | timezone is no time zone; did you mean "Europe/Berlin"?
          timezone: at the seaside | timezone is no time zone; write UTC or one like Europe/Berlin
          credits: { day: -1 }     | credits: day must be a number from 0 to 1000000000 with at most six decimals
          actions: { month: x }    | actions: month must be a number from 0 to 1000000000 with at most six decimals
          """)
  void refusesBadBudgets(String key, String fault) {
    refuses(ONE_TABLE + "budgets:\n  " + key + "\n", "7: budgets: " + fault);
  }

  @Test
  void refusesAWebhookWithoutNameOrUrl() {
    refuses(
        withWebhooks("url: \"{{secret:url-1}}\""),
        "7: a webhook of table \"tech\" needs the key \"name\"");
    refuses(withWebhooks("name: a"), "7: webhook \"a\" needs the key \"url\"");
  }

  @Test
  void refusesAWebhookNameTwiceInTheWholeFile() {
    refuses(
        withWebhooks("{ name: a, url: \"{{secret:url-1}}\" }")
            + "  events:\n    webhooks:\n      - { name: a, url: \"{{secret:url-2}}\" }\n",
        "10: webhook \"a\" has a name that line 7 already uses; rename one");
  }

  @Test
  void refusesOneUrlTwice() throws IOException {
    secret("same", URL_1);
    refuses(
        withWebhooks("{ name: a, url: \"{{secret:url-1}}\" }")
            + "  events:\n    webhooks:\n      - { name: b, url: \"{{secret:same}}\" }\n",
        "10: webhook \"b\": url is also the URL of webhook \"a\" on line 7;"
            + " every webhook needs its own");
  }

  @Test
  void refusesAClayTableInTwoTables() {
    String events = "  events:\n    webhooks:\n      - ";
    refuses(
        withWebhooks("{ name: a, url: \"{{secret:url-1}}\" }")
            + events
            + "{ name: b, url: \"{{secret:url-2}}\", clay-table: a }\n",
        "10: webhook \"b\": Clay table \"a\" belongs to table \"tech\" (webhook \"a\", line 7);"
            + " name another with clay-table");
    refuses(
        withWebhooks("{ name: a, url: \"{{secret:url-1}}\", clay-table: b }")
            + events
            + "{ name: b, url: \"{{secret:url-2}}\" }\n",
        "10: webhook \"b\": Clay table \"b\" belongs to table \"tech\" (webhook \"a\", line 7);"
            + " name another with clay-table");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://localhost/w",
        "HTTP://LocalHost:1/w",
        "http://127.0.0.1:8080/w",
        "http://127.9.9.9/w",
        "http://[::1]:80/w",
        "https://localhost/w"
      })
  void takesLiteralUrlsOfThisComputer(String url) throws IOException {
    Catalogue catalogue = read(withWebhooks("{ name: a, url: \"" + url + "\" }"));
    assertThat(catalogue.webhook("a").orElseThrow().url().reveal()).isEqualTo(url);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://api.clay.example/",
        "http://localhost@clay.example/",
        "http://127.0.0.1.clay.example/",
        "http://127.example/",
        "ftp://localhost/",
        "https:clay.example/",
        "clay.example/"
      })
  void refusesOtherUrls(String url) throws IOException {
    secret("url-1", url + SECRET_PATH);
    refuses(
        withWebhooks("{ name: a, url: \"{{secret:url-1}}\" }"),
        "7: webhook \"a\": url must begin with https://;"
            + " http:// is for this computer only (localhost, 127.0.0.1)");
  }

  @Test
  void refusesWhatIsNoUrl() throws IOException {
    secret("url-1", URL_1 + "\n" + URL_2);
    refuses(
        withWebhooks("{ name: a, url: \"{{secret:url-1}}\" }"),
        "7: webhook \"a\": url is not a valid URL");
  }

  @Test
  void refusesASecretInTheFile() {
    Path secrets = folder.resolve("secrets");
    refuses(
        withWebhooks("{ name: a, url: \"" + URL_1 + "\" }"),
        "7: webhook \"a\": url is a secret and must not stand in this file: move it to the file "
            + secrets.resolve("a-url")
            + " and write url: \"{{secret:a-url}}\"");
    refuses(
        withWebhooks("{ name: a, url: \"{{secret:url-1}}\", token: " + SECRET_PATH + " }"),
        "7: webhook \"a\": token is a secret and must not stand in this file: move it to the file "
            + secrets.resolve("a-token")
            + " and write token: \"{{secret:a-token}}\"");
  }

  @Test
  void refusesAMissingOrEmptySecretFile() throws IOException {
    secret("empty", " \n");
    Files.createDirectories(folder.resolve("secrets/folder"));
    String file = folder.resolve("secrets") + "/";
    refuses(
        withWebhooks("{ name: a, url: \"{{secret:none}}\" }"),
        "7: webhook \"a\": url needs the file "
            + file
            + "none, which does not exist; create it: it holds the webhook's URL");
    refuses(
        withWebhooks("{ name: a, url: \"{{secret:url-1}}\", token: \"{{secret:empty}}\" }"),
        "7: webhook \"a\": token needs the file "
            + file
            + "empty, which is empty; fill it: it holds the webhook's token");
    refuses(
        withWebhooks("{ name: a, url: \"{{secret:folder}}\" }"),
        "7: webhook \"a\": url needs the file "
            + file
            + "folder, which cannot be read as text; mend it: it holds the webhook's URL");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../url-1", "..", ".", "a/b", "a b", "", "ü"})
  void refusesASecretOutsideTheFolder(String name) {
    refuses(
        withWebhooks("{ name: a, url: \"{{secret:" + name + "}}\" }"),
        "7: webhook \"a\": url names a secret file with other characters than letters, digits,"
            + " \".\", \"_\", \"-\"");
  }

  @Test
  void refusesAMissingOrBadVariable() {
    environment.put("BLANK", " ");
    for (String name : new String[] {"NONE", "BLANK"}) {
      refuses(
          withWebhooks("{ name: a, url: \"{{env:" + name + "}}\" }"),
          "7: webhook \"a\": url needs the environment variable "
              + name
              + ", which is not set; set it before the start: it holds the webhook's URL");
    }
    refuses(
        withWebhooks("{ name: a, url: \"{{env:A-B}}\" }"),
        "7: webhook \"a\": url names an environment variable with other characters than letters,"
            + " digits, \"_\"");
  }

  @Test
  void refusesUnknownPlaceholders() {
    refuses(
        withWebhooks("{ name: a, url: \"{{secrets:url-1}}\" }"),
        "7: webhook \"a\": url has an unknown placeholder \"secrets\"; did you mean \"secret\"?");
    refuses(
        withWebhooks("{ name: a, url: \"http://localhost:{{env:PORT}}/\" }"),
        "7: webhook \"a\": url must be nothing but one placeholder:"
            + " {{secret:name}} or {{env:NAME}}");
    refuses(
        withWebhooks("name: a\n        url: {{secret:url-1}}"),
        "8: webhook \"a\": url must be one text; text with braces needs quotes:"
            + " \"{{secret:...}}\"");
    refuses(
        withWebhooks("{ name: a, url: {{secret:url-1}} }"),
        "7: webhook \"a\": url must be one text; text with braces needs quotes:"
            + " \"{{secret:...}}\"");
  }

  @Test
  void refusesATokenThatNoHeaderCanCarry() throws IOException {
    secret("token", SECRET_PATH + "\nX-Other: 1");
    refuses(
        withWebhooks("{ name: a, url: \"{{secret:url-1}}\", token: \"{{secret:token}}\" }"),
        "7: webhook \"a\": token must be one word of plain ASCII, as Clay shows it");
  }

  @Test
  void readsTheShippedFileOnceItsSecretsAreThere() throws IOException {
    Path shipped = Path.of("config/clay.yaml");
    Matcher names =
        Pattern.compile("url: \"\\{\\{secret:([^}]+)}}\"|token: \"\\{\\{secret:([^}]+)}}\"")
            .matcher(Files.readString(shipped));
    String readme = Files.readString(Path.of("config/secrets/README"));
    while (names.find()) {
      String name = names.group(1) == null ? names.group(2) : names.group(1);
      assertThat(readme).contains(name);
      secret(name, name.endsWith("-url") ? "https://clay.example/" + name : name);
    }
    Catalogue catalogue = Catalogue.read(shipped, folder.resolve("secrets"), Map.of());
    assertThat(catalogue.tables().keySet())
        .containsExactly(
            "outbound-leads-tech", "outbound-leads-finance", "inbound-leads", "event-attendees");
    assertThat(catalogue.workspaces())
        .containsExactly(Map.entry("main", new Workspace("main", 8, 0)));
    assertThat(catalogue.budgets()).isEqualTo(Budgets.none());
    Table tech = catalogue.table("outbound-leads-tech").orElseThrow();
    assertThat(tech.webhooks()).extracting(Webhook::name).containsExactly("tech-1", "tech-2");
    Table finance = catalogue.table("outbound-leads-finance").orElseThrow();
    assertThat(finance.constants().get("enrichment")).doesNotContain("claygent");
    assertThat(finance.omitFields()).contains("phone", "date_of_birth");
    assertThat(catalogue.table("inbound-leads").orElseThrow().autoDelete()).isTrue();
  }
}
