package dev.kiln.cli;

import java.nio.file.Path;
import java.util.regex.Pattern;

/** How a command that Kiln names is typed. */
final class Shell {
  private static final Pattern PLAIN = Pattern.compile("[\\w./@%+=:,-]+");

  private Shell() {}

  /** A path as one word of a POSIX shell: in quotes where it needs them. */
  static String word(Path path) {
    String text = path.toString();
    return PLAIN.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
