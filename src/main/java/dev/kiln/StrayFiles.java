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
    List<FileEndpoint> folders =
        readers.get().stream()
            .filter(FileEndpoint.class::isInstance)
            .map(FileEndpoint.class::cast)
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
                  && folders.stream().noneMatch(folder -> reads(folder, file))) {
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

  private static boolean reads(FileEndpoint folder, Path file) {
    Path root = folder.getFile().toPath().toAbsolutePath().normalize();
    int deepest = folder.isRecursive() ? folder.getMaxDepth() : 1;
    return file.startsWith(root) && root.relativize(file).getNameCount() <= deepest;
  }
}
