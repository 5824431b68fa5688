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
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a secret is kept: {@code {{secret:x}}} is the file {@code x} of a folder, {@code {{env:X}}}
 * a variable of the environment. Blanks around the secret are not part of it.
 */
public final class Placeholders {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{([a-z]+):([^{}]*)}}");
  private static final Pattern SECRET_NAME = Pattern.compile("(?!\\.+$)[A-Za-z0-9._-]{1,128}");
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private final Path secretsDir;
  private final Map<String, String> environment;
  private final boolean standIns;

  /** Where what is missing is noted, instead of thrown; null where it is thrown. */
  private final @Nullable List<String> missing;

  /**
   * Placeholders of one Kiln.
   *
   * @param secretsDir the folder of secrets, one file each
   * @param environment the variables of the environment
   */
  public Placeholders(Path secretsDir, Map<String, String> environment) {
    this(secretsDir, environment, false, null);
  }

  private Placeholders(
      Path secretsDir,
      Map<String, String> environment,
      boolean standIns,
      @Nullable List<String> missing) {
    this.secretsDir = secretsDir;
    this.environment = Map.copyOf(environment);
    this.standIns = standIns;
    this.missing = missing;
  }

  /** Placeholders that look nothing up: each stands for a URL of its own that leads nowhere. */
  static Placeholders standIns(Path secretsDir) {
    return new Placeholders(secretsDir, Map.of(), true, null);
  }

  /**
   * Placeholders of which some may stand for nothing yet: such a one stands for a URL of its own
   * that leads nowhere, and why goes to a list.
   */
  static Placeholders noting(
      Path secretsDir, Map<String, String> environment, List<String> missing) {
    return new Placeholders(secretsDir, environment, false, missing);
  }

  /** The file that {@code {{secret:name}}} stands for. */
  public Path file(String name) {
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
    return resolve(text.text(), "the webhook's " + holds, text::fault);
  }

  /**
   * What a placeholder stands for, read anew.
   *
   * @param text the text of the file
   * @param holds what the secret is, for messages: {@code the webhook's URL}
   * @param fault makes a fault of a message that begins with a verb
   * @return the secret, or empty where the text holds no placeholder
   * @throws InvalidConfiguration if the placeholder stands for nothing
   */
  public Optional<String> resolve(
      String text, String holds, Function<String, InvalidConfiguration> fault) {
    if (!text.contains("{{")) {
      return Optional.empty();
    }
    Matcher placeholder = PLACEHOLDER.matcher(text.strip());
    if (!placeholder.matches()) {
      throw fault.apply("must be nothing but one placeholder: {{secret:name}} or {{env:NAME}}");
    }
    String kind = placeholder.group(1);
    String name = placeholder.group(2);
    return Optional.of(
        switch (kind) {
          case "secret" -> secret(name, holds, fault);
          case "env" -> variable(name, holds, fault);
          default ->
              throw fault.apply(
                  "has an unknown placeholder \""
                      + kind
                      + "\""
                      + NearestWord.hint(kind, List.of("secret", "env")));
        });
  }

  private String secret(String name, String holds, Function<String, InvalidConfiguration> fault) {
    if (!SECRET_NAME.matcher(name).matches()) {
      throw fault.apply(
          "names a secret file with other characters than letters, digits, \".\", \"_\", \"-\"");
    }
    String standIn = "https://secret.invalid/" + name;
    if (standIns) {
      return standIn;
    }
    Path file = file(name);
    String content;
    try {
      content = Files.readString(file).replace(BYTE_ORDER_MARK, "").strip();
    } catch (NoSuchFileException e) {
      return lacking(needed(fault, file, "does not exist; create", holds), standIn);
    } catch (IOException e) {
      throw needed(fault, file, "cannot be read as text; mend", holds);
    }
    if (content.isEmpty()) {
      return lacking(needed(fault, file, "is empty; fill", holds), standIn);
    }
    return content;
  }

  private static InvalidConfiguration needed(
      Function<String, InvalidConfiguration> fault, Path file, String state, String holds) {
    return fault.apply("needs the file " + file + ", which " + state + " it: it holds " + holds);
  }

  private String lacking(InvalidConfiguration why, String standIn) {
    if (missing == null) {
      throw why;
    }
    missing.add(String.valueOf(why.getMessage()));
    return standIn;
  }

  private String variable(String name, String holds, Function<String, InvalidConfiguration> fault) {
    if (!VARIABLE.matcher(name).matches()) {
      throw fault.apply(
          "names an environment variable with other characters than letters, digits, \"_\"");
    }
    String standIn = "https://environment.invalid/" + name;
    if (standIns) {
      return standIn;
    }
    String value = environment.getOrDefault(name, "").strip();
    if (value.isEmpty()) {
      return lacking(
          fault.apply(
              "needs the environment variable "
                  + name
                  + ", which is not set; set it before the start: it holds "
                  + holds),
          standIn);
    }
    return value;
  }
}
