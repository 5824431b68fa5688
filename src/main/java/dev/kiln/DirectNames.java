package dev.kiln;

import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.NearestWord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * The names by which the routes of some files call one another: those of the component {@code
 * direct}, of which {@code from} makes a name and {@code to} calls it. Those of a template are
 * resolved by the parameters of each route that is made from it. A name with a placeholder or an
 * expression that is left is known at run time only, and may stand for any other that fits it.
 */
final class DirectNames {
  private static final String DIRECT = "direct";

  /** Steps that call a route. */
  private static final Set<String> CALLS = Set.of("to", "toD", "wireTap");

  /** What is known at run time only. */
  private static final Pattern LATER = Pattern.compile("\\{\\{.*?}}|\\$\\{.*}|\\$simple\\{.*}");

  /** A name, where it stands, and whether a route begins with it as soon as Kiln starts. */
  private record Name(String text, boolean starts, Path file, int line) {
    boolean known() {
      return !LATER.matcher(text).find();
    }

    Name with(Map<String, String> parameters, Path made, int at) {
      String resolved = text;
      for (Map.Entry<String, String> parameter : parameters.entrySet()) {
        resolved = resolved.replace("{{" + parameter.getKey() + "}}", parameter.getValue());
      }
      return new Name(resolved, starts, made, at);
    }

    /** Whether it may turn out to be a name. */
    boolean mayBe(String name) {
      StringBuilder pattern = new StringBuilder();
      int end = 0;
      for (var later = LATER.matcher(text); later.find(); end = later.end()) {
        pattern.append(Pattern.quote(text.substring(end, later.start()))).append(".*");
      }
      return name.matches(pattern + Pattern.quote(text.substring(end)));
    }
  }

  /** A template: its names and the defaults of its parameters. */
  private record Template(List<Name> begun, List<Name> called, Map<String, String> defaults) {}

  private final List<Name> begun = new ArrayList<>();
  private final List<Name> called = new ArrayList<>();
  private final Map<String, Template> templates = new HashMap<>();

  /** Takes the names of a file. */
  void take(Path file, Node root) {
    for (Node item : root instanceof SequenceNode items ? items.getValue() : List.of(root)) {
      if (item instanceof MappingNode parts) {
        parts.getValue().forEach(part -> take(file, part));
      }
    }
  }

  private void take(Path file, NodeTuple part) {
    String word = YamlNodes.scalar(part.getKeyNode());
    if ("routeTemplate".equals(word) && part.getValueNode() instanceof MappingNode template) {
      Template names = new Template(new ArrayList<>(), new ArrayList<>(), defaults(template));
      walk(file, template, true, names.begun, names.called);
      templates.put(String.valueOf(YamlNodes.text(template, "id")), names);
    } else if (!"templatedRoute".equals(word)) {
      entry(file, part, true, begun, called);
    }
  }

  private static Map<String, String> defaults(MappingNode template) {
    Map<String, String> defaults = new LinkedHashMap<>();
    YamlNodes.parameters(template)
        .forEach(
            parameter -> {
              String name = YamlNodes.text(parameter, "name");
              String value = YamlNodes.text(parameter, "defaultValue");
              if (name != null && value != null) {
                defaults.put(name, value);
              }
            });
    return defaults;
  }

  private static void walk(
      Path file, Node node, boolean starts, List<Name> begun, List<Name> called) {
    if (node instanceof SequenceNode sequence) {
      sequence.getValue().forEach(child -> walk(file, child, starts, begun, called));
    } else if (node instanceof MappingNode mapping) {
      String auto = YamlNodes.text(mapping, "autoStartup");
      boolean now = auto == null ? starts : auto.equals("true");
      mapping.getValue().forEach(entry -> entry(file, entry, now, begun, called));
    }
  }

  private static void entry(
      Path file, NodeTuple entry, boolean starts, List<Name> begun, List<Name> called) {
    String word = String.valueOf(YamlNodes.scalar(entry.getKeyNode()));
    Node value = entry.getValueNode();
    if (word.equals("from")) {
      name(value).ifPresent(name -> begun.add(at(name, starts, file, value)));
    } else if (CALLS.contains(word)) {
      name(value).ifPresent(name -> called.add(at(name, starts, file, value)));
    }
    walk(file, value, starts, begun, called);
  }

  private static Name at(String name, boolean starts, Path file, Node node) {
    return new Name(name, starts, file, YamlNodes.line(node));
  }

  /** The direct name of an endpoint, in whatever form it is written; empty for another one. */
  private static Optional<String> name(Node endpoint) {
    String uri =
        endpoint instanceof MappingNode mapping
            ? YamlNodes.text(mapping, "uri")
            : YamlNodes.scalar(endpoint);
    if (uri == null) {
      return Optional.empty();
    }
    if (uri.equals(DIRECT)) {
      String name =
          endpoint instanceof MappingNode m ? YamlNodes.text(m, "parameters", "name") : null;
      // Camel says what is wrong with one that has none.
      return Optional.of(name == null ? "{{}}" : name);
    }
    if (!uri.startsWith(DIRECT + ":")) {
      return Optional.empty();
    }
    String name = uri.substring(DIRECT.length() + 1).replaceFirst("^//", "");
    return Optional.of(name.replaceFirst("\\?[^{}]*$", ""));
  }

  /**
   * Checks that no name is made twice and that each that is called is made.
   *
   * @param made the routes that are made from templates
   * @throws InvalidConfiguration naming the second of two, or the call and the nearest name
   */
  void mustMeet(List<TemplatedRoute> made) {
    List<Name> froms = new ArrayList<>(begun);
    List<Name> tos = new ArrayList<>(called);
    for (TemplatedRoute route : made) {
      Template template = templates.get(route.template());
      if (template != null) {
        Map<String, String> parameters = new LinkedHashMap<>(template.defaults);
        parameters.putAll(route.parameters());
        template.begun.forEach(
            name -> froms.add(name.with(parameters, route.file(), route.line())));
        template.called.forEach(name -> tos.add(name.with(parameters, route.file(), route.line())));
      }
    }
    Map<String, Name> first = new HashMap<>();
    for (Name from : froms) {
      @Nullable Name other = from.known() && from.starts ? first.put(from.text, from) : null;
      if (other != null) {
        throw new InvalidConfiguration(
            from.file,
            from.line,
            "a second route begins with direct:"
                + from.text
                + ", as one in "
                + other.file
                + ":"
                + other.line
                + " does: give it another name, or delete one");
      }
    }
    Set<String> names =
        froms.stream()
            .filter(Name::known)
            .map(Name::text)
            .collect(Collectors.toCollection(TreeSet::new));
    for (Name to : tos) {
      if (to.known()
          && !names.contains(to.text)
          && froms.stream().noneMatch(from -> from.mayBe(to.text))) {
        throw new InvalidConfiguration(
            to.file,
            to.line,
            "no route begins with direct:" + to.text + NearestWord.hint(to.text, names));
      }
    }
  }
}
