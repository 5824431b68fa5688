package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.kiln.clay.Placeholders;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.Priority;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said where routes and clay.yaml disagree, or a route file is none. */
final class RouteFilesTest {
  private static final String TABLE_ROUTE =
      """
      - templatedRoute:
          routeTemplateRef: table
          routeId: table-event-attendees
          prefixId: "event-attendees-"
          parameters:
            - name: table
              value: event-attendees
            - name: workspace
              value: main
      """;

  private final Path folder;
  private RunningKiln kiln;

  RouteFilesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void prepare() {
    kiln = new RunningKiln(folder);
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  private Path route(String file) {
    return folder.resolve("routes").resolve(file + ".camel.yaml");
  }

  private Path clayYaml() {
    return folder.resolve("config").resolve("clay.yaml");
  }

  private RouteFilesTest edited(String file, String from, String to) {
    kiln.inRoutes(file + ".camel.yaml", from, to);
    return this;
  }

  /** Asserts that it is refused in these words. */
  private void refuses(String message) {
    assertThatThrownBy(() -> Configuration.read(kiln.places()))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessage(message);
  }

  /** The line of the first occurrence of a text in a file, from 1. */
  private static int line(Path file, String text) throws Exception {
    String content = Files.readString(file);
    assertThat(content).contains(text);
    return (int) content.substring(0, content.indexOf(text)).chars().filter(c -> c == '\n').count()
        + 1;
  }

  @Test
  @DisplayName("the shipped routes agree with their tables")
  void shippedRoutesAgree() throws Exception {
    Configuration.read(kiln.places());
    App.check(kiln.places());
  }

  @Test
  @DisplayName("every file of the configuration says where it is not UTF-8")
  void notUtf8() throws Exception {
    Path config = kiln.ownRoutes().places().config();
    Files.copy(Path.of("config/prices.yaml"), config.resolve("prices.yaml"));
    for (Path file :
        List.of(
            config.resolve("industries.csv"),
            config.resolve("personal-domains.txt"),
            config.resolve("application.properties"),
            config.resolve("clay.yaml"),
            config.resolve("prices.yaml"),
            kiln.places().routes().resolve("rejects.camel.yaml"))) {
      Places places = kiln.places();
      byte[] before = Files.readAllBytes(file);
      long lines = Files.readString(file).lines().count();
      Files.write(
          file, "\n# Z\u00fcrich".getBytes(StandardCharsets.ISO_8859_1), StandardOpenOption.APPEND);
      assertThatThrownBy(() -> Configuration.read(places))
          .isInstanceOf(InvalidConfiguration.class)
          .hasMessageMatching(
              Pattern.quote(file.toString())
                  + ":("
                  + (lines + 1)
                  + "|"
                  + (lines + 2)
                  + "): is not UTF-8 text; save it as UTF-8");
      Files.write(file, before);
    }
  }

  @Test
  @DisplayName("a table's route has its leads, a workspace's those of all its tables")
  void tablesThroughARoute() {
    Configuration read = Configuration.read(kiln.places());
    assertThat(read.routes().templated().tablesThrough("table-event-attendees", read.catalogue()))
        .containsExactly("event-attendees");
    assertThat(read.routes().templated().tablesThrough("pace-main", read.catalogue()))
        .containsExactlyInAnyOrderElementsOf(read.catalogue().tables().keySet());
    assertThat(read.routes().templated().tablesThrough("accept", read.catalogue())).isEmpty();
  }

  @Test
  @DisplayName("a branch that chooses an unknown table names the nearest one")
  void unknownTableInABranch() throws Exception {
    edited("choose-table", "expression: event-attendees", "expression: event-atendees");
    refuses(
        route("choose-table")
            + ":"
            + line(route("choose-table"), "id: to-event-attendees")
            + ": unknown table event-atendees; did you mean \"event-attendees\"?");
  }

  /** Camel's ways of writing what event-attendees is chosen by in full. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "expression:\n      constant: TABLE",
        "constant: TABLE",
        "constant:\n      expression: TABLE",
        "simple: TABLE",
        "expression:\n      simple:\n        expression: TABLE"
      })
  @DisplayName("a branch chooses a table in whatever form Camel takes")
  void shortForms(String form) throws Exception {
    String full =
        "expression:\n                        constant:\n                          expression: event-attendees";
    String indented = form.replace("\n", "\n                  ");
    edited("choose-table", full, indented.replace("TABLE", "event-attendees"));
    Configuration.read(kiln.places());
    App.check(kiln.places());
    edited(
        "choose-table",
        indented.replace("TABLE", "event-attendees"),
        indented.replace("TABLE", "event-atendees"));
    refuses(
        route("choose-table")
            + ":"
            + line(route("choose-table"), "id: to-event-attendees")
            + ": unknown table event-atendees; did you mean \"event-attendees\"?");
  }

  @Test
  @DisplayName("a table without a branch gets no lead")
  void missingBranch() {
    edited("choose-table", "expression: event-attendees", "expression: inbound-leads")
        .refuses(
            clayYaml()
                + ": table event-attendees gets no lead: no branch under "
                + folder.resolve("routes")
                + " sets the property table to it; add one to the choice of route choose-table");
  }

  @Test
  @DisplayName("a branch that sets another property than the table is refused")
  void branchWithoutATable() throws Exception {
    String set = "id: to-default-table\n                    name: table\n";
    edited("choose-table", set, set.replace("name: table", "name: tabel"));
    String none =
        ": this branch of a choice of a table does not set the property table: set it, so that its"
            + " leads get a table";
    refuses(route("choose-table") + ":" + line(route("choose-table"), "id: is-any-other") + none);
    edited("choose-table", set.replace("name: table", "name: tabel"), set);
    edited(
        "choose-table",
        "            when:\n",
        """
                    when:
                      - id: is-empty
                        expression:
                          simple:
                            expression: "${exchangeProperty.source} == 'none'"
        """);
    refuses(route("choose-table") + ":" + line(route("choose-table"), "id: is-empty") + none);
  }

  @Test
  @DisplayName("a branch need not set the table where something else may")
  void tableOfSomethingElse() {
    String set = "- setProperty:\n                    id: to-default-table\n";
    edited(
        "choose-table",
        set,
        "- to: \"direct:rejects\"\n                " + set.replace("to-", "the-"));
    edited(
        "choose-table",
        "            when:\n",
        """
                    when:
                      - id: is-elsewhere
                        expression:
                          simple:
                            expression: "${exchangeProperty.source} == 'none'"
                        steps:
                          - to: "direct:rejects"
        """);
    Configuration.read(kiln.places());
  }

  @Test
  @DisplayName(
      "a second choice of a table may leave the first as it is, and name it by a placeholder")
  void secondChoice() throws Exception {
    Files.writeString(
        kiln.ownRoutes().places().routes().resolve("override.camel.yaml"),
        """
        - route:
            id: override
            from:
              uri: direct:override
              steps:
                - choice:
                    when:
                      - simple: "${exchangeProperty.source} == 'vip'"
                        steps:
                          - setProperty:
                              name: table
                              constant: "{{vip.table}}"
                    otherwise:
                      steps:
                        - log: "another"
        """);
    Configuration.read(kiln.places());
  }

  @Test
  @DisplayName("a parameter is known that a template uses without declaring it, in either spelling")
  void parametersThatCamelTakes() throws Exception {
    Files.writeString(
        kiln.ownRoutes().places().routes().resolve("own.camel.yaml"),
        """
        - routeTemplate:
            id: own
            parameters:
              - name: maxRows
            from:
              uri: "direct:{{from}}"
              steps:
                - log: "{{maxRows}} {{?note}}"
        - templatedRoute:
            routeTemplateRef: own
            routeId: made
            prefixId: "made-"
            parameters:
              - name: max-rows
                value: "1"
              - name: from
                value: made
              - name: note
                value: none
        """);
    Configuration.read(kiln.places());
    edited("own", "- name: note", "- name: not");
    refuses(
        route("own")
            + ":"
            + line(route("own"), "- name: not\n")
            + ": unknown parameter not of template own; valid: maxRows");
  }

  @Test
  @DisplayName("a choice of a table without a default branch is refused")
  void missingDefaultBranch() throws Exception {
    String choice = Files.readString(Path.of("routes", "choose-table.camel.yaml"));
    edited("choose-table", choice.substring(choice.indexOf("            otherwise:")), "");
    refuses(
        route("choose-table")
            + ":"
            + line(route("choose-table"), "id: by-source-or-sector")
            + ": this choice of a table has no otherwise: add one, so that every lead gets a table");
  }

  @Test
  @DisplayName("a table without a route is refused with what to add")
  void missingTemplatedRoute() {
    edited("tables", TABLE_ROUTE, "")
        .refuses(
            clayYaml()
                + ": table event-attendees has no route: add a templatedRoute of template table"
                + " for it under "
                + folder.resolve("routes"));
  }

  @Test
  @DisplayName("a workspace without a pace is refused with what to add")
  void missingPace() {
    edited("delivery", "routeTemplateRef: pace", "routeTemplateRef: pase")
        .refuses(
            clayYaml()
                + ": workspace main has no route: add a templatedRoute of template pace for it"
                + " under "
                + folder.resolve("routes"));
  }

  @Test
  @DisplayName("a route of an unknown table names the nearest one")
  void unknownTableInARoute() throws Exception {
    edited("tables", "value: event-attendees", "value: event-attendes");
    refuses(
        route("tables")
            + ":"
            + (line(route("tables"), "routeId: table-event-attendees") - 1)
            + ": unknown table event-attendes; did you mean \"event-attendees\"?");
  }

  @Test
  @DisplayName("a parameter that a route gives twice is refused with the line of the second")
  void parameterTwice() throws Exception {
    kiln.inRoutes(
        "results.camel.yaml",
        "      - name: rows\n        value: \"500\"\n",
        "      - name: target\n        value: \"500\"\n");
    refuses(
        route("results")
            + ":"
            + line(route("results"), "- name: target\n        value: \"500\"")
            + ": parameter target is there twice, and the last one counts: delete one");
  }

  @Test
  @DisplayName("a parameter that the template does not know is refused with the nearest one")
  void unknownParameter() throws Exception {
    kiln.inRoutes(
        "results.camel.yaml",
        "      - name: rows\n        value: \"500\"\n",
        "      - name: row\n        value: \"500\"\n");
    refuses(
        route("results")
            + ":"
            + line(route("results"), "- name: row\n")
            + ": unknown parameter row of template onward; did you mean \"rows\"?");
  }

  @Test
  @DisplayName("a route that hands rows onward needs a target, its name and a number of rows")
  void wrongOnward() throws Exception {
    String at =
        route("results")
            + ":"
            + (line(Path.of("routes/results.camel.yaml"), "    routeId: onward-files") - 1)
            + ": ";
    String rows = "value: \"500\"";
    for (String wrong : List.of("abc", "0", "-1", "1.5", "10001", "100000000", "")) {
      edited("results", rows, "value: \"" + wrong + "\"");
      refuses(
          at
              + "parameter rows is \""
              + wrong
              + "\"; it must be a whole number from 1 to 10000, the rows handed over at once");
      edited("results", "value: \"" + wrong + "\"", rows);
    }
    edited("results", rows, "value: \"10000\"");
    Configuration.read(kiln.places());
    edited("results", "value: files", "value: \"CRM x\"");
    refuses(
        at
            + "parameter target is \"CRM x\"; it must be the name of a target: up to 100 letters,"
            + " digits and . _ - only");
    edited("results", "value: \"CRM x\"", "value: crm");
    refuses(at + "routeId is \"onward-files\"; it must be onward-crm, as operators know it");
  }

  @Test
  @DisplayName("a throttle that the pace would not find is refused with the id that it needs")
  void throttleWithoutItsId() throws Exception {
    String needs =
        ": template pace needs a step throttle with the id throttle and without a mode, for by that"
            + " Kiln finds it and sets its rate";
    String id = "              id: throttle\n";
    edited("delivery", id, "              id: brake\n");
    int line = line(route("delivery"), "              id: brake\n");
    refuses(route("delivery") + ":" + line + needs);
    edited("delivery", "              id: brake\n", "");
    refuses(route("delivery") + ":" + (line + 1) + needs);
    edited(
        "delivery",
        "          - throttle:\n",
        "          - throttle:\n" + id + "              mode: ConcurrentRequests\n");
    refuses(route("delivery") + ":" + line + needs);
    edited("delivery", "          - throttle:\n", "          - delay:\n");
    refuses(route("delivery") + ":" + line(route("delivery"), "    id: pace\n") + needs);
  }

  @Test
  @DisplayName("a route of an unknown workspace names the nearest one")
  void unknownWorkspace() throws Exception {
    edited("delivery", "value: main", "value: mian");
    refuses(
        route("delivery")
            + ":"
            + (line(route("delivery"), "routeId: deliver-main") - 1)
            + ": unknown workspace mian; did you mean \"main\"?");
  }

  @Test
  @DisplayName("a table's route must have the workspace of its table")
  void wrongWorkspace() throws Exception {
    kiln.inClayYaml("    rate-per-second: 200\n", "    rate-per-second: 200\n  other:\n")
        .inClayYaml("  event-attendees:\n", "  event-attendees:\n    workspace: other\n");
    edited("choose-table", "id: choose-table\n", "id: choose-table\n");
    refuses(
        route("tables")
            + ":"
            + (line(route("tables"), "routeId: table-event-attendees") - 1)
            + ": parameter workspace is \"main\"; it must be other, as "
            + clayYaml()
            + " says of table event-attendees");
  }

  @Test
  @DisplayName("a table's route must be called as operators know it")
  void wrongRouteId() throws Exception {
    edited("tables", "routeId: table-event-attendees", "routeId: events");
    refuses(
        route("tables")
            + ":"
            + (line(route("tables"), "routeId: events") - 1)
            + ": routeId is \"events\"; it must be table-event-attendees, as operators know it");
  }

  @Test
  @DisplayName("the steps of a template need the prefix that Kiln looks for")
  void wrongPrefixId() throws Exception {
    edited("delivery", "routeId: pace-main\n    prefixId: \"main-\"\n", "routeId: pace-main\n");
    refuses(
        route("delivery")
            + ":"
            + (line(route("delivery"), "routeId: pace-main") - 1)
            + ": prefixId is \"\"; it must be \"main-\", since the ids of the template's steps begin"
            + " with it");
  }

  /** Asserts that a check refuses it in these words. */
  private void checkRefuses(String message) {
    assertThatThrownBy(() -> App.check(kiln.places()))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessage(message);
  }

  private void ownRoute(String yaml) throws Exception {
    kiln.ownRoutes();
    Files.writeString(route("own"), yaml);
  }

  @Test
  @DisplayName("a call of a route that is not there names the nearest one")
  void unknownDirectName() throws Exception {
    edited("accept", "name: choose-table", "name: choose-tabel");
    checkRefuses(
        route("accept")
            + ":"
            + line(route("accept"), "id: choose-table-of-lead")
            + ": no route begins with direct:choose-tabel; did you mean \"choose-table\"?");
  }

  @Test
  @DisplayName("a template's calls are looked at with the parameters of each route made from it")
  void unknownDirectNameOfATemplate() throws Exception {
    edited(
        "delivery",
        "name: \"pace-{{workspace}}\"\n        steps:",
        "name: \"pase-{{workspace}}\"\n        steps:");
    checkRefuses(
        route("tables")
            + ":"
            + line(route("tables"), "routeTemplateRef: table")
            + ": no route begins with direct:pace-main; did you mean \"pase-main\"?");
  }

  @Test
  @DisplayName("two routes that begin with the same direct name are refused, in whatever form")
  void directNameTwice() throws Exception {
    ownRoute(
        """
        - route:
            id: own
            from:
              uri: "direct:rejects?timeout=100"
              steps:
                - to: "direct:batch"
        """);
    checkRefuses(
        route("rejects")
            + ":"
            + line(route("rejects"), "uri: direct")
            + ": a second route begins with direct:rejects, as one in "
            + route("own")
            + ":4 does: give it another name, or delete one");
  }

  @Test
  @DisplayName("what is known at run time only, or does not start, is left alone")
  void directNamesOfRunTime() throws Exception {
    ownRoute(
        """
        - route:
            id: own
            autoStartup: false
            from:
              uri: direct
              parameters:
                name: rejects
              steps:
                - to: "direct:own-{{kiln.dedupe.mode}}"
                - to: "direct:own-skip?block=false"
                - toD: "direct:${body}"
                - wireTap:
                    uri: direct
                    parameters:
                      name: accept
                - to: "log:direct:elsewhere"
        - route:
            id: another
            from:
              uri: "direct:own-{{kiln.dedupe.mode}}"
              steps:
                - log: "hello"
        """);
    App.check(kiln.places());
  }

  @Test
  @DisplayName("a file that is not YAML is named with its line")
  void notYaml() throws Exception {
    edited("accept", "    id: accept\n", "    id: [accept\n");
    Throwable fault = catchThrowable(() -> Configuration.read(kiln.places()));
    assertThat(fault)
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageMatching("(?s)\\Q" + route("accept") + "\\E:[5-7]: is not YAML: .*");
  }

  @Test
  @DisplayName("a file that a walk through would not end is refused with its line")
  void endless() throws Exception {
    ownRoute(
        """
        - route:
            id: own
            from:
              uri: "direct:own"
              steps: &s
                - log: *s
        """);
    refuses(
        route("own") + ":6: an alias stands within what it stands for: write out what is meant");
    checkRefuses(
        route("own") + ":6: an alias stands within what it stands for: write out what is meant");
    ownRoute("- route:\n    id: " + "[".repeat(30_000));
    refuses(
        route("own") + ":2: lists and mappings are nested more than 100 deep: write it flatter");
    StringBuilder deep = new StringBuilder("- &a0 []\n");
    for (int i = 1; i < 40; i++) {
      deep.append("- &a" + i + " [[[" + " *a" + (i - 1) + " ]]]\n");
    }
    ownRoute(deep.toString());
    refuses(
        route("own") + ":34: lists and mappings are nested more than 100 deep: write it flatter");
    StringBuilder wide = new StringBuilder("- &a0 [x, x]\n");
    for (int i = 1; i < 10; i++) {
      wide.append("- &a" + i + " [" + (" *a" + (i - 1) + " ,").repeat(8) + "]\n");
    }
    ownRoute(wide.toString());
    assertThatThrownBy(() -> Configuration.read(kiln.places()))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("own.camel.yaml:8: is more than 1000000 values");
    ownRoute("- &a [x]\n" + "- [*a]\n".repeat(60));
    refuses(route("own") + ": is too large, or has too many aliases: make it shorter");
  }

  @Test
  @DisplayName("a key that is there twice is refused, at whatever depth, with both lines")
  void keyTwice() throws Exception {
    String value = "        value: event-attendees\n";
    edited("tables", value, value + "        value: inbound-leads\n");
    int second = line(route("tables"), value) + 1;
    refuses(
        route("tables")
            + ":"
            + second
            + ": the key \"value\" is there twice; the first is on line "
            + (second - 1)
            + ": delete one");
    edited(
        "tables",
        "        value: inbound-leads\n      - name: workspace",
        "      - name: workspace");
    ownRoute(
        """
        - route:
            id: own
            from:
              uri: "direct:own"
              steps:
                - choice:
                    otherwise:
                      steps: []
                    otherwise:
                      steps: []
        """);
    refuses(
        route("own")
            + ":9: the key \"otherwise\" is there twice; the first is on line 7: delete one");
  }

  @Test
  @DisplayName("a character that YAML forbids is refused with its line")
  void forbiddenCharacter() throws Exception {
    ownRoute("- route:\n    id: own\n    description: \"a\0b\"\n");
    refuses(route("own") + ":3: holds the character U+0000, which YAML forbids: delete it");
    ownRoute("- route:\n    id: \u0007own\n");
    checkRefuses(route("own") + ":2: holds the character U+0007, which YAML forbids: delete it");
  }

  @Test
  @DisplayName("folders without anything in them are named")
  void missingFolders() throws Exception {
    Path empty = Files.createDirectories(folder.resolve("empty"));
    Places places = kiln.places();
    assertThatThrownBy(() -> RouteFiles.read(empty))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessage(empty + ": has no *.camel.yaml file");
    assertThatThrownBy(
            () -> App.check(new Places(folder.resolve("gone"), places.routes(), places.data())))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageStartingWith(folder.resolve("gone") + ": is not a folder");
    assertThatThrownBy(
            () -> App.check(new Places(places.config(), folder.resolve("gone"), places.data())))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageStartingWith(folder.resolve("gone") + ": is not a folder");
    Path secrets = folder.resolve("gone");
    Places apart = new Places(places.config(), places.routes(), places.data(), secrets);
    assertThatThrownBy(() -> App.check(apart))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageStartingWith(secrets + ": is not a folder: --secrets");
    assertThatThrownBy(() -> App.preview(apart, List.of(), "", Priority.NORMAL, null, rows -> {}))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageStartingWith(secrets + ": is not a folder: --secrets");
  }

  // ---- What Camel finds ----

  private void camelRefuses(Path file, String line, String... words) {
    Throwable fault = catchThrowable(() -> App.check(kiln.places()));
    assertThat(fault)
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageMatching("(?s)\\Q" + file + "\\E:" + line + ".*");
    assertThat(fault).message().contains(words).as("one line, for a person").hasLineCount(1);
  }

  @Test
  @DisplayName("an unknown step is refused with file and line")
  void unknownStep() throws Exception {
    edited(
        "accept",
        "        - split:\n            id: split-batches",
        "        - spilt:\n            id: split-batches");
    camelRefuses(route("accept"), "(" + line(route("accept"), "- spilt:") + "): ", "spilt");
  }

  @Test
  @DisplayName("an unknown field of a step is refused with file and line")
  void unknownField() throws Exception {
    edited(
        "accept",
        "            stopOnException: true\n            expression:\n              method:",
        "            stopOnExeption: true\n            expression:\n              method:");
    camelRefuses(
        route("accept"), "(" + line(route("accept"), "stopOnExeption") + "): ", "stopOnExeption");
  }

  @Test
  @DisplayName("an unknown option of a component is refused with its file")
  void unknownOption() {
    edited("delivery", "          purgeWhenStopping: true\n", "          purgeWhenStoping: true\n");
    camelRefuses(route("delivery"), "", "purgeWhenStoping");
  }

  @Test
  @DisplayName("an unknown component is refused with its file")
  void unknownComponent() {
    edited(
        "accept",
        "uri: direct\n                  parameters:\n                    name: batch",
        "uri: dierct\n                  parameters:\n                    name: batch");
    camelRefuses(route("accept"), "", "dierct");
  }

  @Test
  @DisplayName("an unknown placeholder is refused with its file")
  void unknownPlaceholder() {
    edited("intake-files", "{{kiln.intake.poll}}", "{{kiln.intake.pol}}");
    camelRefuses(route("intake-files"), "", "kiln.intake.pol");
  }

  @Test
  @DisplayName("an unknown bean is refused with its file")
  void unknownBean() {
    edited("accept", "method: open", "method: opne");
    camelRefuses(route("accept"), "", "opne");
  }

  private void refusesBroker(Predicate<String> there, String fault) {
    assertThatThrownBy(
            () ->
                new PeerRoutes(RouteFiles.read(folder.resolve("routes")).templated())
                    .brokersMustBeWhole(
                        new Placeholders(folder.resolve("config/secrets"), Map.of()), there))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining(fault);
  }

  private void broker(String template, String... parameters) {
    StringBuilder route =
        new StringBuilder(
            """
            - templatedRoute:
                routeTemplateRef: %1$s
                routeId: %1$s-inbound
                prefixId: "inbound-"
                parameters:
                  - { name: source, value: inbound }
            """
                .formatted(template));
    for (int i = 0; i < parameters.length; i += 2) {
      route.append(
          "      - { name: " + parameters[i] + ", value: \"" + parameters[i + 1] + "\" }\n");
    }
    kiln.inRoutes(template + ".camel.yaml", "- routeTemplate:\n", route + "- routeTemplate:\n");
  }

  @Test
  @DisplayName("a route that reads from a JMS broker says which jar, class or secret it lacks")
  void jmsBroker() throws Exception {
    Path secrets = Files.createDirectories(folder.resolve("config/secrets"));
    broker("intake-jms", "queue", "leads", "url", "jms-url", "user", "jms-user");
    refusesBroker(
        name -> false, "source inbound needs camel-jms, which is not part of Kiln: unpack");
    refusesBroker(
        name -> name.startsWith("org.apache.camel"),
        "needs the class org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory, which is"
            + " not there: put the jars of the broker's JMS client into extra/");
    refusesBroker(
        name -> true, "jms-url, which does not exist; create it: it holds the broker's URL");
    Files.writeString(secrets.resolve("jms-url"), "tcp://broker.example:61617");
    refusesBroker(name -> true, "jms-user, which does not exist; create it: it holds the user");
    Files.writeString(secrets.resolve("jms-user"), "kiln");
    refusesBroker(name -> true, "names a secret file");
    kiln.inRoutes(
        "intake-jms.camel.yaml",
        "value: \"jms-user\" }\n",
        "value: \"jms-user\" }\n      - { name: priority, value: urgent }\n");
    refusesBroker(name -> true, "has a parameter priority that is none; valid: high, normal, low");
  }

  @Test
  @DisplayName("a route that reads from Kafka says which jar, secret or property it lacks")
  void kafkaBroker() throws Exception {
    Path secrets = Files.createDirectories(folder.resolve("config/secrets"));
    broker("intake-kafka", "topic", "leads", "client", "kafka-client");
    refusesBroker(name -> false, "source inbound needs camel-kafka, which is not part of Kiln");
    refusesBroker(name -> true, "kafka-client, which does not exist; create it");
    Files.writeString(secrets.resolve("kafka-client"), "security.protocol=SASL_SSL\n");
    refusesBroker(name -> true, "has client properties without bootstrap.servers: add the line");
  }

  @ParameterizedTest
  @ValueSource(strings = {"scheduler", "nowhere"})
  @DisplayName("what Camel finds wrong with an address is told without the values of its options")
  void optionsBearNoValue(String component) {
    kiln.inRoutes(
        "accept.camel.yaml",
        "- route:\n    id: accept\n",
        """
        - route:
            id: own
            from:
              uri: "%s:own?tokne=SEKRET777&pace=SEKRET778"
              steps:
                - log: "hello"
        - route:
            id: accept
        """
            .formatted(component));
    assertThatThrownBy(() -> kiln.start(App.Mode.CHECK))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessageContaining("own")
        .hasMessageContaining("tokne")
        .hasMessageContaining("pace")
        .hasMessageNotContaining("SEKRET");
  }
}
