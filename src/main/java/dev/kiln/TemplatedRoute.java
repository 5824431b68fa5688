package dev.kiln;

import dev.kiln.lead.InvalidConfiguration;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.snakeyaml.engine.v2.nodes.MappingNode;

/**
 * A route made from a template.
 *
 * @param template the id of the template
 * @param routeId its id
 * @param prefixId what the ids of its steps begin with
 * @param parameters what is set, by name
 * @param file the file
 * @param line its line, from 1
 */
record TemplatedRoute(
    String template,
    String routeId,
    String prefixId,
    Map<String, String> parameters,
    Path file,
    int line) {
  /**
   * The route of a node.
   *
   * @throws InvalidConfiguration if it gives a parameter twice
   */
  static TemplatedRoute of(Path file, MappingNode node) {
    Map<String, String> parameters = new LinkedHashMap<>();
    YamlNodes.parameters(node)
        .forEach(
            one -> {
              String name = YamlNodes.words(one, "name");
              if (parameters.put(name, YamlNodes.words(one, "value")) != null) {
                throw new InvalidConfiguration(
                    file,
                    YamlNodes.line(one),
                    "parameter " + name + " is there twice, and the last one counts: delete one");
              }
            });
    return new TemplatedRoute(
        YamlNodes.words(node, "routeTemplateRef"),
        YamlNodes.words(node, "routeId"),
        YamlNodes.words(node, "prefixId"),
        parameters,
        file,
        YamlNodes.line(node));
  }

  /** What a parameter is set to, else a default. */
  String parameter(String name, String otherwise) {
    return parameters.getOrDefault(name, otherwise);
  }

  /**
   * Checks the value of a parameter.
   *
   * @throws InvalidConfiguration if it is another, saying why
   */
  void mustHave(String parameter, String value, String why) {
    String written = parameter(parameter, "");
    if (!written.equals(value)) {
      throw fault(
          "parameter " + parameter + " is \"" + written + "\"; it must be " + value + ", " + why);
    }
  }

  /**
   * Checks its id, and what the ids of its steps begin with.
   *
   * @throws InvalidConfiguration if one of them is another
   */
  void mustBeCalled(String id, String prefix) {
    if (!routeId.equals(id)) {
      throw fault("routeId is \"" + routeId + "\"; it must be " + id + ", as operators know it");
    }
    if (!prefixId.equals(prefix)) {
      throw fault(
          "prefixId is \""
              + prefixId
              + "\"; it must be \""
              + prefix
              + "\", since the ids of the template's steps begin with it");
    }
  }

  /** Says what is wrong with it, and where it stands. */
  InvalidConfiguration fault(String what) {
    return new InvalidConfiguration(file, line, what);
  }
}
