package dev.kiln;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;

/** What {@code kill} sends to a process. */
public enum Signal {
  /** It stands still where it is. */
  STOP,
  /** It goes on. */
  CONT;

  /**
   * Sends it.
   *
   * @return whether the process was there to get it
   */
  public boolean to(long pid) {
    try {
      Process kill = new ProcessBuilder("kill", "-" + this, String.valueOf(pid)).start();
      if (!kill.waitFor(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("kill -" + this + " does not end.");
      }
      return kill.exitValue() == 0;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }
}
