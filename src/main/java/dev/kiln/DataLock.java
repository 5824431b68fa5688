package dev.kiln;

import dev.kiln.lead.FileFault;
import dev.kiln.lead.InvalidConfiguration;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The lock of a data folder: whoever has it is the only Kiln there. The operating system frees it
 * when the process ends, even by kill -9, so to have it proves that no earlier one lives.
 */
public final class DataLock implements AutoCloseable {
  private static final String FILE = "kiln.lock";
  private static final int LOOKS = 10;
  private static final long LOOK_PAUSE_MILLIS = 50;

  private final FileChannel channel;

  private DataLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock, creating the data folder where it is missing.
   *
   * @param data the data folder
   * @throws InvalidConfiguration if the folder cannot be made or written
   * @throws AlreadyRunning if another Kiln has it
   */
  public static DataLock take(Path data) {
    try {
      Files.createDirectories(data);
      FileChannel channel = open(data);
      try {
        return lock(data, channel);
      } catch (IOException | RuntimeException failure) {
        channel.close();
        throw failure;
      }
    } catch (IOException unusable) {
      InvalidConfiguration fault =
          new InvalidConfiguration(data, "cannot be used as the data folder: " + reason(unusable));
      // What is wrong with a path is told as such; else its disk does not take what is written.
      throw unusable instanceof FileSystemException ? fault : fault.forNow();
    }
  }

  private static DataLock lock(Path data, FileChannel channel) throws IOException {
    FileLock taken = tryLock(channel, false);
    // Whoever looks has it for a moment, beside others that look: that is no running Kiln.
    for (int look = 0; taken == null && look < LOOKS; look++) {
      pause();
      taken = tryLock(channel, false);
    }
    if (taken == null) {
      String holder = line(data, 0);
      throw new AlreadyRunning(
          "Kiln is already running on "
              + data
              + (holder.isEmpty() ? "" : " (process " + holder + ")")
              + ".");
    }
    channel.truncate(0);
    DataLock lock = new DataLock(channel);
    lock.write(String.valueOf(ProcessHandle.current().pid()));
    return lock;
  }

  private static void pause() throws InterruptedIOException {
    try {
      TimeUnit.MILLISECONDS.sleep(LOOK_PAUSE_MILLIS);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("it was interrupted");
    }
  }

  private void write(String text) throws IOException {
    channel.write(ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8)));
  }

  /** A line of the lock's file; empty where there is none. */
  private static String line(Path data, int number) throws IOException {
    return Files.readString(data.resolve(FILE), StandardCharsets.UTF_8)
        .lines()
        .skip(number)
        .findFirst()
        .orElse("")
        .strip();
  }

  /**
   * Tells commands where the Kiln that has the lock listens for HTTP. At most once.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  void listensAt(URI root) {
    try {
      write(root.toString());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /**
   * Where the Kiln that has the lock of a data folder listens for HTTP; empty where it does not.
   */
  static Optional<URI> listening(Path data) throws IOException {
    return Optional.of(line(data, 1)).filter(root -> !root.isEmpty()).map(URI::create);
  }

  private static String reason(IOException failure) {
    if (failure instanceof FileAlreadyExistsException) {
      return "it is a file";
    }
    return FileFault.words(failure);
  }

  /** Whether a Kiln is running on a data folder. */
  public static boolean held(Path data) {
    if (!Files.exists(data.resolve(FILE))) {
      return false;
    }
    try (FileChannel channel = open(data)) {
      return tryLock(channel, true) == null;
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static FileChannel open(Path data) throws IOException {
    return FileChannel.open(
        data.resolve(FILE),
        StandardOpenOption.CREATE,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE);
  }

  /** Takes it alone, or beside others that only look. */
  private static @Nullable FileLock tryLock(FileChannel channel, boolean looking)
      throws IOException {
    try {
      return channel.tryLock(0, Long.MAX_VALUE, looking);
    } catch (OverlappingFileLockException ours) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
