package dev.kiln;

import java.io.IOException;

/** A row is not sent after all: another node may lead its workspace by now. */
final class TurnedBack extends IOException {
  private static final long serialVersionUID = 1L;

  TurnedBack() {
    super("this node may no longer lead the workspace");
  }
}
