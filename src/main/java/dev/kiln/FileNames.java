package dev.kiln;

import java.nio.charset.StandardCharsets;

/** Names of files, no longer than the usual file systems take: 255 bytes of UTF-8. */
public final class FileNames {
  private static final int LONGEST = 255;

  /** Characters of what counts as an ending, its dot included. */
  private static final int LONGEST_ENDING = 20;

  private FileNames() {}

  /**
   * A name with something before it and behind it. It keeps its ending, and is cut before that
   * where all together would be too long.
   *
   * @param head what is put before the name
   * @param name the name
   * @param tail what is put before the ending
   */
  public static String fitting(String head, String name, String tail) {
    int dot = name.lastIndexOf('.');
    int end = dot <= 0 || name.length() - dot > LONGEST_ENDING ? name.length() : dot;
    String ending = tail + name.substring(end);
    while (end > 0 && bytes(head + name.substring(0, end) + ending) > LONGEST) {
      end = name.offsetByCodePoints(end, -1);
    }
    return head + name.substring(0, end) + ending;
  }

  /**
   * Whether a file is what a run has read, by the name that it has in {@code archive/} or {@code
   * rejects/}: that of the run, with the file's own behind it if it came with one.
   *
   * @param name the file's name there
   * @param run the run's id
   */
  public static boolean isOf(String name, String run) {
    return name.equals(run) || name.startsWith(run + "-");
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
