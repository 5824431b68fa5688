package dev.kiln.bench;

import dev.kiln.Signal;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A process of Kiln, or of a stand-in for it. */
final class KilnRun implements AutoCloseable {
  private final Process process;
  private final Path out;
  private final Path err;
  private final Instant started;
  private final Instant ready;

  private KilnRun(ProcessBuilder builder, Path folder, String ready) {
    try {
      out = Files.createTempFile(folder, "out", ".log");
      err = Files.createTempFile(folder, "err", ".log");
      started = Instant.now();
      process =
          builder
              .directory(folder.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      Site.await("\"" + ready + "\"", () -> !process.isAlive() || read(out).contains(ready));
      this.ready = Instant.now();
      if (!read(out).contains(ready)) {
        throw new IllegalStateException(
            "It ended before it said \"" + ready + "\":\n" + read(out) + read(err));
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** {@code kiln run} by the launcher, as anybody starts it. */
  static KilnRun kiln(Site site, String... javaOptions) {
    ProcessBuilder builder =
        new ProcessBuilder(
            Site.PROJECT.resolve("kiln").toString(),
            "run",
            "--config",
            "config",
            "--data",
            "data",
            "--routes",
            Site.PROJECT.resolve("routes").toString());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder
        .environment()
        .merge("KILN_JAVA_OPTS", String.join(" ", javaOptions), (a, b) -> a + " " + b);
    return new KilnRun(builder, site.folder(), "Kiln is running");
  }

  /** A class of the benchmark with the launcher's options for Java; it prints "ready". */
  static KilnRun java(Path folder, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:Tier4InvocationThreshold=50000",
            "-XX:Tier4MinInvocationThreshold=6000",
            "-XX:Tier4CompileThreshold=150000",
            "-XX:Tier4BackEdgeThreshold=400000",
            "-Dio.netty.noUnsafe=true"));
    // Of this very process, whose folder is another.
    String classes =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> Path.of(entry).toAbsolutePath().toString())
            .collect(Collectors.joining(File.pathSeparator));
    command.addAll(List.of("-cp", classes, main.getName()));
    command.addAll(List.of(arguments));
    return new KilnRun(new ProcessBuilder(command), folder, "ready");
  }

  /** From the start of the process to its being ready, seconds. */
  double secondsToReady() {
    return Duration.between(started, ready).toMillis() / 1000.0;
  }

  Instant started() {
    return started;
  }

  /** The processor time that it has used so far. */
  Duration used() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** The most memory that it has had so far, heap and everything else, MB; 0 where nobody tells. */
  double mostMegabytes() {
    Path status = Path.of("/proc", String.valueOf(process.pid()), "status");
    return Files.exists(status)
        ? read(status)
            .lines()
            .filter(line -> line.startsWith("VmHWM"))
            .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
            .sum()
        : 0;
  }

  /** Looks that it did not end by itself. */
  void mustRun() {
    if (!process.isAlive()) {
      throw new IllegalStateException("It ended by itself:\n" + read(out) + read(err));
    }
  }

  /** Stops it where it stands, or lets it go on. */
  void signal(Signal signal) {
    if (!signal.to(process.pid())) {
      mustRun();
    }
  }

  /** kill -9. */
  void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** SIGTERM, and the end. */
  @Override
  public void close() {
    process.destroy();
    // A frozen one ends once it goes on.
    Signal.CONT.to(process.pid());
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        kill();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      kill();
    }
  }
}
