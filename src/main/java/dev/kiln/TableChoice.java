package dev.kiln;

import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.NearestWord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Where the routes of some files choose the table of a lead: the steps that set the property {@code
 * table}, mostly in the branches of a choice.
 */
final class TableChoice {
  /** Steps after which a lead that has no table still has none. */
  private static final Set<String> NO_CHOICE =
      Set.of("setProperty", "setHeader", "setVariable", "removeProperty", "removeHeader", "log");

  /** A table that a branch sets, and where it stands. */
  private record Chosen(String table, Path file, int line) {}

  /** A choice of a table, and where it stands. */
  private record Choice(MappingNode node, Path file) {}

  private final List<Chosen> chosen = new ArrayList<>();
  private final List<Choice> choices = new ArrayList<>();

  /** Whether a route sets a table beside the choices. */
  private boolean choosesBeside;

  /**
   * Takes what stands under a key.
   *
   * @throws InvalidConfiguration if it is a choice of a table that not every lead passes
   */
  void take(Path file, @Nullable String key, MappingNode value) {
    if ("choice".equals(key)
        && choosesTable(value)
        && YamlNodes.child(value, "otherwise") == null) {
      throw new InvalidConfiguration(
          file,
          YamlNodes.line(value),
          "this choice of a table has no otherwise: add one, so that every lead gets a table");
    }
    if ("route".equals(key) || "routeTemplate".equals(key)) {
      choices(file, value);
    }
    if (setsTable(key, value)) {
      String constant = constant(value);
      if (constant != null && !constant.contains("{{")) {
        chosen.add(new Chosen(constant, file, YamlNodes.line(value)));
      }
    }
  }

  /** Gathers where a route chooses a table. */
  private void choices(Path file, MappingNode route) {
    List<Node> found = new ArrayList<>();
    YamlNodes.all("choice", route, found);
    found.removeIf(choice -> !choosesTable(choice));
    choosesBeside |= choosesTable(route, true);
    found.stream()
        .filter(MappingNode.class::isInstance)
        .map(MappingNode.class::cast)
        .forEach(choice -> choices.add(new Choice(choice, file)));
  }

  /**
   * The text that a step sets whatever the message is, in each form that Camel takes: in {@code
   * expression} or without it, and the language's own expression in {@code expression} or without.
   */
  private static @Nullable String constant(MappingNode step) {
    MappingNode holder =
        YamlNodes.child(step, "expression") instanceof MappingNode inner ? inner : step;
    String constant = expression(holder, "constant");
    String simple = expression(holder, "simple");
    return constant != null || simple == null || simple.contains("$") ? constant : simple;
  }

  private static @Nullable String expression(MappingNode holder, String language) {
    return YamlNodes.child(holder, language) instanceof MappingNode own
        ? YamlNodes.text(own, "expression")
        : YamlNodes.text(holder, language);
  }

  /**
   * Refuses a branch of the choice of a table that chooses none. One that calls a route or a bean
   * may choose there; where there are several choices, or a table is set beside the choice, a
   * branch need not.
   */
  void branchesMustChoose() {
    if (choosesBeside || choices.size() > 1) {
      return;
    }
    for (Choice choice : choices) {
      List<Node> branches = new ArrayList<>();
      if (YamlNodes.child(choice.node, "when") instanceof SequenceNode several) {
        branches.addAll(several.getValue());
      }
      if (YamlNodes.child(choice.node, "otherwise") instanceof MappingNode otherwise) {
        branches.add(otherwise);
      }
      for (Node branch : branches) {
        if (!choosesTable(branch) && leavesTable(branch)) {
          throw new InvalidConfiguration(
              choice.file,
              YamlNodes.line(branch),
              "this branch of a choice of a table does not set the property table: set it, so that"
                  + " its leads get a table");
        }
      }
    }
  }

  private static boolean leavesTable(Node branch) {
    return branch instanceof MappingNode mapping
        && (!(YamlNodes.child(mapping, "steps") instanceof SequenceNode steps)
            || steps.getValue().stream()
                .allMatch(
                    step ->
                        step instanceof MappingNode one
                            && one.getValue().stream()
                                .allMatch(
                                    entry ->
                                        NO_CHOICE.contains(
                                            String.valueOf(
                                                YamlNodes.scalar(entry.getKeyNode()))))));
  }

  private static boolean setsTable(@Nullable String key, Node value) {
    return "setProperty".equals(key)
        && value instanceof MappingNode step
        && "table".equals(YamlNodes.text(step, "name"));
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
            .filter(
                entry -> !besideChoices || !"choice".equals(YamlNodes.scalar(entry.getKeyNode())))
            .anyMatch(
                entry ->
                    setsTable(YamlNodes.scalar(entry.getKeyNode()), entry.getValueNode())
                        || choosesTable(entry.getValueNode(), besideChoices));
  }

  /**
   * Checks that the tables that are chosen are there.
   *
   * @throws InvalidConfiguration at the first that is not
   */
  void mustKnow(Set<String> tables) {
    for (Chosen one : chosen) {
      if (!tables.contains(one.table)) {
        throw new InvalidConfiguration(
            one.file, one.line, "unknown table " + one.table + NearestWord.hint(one.table, tables));
      }
    }
  }

  /** Whether a branch chooses a table. */
  boolean chooses(String table) {
    return chosen.stream().anyMatch(one -> one.table.equals(table));
  }
}
