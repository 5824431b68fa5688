package dev.kiln.cli;

import dev.kiln.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The archive of the classes that Kiln loads which its launcher looks for, made once by a Kiln that
 * delivers a few leads. It takes a third off the processor time of each of the some hundred starts
 * of these tests, and changes nothing else: a Java that cannot use it goes on without it.
 */
final class StartedClasses {
  private static final Path JAR = KilnProcess.PROJECT.resolve("target/kiln.jar");
  private static final Path ARCHIVE =
      KilnProcess.PROJECT.resolve("target/kiln-" + System.getProperty("java.version") + ".jsa");
  private static final Path LOCK = KilnProcess.PROJECT.resolve("target/kiln.jsa.lock");
  private static final String SILENT = "-Xlog:cds=off -Xlog:cds+dynamic=off ";

  /** Held by the thread that makes the archive, whose own processes start without it. */
  private static final ReentrantLock MAKING = new ReentrantLock();

  private StartedClasses() {}

  /** Makes it where it is missing, while others wait. Safe for threads. */
  static void archive() {
    if (MAKING.isHeldByCurrentThread()) {
      return;
    }
    MAKING.lock();
    // The other processes of the tests want the same archive. Closing a file gives its lock back.
    try (FileChannel channel =
        FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock();
      if (!isFresh()) {
        make();
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } finally {
      MAKING.unlock();
    }
  }

  private static boolean isFresh() throws IOException {
    return Files.exists(ARCHIVE)
        && Files.getLastModifiedTime(ARCHIVE).compareTo(Files.getLastModifiedTime(JAR)) > 0;
  }

  private static void make() throws IOException {
    Path folder = Files.createTempDirectory("kiln-classes");
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0")) {
      rehearsal.properties();
      Files.deleteIfExists(ARCHIVE);
      KilnProcess kiln = rehearsal.run("-XX:ArchiveClassesAtExit=" + ARCHIVE + " " + SILENT);
      rehearsal.drop("leads.csv", Rehearsal.leads("lead", 100));
      rehearsal.awaitDistinct(10);
      kiln.terminate(KilnProcess.LONGEST);
    } finally {
      Trees.delete(folder);
    }
  }
}
