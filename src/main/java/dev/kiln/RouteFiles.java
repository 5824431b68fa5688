package dev.kiln;

import dev.kiln.clay.Catalogue;
import dev.kiln.clay.YamlTree;
import dev.kiln.lead.ConfigText;
import dev.kiln.lead.InvalidConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * The files under {@code routes/} as they were at one moment: what they hold, and how they must
 * agree with the catalogue. Does not change once read.
 */
final class RouteFiles {
  /** What a route file's name ends with. */
  static final String SUFFIX = ".camel.yaml";

  private final Path folder;
  private final Map<Path, String> texts = new LinkedHashMap<>();
  private final List<RoutePart> parts = new ArrayList<>();
  private final TemplatedRoutes templated = new TemplatedRoutes();
  private final TableChoice tableChoice = new TableChoice();
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
    routes.templated.parametersMustBeDeclared(routes.texts.values());
    routes.tableChoice.branchesMustChoose();
    return routes;
  }

  /** Whether a file under {@code routes/} is read. */
  static boolean isRouteFile(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(SUFFIX) && !name.startsWith(".");
  }

  /** Where they are. */
  Path folder() {
    return folder;
  }

  /** What a file holds; empty where it is none of them. */
  String text(Path file) {
    return texts.getOrDefault(file, "");
  }

  /** The parts of all files, in their order. */
  List<RoutePart> parts() {
    return Collections.unmodifiableList(parts);
  }

  /** The part of an id; empty where there is none. */
  Optional<RoutePart> part(RoutePart.Kind kind, String id) {
    return parts.stream().filter(part -> part.kind() == kind && part.id().equals(id)).findFirst();
  }

  /** The routes made from templates. */
  TemplatedRoutes templated() {
    return templated;
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
    directNames.mustMeet(templated.all());
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

  private void walk(Path file, Node node) {
    if (node instanceof SequenceNode sequence) {
      sequence.getValue().forEach(child -> walk(file, child));
    } else if (node instanceof MappingNode mapping) {
      keysMustDiffer(file, mapping);
      for (NodeTuple entry : mapping.getValue()) {
        if (entry.getValueNode() instanceof MappingNode value) {
          String key = YamlNodes.scalar(entry.getKeyNode());
          tableChoice.take(file, key, value);
          templated.take(file, key, value);
        }
        walk(file, entry.getValueNode());
      }
    }
  }

  /** Of a key that is there twice, Camel takes the last one, and the checks here the first. */
  private static void keysMustDiffer(Path file, MappingNode mapping) {
    Map<String, Integer> lines = new HashMap<>();
    for (NodeTuple entry : mapping.getValue()) {
      String key = YamlNodes.scalar(entry.getKeyNode());
      int line = YamlNodes.line(entry.getKeyNode());
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

  /**
   * Checks that tables and workspaces of the catalogue have their routes and branches, and the
   * reverse.
   *
   * @throws InvalidConfiguration naming what is missing and where to add it
   */
  void mustAgreeWith(Catalogue catalogue, Path clayYaml) {
    tableChoice.mustKnow(catalogue.tables().keySet());
    templated.mustKnow(catalogue, clayYaml);
    for (String table : catalogue.tables().keySet()) {
      templated.mustHaveTable(table, clayYaml, folder);
      if (!tableChoice.chooses(table)) {
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
      templated.mustHaveWorkspace(workspace, clayYaml, folder);
    }
  }

  /**
   * What Camel found wrong with the routes (file, line and what) or with its own properties, in
   * Kiln's words; a failure of another kind stays as it is.
   */
  Exception explain(Path properties, Exception failure) {
    return new RouteFault(this).of(properties, failure);
  }
}
