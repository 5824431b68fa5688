package dev.kiln;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Looks at the nodes of a YAML file. Where a key is there twice, the first one is taken. */
final class YamlNodes {
  private YamlNodes() {}

  /** The line of a node, from 1. */
  static int line(Node node) {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
  }

  /** The text of a node; null where it is none. */
  static @Nullable String scalar(@Nullable Node node) {
    return node instanceof ScalarNode scalar ? scalar.getValue() : null;
  }

  /** What stands under a key of a mapping; null where nothing does. */
  static @Nullable Node child(MappingNode node, String key) {
    return node.getValue().stream()
        .filter(entry -> key.equals(scalar(entry.getKeyNode())))
        .map(NodeTuple::getValueNode)
        .findFirst()
        .orElse(null);
  }

  /** The text under a path of keys; null where there is none. */
  static @Nullable String text(MappingNode node, String... path) {
    Node at = node;
    for (String key : path) {
      at = at instanceof MappingNode mapping ? child(mapping, key) : null;
    }
    return scalar(at);
  }

  /** The text under a key; empty where there is none. */
  static String words(MappingNode node, String key) {
    String text = text(node, key);
    return text == null ? "" : text;
  }

  /** The parameters of a template, or of a route that is made from one. */
  static Stream<MappingNode> parameters(MappingNode node) {
    return child(node, "parameters") instanceof SequenceNode sequence
        ? sequence.getValue().stream()
            .filter(MappingNode.class::isInstance)
            .map(MappingNode.class::cast)
        : Stream.empty();
  }

  /** Gathers what stands below a node under a key. */
  static void all(String word, Node node, List<Node> found) {
    if (node instanceof SequenceNode sequence) {
      sequence.getValue().forEach(child -> all(word, child, found));
    } else if (node instanceof MappingNode mapping) {
      for (NodeTuple entry : mapping.getValue()) {
        if (word.equals(scalar(entry.getKeyNode()))) {
          found.add(entry.getValueNode());
        }
        all(word, entry.getValueNode(), found);
      }
    }
  }
}
