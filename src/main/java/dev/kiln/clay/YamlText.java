package dev.kiln.clay;

import dev.kiln.lead.InvalidConfiguration;
import java.nio.file.Path;

/**
 * One scalar of a YAML file and where it stands.
 *
 * @param file the file
 * @param line its line, from 1
 * @param what how a message names it, such as {@code webhook "tech-1": url}
 * @param text its text; numbers and booleans as the file writes them
 */
public record YamlText(Path file, int line, String what, String text) {
  /**
   * A fault of this text; the caller leaves out the text itself wherever it may be a secret.
   *
   * @param fault what is wrong and what to write instead
   */
  public InvalidConfiguration fault(String fault) {
    return new InvalidConfiguration(file, line, what + " " + fault);
  }

  /** Without the text, which may be a secret. */
  @Override
  public String toString() {
    return file + ":" + line + ": " + what;
  }
}
