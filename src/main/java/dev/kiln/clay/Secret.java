package dev.kiln.clay;

import org.jspecify.annotations.Nullable;

/**
 * A webhook's URL or token: text that must not reach a log, a page or a message. Deliberately not a
 * record, so that nothing that prints or serialises records can show it. Equal by value. Immutable.
 */
public final class Secret {
  private final String text;

  /**
   * Wraps a text.
   *
   * @param text the secret itself
   */
  public Secret(String text) {
    this.text = text;
  }

  /** The secret itself, for the request that needs it and for nothing else. */
  public String reveal() {
    return text;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Secret secret && text.equals(secret.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** Always {@code ***}. */
  @Override
  public String toString() {
    return "***";
  }
}
