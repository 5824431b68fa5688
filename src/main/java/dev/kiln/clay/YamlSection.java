package dev.kiln.clay;

import dev.kiln.lead.ConfigText;
import dev.kiln.lead.FileFault;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.NearestWord;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * One mapping of a YAML file, read so that every fault has its line. A key without a value reads as
 * an empty mapping or list. Messages show keys but no values. For one thread.
 */
public final class YamlSection {
  private static final Set<Tag> PLAIN_TAGS =
      Set.of(Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.NULL, Tag.MERGE);
  private static final Pattern KEY = Pattern.compile("[\\w .<-]{1,63}");
  private static final BigDecimal MOST = BigDecimal.valueOf(1_000_000_000);
  private static final int DECIMALS = 6;

  private final Path file;
  private final int line;
  private final String what;
  private final Map<String, Entry> entries;

  private record Entry(int line, Node value) {}

  private YamlSection(Path file, int line, String what, Map<String, Entry> entries) {
    this.file = file;
    this.line = line;
    this.what = what;
    this.entries = entries;
  }

  /**
   * The root of a file.
   *
   * @param file the file, UTF-8
   * @param needs the keys that it cannot do without, for the message over an empty file
   * @throws InvalidConfiguration where the file is missing, unreadable, empty or not one mapping
   */
  public static YamlSection read(Path file, String needs) {
    String text;
    try {
      text = ConfigText.read(file);
    } catch (NoSuchFileException e) {
      throw new InvalidConfiguration(
          file, "does not exist; name the folder that holds it with --config");
    } catch (IOException e) {
      throw new InvalidConfiguration(
          file, "cannot be read (" + FileFault.words(e) + "); check its permissions");
    }
    Optional<Node> root;
    try {
      root = YamlTree.read(file, text, LoadSettings.builder().setAllowNonScalarKeys(true).build());
    } catch (MarkedYamlEngineException e) {
      // The exception's own message quotes the line, which may hold a secret; so does an alias.
      String problem = e.getProblem().replaceAll("(?s)alias .*", "alias; text with * needs quotes");
      int line = e.getProblemMark().map(Mark::getLine).orElse(0) + 1;
      throw new InvalidConfiguration(file, line, "is not valid YAML: " + problem);
    }
    if (root.isEmpty() || isNull(root.get())) {
      throw new InvalidConfiguration(file, "is empty; it needs at least " + needs);
    }
    return of(file, line(root.get()), "", root.get());
  }

  private static YamlSection of(Path file, int line, String what, Node node) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    YamlSection section = new YamlSection(file, line, what, entries);
    if (isNull(node)) {
      return section;
    }
    if (!(node instanceof MappingNode mapping)) {
      throw section.fault(line(node), "must be a mapping of the form key: value");
    }
    for (NodeTuple tuple : mapping.getValue()) {
      int keyLine = line(tuple.getKeyNode());
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        throw section.fault(keyLine, "has a key that is no plain word");
      }
      Entry first = entries.putIfAbsent(key.getValue(), new Entry(keyLine, tuple.getValueNode()));
      if (first != null) {
        throw section.fault(
            keyLine,
            "has a key" + shown(key.getValue()) + " twice; the first is on line " + first.line());
      }
    }
    return section;
  }

  /**
   * Refuses every key but these.
   *
   * @param keys the valid keys
   * @return this section
   * @throws InvalidConfiguration at the first other key, with its line and the nearest valid one
   */
  public YamlSection allowing(Set<String> keys) {
    entries.forEach(
        (key, entry) -> {
          if (!keys.contains(key)) {
            throw fault(
                entry.line(),
                "has an unknown key" + shown(key) + NearestWord.hint(key, new TreeSet<>(keys)));
          }
        });
    return this;
  }

  /** The same mapping under another name in messages. */
  YamlSection named(String name) {
    return new YamlSection(file, line, name, entries);
  }

  /** How messages name it. */
  String name() {
    return what;
  }

  /** The line of its key, or of its first key where it has none. */
  int line() {
    return line;
  }

  /** Its keys, in the order of the file. */
  public Set<String> keys() {
    return entries.keySet();
  }

  /** The line of a key, or of the section where the key is missing. */
  int line(String key) {
    Entry entry = entries.get(key);
    return entry == null ? line : entry.line();
  }

  /**
   * The mapping under a key; empty where the key is missing or has no value.
   *
   * @param key the key
   * @param name how messages name the mapping
   * @throws InvalidConfiguration where the value is no mapping
   */
  public YamlSection section(String key, String name) {
    Entry entry = entries.get(key);
    return entry == null
        ? new YamlSection(file, line, name, Map.of())
        : of(file, entry.line(), name, entry.value());
  }

  /** The list of mappings under a key; empty where the key is missing or has no value. */
  List<YamlSection> sections(String key, String name) {
    List<YamlSection> sections = new ArrayList<>();
    for (Node node : list(key)) {
      sections.add(of(file, line(node), name, node));
    }
    return sections;
  }

  /** The list of texts under a key; empty where the key is missing or has no value. */
  List<YamlText> texts(String key) {
    List<YamlText> texts = new ArrayList<>();
    for (Node node : list(key)) {
      texts.add(text(key, node));
    }
    return texts;
  }

  private List<Node> list(String key) {
    Entry entry = entries.get(key);
    if (entry == null || isNull(entry.value())) {
      return List.of();
    }
    if (!(entry.value() instanceof SequenceNode sequence)) {
      throw fault(line(entry.value()), "needs a list under " + key);
    }
    return sequence.getValue();
  }

  /**
   * The text under a key, never blank.
   *
   * @param key the key
   * @throws InvalidConfiguration where the value is blank or no text
   */
  public Optional<YamlText> text(String key) {
    Entry entry = entries.get(key);
    return entry == null ? Optional.empty() : Optional.of(text(key, entry.value()));
  }

  private YamlText text(String key, Node node) {
    YamlText text = scalar(key, node);
    if (text.text().isBlank()) {
      throw text.fault("is empty");
    }
    return text;
  }

  /** The text under a key that may be the empty text, but not missing. */
  YamlText anyText(String key) {
    Entry entry = entries.get(key);
    if (entry == null || isNull(entry.value())) {
      throw new InvalidConfiguration(
          file, line(key), key(key) + " has no value; write \"\" for an empty text");
    }
    return scalar(key, entry.value());
  }

  private YamlText scalar(String key, Node node) {
    if (!(node instanceof ScalarNode scalar)) {
      throw new InvalidConfiguration(
          file,
          line(node),
          key(key) + " must be one text; text with braces needs quotes: \"{{secret:...}}\"");
    }
    if (!PLAIN_TAGS.contains(scalar.getTag())) {
      throw new InvalidConfiguration(file, line(node), key(key) + " has a tag; remove the !...");
    }
    return new YamlText(file, line(node), key(key), scalar.getValue());
  }

  /**
   * The whole number under a key.
   *
   * @param key the key
   * @param absent what it is where the key is missing
   * @param least the least valid number
   * @param most the greatest valid number
   * @throws InvalidConfiguration where the value is another number or none
   */
  public int whole(String key, int absent, int least, int most) {
    Optional<YamlText> text = number(key);
    if (text.isEmpty()) {
      return absent;
    }
    try {
      int value = new BigDecimal(text.get().text()).intValueExact();
      if (value >= least && value <= most) {
        return value;
      }
    } catch (ArithmeticException | NumberFormatException e) {
      // Falls through to the one message for everything that is no such number.
    }
    throw text.get()
        .fault(
            most == Integer.MAX_VALUE
                ? "must be a whole number from " + least
                : "must be a whole number from " + least + " to " + most);
  }

  /**
   * The amount under a key: from 0, with at most six decimals.
   *
   * @param key the key
   * @param absent what it is where the key is missing
   * @throws InvalidConfiguration where the value is no such number
   */
  public BigDecimal amount(String key, BigDecimal absent) {
    Optional<YamlText> text = number(key);
    if (text.isEmpty()) {
      return absent;
    }
    try {
      BigDecimal value = new BigDecimal(text.get().text());
      if (value.signum() >= 0 && value.compareTo(MOST) <= 0 && value.scale() <= DECIMALS) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Falls through to the one message for everything that is no such number.
    }
    throw text.get().fault("must be a number from 0 to " + MOST + " with at most six decimals");
  }

  /** The text under a key, where it is written as a number and not in quotes. */
  private Optional<YamlText> number(String key) {
    Optional<YamlText> text = text(key);
    Entry entry = entries.get(key);
    if (text.isPresent()
        && entry != null
        && entry.value() instanceof ScalarNode scalar
        && !scalar.isPlain()) {
      throw text.get().fault("must be a number without quotes");
    }
    return text;
  }

  /**
   * The boolean under a key.
   *
   * @param key the key
   * @param absent what it is where the key is missing
   * @throws InvalidConfiguration where the value is neither true nor false
   */
  public boolean flag(String key, boolean absent) {
    Optional<YamlText> text = text(key);
    if (text.isEmpty()) {
      return absent;
    }
    return switch (text.get().text()) {
      case "true" -> true;
      case "false" -> false;
      default -> throw text.get().fault("must be true or false");
    };
  }

  /**
   * A fault of the section as a whole.
   *
   * @param fault what is wrong and what to write instead
   */
  public InvalidConfiguration fault(String fault) {
    return fault(line, fault);
  }

  private InvalidConfiguration fault(int at, String fault) {
    return new InvalidConfiguration(file, at, (what.isEmpty() ? "the file" : what) + " " + fault);
  }

  private String key(String key) {
    return what.isEmpty() ? key : what + ": " + key;
  }

  /** The key for a message; nothing where it looks like a URL in the wrong place. */
  private static String shown(String key) {
    return KEY.matcher(key).matches() ? " \"" + key + "\"" : "";
  }

  private static boolean isNull(Node node) {
    return node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.NULL);
  }

  private static int line(Node node) {
    return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }
}
