package dev.kiln.cli;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A file that a command is to write: looked at before the work, not after it. */
final class NewFile {
  private NewFile() {}

  /** Refuses a place that has something already, or whose folder does not exist. */
  static void mustBeFree(Path file) throws IOException {
    mustFit(file);
    if (Files.exists(file)) {
      throw new FileAlreadyExistsException(file.toString());
    }
  }

  /** Refuses a folder, and a place whose folder does not exist; a file that is there may go. */
  static void mustFit(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      throw new NoSuchFileException(
          (file.getParent() == null ? folder : file.getParent()).toString());
    }
    if (Files.isDirectory(file)) {
      throw new FileSystemException(file.toString(), null, "is a folder; name a file");
    }
  }
}
