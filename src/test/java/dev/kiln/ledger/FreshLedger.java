package dev.kiln.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

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
      return Files.readAllBytes(data.resolve(Ledger.FILE));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Puts one into a data folder that has none. */
  public static void in(Path data) {
    Path file = data.resolve(Ledger.FILE);
    try {
      if (!Files.exists(file)) {
        Files.createDirectories(data);
        Files.write(file, Lazy.FILE);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}
