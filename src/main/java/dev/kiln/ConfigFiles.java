package dev.kiln;

import dev.kiln.lead.ContentHash;
import dev.kiln.lead.Mail;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What the files under config and routes hold at one moment: the hash of each one's content, by its
 * path. So it does not matter how they are changed: in place, by a rename, or by a link that is
 * turned to another folder.
 */
record ConfigFiles(Map<Path, String> contents) {
  /** Copies the map. */
  ConfigFiles {
    contents = Map.copyOf(contents);
  }

  /** Those of now. */
  static ConfigFiles of(Places places) {
    Map<Path, String> contents = new TreeMap<>();
    for (Path file :
        List.of(
            places.clayYaml(),
            places.config().resolve(Settings.FILE),
            places.industries(),
            places.mailDomains(Mail.PERSONAL),
            places.mailDomains(Mail.DISPOSABLE),
            places.prices())) {
      put(contents, file);
    }
    putAll(contents, places.secrets(), Files::isRegularFile);
    putAll(contents, places.routes(), RouteFiles::isRouteFile);
    return new ConfigFiles(contents);
  }

  private static void putAll(Map<Path, String> contents, Path folder, Predicate<Path> which) {
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        files.filter(which).forEach(file -> put(contents, file));
      } catch (IOException unreadable) {
        contents.put(folder, "unreadable: " + unreadable);
      }
    }
  }

  /** A file that cannot be read is told of by whoever needs it. */
  private static void put(Map<Path, String> contents, Path file) {
    try {
      if (Files.exists(file)) {
        contents.put(file, ContentHash.of(file));
      }
    } catch (IOException unreadable) {
      contents.put(file, "unreadable: " + unreadable);
    }
  }

  /** The files whose content is another one by then, those that came or went among them. */
  Set<Path> changedBy(ConfigFiles then) {
    Set<Path> changed = new TreeSet<>(contents.keySet());
    changed.addAll(then.contents.keySet());
    changed.removeIf(file -> Objects.equals(contents.get(file), then.contents.get(file)));
    return changed;
  }
}
