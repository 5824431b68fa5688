package dev.kiln.status;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A reason why a Kiln is not ready.
 *
 * @param check what was looked at: {@code ledger}, {@code folders}, {@code brokers} or {@code
 *     routes}
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
    List<NotReady> faults = new ArrayList<>();
    List<Path> folders = new ArrayList<>();
    PRIORITIES.forEach(priority -> folders.add(inbox.resolve(priority)));
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
      } else if (!Files.isReadable(folder)
          || !Files.isWritable(folder)
          || !Files.isExecutable(folder)) {
        faults.add(
            new NotReady(
                "folders",
                folder + " may not be read and written by Kiln's user: give it those rights"));
      }
    }
    return faults;
  }
}
