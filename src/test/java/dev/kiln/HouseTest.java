package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import com.sun.source.doctree.DocCommentTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The house rules: each has a name, and a message that says what to do. */
final class HouseTest {
  private static final Path ROUTES = Path.of("routes");
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{([^}]*)}}");

  /** A value that is nothing but a placeholder: it may stand for a number or a boolean. */
  private static final Pattern WHOLE_PLACEHOLDER = Pattern.compile("\"\\{\\{([^}]*)}}\"");

  /** Simple's operators, as words of their own between two operands. */
  private static final Pattern OPERATOR =
      Pattern.compile(
          "(?<= )(==|=~|!=~|!=|>=|<=|>|<|contains|!contains|~~|!~~|regex|!regex|in|!in|is|!is|range"
              + "|!range|startsWith|!startsWith|endsWith|!endsWith|&&|\\|\\||\\?|:|\\?:)(?= )");

  private static final Set<String> SCRIPTS =
      Set.of(
          "groovy",
          "js",
          "javascript",
          "python",
          "java",
          "joor",
          "mvel",
          "ognl",
          "spel",
          "script",
          "csimple",
          "datasonnet",
          "wasm");

  private static final Set<String> EIPS_WITHOUT_ID =
      Set.of(
          "route",
          "routeTemplate",
          "templatedRoute",
          "routeConfiguration",
          "from",
          "expression",
          "parameters");

  /** The entries that the project's top level may have; what git ignores does not count. */
  private static final Set<String> TOP_LEVEL =
      Set.of(
          ".ci",
          ".git",
          ".gitattributes",
          ".github",
          ".gitignore",
          ".mvn",
          "CHANGELOG.md",
          "LICENSE",
          "README.md",
          "config",
          "data",
          "kiln",
          "mvnw",
          "pom.xml",
          "routes",
          "src",
          "target");

  // ---- Reading ----

  private static List<Path> files(Path folder, String suffix) {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> found = files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
      assertThat(found).as("a check that passes on nothing checks nothing").isNotEmpty();
      return found;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The sources of all tests, those in the browser among them. */
  private static List<Path> tests() {
    List<Path> tests = new ArrayList<>(files(Path.of("src/test"), ".java"));
    tests.addAll(files(Path.of("src/browser"), ".java"));
    return tests;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The lines that hold a pattern, with file and number. */
  private static List<String> lines(Path file, Pattern pattern) {
    List<String> lines = text(file).lines().toList();
    List<String> found = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (pattern.matcher(lines.get(i)).find()) {
        found.add(file + ":" + (i + 1) + ": " + lines.get(i).strip());
      }
    }
    return found;
  }

  private static List<?> yaml(Path file) {
    return (List<?>)
        new Load(LoadSettings.builder().setLabel(file.toString()).build())
            .loadFromString(text(file));
  }

  /** Gives every key and value of the route files, with the path of keys that leads to it. */
  private static void walk(BiConsumer<String, Object> visitor) {
    for (Path file : files(ROUTES, RouteFiles.SUFFIX)) {
      walk(file.getFileName().toString(), yaml(file), visitor);
    }
  }

  private static void walk(String path, @Nullable Object node, BiConsumer<String, Object> visitor) {
    if (node instanceof Map<?, ?> mapping) {
      mapping.forEach(
          (key, value) -> {
            if (value != null) {
              visitor.accept(path + "/" + key, value);
              walk(path + "/" + key, value, visitor);
            }
          });
    } else if (node instanceof List<?> sequence) {
      for (int i = 0; i < sequence.size(); i++) {
        walk(path + "/" + i, sequence.get(i), visitor);
      }
    }
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** Every step, by the path that leads to it: an entry of a list of steps, when or onException. */
  static Map<String, Map<?, ?>> steps() {
    Map<String, Map<?, ?>> steps = new LinkedHashMap<>();
    walk(
        (path, value) -> {
          if (path.matches(".*/(steps|onException|intercept\\w*)/\\d+/\\w+")
              && value instanceof Map<?, ?> step) {
            steps.put(path, step);
          } else if (last(path).equals("when") && value instanceof List<?> branches) {
            for (int i = 0; i < branches.size(); i++) {
              steps.put(path + "/" + i, (Map<?, ?>) branches.get(i));
            }
          } else if (last(path).equals("otherwise") && value instanceof Map<?, ?> branch) {
            steps.put(path, branch);
          }
        });
    assertThat(steps).hasSizeGreaterThan(20);
    return steps;
  }

  /** Every route and template with its kind. */
  private static Map<String, Map<?, ?>> routes() {
    Map<String, Map<?, ?>> routes = new LinkedHashMap<>();
    walk(
        (path, value) -> {
          if (last(path).matches("route|routeTemplate|templatedRoute")
              && value instanceof Map<?, ?> route) {
            routes.put(path, route);
          }
        });
    assertThat(routes).hasSizeGreaterThan(10);
    return routes;
  }

  // ---- The routes ----

  @Test
  @DisplayName("what holds lead data says nothing of it where it is logged")
  void recordsWithLeadDataLeaveItOutOfTheirText() throws IOException {
    Pattern data =
        Pattern.compile(
            "record \\w+\\([^)]*String (payload|body|original|enriched|text)\\b[^)]*\\)");
    List<String> telling = new ArrayList<>();
    for (String where : List.of("lead", "ledger", "clay")) {
      for (Path file : files(Path.of("src/main/java/dev/kiln", where), ".java")) {
        String text = text(file);
        if (data.matcher(text).find() && !text.contains("public String toString()")) {
          telling.add(file.getFileName().toString());
        }
      }
    }
    assertThat(telling)
        .as("give them a toString without the data (a Problem holds none)")
        .containsExactly("Problem.java");
  }

  @Test
  @DisplayName("every route file is valid by Camel's own schema")
  void routesFollowTheSchema() throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    JsonSchema schema;
    try (InputStream in = HouseTest.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
      schema =
          JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V4)
              .getSchema(mapper.readTree(Objects.requireNonNull(in)));
    }
    Map<String, String> settings = new HashMap<>(Settings.read(Path.of("nowhere")).values());
    settings.put("kiln.intake.auto-startup", "true");
    settings.put(Settings.SPOOL, "spool");
    Map<String, Set<ValidationMessage>> faults = new TreeMap<>();
    for (Path file : files(ROUTES, RouteFiles.SUFFIX)) {
      String yaml =
          WHOLE_PLACEHOLDER
              .matcher(text(file))
              .replaceAll(place -> settings.getOrDefault(place.group(1), "word"));
      Object content = new Load(LoadSettings.builder().build()).loadFromString(yaml);
      JsonNode node = mapper.valueToTree(content);
      Set<ValidationMessage> messages = schema.validate(node);
      if (!messages.isEmpty()) {
        faults.put(file.toString(), messages);
      }
    }
    assertThat(faults).as("correct what the schema refuses").isEmpty();
  }

  @Test
  @DisplayName("every route and template has an id and one sentence that says what it does")
  void routesAreNamedAndDescribed() {
    Set<String> ids = new TreeSet<>();
    routes()
        .forEach(
            (path, route) -> {
              boolean inTemplate = path.contains("/routeTemplate/");
              if (path.endsWith("templatedRoute")) {
                assertThat(ids.add(String.valueOf(route.get("routeId"))))
                    .as(path + ": give it a routeId of its own")
                    .isTrue();
                assertThat(String.valueOf(route.get("prefixId")))
                    .as(path + ": give it a prefixId, the name and a hyphen")
                    .matches("[a-z0-9-]+-");
                return;
              }
              if (!inTemplate) {
                assertThat(String.valueOf(route.get("id")))
                    .as(path + ": give it an id")
                    .matches("[a-z0-9-]+");
                assertThat(ids.add(String.valueOf(route.get("id"))))
                    .as(path + ": the id is taken")
                    .isTrue();
              }
              if (!path.endsWith("routeTemplate")) {
                assertThat(String.valueOf(route.get("description")))
                    .as(path + ": say in one sentence, with a full stop, what it does")
                    .matches("[A-Z][^\\n]*\\.")
                    .doesNotContain(". ");
              }
            });
  }

  @Test
  @DisplayName("every step has an id, unique over all files")
  void stepsHaveUniqueIds() {
    Map<String, String> seen = new HashMap<>();
    steps()
        .forEach(
            (path, step) -> {
              if (EIPS_WITHOUT_ID.contains(last(path))) {
                return;
              }
              Object id = step.get("id");
              assertThat(id).as(path + ": give it an id, operators and tests name it").isNotNull();
              assertThat(seen.put(String.valueOf(id), path))
                  .as(path + ": id " + id + " is taken by another step")
                  .isNull();
            });
  }

  @Test
  @DisplayName("no default in a route, every kiln.* key is one of Settings")
  void placeholdersAreSettings() {
    Set<String> known = new TreeSet<>(Settings.read(Path.of("nowhere")).values().keySet());
    known.add("kiln.data");
    known.add("kiln.intake.auto-startup");
    Set<String> parameters =
        Set.of(
            "workspace",
            "table",
            "priority",
            "source",
            "every",
            "url",
            "secret",
            "header",
            "next",
            "cursor",
            "field",
            "target",
            "rows",
            "user",
            "password",
            "statement",
            "queue",
            "factory",
            "broker",
            "topic",
            "client",
            "group");
    for (Path file : files(ROUTES, RouteFiles.SUFFIX)) {
      Matcher placeholder = PLACEHOLDER.matcher(text(file));
      while (placeholder.find()) {
        String key = placeholder.group(1);
        assertThat(key)
            .as(file + ": write the default of {{" + key + "}} into application.properties")
            .doesNotContain(":", "?");
        if (!parameters.contains(key)) {
          assertThat(known).as(file + ": {{" + key + "}} is no key of Settings").contains(key);
        }
      }
    }
  }

  @Test
  @DisplayName("Simple has one operator at most; more is a bean method")
  void simpleIsSimple() {
    walk(
        (path, value) -> {
          if (path.endsWith("/simple/expression")) {
            Matcher operator = OPERATOR.matcher(value.toString());
            int operators = 0;
            while (operator.find()) {
              operators++;
            }
            assertThat(operators)
                .as(path + ": \"" + value + "\" decides too much: write a bean method")
                .isLessThanOrEqualTo(1);
          }
        });
  }

  @Test
  @DisplayName("no scripts in routes")
  void noScripts() {
    walk(
        (path, value) ->
            assertThat(SCRIPTS)
                .as(path + ": a script is code without a test: write a bean method")
                .doesNotContain(last(path)));
  }

  @Test
  @DisplayName("no message body or header is logged")
  void nothingPersonalIsLogged() {
    walk(
        (path, value) -> {
          assertThat(last(path))
              .as(path + ": the log component prints bodies: use the log step")
              .isNotEqualTo("tracer");
          if (path.endsWith("/log/message")) {
            assertThat(value.toString())
                .as(path + ": a lead's data does not belong into a log: name its run or table")
                .doesNotContainPattern(
                    "\\$\\{(body|in|out|header|headers|message|exchange|exchangeProperty|bodyAs|"
                        + "mandatoryBodyAs|pretty)\\b");
          }
          if (last(path).equals("uri")) {
            assertThat(value.toString())
                .as(path + ": the log component prints bodies: use the log step")
                .doesNotStartWith("log");
          }
        });
  }

  @Test
  @DisplayName("T9: no header is set or removed: state is in exchange properties")
  void noHeaders() {
    walk(
        (path, value) ->
            assertThat(last(path))
                .as(path + ": use an exchange property, and name it in the README")
                .isNotIn(
                    "setHeader",
                    "setHeaders",
                    "removeHeader",
                    "removeHeaders",
                    "convertHeaderTo",
                    "setVariable",
                    "setVariables"));
  }

  @Test
  @DisplayName(
      "what stands in for the ledger in the benchmark has each method that its routes name")
  void theBenchmarkFollowsTheRoutes() {
    String standIn = text(Path.of("src/bench/java/dev/kiln/WithoutLedger.java"));
    Set<String> named = new TreeSet<>();
    steps()
        .forEach(
            (path, step) -> {
              if (path.matches("(delivery|tables|failures)\\..*")
                  && Set.of("delivery", "window", "intake", "onward")
                      .contains(String.valueOf(step.get("ref")))) {
                named.add(String.valueOf(step.get("method")).replaceFirst("\\(.*", ""));
              }
            });
    assertThat(named)
        .hasSizeGreaterThan(5)
        .allSatisfy(
            method ->
                assertThat(standIn)
                    .as("give the class Stand of it a method " + method)
                    .contains(" " + method + "("));
  }

  @Test
  @DisplayName("the long form only: uri and parameters, no query string")
  void canonicalLongForm() {
    steps()
        .forEach(
            (path, step) -> {
              Object uri = step.get("uri");
              if (uri != null && !last(path).equals("toD")) {
                assertThat(uri.toString())
                    .as(path + ": write the rest of the uri under parameters")
                    .matches("[a-z][a-z0-9-]*");
              }
            });
    walk(
        (path, value) -> {
          if (last(path).matches("to|toD|from|log|setBody|wireTap|bean|marshal|unmarshal|throttle")
              && !path.contains("/parameters/")) {
            assertThat(value)
                .as(path + ": write the long form, one key a line")
                .isInstanceOf(Map.class);
          }
          if (last(path).equals("from") && value instanceof Map<?, ?> from) {
            assertThat(String.valueOf(from.get("uri")))
                .as(path + ": write the rest of the uri under parameters")
                .matches("[a-z][a-z0-9-]*");
          }
        });
  }

  @Test
  @DisplayName(
      "T4: no parallel split; T6: every breaker throws when open; T5: no waiting for direct")
  void knownTrapsStayShut() {
    steps()
        .forEach(
            (path, step) -> {
              switch (last(path)) {
                case "split" ->
                    assertThat(step.toString())
                        .as(path + ": a parallel split stalls: use a seda with consumers")
                        .doesNotContain("parallelProcessing", "threads=", "executorService");
                case "circuitBreaker" ->
                    assertThat(step.toString())
                        .as(path + ": an open breaker must throw, and be its table's bean: write")
                        .contains("throwExceptionWhenHalfOpenOrOpenState=true")
                        .contains("circuitBreaker=breaker-{{table}}")
                        .doesNotContain("timeoutEnabled");
                case "toD" ->
                    assertThat(String.valueOf(step.get("uri")))
                        .as(
                            path
                                + ": only the table's own route is dynamic, and nobody waits for it")
                        .isEqualTo("direct:table-${body.table}?block=false");
                case "recipientList" ->
                    assertThat(step.toString())
                        .as(path + ": T8: the recipient is the webhook's name, from a bean")
                        .contains("method=recipient");
                default -> {}
              }
            });
    walk(
        (path, value) ->
            assertThat(last(path))
                .as(path + ": T7: nothing but the ledger's queue tries again")
                .isNotIn(
                    "redeliveryPolicy", "redeliveryPolicyRef", "maximumRedeliveries", "retry"));
  }

  @Test
  @DisplayName("T1: there is one throttle, in the workspace's pace route")
  void oneThrottle() {
    List<String> throttles =
        steps().keySet().stream().filter(path -> last(path).equals("throttle")).toList();
    assertThat(throttles)
        .as(
            "a throttle in a table's route is one throttle a table: send to the workspace's pace"
                + " route, which has the only one")
        .singleElement()
        .asString()
        .startsWith("delivery.camel.yaml/2/routeTemplate");
  }

  @Test
  @DisplayName("all error handling is in failures.camel.yaml")
  void errorHandlingIsInOneFile() {
    walk(
        (path, value) -> {
          if (!path.startsWith("failures.camel.yaml")) {
            assertThat(last(path))
                .as(path + ": move it to failures.camel.yaml")
                .isNotIn("onException", "doTry", "errorHandler", "routeConfiguration");
          }
        });
  }

  // ---- Configuration ----

  @Test
  @DisplayName("application.properties lists every setting with its default")
  void propertiesListEveryDefault() throws IOException {
    Properties listed = new Properties();
    try (var in = Files.newBufferedReader(Path.of("config", Settings.FILE))) {
      listed.load(in);
    }
    Map<String, String> said = new TreeMap<>();
    listed.stringPropertyNames().forEach(key -> said.put(key, listed.getProperty(key)));
    assertThat(Differences.between(said, Settings.read(Path.of("nowhere")).values()))
        .as("write each setting with its default into config/" + Settings.FILE)
        .isEmpty();
  }

  @Test
  @DisplayName("T10: Camel's own reload, which forgets routes, is off")
  void camelsReloadIsOff() {
    assertThat(text(Path.of("config", Settings.FILE)))
        .as("a bad save would leave no route: leave it off")
        .doesNotContain("routesReload", "routes-reload");
  }

  @Test
  @DisplayName("T13: Camel's own servers, which ask nobody who they are, are off")
  void camelsServersAreOff() {
    assertThat(text(Path.of("config", Settings.FILE)))
        .as("serve it from kiln.http.listen, which asks for the token, and leave these off")
        .doesNotContainPattern("(?m)^\\s*camel\\.(server|management|main\\.jolokia)");
  }

  // ---- Sources ----

  @Test
  @DisplayName("every public class and method has a first sentence of Javadoc")
  void publicThingsAreDocumented() throws IOException {
    List<String> bare = new ArrayList<>();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      Iterable<? extends JavaFileObject> sources =
          manager.getJavaFileObjectsFromPaths(files(Path.of("src/main/java"), ".java"));
      JavacTask task =
          (JavacTask) compiler.getTask(null, manager, null, List.of("-proc:none"), null, sources);
      DocTrees docs = DocTrees.instance(task);
      for (CompilationUnitTree unit : task.parse()) {
        new Undocumented(docs, unit, bare).scan(new TreePath(unit), null);
      }
    }
    assertThat(bare).as("say in one sentence, with a full stop, what each is").isEmpty();
  }

  /** Collects what is public, in public types all the way up, and has no first sentence. */
  private static final class Undocumented extends TreePathScanner<@Nullable Void, @Nullable Void> {
    private final DocTrees docs;
    private final CompilationUnitTree unit;
    private final List<String> bare;

    Undocumented(DocTrees docs, CompilationUnitTree unit, List<String> bare) {
      this.docs = docs;
      this.unit = unit;
      this.bare = bare;
    }

    @Override
    public @Nullable Void visitClass(ClassTree type, @Nullable Void unused) {
      boolean open =
          type.getModifiers().getFlags().contains(Modifier.PUBLIC)
              || (getCurrentPath().getParentPath().getLeaf() instanceof ClassTree outer
                  && outer.getKind() == Tree.Kind.INTERFACE);
      if (open) {
        require(type.getSimpleName().toString());
        super.visitClass(type, null);
      }
      return null;
    }

    @Override
    public @Nullable Void visitMethod(MethodTree method, @Nullable Void unused) {
      ModifiersTree modifiers = method.getModifiers();
      boolean overrides =
          modifiers.getAnnotations().stream()
              .anyMatch(annotation -> annotation.getAnnotationType().toString().equals("Override"));
      if (modifiers.getFlags().contains(Modifier.PUBLIC) && !overrides) {
        require(method.getName().toString());
      }
      return null;
    }

    private void require(String name) {
      DocCommentTree doc = docs.getDocCommentTree(getCurrentPath());
      String sentence = doc == null ? "" : doc.getFirstSentence().toString();
      long line =
          unit.getLineMap()
              .getLineNumber(
                  docs.getSourcePositions().getStartPosition(unit, getCurrentPath().getLeaf()));
      if (sentence.isBlank()) {
        bare.add(Path.of(unit.getSourceFile().getName()).getFileName() + ":" + line + " " + name);
      }
    }
  }

  @Test
  @DisplayName("no test sleeps: it waits for a condition, with a bound")
  void noTestSleeps() {
    Pattern sleeping = Pattern.compile("\\.sleep\\(|TimeUnit\\.\\w+\\.sleep|LockSupport\\.park");
    for (Path file : tests()) {
      if (!file.endsWith("HouseTest.java")) {
        assertThat(lines(file, sleeping)).as("wait for what you expect, with Awaitility").isEmpty();
      }
    }
  }

  @Test
  @DisplayName("no test is switched off")
  void noTestIsSkipped() {
    Pattern switchedOff = Pattern.compile("@[\\w.]*(Disabled|(En|Dis)abled(If|On|For)|Ignore)\\b");
    for (Path file : tests()) {
      if (!file.endsWith("HouseTest.java")) {
        assertThat(lines(file, switchedOff)).as("mend the test or delete it").isEmpty();
      }
    }
  }

  @Test
  @DisplayName("the top level of the project holds only what the design names")
  void topLevelIsTidy() throws IOException {
    String ignored = text(Path.of(".gitignore"));
    try (Stream<Path> entries = Files.list(Path.of("."))) {
      List<String> strange =
          entries
              .map(entry -> entry.getFileName().toString())
              .filter(name -> !TOP_LEVEL.contains(name))
              .filter(name -> !ignored.contains(name))
              .toList();
      assertThat(strange).as("move it into one of the folders, or do without").isEmpty();
    }
  }
}
