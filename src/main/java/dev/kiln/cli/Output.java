package dev.kiln.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a command prints, which remembers that something of it was lost: writers that print tell
 * nobody, and half an account would be taken for a whole one.
 */
final class Output extends OutputStream {
  /** How Linux and macOS say that whoever read has gone, such as {@code head}. */
  private static final String NOBODY_READS = "Broken pipe";

  private final OutputStream to;
  private @Nullable IOException failure;

  Output(OutputStream to) {
    this.to = to;
  }

  @Override
  public synchronized void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public synchronized void write(byte[] bytes, int from, int count) throws IOException {
    if (failure != null) {
      throw failure;
    }
    try {
      to.write(bytes, from, count);
    } catch (IOException refused) {
      failure = refused;
      throw refused;
    }
  }

  /** Why something was lost; empty where nothing was, or nobody wants more. */
  synchronized Optional<String> lost() {
    return Optional.ofNullable(failure)
        .map(IOException::getMessage)
        .filter(reason -> !reason.contains(NOBODY_READS));
  }
}
