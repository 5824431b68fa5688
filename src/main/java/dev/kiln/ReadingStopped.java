package dev.kiln;

import java.nio.file.Path;

/** Kiln stops while a file is being read: what is stored stays, and the next start reads on. */
public final class ReadingStopped extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ReadingStopped(Path file) {
    super(file.getFileName() + " is read on at the next start, since Kiln is stopping");
  }
}
