package dev.kiln.lead;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/**
 * Why a file could not be used, for a person: most exceptions of Java say no more than its path.
 */
public final class FileFault {
  private FileFault() {}

  /** Whether a failure passes only when somebody changes files or permissions. */
  public static boolean lasts(IOException failure) {
    return failure instanceof AccessDeniedException
        || failure instanceof FileAlreadyExistsException
        || failure instanceof NotDirectoryException
        || words(failure).equals("Not a directory");
  }

  /**
   * The reason of a failure, without the path, to stand behind "path: " or in brackets.
   *
   * @param failure of a file or folder
   */
  public static String words(IOException failure) {
    if (failure instanceof NoSuchFileException) {
      return "does not exist";
    }
    if (failure instanceof FileAlreadyExistsException) {
      return "is there already";
    }
    if (failure instanceof AccessDeniedException) {
      return "this user has no permission for it";
    }
    if (failure instanceof NotDirectoryException) {
      return "is not a folder";
    }
    if (failure instanceof DirectoryNotEmptyException) {
      return "is a folder that is not empty";
    }
    String reason =
        failure instanceof FileSystemException file ? file.getReason() : failure.getMessage();
    return reason == null
        ? failure.getClass().getSimpleName().replaceAll("Exception$", "")
        : reason;
  }
}
