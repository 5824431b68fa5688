package dev.kiln.status;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A reason why a Kiln is not ready.
 *
 * @param check what was looked at: {@code ledger}, {@code folders}, {@code brokers}, {@code files}
 *     or {@code routes}
 * @param reason what is wrong, with the cure
 */
public record NotReady(String check, String reason) {
  /** The folders below the data folder that a Kiln works in, beside its inbox and spool. */
  public static final List<String> FOLDERS = List.of("archive", "rejects", "results");

  /** Puts reasons into an array: each with {@code check} and {@code reason}. */
  public static void put(List<NotReady> against, ArrayNode array) {
    against.forEach(
        fault -> array.addObject().put("check", fault.check).put("reason", fault.reason));
  }

  private static final List<String> PRIORITIES = List.of("high", "normal", "low");

  /**
   * Looks at the folders that a Kiln works in.
   *
   * @param data the data folder
   * @param inbox the inbox
   * @param spool the spool
   */
  public static List<NotReady> folders(Path data, Path inbox, Path spool) {
    return folders(data, inbox, spool, NotReady::usable);
  }

  /**
   * The same.
   *
   * @param usable whether a folder may be read and written
   */
  static List<NotReady> folders(Path data, Path inbox, Path spool, Predicate<Path> usable) {
    List<NotReady> faults = new ArrayList<>();
    List<Path> folders = new ArrayList<>();
    for (String priority : PRIORITIES) {
      folders.add(inbox.resolve(priority));
      folders.addAll(sources(inbox.resolve(priority)));
    }
    folders.add(spool);
    FOLDERS.forEach(name -> folders.add(data.resolve(name)));
    for (Path folder : folders) {
      if (!Files.exists(folder)) {
        faults.add(
            new NotReady(
                "folders", folder + " is missing: make it again, or start Kiln again, which does"));
      } else if (!Files.isDirectory(folder)) {
        faults.add(
            new NotReady(
                "folders",
                folder + " is not a folder: move it away and make a folder of that name"));
      } else if (!usable.test(folder)) {
        faults.add(
            new NotReady(
                "folders",
                folder + " may not be read and written by Kiln's user: give it those rights"));
      }
    }
    return faults;
  }

  private static boolean usable(Path folder) {
    return Files.isReadable(folder) && Files.isWritable(folder) && Files.isExecutable(folder);
  }

  /** The folders that intake looks into below one of the inbox. */
  private static List<Path> sources(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(entry -> !entry.getFileName().toString().startsWith("."))
          .filter(entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))
          .sorted()
          .toList();
    } catch (IOException | UncheckedIOException unreadable) {
      // The folder itself is told of.
      return List.of();
    }
  }
}
