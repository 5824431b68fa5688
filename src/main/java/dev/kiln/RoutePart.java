package dev.kiln;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.support.PatternHelper;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * What stands at the top of a route file: a route, a template, and so on. Two are the same by kind
 * and id, wherever they stand, and differ where their content does; comments, order of keys and
 * place do not count.
 *
 * @param kind what it is
 * @param id its id; empty where it has none
 * @param word its key in the file
 * @param content the YAML, as maps, lists and texts, after what else holds for its file
 * @param uses the ids of the templates that it is made from, and patterns of the ids of the route
 *     configurations that it names
 * @param file the file
 * @param line its line, from 1
 */
record RoutePart(
    Kind kind, String id, String word, Object content, Uses uses, Path file, int line) {
  /** What a part is. */
  enum Kind {
    /** A route, written out or made from a template. */
    ROUTE,
    /** What routes are made from. */
    TEMPLATE,
    /** What holds for several routes. */
    CONFIGURATION,
    /** Anything else, such as beans: what Camel reads at its start only. */
    OTHER
  }

  /** The templates of a route, and the route configurations that it, or its template, names. */
  record Uses(String template, List<String> configurations) {}

  /** What two parts have in common that are the same part. */
  record Key(Kind kind, Object name) {}

  Key key() {
    return new Key(kind, id.isEmpty() ? content : id);
  }

  /** Where it stands. */
  String place() {
    return file + ":" + line;
  }

  /** Whether it is made anew when another part changes. */
  boolean dependsOn(RoutePart other) {
    return switch (other.kind) {
      case TEMPLATE -> kind == Kind.ROUTE && uses.template.equals(other.id);
      case CONFIGURATION ->
          (kind == Kind.ROUTE || kind == Kind.TEMPLATE)
              && (uses.configurations.isEmpty()
                  ? other.id.isEmpty()
                  : uses.configurations.stream()
                      .anyMatch(
                          name ->
                              name.contains("{{") || PatternHelper.matchPattern(other.id, name)));
      case ROUTE, OTHER -> false;
    };
  }

  /** The parts of one file. */
  static List<RoutePart> of(Path file, Node root) {
    List<RoutePart> parts = new ArrayList<>();
    List<Object> wholeFile = new ArrayList<>();
    List<Node> items = root instanceof SequenceNode sequence ? sequence.getValue() : List.of(root);
    for (Node item : items) {
      if (item instanceof MappingNode mapping) {
        for (NodeTuple entry : mapping.getValue()) {
          String word = String.valueOf(YamlNodes.scalar(entry.getKeyNode()));
          if (kind(word) == Kind.OTHER) {
            wholeFile.add(List.of(word, plain(entry.getValueNode())));
          }
          parts.add(of(file, word, entry.getValueNode(), YamlNodes.line(item)));
        }
      }
    }
    return parts.stream().map(part -> part.within(wholeFile)).toList();
  }

  private static Kind kind(String word) {
    return switch (word) {
      case "route", "templatedRoute" -> Kind.ROUTE;
      case "routeTemplate" -> Kind.TEMPLATE;
      case "routeConfiguration" -> Kind.CONFIGURATION;
      default -> Kind.OTHER;
    };
  }

  private static RoutePart of(Path file, String word, Node node, int line) {
    Kind kind = kind(word);
    MappingNode body = node instanceof MappingNode mapping ? mapping : null;
    String id =
        body == null
            ? null
            : YamlNodes.text(body, "templatedRoute".equals(word) ? "routeId" : "id");
    String template = body == null ? null : YamlNodes.text(body, "routeTemplateRef");
    String named = body == null ? null : YamlNodes.text(body, "routeConfigurationId");
    if (named == null && body != null) {
      named = YamlNodes.text(body, "route", "routeConfigurationId");
    }
    return new RoutePart(
        kind,
        kind == Kind.OTHER || id == null ? "" : id,
        word,
        plain(node),
        new Uses(
            template == null ? "" : template,
            named == null ? List.of() : List.of(named.split(",", -1))),
        file,
        line);
  }

  /** What else stands in its file may hold for a route. */
  private RoutePart within(List<Object> wholeFile) {
    return kind != Kind.ROUTE || wholeFile.isEmpty()
        ? this
        : new RoutePart(kind, id, word, List.of(wholeFile, content), uses, file, line);
  }

  private static Object plain(Node node) {
    if (node instanceof MappingNode mapping) {
      Map<Object, Object> map = new LinkedHashMap<>();
      mapping.getValue().forEach(e -> map.put(plain(e.getKeyNode()), plain(e.getValueNode())));
      return map;
    }
    if (node instanceof SequenceNode sequence) {
      return sequence.getValue().stream().map(RoutePart::plain).toList();
    }
    return String.valueOf(YamlNodes.scalar(node));
  }

  /** The templates of Kiln's own delivery: what is made from them carries leads to Clay. */
  private static final Set<String> DELIVERY = Set.of("deliver", "window", "pace", "table");

  /** Whether it is a route that carries leads to Clay. */
  boolean delivers() {
    return kind == Kind.ROUTE && DELIVERY.contains(uses.template);
  }
}
