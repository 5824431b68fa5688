package dev.kiln;

import java.util.List;
import java.util.Locale;

/** The names of files that intake takes from the inbox, and those that it leaves alone. */
public final class InboxName {
  /** Of files that are still being written, and of Camel's own; in lower case. */
  private static final List<String> ENDINGS = List.of(".part", ".tmp", ".camellock");

  private InboxName() {}

  /** Whether intake leaves a file of that name alone. */
  public static boolean leftAlone(String name) {
    return name.startsWith(".")
        || ENDINGS.stream().anyMatch(name.toLowerCase(Locale.ROOT)::endsWith);
  }

  /**
   * The name under which intake takes a file.
   *
   * @param name the file's own
   * @return that without leading dots and without the endings that are left alone, and with {@code
   *     _} for a backslash; {@code leads} where nothing remains
   */
  public static String of(String name) {
    String taken = name.replace('\\', '_');
    while (leftAlone(taken)) {
      taken =
          taken.startsWith(".") ? taken.substring(1) : taken.substring(0, taken.lastIndexOf('.'));
    }
    return taken.isBlank() ? "leads" : taken;
  }
}
