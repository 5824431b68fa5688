package dev.kiln.clay;

import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.NearestWord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a secret is kept: {@code {{secret:x}}} is the file {@code x} of a folder, {@code {{env:X}}}
 * a variable of the environment. Blanks around the secret are not part of it.
 */
final class Placeholders {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{([a-z]+):([^{}]*)}}");
  private static final Pattern SECRET_NAME = Pattern.compile("(?!\\.+$)[A-Za-z0-9._-]{1,128}");
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private final Path secretsDir;
  private final Map<String, String> environment;
  private final boolean standIns;

  Placeholders(Path secretsDir, Map<String, String> environment) {
    this(secretsDir, environment, false);
  }

  private Placeholders(Path secretsDir, Map<String, String> environment, boolean standIns) {
    this.secretsDir = secretsDir;
    this.environment = Map.copyOf(environment);
    this.standIns = standIns;
  }

  /** Placeholders that look nothing up: each stands for a URL of its own that leads nowhere. */
  static Placeholders standIns(Path secretsDir) {
    return new Placeholders(secretsDir, Map.of(), true);
  }

  /** The file that {@code {{secret:name}}} stands for. */
  Path file(String name) {
    return secretsDir.resolve(name);
  }

  /**
   * What a placeholder stands for.
   *
   * @param text the text of the file
   * @param holds what the secret is, for messages: {@code URL} or {@code token}
   * @return the secret, or empty where the text holds no placeholder
   */
  Optional<String> resolve(YamlText text, String holds) {
    if (!text.text().contains("{{")) {
      return Optional.empty();
    }
    Matcher placeholder = PLACEHOLDER.matcher(text.text().strip());
    if (!placeholder.matches()) {
      throw text.fault("must be nothing but one placeholder: {{secret:name}} or {{env:NAME}}");
    }
    String kind = placeholder.group(1);
    String name = placeholder.group(2);
    return Optional.of(
        switch (kind) {
          case "secret" -> secret(text, name, holds);
          case "env" -> variable(text, name, holds);
          default ->
              throw text.fault(
                  "has an unknown placeholder \""
                      + kind
                      + "\""
                      + NearestWord.hint(kind, List.of("secret", "env")));
        });
  }

  private String secret(YamlText text, String name, String holds) {
    if (!SECRET_NAME.matcher(name).matches()) {
      throw text.fault(
          "names a secret file with other characters than letters, digits, \".\", \"_\", \"-\"");
    }
    if (standIns) {
      return "https://secret.invalid/" + name;
    }
    Path file = file(name);
    String content;
    try {
      content = Files.readString(file).replace(BYTE_ORDER_MARK, "").strip();
    } catch (NoSuchFileException e) {
      throw needed(text, file, "does not exist; create", holds);
    } catch (IOException e) {
      throw needed(text, file, "cannot be read as text; mend", holds);
    }
    if (content.isEmpty()) {
      throw needed(text, file, "is empty; fill", holds);
    }
    return content;
  }

  private static InvalidConfiguration needed(YamlText text, Path file, String state, String holds) {
    return text.fault(
        "needs the file " + file + ", which " + state + " it: it holds the webhook's " + holds);
  }

  private String variable(YamlText text, String name, String holds) {
    if (!VARIABLE.matcher(name).matches()) {
      throw text.fault(
          "names an environment variable with other characters than letters, digits, \"_\"");
    }
    if (standIns) {
      return "https://environment.invalid/" + name;
    }
    String value = environment.getOrDefault(name, "").strip();
    if (value.isEmpty()) {
      throw text.fault(
          "needs the environment variable "
              + name
              + ", which is not set; set it before the start: it holds the webhook's "
              + holds);
    }
    return value;
  }
}
