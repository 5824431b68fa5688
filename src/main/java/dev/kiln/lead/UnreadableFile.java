package dev.kiln.lead;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file that yields no lead, or none from here on: empty, binary, damaged, without a header or
 * without rows. The message is complete for a person: it names the file, what it looks like and
 * what to do, and holds no value of a lead.
 */
public final class UnreadableFile extends IOException {
  private static final long serialVersionUID = 1L;

  UnreadableFile(Path file, String fault) {
    super(file.getFileName() + " " + fault);
  }
}
