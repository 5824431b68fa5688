package dev.kiln;

import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Placeholders;
import dev.kiln.clay.Table;
import dev.kiln.clay.YamlTree;
import dev.kiln.lead.ConfigText;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.NearestWord;
import dev.kiln.ledger.Priority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.FailedToCreateRouteFromTemplateException;
import org.apache.camel.FailedToStartRouteException;
import org.apache.camel.PropertyBindingException;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.util.StringHelper;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * The files under {@code routes/} as they were at one moment: what they hold, and how they must
 * agree with the catalogue. Does not change once read.
 */
final class RouteFiles {
  /** What a route file's name ends with. */
  static final String SUFFIX = ".camel.yaml";

  /** The step in Camel's message that a route could not be made. */
  private static final Pattern CAMEL_STEP = Pattern.compile(">>> (.+?) <<<");

  /** The connection factory of the template {@code intake-jms}, unless another is named. */
  private static final String ARTEMIS =
      "org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory";

  /** The name of a target of results, which is part of a URI. */
  private static final Pattern TARGET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  /** From 1 to 10000: all of a page is in memory at once. */
  private static final Pattern ROWS = Pattern.compile("[1-9]\\d{0,3}|10000");

  /** Steps after which a lead that has no table still has none. */
  private static final Set<String> NO_CHOICE =
      Set.of("setProperty", "setHeader", "setVariable", "removeProperty", "removeHeader", "log");

  /** A name, and where it stands. */
  private record Named(String name, Path file, int line) {}

  /** A choice of a table, and where it stands. */
  private record Choice(MappingNode node, Path file) {}

  /** A parameter of a route that is made from a template. */
  private record Given(String template, Named parameter) {}

  /** A route made from a template. */
  record Templated(
      String template,
      String routeId,
      String prefixId,
      Map<String, String> parameters,
      Path file,
      int line) {}

  private final Path folder;
  private final Map<Path, String> texts = new LinkedHashMap<>();
  private final List<RoutePart> parts = new ArrayList<>();
  private final List<Templated> templated = new ArrayList<>();
  private final List<Given> given = new ArrayList<>();
  private final Map<String, Set<String>> declared = new HashMap<>();
  private final List<Named> chosenTables = new ArrayList<>();
  private final List<Choice> choices = new ArrayList<>();

  /** Whether a route sets a table beside the choices. */
  private boolean choosesBeside;

  private final DirectNames directNames = new DirectNames();

  private RouteFiles(Path folder) {
    this.folder = folder;
  }

  /**
   * Reads every route file of a folder; names that begin with a dot are an editor's own.
   *
   * @throws InvalidConfiguration if there is none, one is empty or not YAML, a route has no id, an
   *     id is there twice, or a route has a parameter that its template does not know
   */
  static RouteFiles read(Path folder) {
    RouteFiles routes = new RouteFiles(folder);
    List<Path> files;
    try (Stream<Path> listed = Files.list(folder)) {
      files = listed.filter(RouteFiles::isRouteFile).sorted().toList();
    } catch (IOException unreadable) {
      throw new InvalidConfiguration(folder, "cannot be read: " + unreadable.getMessage());
    }
    if (files.isEmpty()) {
      throw new InvalidConfiguration(folder, "has no *" + SUFFIX + " file");
    }
    for (Path file : files) {
      try {
        String text = ConfigText.read(file);
        routes.texts.put(file, text);
        YamlTree.read(file, text, LoadSettings.builder().setLabel(file.toString()).build())
            .ifPresent(node -> routes.take(file, node));
      } catch (MarkedYamlEngineException notYaml) {
        throw new InvalidConfiguration(
            file,
            notYaml.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1),
            "is not YAML: " + notYaml.getProblem());
      } catch (IOException unreadable) {
        throw new InvalidConfiguration(file, "cannot be read: " + unreadable.getMessage());
      }
      if (routes.parts.stream().noneMatch(part -> part.file().equals(file))) {
        throw new InvalidConfiguration(
            file, "is empty: write a route, or delete the file if it is not needed");
      }
    }
    routes.idsMustBeUnique();
    routes.parametersMustBeDeclared();
    routes.branchesMustChoose();
    return routes;
  }

  /** Whether a file under {@code routes/} is read. */
  static boolean isRouteFile(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(SUFFIX) && !name.startsWith(".");
  }

  /** The parts of all files, in their order. */
  List<RoutePart> parts() {
    return Collections.unmodifiableList(parts);
  }

  /** The part of an id; empty where there is none. */
  Optional<RoutePart> part(RoutePart.Kind kind, String id) {
    return parts.stream().filter(part -> part.kind() == kind && part.id().equals(id)).findFirst();
  }

  /**
   * The files for Camel to load, as they were read.
   *
   * @param which those that it needs
   */
  List<Resource> resources(Predicate<Path> which) {
    return texts.entrySet().stream()
        .filter(text -> which.test(text.getKey()))
        .map(
            text ->
                ResourceHelper.fromString(
                    "file:" + text.getKey().toAbsolutePath().normalize(), text.getValue()))
        .toList();
  }

  /** Loads all of them into a Camel that starts. */
  RoutesBuilder builder() {
    return new RoutesBuilder() {
      @Override
      public void addRoutesToCamelContext(CamelContext context) throws Exception {
        PluginHelper.getRoutesLoader(context).loadRoutes(resources(any -> true));
      }

      @Override
      public void addTemplatedRoutesToCamelContext(CamelContext context) {
        // they come with the others
      }

      @Override
      public Set<String> updateRoutesToCamelContext(CamelContext context) {
        throw new UnsupportedOperationException("Routes are changed by LiveRoutes");
      }
    };
  }

  private void take(Path file, Node root) {
    parts.addAll(RoutePart.of(file, root));
    walk(file, root);
    directNames.take(file, root);
  }

  /**
   * Checks that no two routes begin with the same {@code direct} name, and that each that is called
   * is one that a route begins with. Names that are known at run time only are left alone.
   *
   * @throws InvalidConfiguration naming the second of two, or the call and the nearest name
   */
  void directNamesMustMeet() {
    directNames.mustMeet(templated);
  }

  private void idsMustBeUnique() {
    Map<RoutePart.Key, RoutePart> first = new HashMap<>();
    for (RoutePart part : parts) {
      if (part.kind() == RoutePart.Kind.ROUTE || part.kind() == RoutePart.Kind.TEMPLATE) {
        if (part.id().isEmpty()) {
          throw new InvalidConfiguration(
              part.file(),
              part.line(),
              "this "
                  + part.word()
                  + " has no "
                  + (part.word().equals("templatedRoute") ? "routeId" : "id")
                  + ": give it one, for by that it is found again when its file changes");
        }
      }
      if (!part.id().isEmpty()) {
        RoutePart other = first.put(part.key(), part);
        if (other != null) {
          throw new InvalidConfiguration(
              part.file(),
              part.line(),
              part.word()
                  + " "
                  + part.id()
                  + " is there twice: also in "
                  + other.place()
                  + "; delete one, or give it another id");
        }
      }
    }
  }

  /** The bean pace sets the rate of the throttle that it finds by its id. */
  private static void throttleMustBeFound(Path file, MappingNode pace) {
    List<Node> throttles = new ArrayList<>();
    steps("throttle", pace, throttles);
    if (throttles.stream().noneMatch(step -> step instanceof MappingNode own && isPaced(own))) {
      throw new InvalidConfiguration(
          file,
          line(throttles.isEmpty() ? pace : throttles.get(0)),
          "template pace needs a step throttle with the id throttle and without a mode, for by that"
              + " Kiln finds it and sets its rate");
    }
  }

  private static boolean isPaced(MappingNode throttle) {
    String mode = text(throttle, "mode");
    return "throttle".equals(text(throttle, "id"))
        && (mode == null || mode.equals("TotalRequests"));
  }

  /** Gathers what stands below a node under a key. */
  private static void steps(String word, Node node, List<Node> found) {
    if (node instanceof SequenceNode sequence) {
      sequence.getValue().forEach(child -> steps(word, child, found));
    } else if (node instanceof MappingNode mapping) {
      for (NodeTuple entry : mapping.getValue()) {
        if (word.equals(scalar(entry.getKeyNode()))) {
          found.add(entry.getValueNode());
        }
        steps(word, entry.getValueNode(), found);
      }
    }
  }

  /** Camel takes each name written with dashes and without. */
  private static boolean alike(String name, String other) {
    return StringHelper.dashToCamelCase(name).equals(StringHelper.dashToCamelCase(other));
  }

  private static boolean uses(String text, String parameter) {
    return Pattern.compile("\\{\\{\\??" + Pattern.quote(parameter) + "\\s*[}:]")
        .matcher(text)
        .find();
  }

  /**
   * Camel passes over a parameter that a template neither declares nor uses, and takes the default
   * of the one that was meant. What the beans of a template use cannot be seen.
   */
  private void parametersMustBeDeclared() {
    for (Given one : given) {
      Set<String> known = declared.get(one.template);
      Named parameter = one.parameter;
      if (known != null
          && known.stream().noneMatch(name -> alike(name, parameter.name))
          && texts.values().stream().noneMatch(text -> uses(text, parameter.name))) {
        throw new InvalidConfiguration(
            parameter.file,
            parameter.line,
            "unknown parameter "
                + parameter.name
                + " of template "
                + one.template
                + NearestWord.hint(parameter.name, known));
      }
    }
  }

  private void walk(Path file, Node node) {
    if (node instanceof SequenceNode sequence) {
      sequence.getValue().forEach(child -> walk(file, child));
    } else if (node instanceof MappingNode mapping) {
      keysMustDiffer(file, mapping);
      for (NodeTuple entry : mapping.getValue()) {
        String key = scalar(entry.getKeyNode());
        if (entry.getValueNode() instanceof MappingNode value) {
          if ("choice".equals(key) && choosesTable(value) && child(value, "otherwise") == null) {
            throw new InvalidConfiguration(
                file,
                line(value),
                "this choice of a table has no otherwise: add one, so that every lead gets a table");
          }
          if (Set.of("route", "routeTemplate").contains(String.valueOf(key))) {
            choices(file, value);
          }
          if ("templatedRoute".equals(key)) {
            templated.add(templated(file, value));
            String template = or(text(value, "routeTemplateRef"));
            parameters(value)
                .forEach(
                    one ->
                        given.add(
                            new Given(
                                template, new Named(or(text(one, "name")), file, line(one)))));
          } else if ("routeTemplate".equals(key)) {
            if ("pace".equals(text(value, "id"))) {
              throttleMustBeFound(file, value);
            }
            if (child(value, "beans") == null) {
              declared.put(
                  or(text(value, "id")),
                  parameters(value)
                      .map(one -> or(text(one, "name")))
                      .collect(Collectors.toCollection(TreeSet::new)));
            }
          } else if (setsTable(key, value)) {
            String constant = constant(value);
            if (constant != null && !constant.contains("{{")) {
              chosenTables.add(new Named(constant, file, line(value)));
            }
          }
        }
        walk(file, entry.getValueNode());
      }
    }
  }

  /**
   * The text that a step sets whatever the message is, in each form that Camel takes: in {@code
   * expression} or without it, and the language's own expression in {@code expression} or without.
   */
  private static @Nullable String constant(MappingNode step) {
    MappingNode holder = child(step, "expression") instanceof MappingNode inner ? inner : step;
    String constant = expression(holder, "constant");
    String simple = expression(holder, "simple");
    return constant != null || simple == null || simple.contains("$") ? constant : simple;
  }

  private static @Nullable String expression(MappingNode holder, String language) {
    return child(holder, language) instanceof MappingNode own
        ? text(own, "expression")
        : text(holder, language);
  }

  /** Of a key that is there twice, Camel takes the last one, and the checks here the first. */
  private static void keysMustDiffer(Path file, MappingNode mapping) {
    Map<String, Integer> lines = new HashMap<>();
    for (NodeTuple entry : mapping.getValue()) {
      String key = scalar(entry.getKeyNode());
      int line = line(entry.getKeyNode());
      Integer first = key == null ? null : lines.putIfAbsent(key, line);
      if (first != null) {
        throw new InvalidConfiguration(
            file,
            line,
            "the key \""
                + key
                + "\" is there twice; the first is on line "
                + first
                + ": delete one");
      }
    }
  }

  /** Gathers where a route chooses a table. */
  private void choices(Path file, MappingNode route) {
    List<Node> found = new ArrayList<>();
    steps("choice", route, found);
    found.removeIf(choice -> !choosesTable(choice));
    choosesBeside |= choosesTable(route, true);
    found.stream()
        .filter(MappingNode.class::isInstance)
        .map(MappingNode.class::cast)
        .forEach(choice -> choices.add(new Choice(choice, file)));
  }

  /**
   * Refuses a branch of the choice of a table that chooses none. One that calls a route or a bean
   * may choose there; where there are several choices, or a table is set beside the choice, a
   * branch need not.
   */
  private void branchesMustChoose() {
    if (choosesBeside || choices.size() > 1) {
      return;
    }
    for (Choice choice : choices) {
      List<Node> branches = new ArrayList<>();
      if (child(choice.node, "when") instanceof SequenceNode several) {
        branches.addAll(several.getValue());
      }
      if (child(choice.node, "otherwise") instanceof MappingNode otherwise) {
        branches.add(otherwise);
      }
      for (Node branch : branches) {
        if (!choosesTable(branch) && leavesTable(branch)) {
          throw new InvalidConfiguration(
              choice.file,
              line(branch),
              "this branch of a choice of a table does not set the property table: set it, so that"
                  + " its leads get a table");
        }
      }
    }
  }

  private static boolean leavesTable(Node branch) {
    return branch instanceof MappingNode mapping
        && (!(child(mapping, "steps") instanceof SequenceNode steps)
            || steps.getValue().stream()
                .allMatch(
                    step ->
                        step instanceof MappingNode one
                            && one.getValue().stream()
                                .allMatch(
                                    entry ->
                                        NO_CHOICE.contains(
                                            String.valueOf(scalar(entry.getKeyNode()))))));
  }

  private static boolean setsTable(@Nullable String key, Node value) {
    return "setProperty".equals(key)
        && value instanceof MappingNode step
        && "table".equals(text(step, "name"));
  }

  /** Whether a node sets the property {@code table} somewhere below. */
  private static boolean choosesTable(Node node) {
    return choosesTable(node, false);
  }

  private static boolean choosesTable(Node node, boolean besideChoices) {
    if (node instanceof SequenceNode sequence) {
      return sequence.getValue().stream().anyMatch(child -> choosesTable(child, besideChoices));
    }
    return node instanceof MappingNode mapping
        && mapping.getValue().stream()
            .filter(entry -> !besideChoices || !"choice".equals(scalar(entry.getKeyNode())))
            .anyMatch(
                entry ->
                    setsTable(scalar(entry.getKeyNode()), entry.getValueNode())
                        || choosesTable(entry.getValueNode(), besideChoices));
  }

  private static Templated templated(Path file, MappingNode node) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters(node).forEach(one -> parameters.put(or(text(one, "name")), or(text(one, "value"))));
    return new Templated(
        or(text(node, "routeTemplateRef")),
        or(text(node, "routeId")),
        or(text(node, "prefixId")),
        parameters,
        file,
        line(node));
  }

  private static Stream<MappingNode> parameters(MappingNode node) {
    return child(node, "parameters") instanceof SequenceNode sequence
        ? sequence.getValue().stream()
            .filter(MappingNode.class::isInstance)
            .map(MappingNode.class::cast)
        : Stream.empty();
  }

  private static String or(@Nullable String text) {
    return text == null ? "" : text;
  }

  static int line(Node node) {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
  }

  static @Nullable String scalar(@Nullable Node node) {
    return node instanceof ScalarNode scalar ? scalar.getValue() : null;
  }

  static @Nullable Node child(MappingNode node, String key) {
    return node.getValue().stream()
        .filter(entry -> key.equals(scalar(entry.getKeyNode())))
        .map(NodeTuple::getValueNode)
        .findFirst()
        .orElse(null);
  }

  static @Nullable String text(MappingNode node, String... path) {
    Node at = node;
    for (String key : path) {
      at = at instanceof MappingNode mapping ? child(mapping, key) : null;
    }
    return scalar(at);
  }

  /** The tables whose leads pass a route of delivery: a workspace's routes have all of it. */
  Set<String> tablesThrough(String route, Catalogue catalogue) {
    Set<String> tables = new TreeSet<>();
    for (Templated made : templated) {
      if (made.routeId.equals(route)) {
        for (Table table : catalogue.tables().values()) {
          boolean passes =
              made.template.equals("table")
                  ? table.name().equals(made.parameters.get("table"))
                  : table.workspace().equals(made.parameters.get("workspace"));
          if (passes) {
            tables.add(table.name());
          }
        }
      }
    }
    return tables;
  }

  /**
   * Checks that tables and workspaces of the catalogue have their routes and branches, and the
   * reverse.
   *
   * @throws InvalidConfiguration naming what is missing and where to add it
   */
  void mustAgreeWith(Catalogue catalogue, Path clayYaml) {
    Set<String> tables = catalogue.tables().keySet();
    for (Named chosen : chosenTables) {
      if (!tables.contains(chosen.name)) {
        throw new InvalidConfiguration(
            chosen.file,
            chosen.line,
            "unknown table " + chosen.name + NearestWord.hint(chosen.name, tables));
      }
    }
    for (Templated route : templated) {
      if (route.template.equals("table")) {
        String name = route.parameters.getOrDefault("table", "");
        Table table = catalogue.tables().get(name);
        if (table == null) {
          throw new InvalidConfiguration(
              route.file, route.line, "unknown table " + name + NearestWord.hint(name, tables));
        }
        mustBe(route, "workspace", table.workspace(), "as " + clayYaml + " says of table " + name);
        mustBeCalled(route, "table-" + name, name + "-");
      } else if (Set.of("deliver", "window", "pace").contains(route.template)) {
        String name = route.parameters.getOrDefault("workspace", "");
        if (!catalogue.workspaces().containsKey(name)) {
          throw new InvalidConfiguration(
              route.file,
              route.line,
              "unknown workspace "
                  + name
                  + NearestWord.hint(name, catalogue.workspaces().keySet()));
        }
        mustBeCalled(route, route.template + "-" + name, name + "-");
      }
    }
    Set<String> branches =
        chosenTables.stream().map(Named::name).collect(Collectors.toCollection(TreeSet::new));
    for (String table : tables) {
      mustHave(
          clayYaml,
          "table " + table,
          "table",
          route -> table.equals(route.parameters.get("table")));
      if (!branches.contains(table)) {
        throw new InvalidConfiguration(
            clayYaml,
            "table "
                + table
                + " gets no lead: no branch under "
                + folder
                + " sets the property table to it; add one to the choice of route choose-table");
      }
    }
    for (String workspace : catalogue.workspaces().keySet()) {
      for (String template : List.of("deliver", "window", "pace")) {
        mustHave(
            clayYaml,
            "workspace " + workspace,
            template,
            route -> workspace.equals(route.parameters.get("workspace")));
      }
    }
  }

  /**
   * Checks the routes that poll a source.
   *
   * @throws InvalidConfiguration naming what is wrong with one, or the secret that it needs
   */
  void pollsMustBeWhole(Placeholders placeholders) {
    for (Templated route : templated) {
      if (route.template.equals("intake-poll")) {
        String source = source(route);
        Function<String, InvalidConfiguration> fault = faultOf(route, source);
        Poll.Source unused = Poll.Source.of(source, route.parameters, placeholders, fault);
        String every = route.parameters.getOrDefault("every", "");
        if (!every.contains("{{") && Settings.durationOf(every).isEmpty()) {
          throw fault.apply("has every, which " + Settings.noDuration(every));
        }
      }
    }
  }

  /** The source of an intake, which is part of the ids of its route and steps. */
  private static String source(Templated route) {
    String source = route.parameters.getOrDefault("source", "");
    if (source.isEmpty() || SourceName.of(source).filter(source::equals).isEmpty()) {
      throw new InvalidConfiguration(
          route.file,
          route.line,
          "parameter source is \"" + source + "\"; it must be the name of a source, in lower case");
    }
    mustBeCalled(route, route.template + "-" + source, source + "-");
    return source;
  }

  private static Function<String, InvalidConfiguration> faultOf(Templated route, String source) {
    return wrong ->
        new InvalidConfiguration(route.file, route.line, "source " + source + " " + wrong);
  }

  /**
   * Checks the routes that read from a broker.
   *
   * @param there whether a class is on the class path
   * @throws InvalidConfiguration naming what is wrong with one, the secret that it needs, or what
   *     is missing in extra/
   */
  void brokersMustBeWhole(Placeholders placeholders, Predicate<String> there) {
    for (Templated route : templated) {
      if (route.template.equals("intake-jms")) {
        Function<String, InvalidConfiguration> fault = faultOf(route, source(route));
        mustBeThere("camel-jms", "org.apache.camel.component.jms.JmsComponent", there, fault);
        String factory = route.parameters.getOrDefault("factory", ARTEMIS);
        if (!there.test(factory)) {
          throw fault.apply(
              "needs the class "
                  + factory
                  + ", which is not there: put the jars of the broker's JMS client into extra/ beside the"
                  + " launcher, and start Kiln again");
        }
        priority(route, fault);
        mustHaveSecret(route, "url", "the broker's URL", placeholders, fault);
        if (!route.parameters.getOrDefault("user", HttpPeer.NONE).equals(HttpPeer.NONE)) {
          mustHaveSecret(route, "user", "the user", placeholders, fault);
          mustHaveSecret(route, "password", "the user's password", placeholders, fault);
        }
      } else if (route.template.equals("intake-kafka")) {
        Function<String, InvalidConfiguration> fault = faultOf(route, source(route));
        mustBeThere("camel-kafka", "org.apache.camel.component.kafka.KafkaComponent", there, fault);
        priority(route, fault);
        String held =
            mustHaveSecret(route, "client", "the client's properties", placeholders, fault);
        if (KafkaProperties.of(held).getProperty(KafkaProperties.SERVERS, "").isBlank()) {
          throw fault.apply(
              "has client properties without "
                  + KafkaProperties.SERVERS
                  + ": add the line "
                  + KafkaProperties.SERVERS
                  + "=host:9092 to the file "
                  + placeholders.file(route.parameters.getOrDefault("client", "")));
        }
      }
    }
  }

  private static void mustBeThere(
      String jar,
      String type,
      Predicate<String> there,
      Function<String, InvalidConfiguration> fault) {
    if (!there.test(type)) {
      throw fault.apply(
          "needs "
              + jar
              + ", which is not part of Kiln: unpack kiln-<version>-brokers.tar.gz over Kiln's folder, so that"
              + " its jars are in extra/ beside the launcher, and start Kiln again");
    }
  }

  private static void priority(Templated route, Function<String, InvalidConfiguration> fault) {
    try {
      Priority unused =
          Priority.of(route.parameters.getOrDefault("priority", Priority.NORMAL.word()));
    } catch (IllegalArgumentException unknown) {
      throw fault.apply("has a parameter priority that is none; valid: high, normal, low");
    }
  }

  private static String mustHaveSecret(
      Templated route,
      String parameter,
      String holds,
      Placeholders placeholders,
      Function<String, InvalidConfiguration> fault) {
    return HttpPeer.revealed(
        route.parameters.getOrDefault(parameter, ""), holds, placeholders, fault);
  }

  /**
   * Checks the route that posts alerts.
   *
   * @throws InvalidConfiguration naming what is wrong with it, or the secret that it needs
   */
  void alertsMustBeWhole(Placeholders placeholders) {
    for (Templated route : templated) {
      if (route.template.equals("alert")) {
        mustBeCalled(route, "alert", "alert-");
        Function<String, InvalidConfiguration> fault =
            wrong -> new InvalidConfiguration(route.file, route.line, "route alert " + wrong);
        HttpPeer unused =
            HttpPeer.of(
                HttpPeer.revealed(
                    route.parameters.getOrDefault("url", ""), "its URL", placeholders, fault),
                fault);
      }
    }
  }

  /**
   * Checks the routes that hand rows which came back to another system.
   *
   * @throws InvalidConfiguration naming what is wrong with one, or the secret that it needs
   */
  void targetsMustBeWhole(Placeholders placeholders) {
    for (Templated route : templated) {
      Function<String, InvalidConfiguration> fault =
          wrong ->
              new InvalidConfiguration(
                  route.file,
                  route.line,
                  "target " + route.parameters.getOrDefault("target", "") + " " + wrong);
      if (route.template.equals("onward")) {
        onwardMustBeWhole(route);
      } else if (route.template.equals("enriched-http")) {
        HttpPeer unused =
            HttpPeer.of(
                route.parameters.getOrDefault("url", ""),
                route.parameters.getOrDefault("header", HttpPeer.AUTHORIZATION),
                route.parameters.getOrDefault("secret", HttpPeer.NONE),
                placeholders,
                fault);
      } else if (route.template.equals("enriched-jdbc")) {
        String unused =
            mustHaveSecret(route, "url", "the URL of its database", placeholders, fault);
        if (!route.parameters.getOrDefault("password", HttpPeer.NONE).equals(HttpPeer.NONE)) {
          String unusedHere =
              mustHaveSecret(
                  route, "password", "the password of its database", placeholders, fault);
        }
      }
    }
  }

  private static void onwardMustBeWhole(Templated route) {
    String target = route.parameters.getOrDefault("target", "");
    if (!TARGET.matcher(target).matches()) {
      throw new InvalidConfiguration(
          route.file,
          route.line,
          "parameter target is \""
              + target
              + "\"; it must be the name of a target: up to 100 letters, digits and . _ - only");
    }
    mustBeCalled(route, "onward-" + target, "onward-" + target + "-");
    String rows = route.parameters.getOrDefault("rows", "1");
    if (!rows.contains("{{") && !ROWS.matcher(rows).matches()) {
      throw new InvalidConfiguration(
          route.file,
          route.line,
          "parameter rows is \""
              + rows
              + "\"; it must be a whole number from 1 to 10000, the rows handed over at once");
    }
  }

  private void mustHave(
      Path clayYaml, String what, String template, Predicate<Templated> matching) {
    if (templated.stream().filter(route -> route.template.equals(template)).noneMatch(matching)) {
      throw new InvalidConfiguration(
          clayYaml,
          what
              + " has no route: add a templatedRoute of template "
              + template
              + " for it under "
              + folder);
    }
  }

  private static void mustBe(Templated route, String parameter, String value, String why) {
    String written = route.parameters.getOrDefault(parameter, "");
    if (!written.equals(value)) {
      throw new InvalidConfiguration(
          route.file,
          route.line,
          "parameter " + parameter + " is \"" + written + "\"; it must be " + value + ", " + why);
    }
  }

  private static void mustBeCalled(Templated route, String routeId, String prefixId) {
    if (!route.routeId.equals(routeId)) {
      throw new InvalidConfiguration(
          route.file,
          route.line,
          "routeId is \"" + route.routeId + "\"; it must be " + routeId + ", as operators know it");
    }
    if (!route.prefixId.equals(prefixId)) {
      throw new InvalidConfiguration(
          route.file,
          route.line,
          "prefixId is \""
              + route.prefixId
              + "\"; it must be \""
              + prefixId
              + "\", since the ids of the template's steps begin with it");
    }
  }

  /**
   * What Camel found wrong with the routes (file, line and what) or with its own properties, in
   * Kiln's words; a failure of another kind stays as it is.
   */
  Exception explain(Path properties, Exception failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof MarkedYamlEngineException yaml) {
        return notUnderstood(yaml);
      }
      if (cause instanceof PropertyBindingException wrong && wrong.getPropertyName() != null) {
        return new InvalidConfiguration(
            properties,
            "Camel cannot use its property " + wrong.getPropertyName() + " = " + wrong.getValue());
      }
      if (cause instanceof IllegalArgumentException && fromYaml(cause)) {
        return unread(firstLine(cause));
      }
      if (cause instanceof FailedToStartRouteException start) {
        return notMade(start.getRouteId(), start);
      }
      if (cause instanceof FailedToCreateRouteException create) {
        return notMade(create.getRouteId(), create);
      }
      if (cause instanceof FailedToCreateRouteFromTemplateException create) {
        return notMade(create.getRouteId(), create);
      }
    }
    return failure;
  }

  /** Whether a failure was thrown while Camel read a route file. */
  private static boolean fromYaml(Throwable failure) {
    return Arrays.stream(failure.getStackTrace())
        .anyMatch(frame -> frame.getClassName().startsWith("org.apache.camel.dsl.yaml."));
  }

  /** Finds the place of what Camel does not take, where it names none: each part is tried alone. */
  private InvalidConfiguration unread(String fault) {
    return parts.stream()
        .filter(part -> fault.equals(faultAlone(part)))
        .findFirst()
        .map(part -> new InvalidConfiguration(part.file(), part.line(), told(part) + fault))
        .orElseGet(() -> new InvalidConfiguration(folder, fault));
  }

  private static String told(RoutePart part) {
    return part.word() + " " + part.id() + ": ";
  }

  /** What Camel says when it reads a part of a file and nothing else; empty where it does not. */
  private String faultAlone(RoutePart part) {
    int end =
        parts.stream()
            .filter(other -> other.file().equals(part.file()) && other.line() > part.line())
            .mapToInt(RoutePart::line)
            .min()
            .orElse(Integer.MAX_VALUE);
    String text =
        texts
            .getOrDefault(part.file(), "")
            .lines()
            .skip(part.line() - 1L)
            .limit((long) end - part.line())
            .collect(Collectors.joining("\n"));
    try (DefaultCamelContext alone = new DefaultCamelContext()) {
      alone.disableJMX();
      Resource resource = ResourceHelper.fromString("file:" + part.file().getFileName(), text);
      for (RoutesBuilder builder :
          PluginHelper.getRoutesLoader(alone).findRoutesBuilders(List.of(resource))) {
        ((RouteBuilder) builder).configureRoutes(alone);
      }
      return "";
    } catch (Exception failure) {
      Throwable cause = failure;
      while (!fromYaml(cause) && cause.getCause() != null) {
        cause = cause.getCause();
      }
      return firstLine(cause);
    }
  }

  private InvalidConfiguration notUnderstood(MarkedYamlEngineException yaml) {
    String problem = firstLine(yaml.getProblem() == null ? yaml : new Exception(yaml.getProblem()));
    Mark mark = yaml.getProblemMark().orElse(null);
    if (mark == null) {
      return new InvalidConfiguration(folder, problem);
    }
    String name = mark.getName();
    Path file = folder.resolve(name.substring(name.lastIndexOf('/') + 1));
    return new InvalidConfiguration(file, mark.getLine() + 1, problem);
  }

  /** Names the place of a route, or of the template that it is made from. */
  private InvalidConfiguration notMade(@Nullable String id, Exception failure) {
    Matcher step = CAMEL_STEP.matcher(String.valueOf(failure.getMessage()));
    String fault =
        "route "
            + id
            + " cannot be made"
            + (step.find() ? " at " + step.group(1) : "")
            + ": "
            + firstLine(innermost(failure));
    String route = id == null ? "" : id;
    String template =
        part(RoutePart.Kind.ROUTE, route).map(made -> made.uses().template()).orElse("");
    return part(RoutePart.Kind.TEMPLATE, template)
        .or(() -> part(RoutePart.Kind.ROUTE, route))
        .map(part -> new InvalidConfiguration(part.file(), part.line(), fault))
        .orElseGet(() -> new InvalidConfiguration(folder, fault));
  }

  /** The innermost cause of a failure of a route: Camel wraps what a step failed with. */
  static Throwable innermost(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private static String firstLine(Throwable failure) {
    String message = failure.getMessage();
    return message == null
        ? failure.getClass().getSimpleName()
        : message.lines().findFirst().orElse("");
  }
}
