package dev.kiln.ledger;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * The native library of SQLite, which is unpacked and loaded once in a process. The driver does it
 * too, and compares what it wrote byte by byte with what is in its jar, which is a tenth of a brief
 * command: so it is left to the driver only where it fails here, to say why.
 */
final class SqliteLibrary {
  /** Where the driver unpacks its library. */
  private static final String FOLDER = "org.sqlite.tmpdir";

  /** Where the driver finds it unpacked. */
  private static final String FOUND_IN = "org.sqlite.lib.path";

  private static final String FOUND_AS = "org.sqlite.lib.name";

  private static final String NAME = LibraryLoaderUtil.getNativeLibName();
  private static final String RESOURCE = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + NAME;
  private static final Logger LOG = LoggerFactory.getLogger(SqliteLibrary.class);

  private SqliteLibrary() {}

  /** The folder that it is unpacked into. */
  static String folder() {
    return System.getProperty(FOLDER, System.getProperty("java.io.tmpdir"));
  }

  /**
   * Empties a folder, and makes it the one that it is unpacked into unless another was named.
   *
   * @param folder absolute; made where it is missing
   */
  static void unpackInto(Path folder) throws IOException {
    String chosen = System.getProperty(FOLDER);
    if (folder.toString().equals(chosen)) {
      return;
    }
    Files.createDirectories(folder);
    try (Stream<Path> left = Files.list(folder)) {
      for (Path file : left.toList()) {
        Files.delete(file);
      }
    }
    if (chosen == null) {
      System.setProperty(FOLDER, folder.toString());
    }
  }

  /** Loads it, unless it is; safe for threads. Whoever connects next is told why that failed. */
  static synchronized void load() {
    if (System.getProperty(FOUND_IN) != null) {
      return;
    }
    Path unpacked = null;
    try (InputStream library =
        Objects.requireNonNull(SQLiteJDBCLoader.class.getResourceAsStream(RESOURCE))) {
      unpacked = Files.createTempFile(Path.of(folder()), "kiln-", "-" + NAME);
      try (OutputStream file = Files.newOutputStream(unpacked)) {
        library.transferTo(file);
      }
      System.setProperty(FOUND_IN, folder());
      System.setProperty(FOUND_AS, unpacked.toFile().getName());
      SQLiteJDBCLoader.initialize();
    } catch (Exception leftToTheDriver) {
      LOG.debug("The library of SQLite is left to its driver", leftToTheDriver);
    } finally {
      // What is loaded needs its file no longer, where the system lets go of it.
      if (unpacked != null && !unpacked.toFile().delete()) {
        unpacked.toFile().deleteOnExit();
      }
    }
  }
}
