package dev.kiln;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.apache.camel.Endpoint;
import org.apache.camel.component.file.FileEndpoint;
import org.jspecify.annotations.Nullable;

/** Files of the inbox that lie where no route reads. For one thread. */
final class StrayFiles {
  /** What a route reads: files in a folder, so deep. */
  private record Reader(Path folder, int deepest) {
    static Reader of(FileEndpoint endpoint) {
      return new Reader(
          endpoint.getFile().toPath().toAbsolutePath().normalize(),
          endpoint.isRecursive() ? endpoint.getMaxDepth() : 1);
    }

    boolean reads(Path file) {
      return file.startsWith(folder) && file.getNameCount() - folder.getNameCount() <= deepest;
    }
  }

  private final Path inbox;
  private final Supplier<List<Endpoint>> readers;
  private final BiConsumer<Path, String> waits;

  /** Those of the last look. */
  private Set<Path> before = Set.of();

  /**
   * The stray files of an inbox.
   *
   * @param inbox the inbox
   * @param readers what routes begin with
   * @param waits is told of each stray file, and why it stays
   */
  StrayFiles(Path inbox, Supplier<List<Endpoint>> readers, BiConsumer<Path, String> waits) {
    this.inbox = inbox.toAbsolutePath().normalize();
    this.readers = readers;
    this.waits = waits;
  }

  /**
   * Looks for them, and tells of those that the last look found too: a route may just be replaced.
   */
  void look() {
    Set<Path> found = new HashSet<>();
    List<Reader> folders =
        readers.get().stream()
            .filter(FileEndpoint.class::isInstance)
            .map(FileEndpoint.class::cast)
            .map(Reader::of)
            .toList();
    try {
      // The inbox may be a link; what is in it is none that is followed.
      Path root = inbox.toRealPath();
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
              return !folder.equals(root) && InboxName.leftAlone(folder.getFileName().toString())
                  ? FileVisitResult.SKIP_SUBTREE
                  : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
              Path file = inbox.resolve(root.relativize(path));
              if (attributes.isRegularFile()
                  && !InboxName.leftAlone(file.getFileName().toString())
                  && folders.stream().noneMatch(folder -> folder.reads(file))) {
                found.add(file);
              }
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) {
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure) {
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException gone) {
      // Whether the inbox can be read is told by those who read it.
      return;
    }
    found.stream()
        .filter(before::contains)
        .sorted()
        .forEach(
            file ->
                waits.accept(
                    file,
                    "no route reads there: move it into high, normal or low of "
                        + inbox
                        + ", at most one folder deeper"));
    before = found;
  }
}
