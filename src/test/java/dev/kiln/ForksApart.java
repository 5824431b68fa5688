package dev.kiln;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Gives {@link Isolated} its meaning between the build's test processes too: such a class waits
 * until each other process is between two classes, and has the machine for itself. Found by JUnit
 * (META-INF/services). Each of the processes runs one class at a time.
 */
public final class ForksApart implements BeforeAllCallback {
  private static final Path FOLDER = Path.of("target");

  @Override
  public void beforeAll(ExtensionContext context) {
    boolean alone = context.getRequiredTestClass().isAnnotationPresent(Isolated.class);
    context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(ForksApart.class))
        .getOrComputeIfAbsent(Turn.class, type -> Turn.take(alone), Turn.class);
  }

  /** The turn of a class: shared with the other processes, or not. */
  private record Turn(FileChannel channel) implements AutoCloseable {
    /** Who waits for the machine holds the gate, so that nobody else comes in before. */
    static Turn take(boolean alone) {
      try {
        Files.createDirectories(FOLDER);
        FileChannel turn = open("test-turn.lock");
        // Closing a file gives its lock back.
        try (FileChannel gate = open("test-gate.lock")) {
          gate.lock();
          turn.lock(0, Long.MAX_VALUE, !alone);
        }
        return new Turn(turn);
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }

    private static FileChannel open(String file) throws IOException {
      return FileChannel.open(
          FOLDER.resolve(file),
          StandardOpenOption.CREATE,
          StandardOpenOption.READ,
          StandardOpenOption.WRITE);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
