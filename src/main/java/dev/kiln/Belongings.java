package dev.kiln;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;

/** Whose files are: what another user puts into a Kiln's folders must be Kiln's to be read. */
public final class Belongings {
  private Belongings() {}

  /**
   * Gives a file or folder the owner and the group of a folder, where this user may and the file
   * system knows them; else leaves it as it is. Follows no link.
   *
   * @param file what is given
   * @param folder whose owner and group it gets
   */
  public static void give(Path file, Path folder) {
    PosixFileAttributeView view =
        Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    if (view == null) {
      return;
    }
    try {
      PosixFileAttributes of = Files.readAttributes(folder, PosixFileAttributes.class);
      view.setGroup(of.group());
      view.setOwner(of.owner());
    } catch (IOException notAllowed) {
      // Only root may: whoever else runs Kiln's commands has to be Kiln's user, or of its group.
    }
  }
}
