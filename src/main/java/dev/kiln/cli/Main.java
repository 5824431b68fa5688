package dev.kiln.cli;

/** The entry point of every command. */
public final class Main {
  private Main() {}

  /**
   * Runs one command.
   *
   * @param args the command and its options
   */
  public static void main(String[] args) {
    System.out.println("kiln");
  }
}
