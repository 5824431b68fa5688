package dev.kiln;

import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Table;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.NearestWord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.util.StringHelper;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * The routes of some files that are made from templates, and the templates: how they must agree
 * with one another and with the catalogue.
 */
final class TemplatedRoutes {
  /** A parameter that a route gives to its template, and where it stands. */
  private record Given(String template, String parameter, Path file, int line) {}

  private final List<TemplatedRoute> templated = new ArrayList<>();
  private final List<Given> given = new ArrayList<>();
  private final Map<String, Set<String>> declared = new HashMap<>();

  /**
   * Takes what stands under a key.
   *
   * @throws InvalidConfiguration if it is the template of the pace without the throttle that it
   *     needs
   */
  void take(Path file, @Nullable String key, MappingNode value) {
    if ("templatedRoute".equals(key)) {
      TemplatedRoute route = TemplatedRoute.of(file, value);
      templated.add(route);
      YamlNodes.parameters(value)
          .forEach(
              one ->
                  given.add(
                      new Given(
                          route.template(),
                          YamlNodes.words(one, "name"),
                          file,
                          YamlNodes.line(one))));
    } else if ("routeTemplate".equals(key)) {
      if ("pace".equals(YamlNodes.text(value, "id"))) {
        throttleMustBeFound(file, value);
      }
      if (YamlNodes.child(value, "beans") == null) {
        declared.put(
            YamlNodes.words(value, "id"),
            YamlNodes.parameters(value)
                .map(one -> YamlNodes.words(one, "name"))
                .collect(Collectors.toCollection(TreeSet::new)));
      }
    }
  }

  /** All of them, in the order of their files. */
  List<TemplatedRoute> all() {
    return Collections.unmodifiableList(templated);
  }

  /** The bean pace sets the rate of the throttle that it finds by its id. */
  private static void throttleMustBeFound(Path file, MappingNode pace) {
    List<Node> throttles = new ArrayList<>();
    YamlNodes.all("throttle", pace, throttles);
    if (throttles.stream().noneMatch(step -> step instanceof MappingNode own && isPaced(own))) {
      throw new InvalidConfiguration(
          file,
          YamlNodes.line(throttles.isEmpty() ? pace : throttles.get(0)),
          "template pace needs a step throttle with the id throttle and without a mode, for by that"
              + " Kiln finds it and sets its rate");
    }
  }

  private static boolean isPaced(MappingNode throttle) {
    String mode = YamlNodes.text(throttle, "mode");
    return "throttle".equals(YamlNodes.text(throttle, "id"))
        && (mode == null || mode.equals("TotalRequests"));
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
   * Checks that the parameters that are given are some. Camel passes over one that a template
   * neither declares nor uses, and takes the default of the one that was meant. What the beans of a
   * template use cannot be seen.
   *
   * @param texts the files that a template may be used in
   * @throws InvalidConfiguration at the first that is none
   */
  void parametersMustBeDeclared(Collection<String> texts) {
    for (Given one : given) {
      Set<String> known = declared.get(one.template);
      if (known != null
          && known.stream().noneMatch(name -> alike(name, one.parameter))
          && texts.stream().noneMatch(text -> uses(text, one.parameter))) {
        throw new InvalidConfiguration(
            one.file,
            one.line,
            "unknown parameter "
                + one.parameter
                + " of template "
                + one.template
                + NearestWord.hint(one.parameter, known));
      }
    }
  }

  /** The tables whose leads pass a route of delivery: a workspace's routes have all of it. */
  Set<String> tablesThrough(String route, Catalogue catalogue) {
    Set<String> tables = new TreeSet<>();
    for (TemplatedRoute made : templated) {
      if (made.routeId().equals(route)) {
        for (Table table : catalogue.tables().values()) {
          boolean passes =
              made.template().equals("table")
                  ? table.name().equals(made.parameters().get("table"))
                  : table.workspace().equals(made.parameters().get("workspace"));
          if (passes) {
            tables.add(table.name());
          }
        }
      }
    }
    return tables;
  }

  /**
   * Checks that the routes of tables and workspaces name some of the catalogue.
   *
   * @throws InvalidConfiguration at the first that does not
   */
  void mustKnow(Catalogue catalogue, Path clayYaml) {
    Set<String> tables = catalogue.tables().keySet();
    for (TemplatedRoute route : templated) {
      if (route.template().equals("table")) {
        String name = route.parameter("table", "");
        Table table = catalogue.tables().get(name);
        if (table == null) {
          throw route.fault("unknown table " + name + NearestWord.hint(name, tables));
        }
        route.mustHave("workspace", table.workspace(), "as " + clayYaml + " says of table " + name);
        route.mustBeCalled("table-" + name, name + "-");
      } else if (Set.of("deliver", "window", "pace").contains(route.template())) {
        String name = route.parameter("workspace", "");
        if (!catalogue.workspaces().containsKey(name)) {
          throw route.fault(
              "unknown workspace "
                  + name
                  + NearestWord.hint(name, catalogue.workspaces().keySet()));
        }
        route.mustBeCalled(route.template() + "-" + name, name + "-");
      }
    }
  }

  /**
   * Checks that a table has its route.
   *
   * @throws InvalidConfiguration saying where to add it
   */
  void mustHaveTable(String table, Path clayYaml, Path folder) {
    mustHave(
        "table " + table,
        "table",
        route -> table.equals(route.parameters().get("table")),
        clayYaml,
        folder);
  }

  /**
   * Checks that a workspace has its routes.
   *
   * @throws InvalidConfiguration saying where to add the one that is missing
   */
  void mustHaveWorkspace(String workspace, Path clayYaml, Path folder) {
    for (String template : List.of("deliver", "window", "pace")) {
      mustHave(
          "workspace " + workspace,
          template,
          route -> workspace.equals(route.parameters().get("workspace")),
          clayYaml,
          folder);
    }
  }

  private void mustHave(
      String what,
      String template,
      Predicate<TemplatedRoute> matching,
      Path clayYaml,
      Path folder) {
    if (templated.stream().filter(route -> route.template().equals(template)).noneMatch(matching)) {
      throw new InvalidConfiguration(
          clayYaml,
          what
              + " has no route: add a templatedRoute of template "
              + template
              + " for it under "
              + folder);
    }
  }
}
