package dev.kiln.ledger;

import dev.kiln.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A new embedded ledger, copied from one that is made once in a JVM: all the migrations take longer
 * than many a test.
 */
public final class FreshLedger {
  private static final class Lazy {
    static final byte[] FILE = make();
  }

  private FreshLedger() {}

  private static byte[] make() {
    try {
      Path data = Files.createTempDirectory("fresh-ledger");
      Ledger.open(Store.embedded(data)).close();
      byte[] file = Files.readAllBytes(data.resolve(Ledger.FILE));
      Trees.delete(data);
      return file;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Puts one into a data folder that never had one. */
  public static void in(Path data) {
    try {
      Files.createDirectories(data);
      try (Stream<Path> files = Files.list(data)) {
        // One that was moved elsewhere left its name.
        if (files.anyMatch(file -> file.getFileName().toString().startsWith(Ledger.FILE))) {
          return;
        }
      }
      Files.write(data.resolve(Ledger.FILE), Lazy.FILE);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
