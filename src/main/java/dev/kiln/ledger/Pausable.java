package dev.kiln.ledger;

import java.util.Locale;

/** What an operator can pause. */
public enum Pausable {
  /** A whole workspace. */
  WORKSPACE,
  /** One table. */
  TABLE;

  /** Its word in commands, messages and the database. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Why nothing is sent while it is paused.
   *
   * @param name the name of the workspace or table
   */
  public NotSent notSent(String name) {
    return new NotSent(
        this == TABLE ? WaitReason.TABLE_PAUSED : WaitReason.WORKSPACE_PAUSED,
        "Paused by the operator: go on with \"kiln resume " + word() + " " + name + "\"",
        null);
  }

  static Pausable of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }
}
