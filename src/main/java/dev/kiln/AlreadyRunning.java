package dev.kiln;

/** Another Kiln runs on the same data folder. The message says which. */
public final class AlreadyRunning extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AlreadyRunning(String message) {
    super(message);
  }
}
