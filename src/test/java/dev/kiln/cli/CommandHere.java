package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kiln.cli.KilnProcess.Ended;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import picocli.CommandLine;

/**
 * A command that runs within the tests' own process: no start of Java, so nothing of a launcher.
 */
final class CommandHere implements AutoCloseable {
  private final List<String> command;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Thread thread;
  private volatile int exit = -1;

  private CommandHere(List<String> command) {
    this.command = command;
    this.thread = new Thread(this::run, "kiln " + command.get(0));
    thread.setDaemon(true);
  }

  private void run() {
    CommandLine line = Main.commands(command.get(0));
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    exit = line.execute(command.toArray(String[]::new));
  }

  /** Starts one that ends when it is {@linkplain #close closed}. */
  static CommandHere start(List<String> command) {
    CommandHere running = new CommandHere(command);
    running.thread.start();
    return running;
  }

  /** Runs one that ends by itself. What it logs is not in its output. */
  static Ended end(List<String> command) {
    CommandHere here = new CommandHere(command);
    here.run();
    return new Ended(here.exit, here.out.toString(), here.err.toString()).checked(command);
  }

  /** What one prints that ends by itself; it must succeed and complain of nothing. */
  static String output(List<String> command) {
    Ended ended = end(command);
    assertThat(ended.exit()).as("exit of %s, which said %s", command, ended.err()).isZero();
    assertThat(ended.err()).isEmpty();
    return ended.out();
  }

  /** Waits for the first line of its output. */
  String awaitLine() {
    await("output of " + command)
        .atMost(KilnProcess.LONGEST)
        .until(() -> !thread.isAlive() || out.toString().contains("\n"));
    return out.toString().lines().findFirst().orElseThrow(() -> new AssertionError(err.toString()));
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
