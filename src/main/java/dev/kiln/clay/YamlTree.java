package dev.kiln.clay;

import dev.kiln.lead.InvalidConfiguration;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * The nodes of a YAML file, of which it is known that a walk through them ends: aliases lead into
 * no circle, and neither the depth nor the number of nodes is beyond what a person writes.
 */
public final class YamlTree {
  /** Lists and mappings in one another; Kiln's own routes need a third of it. */
  private static final int DEEPEST = 100;

  /** Nodes with each alias written out. */
  private static final long MOST_NODES = 1_000_000;

  /** A list or mapping: what it holds, each alias written out, and how deep. */
  private static final class Held {
    private final @Nullable String anchor;
    private long nodes = 1;
    private int height = 1;
    private boolean open = true;

    Held(@Nullable String anchor) {
      this.anchor = anchor;
    }

    void add(long more, int below) {
      nodes = Math.min(nodes + more, MOST_NODES + 1);
      height = Math.max(height, below + 1);
    }
  }

  private YamlTree() {}

  /**
   * The root of a file.
   *
   * @param file the file, for messages
   * @param text what it holds
   * @param settings how it is read
   * @return empty where the file is
   * @throws InvalidConfiguration with file and line, where a walk would not end or a character is
   *     forbidden
   * @throws MarkedYamlEngineException where it is not YAML
   */
  public static Optional<Node> read(Path file, String text, LoadSettings settings) {
    try {
      mustEnd(file, new Parse(settings).parseString(text));
      return new Compose(settings).composeString(text);
    } catch (MarkedYamlEngineException notYaml) {
      throw notYaml;
    } catch (ReaderException forbidden) {
      int at = Math.max(text.indexOf(forbidden.getCodePoint()), 0);
      throw new InvalidConfiguration(
          file,
          1 + (int) text.substring(0, at).chars().filter(c -> c == '\n').count(),
          String.format(
              Locale.ROOT,
              "holds the character U+%04X, which YAML forbids: delete it",
              forbidden.getCodePoint()));
    } catch (YamlEngineException tooMuch) {
      throw new InvalidConfiguration(
          file, "is too large, or has too many aliases: make it shorter");
    }
  }

  private static void mustEnd(Path file, Iterable<Event> events) {
    Map<String, Held> anchors = new HashMap<>();
    Deque<Held> path = new ArrayDeque<>();
    for (Event event : events) {
      if (event instanceof CollectionStartEvent start) {
        Held held = new Held(start.getAnchor().map(anchor -> anchor.getValue()).orElse(null));
        if (held.anchor != null) {
          anchors.put(held.anchor, held);
        }
        path.push(held);
        mustBeShallow(file, event, path.size());
      } else if (event instanceof CollectionEndEvent) {
        Held held = path.pop();
        held.open = false;
        into(file, event, path, held.nodes, held.height);
      } else if (event instanceof AliasEvent alias) {
        Held meant = anchors.get(alias.getAlias().getValue());
        if (meant == null) {
          into(file, event, path, 1, 0);
          continue;
        }
        if (meant.open) {
          throw new InvalidConfiguration(
              file,
              line(event),
              "an alias stands within what it stands for: write out what is meant");
        }
        mustBeShallow(file, event, path.size() + meant.height);
        into(file, event, path, meant.nodes, meant.height);
      } else if (event instanceof NodeEvent) {
        into(file, event, path, 1, 0);
      }
    }
  }

  private static void mustBeShallow(Path file, Event event, int depth) {
    if (depth > DEEPEST) {
      throw new InvalidConfiguration(
          file,
          line(event),
          "lists and mappings are nested more than " + DEEPEST + " deep: write it flatter");
    }
  }

  private static void into(Path file, Event event, Deque<Held> path, long nodes, int height) {
    Held parent = path.peek();
    if (parent != null) {
      parent.add(nodes, height);
      if (parent.nodes > MOST_NODES) {
        throw new InvalidConfiguration(
            file,
            line(event),
            "is more than "
                + MOST_NODES
                + " values once each alias is written out: use fewer aliases");
      }
    }
  }

  private static int line(Event event) {
    return event.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }
}
