package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kiln.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The real launcher, started as a child process. It gives its process to Java, so a signal to the
 * one is a signal to the other. Every wait is bounded.
 */
final class KilnProcess implements AutoCloseable {
  static final Duration LONGEST = Duration.ofMinutes(2);
  static final Path PROJECT = Path.of("").toAbsolutePath();

  /** Options of a Java that lives for seconds: those of the tests' own, and little new memory. */
  private static final String BRIEF = System.getProperty("kiln.test.java", "") + " -Xmn20m ";

  private static final Pattern ROOT = Pattern.compile("post leads to (http://\\S+)/leads");

  private final Process process;
  private final List<String> command;
  private final Path out;
  private final Path err;

  /** How a process ended, and what it said. */
  record Ended(int exit, String out, String err) {
    /** This, after a look at what no command may ever print: a stack trace. */
    Ended checked(List<String> command) {
      assertThat(out + err)
          .as("output of %s", command)
          .doesNotContain("\tat ", "Exception in thread", "please report");
      return this;
    }
  }

  private KilnProcess(Process process, List<String> command, Path out, Path err) {
    this.process = process;
    this.command = command;
    this.out = out;
    this.err = err;
  }

  /**
   * Starts a command.
   *
   * @param folder where it is called, and where its output is kept
   * @param arguments the command and its options
   * @param javaOptions more options for its Java
   */
  static KilnProcess start(Path folder, List<String> arguments, String... javaOptions) {
    return start(folder, List.of(), arguments, javaOptions);
  }

  /**
   * Starts a command by way of another, which gives its process to it.
   *
   * @param way the other command and its options, such as {@code prlimit --fsize=1}
   */
  static KilnProcess start(
      Path folder, List<String> way, List<String> arguments, String... javaOptions) {
    return start(PROJECT, folder, way, arguments, javaOptions);
  }

  /**
   * Starts a command of another Kiln than the one that was built here.
   *
   * @param home where its launcher is
   */
  static KilnProcess start(
      Path home, Path folder, List<String> way, List<String> arguments, String... javaOptions) {
    List<String> command = new ArrayList<>(way);
    command.add(home.resolve("kiln").toString());
    command.addAll(arguments);
    try {
      Path out = Files.createTempFile(folder, "out", ".log");
      Path err = Files.createTempFile(folder, "err", ".log");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
      StartedClasses.archive();
      builder.environment().put("KILN_JAVA_OPTS", BRIEF + String.join(" ", javaOptions));
      return new KilnProcess(builder.start(), List.copyOf(arguments), out, err);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  long pid() {
    return process.pid();
  }

  /** The processor time that it has used. */
  Duration processorTime() {
    return process.info().totalCpuDuration().orElseThrow();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String out() {
    return read(out);
  }

  String err() {
    return read(err);
  }

  /** Where it listens for HTTP, once it does. */
  URI http() {
    Matcher root = ROOT.matcher(awaitOut(ROOT.pattern()));
    assertThat(root.find()).isTrue();
    return URI.create(root.group(1));
  }

  /** Whether the process runs that has a node's name. */
  boolean is(String node) {
    return node.contains("-" + pid() + "-");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Waits until the output shows a text; returns all of it. */
  String awaitOut(String pattern) {
    Pattern wanted = Pattern.compile(pattern);
    await("\"" + pattern + "\" from " + command)
        .atMost(LONGEST)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> !process.isAlive() || wanted.matcher(out()).find());
    assertThat(out()).as("output of %s, which said %s", command, err()).containsPattern(wanted);
    return out();
  }

  /** Waits for the end. */
  Ended end() {
    return end(LONGEST);
  }

  /** Waits for the end, so long at most. */
  Ended end(Duration atMost) {
    return ended(atMost).checked(command);
  }

  private Ended ended(Duration atMost) {
    try {
      assertThat(process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS))
          .as("%s ends within %s; it said %s%s", command, atMost, out(), err())
          .isTrue();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
    return new Ended(process.exitValue(), out(), err());
  }

  /** The same of a process that prints at DEBUG, where libraries print stack traces. */
  Ended terminateAtDebug() {
    process.destroy();
    return ended(Duration.ofSeconds(25));
  }

  /** SIGTERM, and the end within the 25 s that a service manager gives. */
  Ended terminate() {
    return terminate(Duration.ofSeconds(25));
  }

  /** SIGTERM, and the end within a time. */
  Ended terminate(Duration atMost) {
    process.destroy();
    return end(atMost);
  }

  /** Freezes it, or lets it go on. */
  void signal(Signal signal) {
    assertThat(signal.to(pid())).as("%s is there to get %s", command, signal).isTrue();
  }

  /** kill -9. */
  void kill() {
    assertThat(process.isAlive()).as("%s is still there to be killed", command).isTrue();
    process.destroyForcibly();
    end();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
