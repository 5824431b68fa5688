package dev.kiln.lead;

import java.nio.file.Path;

/**
 * A file under {@code config/} or {@code routes/} that cannot be used as it is. The message is
 * complete for a person: it names the file, the line where there is one, and what to do. Never
 * carries a secret.
 */
public final class InvalidConfiguration extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean forNow;

  /**
   * A fault on one line.
   *
   * @param file the file at fault
   * @param line its line, from 1
   * @param fault what is wrong and what to write instead
   */
  public InvalidConfiguration(Path file, int line, String fault) {
    this(file + ":" + line + ": " + fault, false);
  }

  /**
   * A fault of the file as a whole.
   *
   * @param file the file at fault
   * @param fault what is wrong and what to do
   */
  public InvalidConfiguration(Path file, String fault) {
    this(file + ": " + fault, false);
  }

  private InvalidConfiguration(String message, boolean forNow) {
    super(message);
    this.forNow = forNow;
  }

  /** The same, of what may come right though nobody changes the file: a port that is taken. */
  public InvalidConfiguration forNow() {
    return new InvalidConfiguration(String.valueOf(getMessage()), true);
  }

  /** Whether the same file may be right a little later. */
  public boolean isForNow() {
    return forNow;
  }
}
