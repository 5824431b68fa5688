package dev.kiln.ledger;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.sqlite.NativeLibraryNotFoundException;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What is wrong with SQLite when it refuses, with the words and the cure for a person. */
enum SqliteFault implements Fault {
  /** There is no room left. */
  FULL,
  /** The disk refuses for another reason, of which a limit or a quota is one. */
  DISK,
  /** Files or folder may not be opened or written by this user. */
  FORBIDDEN,
  /** Somebody else keeps it locked. */
  LOCKED,
  /** The file is no database, or not a whole one any more. */
  DAMAGED,
  /** The library could not be unpacked. */
  NO_LIBRARY,
  /** The database is well and does not take what is to be written. */
  CONTENT,
  /** The database is well and the operation is at fault. */
  OPERATION;

  static SqliteFault of(Throwable failure) {
    Throwable root = Store.root(failure);
    if (root instanceof NativeLibraryNotFoundException) {
      return NO_LIBRARY;
    }
    if (!(root instanceof SQLiteException refused)) {
      return OPERATION;
    }
    // The last byte is the kind, the others are its details.
    int kind = refused.getResultCode().code & 0xff;
    return switch (SQLiteErrorCode.getErrorCode(kind)) {
      case SQLITE_FULL -> FULL;
      case SQLITE_IOERR -> DISK;
      case SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN, SQLITE_AUTH -> FORBIDDEN;
      case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL -> LOCKED;
      case SQLITE_CORRUPT, SQLITE_NOTADB -> DAMAGED;
      case SQLITE_TOOBIG -> CONTENT;
      default -> OPERATION;
    };
  }

  @Override
  public boolean ofOperation() {
    return this == OPERATION || this == CONTENT;
  }

  @Override
  public boolean ofContent() {
    return this == CONTENT;
  }

  @Override
  public boolean forNow() {
    return this == FULL || this == DISK || this == LOCKED || this == NO_LIBRARY;
  }

  @Override
  public boolean damage() {
    return this == DAMAGED;
  }

  /**
   * Why, and what to do about it.
   *
   * @param place the folder or file that was to be written or read
   * @param detail the database's own words
   */
  String words(Path place, @Nullable String detail) {
    return switch (this) {
      case FULL -> "the disk is full. Free some space on the disk of " + place + again();
      case DISK ->
          "the disk refuses ("
              + detail
              + "). Look whether the disk of "
              + place
              + " is full, over a quota, read-only or failing"
              + again();
      case FORBIDDEN ->
          "it may not be opened or written ("
              + detail
              + "). Let the user that runs Kiln write "
              + place
              + " and every file in it"
              + again();
      case LOCKED ->
          "another program keeps it locked. End that program, such as a database browser" + again();
      case DAMAGED ->
          "it is damaged ("
              + detail
              + "). Nothing is read in or sent with it. Stop Kiln and bring back a backup with"
              + " \"kiln restore FILE\"; the damaged file is kept";
      case NO_LIBRARY ->
          "the library of SQLite could not be unpacked into "
              + SqliteLibrary.folder()
              + ", or not be loaded from there. Make room, let programs be run from there (no noexec),"
              + " or name another folder with"
              + " KILN_JAVA_OPTS=-Dorg.sqlite.tmpdir=DIR";
      case CONTENT, OPERATION -> String.valueOf(detail);
    };
  }

  private static String again() {
    return ", then try again; a running Kiln goes on by itself";
  }
}
