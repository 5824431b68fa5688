package dev.kiln.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the figures depend on: the machine, its Java, its disk and the commit. */
final class Machine {
  private static final int SYNCS = 200;

  private Machine() {}

  /**
   * Describes it.
   *
   * @param folder on the disk that the measures use
   */
  static Map<String, String> describe(Path folder) throws IOException, InterruptedException {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("Date", Figures.today());
    machine.put("Commit", commit());
    machine.put(
        "Machine",
        String.format(
            Locale.ROOT,
            "%d cores (%s), %.0f GB, shared with the receiver",
            Runtime.getRuntime().availableProcessors(),
            processor(),
            system.getTotalMemorySize() / 1e9));
    machine.put("System", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    machine.put(
        "Java",
        System.getProperty("java.vendor") + " " + System.getProperty("java.runtime.version"));
    machine.put(
        "Disk",
        String.format(Locale.ROOT, "4 KB written and synced in %.2f ms (median)", sync(folder)));
    machine.put(
        "Load before",
        String.format(Locale.ROOT, "%.2f", Math.max(0, system.getSystemLoadAverage())));
    return machine;
  }

  /** Processor time that this process has used, all threads together. */
  static Duration used() {
    return Duration.ofNanos(
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime());
  }

  private static String processor() throws IOException {
    Path info = Path.of("/proc/cpuinfo");
    if (!Files.exists(info)) {
      return System.getProperty("os.arch");
    }
    return Files.readString(info)
        .lines()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(System.getProperty("os.arch"));
  }

  private static String commit() throws IOException, InterruptedException {
    String commit = git("rev-parse", "--short=12", "HEAD");
    if (commit.isEmpty()) {
      return "none";
    }
    return git("status", "--porcelain").isEmpty() ? commit : commit + " with changes";
  }

  private static String git(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(arguments));
    try {
      Process git =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return git.waitFor() == 0 ? said : "";
    } catch (IOException noGit) {
      return "";
    }
  }

  /** Milliseconds until 4 KB more of a file are on the disk. */
  private static double sync(Path folder) throws IOException {
    Path file = folder.resolve("sync");
    List<Double> millis = new ArrayList<>();
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int i = 0; i < SYNCS; i++) {
        long begun = System.nanoTime();
        channel.write(ByteBuffer.allocate(4096));
        channel.force(false);
        millis.add((System.nanoTime() - begun) / 1e6);
      }
    }
    Files.delete(file);
    return Figures.median(millis);
  }
}
